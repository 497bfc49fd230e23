"""Cross-reference lines: where the slices of one series cut the image of another."""

import numpy as np

from imagingsim.grid import Grid
from imagingsim.units import FloatArray

_PARALLEL = 1e-6


def cross_reference(slices: Grid, onto: Grid, image: int = 0) -> FloatArray:
    """Return the line that each slice draws across an image of another series.

    Parameters
    ----------
    slices
        Whose slices are drawn, e.g. those of an axial scan.
    onto, image
        The grid they are drawn on, e.g. that of a scout, and the number of its image.

    Returns
    -------
    FloatArray
        (slices, 2, 2): both ends of each line as fractional (row, column) of the image; not a
        number where a slice does not meet the image's plane. Lines may end beyond the image.

    Examples
    --------
    >>> axial = Grid.axial((3, 11, 11), (5.0, 1.0, 1.0), (-5.0, -5.0, 0.0))
    >>> down, across = (0.0, 0.0, -1.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    >>> columns = [(0.0, 1.0, 0.0, 0.0), down, across, (-10.0, 0.0, 20.0, 1.0)]
    >>> coronal = Grid((1, 21, 21), np.array(columns).T)
    >>> cross_reference(axial, coronal)[1].tolist()
    [[15.0, 4.5], [15.0, 15.5]]
    """
    normal = np.cross(onto.affine[:3, 1], onto.affine[:3, 2])
    normal = normal / np.linalg.norm(normal)
    origin = np.array(onto.position_mm(image, 0, 0))
    return np.stack(
        [_ends(_corners(slices, k), normal, origin, onto) for k in range(slices.shape[0])]
    )


def _corners(grid: Grid, slice_: int) -> FloatArray:
    """Return the corners of a slice in turn, the first one repeated, (5, 3), mm."""
    _, rows, columns = grid.shape
    top, bottom, left, right = -0.5, rows - 0.5, -0.5, columns - 0.5
    turn = ((top, left), (top, right), (bottom, right), (bottom, left), (top, left))
    return np.array([grid.position_mm(slice_, row, column) for row, column in turn])


def _ends(corners: FloatArray, normal: FloatArray, origin: FloatArray, onto: Grid) -> FloatArray:
    """Return where the edges of a slice pass through a plane, as (row, column), (2, 2)."""
    height = (corners - origin) @ normal
    found: list[FloatArray] = []
    for a, b, high, low in zip(corners[:-1], corners[1:], height[:-1], height[1:], strict=True):
        if (high > 0.0) != (low > 0.0) and abs(high - low) > _PARALLEL:
            found.append(a + (b - a) * high / (high - low))
    if len(found) != 2:
        return np.full((2, 2), np.nan)
    ends = onto.index(np.array(found))[:, 1:]
    return ends[np.argsort(ends[:, 1] + 1e-3 * ends[:, 0])]
