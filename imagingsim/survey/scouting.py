"""Finds structures in a body and samples just around them, as finely as they need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imagingsim.anatomy import Layer, Phantom, SampledPhantom, sample
from imagingsim.errors import ContentError
from imagingsim.grid import Grid
from imagingsim.units import FloatArray

COARSE_MM = 4.0
"""Spacing of the sample that finds where everything lies."""
LARGEST = 24_000_000
"""Voxels of one sample at most; a box that needs more is sampled more coarsely."""
_PAD_MM = 8.0


@dataclass(frozen=True)
class Part:
    """Some of what a body is made of.

    Attributes
    ----------
    label, structure
        Patterns (``*`` stands for anything) of the label, or of the structure.
    materials
        Patterns of tissues; any when empty.
    """

    label: str = "*"
    structure: str = "*"
    materials: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Return a part as it is written down: ``label:tissue+tissue`` or ``@structure``.

        Examples
        --------
        >>> Part.parse("stomach:gut_wall+gut_mucosa").materials
        ('gut_wall', 'gut_mucosa')
        >>> Part.parse("@lung_*_left").structure
        'lung_*_left'
        """
        name, _, tissues = text.partition(":")
        materials = tuple(t for t in tissues.split("+") if t)
        if name.startswith("@"):
            return cls(structure=name[1:], materials=materials)
        return cls(label=name, materials=materials)

    @property
    def name(self) -> str:
        """How the part is written down, without its tissues."""
        return self.label if self.structure == "*" else f"@{self.structure}"

    @property
    def is_pattern(self) -> bool:
        """Whether it may match anything or nothing."""
        return "*" in self.name

    def holds(self, layer: Layer) -> bool:
        """Tell whether a layer belongs to the part."""
        return (
            bool(layer.label)
            and fnmatchcase(layer.label, self.label)
            and fnmatchcase(layer.structure, self.structure)
            and (not self.materials or any(fnmatchcase(layer.material, m) for m in self.materials))
        )


def parts(text: str) -> tuple[Part, ...]:
    """Return the parts of a text such as ``"liver;hepatic_vein"``."""
    return tuple(Part.parse(one.strip()) for one in text.split(";") if one.strip())


@dataclass(eq=False)
class Scout:
    """One body, sampled once coarsely, and again finely wherever somebody looks."""

    phantom: Phantom
    _kept: dict[object, SampledPhantom] = field(default_factory=dict, repr=False)

    @cached_property
    def whole(self) -> SampledPhantom:
        """The whole body, coarse."""
        low, high = (np.asarray(corner) for corner in self.phantom.bounds_mm)
        return sample(self.phantom, _box_grid(low, high, COARSE_MM))

    @cached_property
    def whole_ml(self) -> FloatArray:
        """Volume of every layer, measured coarsely, mL, shape (layers,)."""
        return layer_volumes_ml(self.whole)

    @cached_property
    def _extents(self) -> npt.NDArray[np.float64]:
        """Box of every layer, shape (layers, 3, 2), LPS mm; no numbers where it is nowhere."""
        sampled = self.whole
        present = [_present(sampled, axis) for axis in range(3)]
        box = np.full((len(sampled.layers), 3, 2), np.nan)
        for axis, found in enumerate(present):
            somewhere = np.asarray(found.any(axis=0))
            first, last = found.argmax(axis=0), len(found) - 1 - found[::-1].argmax(axis=0)
            origin, spacing = sampled.grid.affine[2 - axis, 3], sampled.grid.spacing_mm[axis]
            ends = origin + spacing * np.stack([first, last], axis=1)
            box[:, 2 - axis] = np.where(somewhere[:, np.newaxis], ends, np.nan)
        return box

    def weights(self, chosen: Iterable[Part]) -> FloatArray:
        """Return 1 for every layer of the parts and 0 for others, shape (layers,)."""
        wanted = tuple(chosen)
        return np.array(
            [float(any(part.holds(layer) for part in wanted)) for layer in self.phantom.layers]
        )

    def box_mm(self, chosen: Sequence[Part]) -> FloatArray | None:
        """Return the box around parts, shape (3, 2), LPS mm, or None when they are nowhere."""
        used = self._extents[self.weights(chosen) > 0]
        used = used[np.isfinite(used).all(axis=(1, 2))]
        if not len(used):
            return None
        return np.stack([used[:, :, 0].min(axis=0), used[:, :, 1].max(axis=0)], axis=1)

    def around(
        self, chosen: Sequence[Part], spacing_mm: float, *, pad_mm: float = _PAD_MM
    ) -> SampledPhantom:
        """Return a sample of the box around parts; the last ones are kept.

        Raises
        ------
        ContentError
            When the body has no such part.
        """
        box = self.box_mm(chosen)
        if box is None:
            raise ContentError(f"The body has nothing of {', '.join(map(str, chosen))}.")
        return self.inside(np.round(box[:, 0] - pad_mm), np.round(box[:, 1] + pad_mm), spacing_mm)

    def inside(self, low: FloatArray, high: FloatArray, spacing_mm: float) -> SampledPhantom:
        """Return a sample of a box of the body; the last ones are kept."""
        spacing = spacing_mm
        while np.prod(np.ceil((high - low) / spacing)) > LARGEST:
            spacing *= 1.25
        key = (*low.tolist(), *high.tolist(), spacing)
        if key not in self._kept:
            while len(self._kept) >= 6:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = sample(self.phantom, _box_grid(low, high, spacing))
        return self._kept[key]


def _present(sampled: SampledPhantom, axis: int) -> npt.NDArray[np.bool_]:
    """Return in which slices across an axis each layer occurs, shape (slices, layers)."""
    count = len(sampled.layers)
    first = np.where(sampled.fraction > 0, sampled.first, 0)
    second = np.where(sampled.fraction < 255, sampled.second, 0)
    out = np.zeros((first.shape[axis], count), dtype=bool)
    for layers in (first, second):
        for at, plane in enumerate(np.moveaxis(layers, axis, 0)):
            out[at] |= np.bincount(plane.ravel(), minlength=count) > 0
    return out


def layer_volumes_ml(sampled: SampledPhantom) -> FloatArray:
    """Return the volume of every layer, partial voxels counted in part, mL, shape (layers,)."""
    count = len(sampled.layers)
    share = sampled.fraction.ravel() / 255.0
    voxels = np.bincount(sampled.first.ravel(), share, count)
    voxels += np.bincount(sampled.second.ravel(), 1.0 - share, count)
    return np.asarray(voxels * sampled.grid.voxel_ml)


def coverage(sampled: SampledPhantom, weights: FloatArray) -> npt.NDArray[np.float32]:
    """Return how much of every voxel the weighted layers fill, 0 to 1."""
    return sampled.property_map(weights)


def heights_mm(grid: Grid) -> FloatArray:
    """Return the height z of every slice of an axial grid, mm."""
    return grid.affine[2, 3] + grid.affine[2, 0] * np.arange(grid.shape[0])


def _box_grid(low: FloatArray, high: FloatArray, spacing_mm: float) -> Grid:
    counts = np.maximum(np.ceil((high - low) / spacing_mm).astype(int), 1)
    origin = low + spacing_mm / 2.0
    return Grid.axial(
        (int(counts[2]), int(counts[1]), int(counts[0])), (spacing_mm,) * 3,
        (float(origin[0]), float(origin[1]), float(origin[2])),
    )  # fmt: skip
