"""A phantom on a grid: what every voxel is made of, in about six bytes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imagingsim.grid import Grid
from imagingsim.units import FloatArray

_FULL = 255.0


@dataclass(frozen=True)
class Layer:
    """What a voxel can be made of.

    Attributes
    ----------
    structure
        Id of the structure or lesion, e.g. ``"aorta"``.
    label
        Segmentation label, e.g. ``"aorta"``; lesions ``"lesion_<id>"``; empty for none.
    material
        Name of the tissue.
    texture_hu
        HU at 120 kVp per count of `SampledPhantom.texture`, 0 for none.
    """

    structure: str
    label: str
    material: str
    texture_hu: float = 0.0


@dataclass(frozen=True, eq=False)
class SampledPhantom:
    """Two layers per voxel, the share of the first, and a texture all modalities see.

    Attributes
    ----------
    grid
        Where the voxels lie.
    layers
        What they can be made of; the first is the air outside.
    first, second
        uint16 (slices, rows, columns): indices into ``layers``.
    fraction
        uint8: share of ``first``, in 255ths.
    texture
        int8: counts; times `Layer.texture_hu` of ``first`` a local deviation in HU at 120 kVp.
    numbers
        Label number of each label that occurs in ``layers``.
    """

    grid: Grid
    layers: tuple[Layer, ...]
    first: npt.NDArray[np.uint16]
    second: npt.NDArray[np.uint16]
    fraction: npt.NDArray[np.uint8]
    texture: npt.NDArray[np.int8]
    numbers: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in ("first", "second", "fraction", "texture"):
            view = getattr(self, name).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    @cached_property
    def materials(self) -> tuple[str, ...]:
        """Material of each layer."""
        return tuple(layer.material for layer in self.layers)

    def property_map(
        self, values: FloatArray, texture_gain: FloatArray | float = 0.0
    ) -> npt.NDArray[np.float32]:
        """Return a property of every voxel: the two layers' values, mixed, and the texture.

        Parameters
        ----------
        values
            (layers,): the property of each layer.
        texture_gain
            Change of the property per HU of texture; one number, or one per layer.

        Returns
        -------
        FloatArray
            (slices, rows, columns), float32, in the unit of ``values``.
        """
        table = np.asarray(values, dtype=np.float32)
        per_hu = np.array([layer.texture_hu for layer in self.layers], dtype=np.float32)
        gain = (np.asarray(texture_gain, dtype=np.float32) * per_hu).astype(np.float32)
        out = np.empty(self.first.shape, dtype=np.float32)
        for k in range(len(out)):
            a, b = self.first[k], self.second[k]
            share = self.fraction[k] / np.float32(_FULL)
            out[k] = share * (table[a] + gain[a] * self.texture[k]) + (1 - share) * table[b]
        return out

    def main_layer(self) -> npt.NDArray[np.uint16]:
        """Return the index of the layer that fills most of each voxel."""
        return np.where(self.fraction >= 128, self.first, self.second)

    def label_map(self) -> npt.NDArray[np.uint16]:
        """Return the label number of what fills most of each voxel, 0 for none."""
        known = dict(self.numbers)
        table = np.array([known.get(layer.label, 0) for layer in self.layers], dtype=np.uint16)
        return table[self.main_layer()]

    def mask(self, label: str) -> npt.NDArray[np.bool_]:
        """Return where a label fills most of the voxel."""
        wanted = np.array([layer.label == label for layer in self.layers])
        return wanted[self.main_layer()]

    def volume_ml(self, label: str) -> float:
        """Return the volume of a label with partial voxels counted in part, mL."""
        wanted = np.array([layer.label == label for layer in self.layers], dtype=np.float32)
        return float(self.property_map(wanted).sum(dtype=np.float64)) * self.grid.voxel_ml
