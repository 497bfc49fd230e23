"""Planes and sides: the radiologist stands at the patient's feet and sees their right on the left.

The display grid is the body's own: axes superior, posterior, left, in that order, growing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.grid import Grid
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

AXES = ("S", "P", "L")
OPPOSITE = {"S": "I", "P": "A", "L": "R"}
OBLIQUE_DEG = 0.1


@dataclass(frozen=True)
class Plane:
    """One of the three anatomical planes.

    Attributes
    ----------
    axis
        Axis of the display grid one scrolls along: 0 superior, 1 posterior, 2 left.
    down, across
        LPS directions of a picture's rows (downwards) and columns (to the right).
    top, bottom, left, right
        Letters at the edges of the picture.
    """

    name: str
    axis: int
    down: tuple[float, float, float]
    across: tuple[float, float, float]
    top: str
    bottom: str
    left: str
    right: str

    @property
    def lps_axis(self) -> int:
        """Index of the scrolling axis in an LPS point."""
        return 2 - self.axis


_LEFT, _POSTERIOR, _INFERIOR = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
PLANES: Mapping[str, Plane] = MappingProxyType(
    {
        "axial": Plane("axial", 0, _POSTERIOR, _LEFT, "A", "P", "R", "L"),
        "coronal": Plane("coronal", 1, _INFERIOR, _LEFT, "S", "I", "R", "L"),
        "sagittal": Plane("sagittal", 2, _INFERIOR, _POSTERIOR, "S", "I", "A", "P"),
    }
)


def obliquity_deg(grid: Grid) -> float:
    """Return the largest angle between an axis of the grid and the nearest body axis, degrees."""
    directions = grid.affine[:3, :3] / np.asarray(grid.spacing_mm)
    nearest = np.abs(directions).max(axis=0)
    return float(np.degrees(np.arccos(np.clip(nearest, 0.0, 1.0))).max())


def canonical(volume: Volume) -> Volume:
    """Return ``volume`` on the display grid: axes (superior, posterior, left), growing.

    Transposed and flipped axes are views of the same memory; an oblique volume is resampled.
    """
    grid = volume.grid
    directions = grid.affine[:3, :3] / np.asarray(grid.spacing_mm)
    lps_of_axis = np.abs(directions).argmax(axis=0)
    if obliquity_deg(grid) > OBLIQUE_DEG or len(set(lps_of_axis.tolist())) < 3:
        return _resampled(volume)
    order = [int(np.flatnonzero(lps_of_axis == lps)[0]) for lps in (2, 1, 0)]
    array = volume.array.transpose(order)
    affine = grid.affine.copy()
    affine[:3, :3] = affine[:3, order]
    for axis, lps in enumerate((2, 1, 0)):
        if affine[lps, axis] < 0:
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
            array = np.flip(array, axis)
    return Volume(array, Grid(_shape(array), affine), volume.quantity, volume.unit)


def axis_letter(plane: Plane, at_mm: float) -> str:
    """Return a position as viewers write it.

    Examples
    --------
    >>> axis_letter(PLANES["axial"], -12.5)
    'I 12.5 mm'
    """
    letter = AXES[plane.axis]
    return f"{letter if at_mm >= 0 else OPPOSITE[letter]} {abs(at_mm):.1f} mm"


def _resampled(volume: Volume) -> Volume:
    spacing = float(min(volume.grid.spacing_mm))
    corners = _corners(volume.grid)
    low, high = corners.min(axis=0), corners.max(axis=0)
    slices, rows, columns = (int(n) for n in np.ceil((high - low) / spacing)[::-1] + 1)
    grid = Grid.axial((slices, rows, columns), (spacing,) * 3, (low[0], low[1], low[2]))
    step = np.linalg.inv(volume.grid.affine) @ grid.affine
    smooth = volume.quantity != "label"
    array = ndimage.affine_transform(
        volume.array,
        step[:3, :3],
        step[:3, 3],
        output_shape=grid.shape,
        order=1 if smooth else 0,
        cval=float(volume.array.min()),
    )
    return Volume(array, grid, volume.quantity, volume.unit)


def _corners(grid: Grid) -> FloatArray:
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape], indexing="ij")).reshape(3, -1)
    return ends.T @ grid.affine[:3, :3].T + grid.affine[:3, 3]


def _shape(array: npt.NDArray[np.generic]) -> tuple[int, int, int]:
    slices, rows, columns = array.shape
    return slices, rows, columns
