"""Where a scan lies in the body: from landmarks to a box, and truth on the scanner's own grid."""

import numpy as np
import numpy.typing as npt

from imagingsim.anatomy import Phantom, SampledPhantom, sample
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid
from imagingsim.scan.protocol import Coverage

_LOCALISER_MM = 8.0
_REACH_MM = {"left": 480.0, "posterior": 320.0}


def box_of(phantom: Phantom, coverage: Coverage) -> Box:
    """Return the box that holds all of the body between two landmarks, as a localiser finds it."""
    ends = [phantom.body.landmark_mm(name) for name in (coverage.first, coverage.last)]
    low, high = min(ends) - coverage.margin_mm, max(ends) + coverage.margin_mm
    step = _LOCALISER_MM
    shape = tuple(int(np.ceil(side / step)) for side in (high - low, 2 * 320.0, 2 * 480.0))
    origin = (-_REACH_MM["left"], -_REACH_MM["posterior"], low + step / 2)
    grid = Grid.axial((shape[0], shape[1], shape[2]), (step, step, step), origin)
    body = sample(phantom, grid).first > 0
    if not body.any():
        raise AcquisitionError(
            f"No part of the body lies between {coverage.first} and {coverage.last}. "
            "Choose other landmarks."
        )
    rows, columns = (np.flatnonzero(body.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    return Box(
        left_mm=_side(columns, origin[0]), posterior_mm=_side(rows, origin[1]),
        superior_mm=(low, high),
    )  # fmt: skip


def _side(occupied: npt.NDArray[np.intp], origin_mm: float) -> tuple[float, float]:
    """Return where a body begins and ends along an axis, with one localiser voxel to spare."""
    first, last = int(occupied[0]) - 1, int(occupied[-1]) + 1
    return origin_mm + first * _LOCALISER_MM, origin_mm + last * _LOCALISER_MM


def labels_on(sampled: SampledPhantom, grid: Grid) -> npt.NDArray[np.uint16]:
    """Return the true label of each voxel of ``grid`` from the sample nearest to its centre.

    Parameters
    ----------
    sampled
        A sample whose axes are parallel to the grid's.

    Returns
    -------
    npt.NDArray[np.uint16]
        (slices, rows, columns); 0 where the grid leaves the sample.
    """
    labels = sampled.label_map()
    steps = np.linalg.inv(sampled.grid.affine) @ grid.affine
    if not np.allclose(steps[:3, :3], np.diag(np.diag(steps[:3, :3])), atol=1e-6):
        raise AcquisitionError("A scan's grid must be parallel to the grid it was sampled on.")
    inside = np.ones((), dtype=bool)
    indices = []
    for axis in range(3):
        nearest = np.rint(np.arange(grid.shape[axis]) * steps[axis, axis] + steps[axis, 3])
        known = (nearest >= 0) & (nearest < labels.shape[axis])
        inside = np.logical_and.outer(inside, known)
        indices.append(np.clip(nearest, 0, labels.shape[axis] - 1).astype(np.intp))
    return np.where(inside, labels[np.ix_(*indices)], np.uint16(0))
