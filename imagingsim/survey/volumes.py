"""Holds the volumes of organs that are sampled coarsely against those sampled finely."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy import Phantom, sample
from imagingsim.grid import Grid
from imagingsim.survey.scouting import layer_volumes_ml
from imagingsim.units import FloatArray

SPACINGS_MM = (1.0, 2.0, 4.0)
"""What a body is sampled at, the finest first: the others are held against it."""
LEAST_ML = 10.0
"""Organs that are smaller are too few voxels of 4 mm to tell a fault from chance."""
_SMALL_ML, _SMALL_PERCENT, _PERCENT = 30.0, 3.0, 2.0
"""Allowed is 2 %. Less than 30 mL (pleura, pericardium, a rib, the nasal cavity) is but some
hundred voxels of 4 mm, every one of them partial; where they happen to lie moves its volume by 1 to
2 % from one lattice to the next, at 1 mm against 2 mm too. They may deviate by 3 %."""
_SLAB_MM = 48.0


@dataclass(frozen=True)
class OrganVolume:
    """The volume of an organ, sampled at several spacings.

    Attributes
    ----------
    ml
        At each of `SPACINGS_MM`.
    """

    label: str
    ml: tuple[float, ...]

    @property
    def errors_percent(self) -> tuple[float, ...]:
        """Deviation of each coarser sample from the finest, percent."""
        return tuple(100.0 * (one / self.ml[0] - 1.0) for one in self.ml[1:])

    @property
    def worst_percent(self) -> float:
        """The largest of the deviations."""
        return max(self.errors_percent, key=abs)

    @property
    def tolerance_percent(self) -> float:
        """How much it may deviate, percent."""
        return _PERCENT if self.ml[0] >= _SMALL_ML else _SMALL_PERCENT

    @property
    def good(self) -> bool:
        """Whether the volume is the same at all spacings."""
        return abs(self.worst_percent) <= self.tolerance_percent


def organ_volumes(
    phantom: Phantom, low_mm: FloatArray | None = None, high_mm: FloatArray | None = None
) -> tuple[OrganVolume, ...]:
    """Return the volume of every organ of some size, the one that deviates most first.

    Parameters
    ----------
    low_mm, high_mm
        Corners of a box to stay in, (3,); by default that of the whole body.
    """
    corners = phantom.bounds_mm if low_mm is None or high_mm is None else (low_mm, high_mm)
    low, high = (np.asarray(corner, np.float64) for corner in corners)
    step = max(SPACINGS_MM)
    high = low + np.ceil((high - low) / step) * step
    columns = [_layer_volumes_ml(phantom, low, high, spacing) for spacing in SPACINGS_MM]
    by_label: dict[str, FloatArray] = {}
    for layer, row in zip(phantom.layers, np.stack(columns, axis=1), strict=True):
        if layer.label:
            by_label[layer.label] = by_label.get(layer.label, 0.0) + row
    found = (OrganVolume(label, tuple(row.tolist())) for label, row in by_label.items())
    big = [one for one in found if one.ml[0] >= LEAST_ML]
    return tuple(sorted(big, key=lambda one: -abs(one.worst_percent)))


def _layer_volumes_ml(
    phantom: Phantom, low: FloatArray, high: FloatArray, spacing: float
) -> FloatArray:
    """Return the volume of every layer in a box, mL, (layers,); one slab is kept at a time."""
    total = np.zeros(len(phantom.layers))
    for grid in _slabs(low, high, spacing):
        total += layer_volumes_ml(sample(phantom, grid))
    return total


def _slabs(low: FloatArray, high: FloatArray, spacing: float) -> Iterator[Grid]:
    """Cut a box into slabs of cubic voxels."""
    columns, rows, slices = (round(float(side) / spacing) for side in high - low)
    x, y, z = (float(v) for v in low + spacing / 2.0)
    step = round(_SLAB_MM / spacing)
    for first in range(0, slices, step):
        shape = (min(step, slices - first), rows, columns)
        yield Grid.axial(shape, (spacing,) * 3, (x, y, z + first * spacing))


__all__ = ["LEAST_ML", "SPACINGS_MM", "OrganVolume", "organ_volumes"]
