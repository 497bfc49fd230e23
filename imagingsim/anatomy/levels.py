"""Where gas and fluid meet in a hollow organ when the patient does not lie on the back."""

from collections.abc import Callable

import numpy as np

from imagingsim.geometry import Baked
from imagingsim.units import FloatArray

STEP_MM = 3.0
"""How finely an organ is looked at."""


def depth_mm(y_mm: float, through_y_mm: float, gravity: FloatArray) -> float:
    """Return how far down a level of a supine patient lies once he is turned about an axis.

    Parameters
    ----------
    y_mm
        Where the level lies in a supine patient.
    through_y_mm
        Where the axis of the turn, which runs along the body, crosses the median plane.

    Examples
    --------
    >>> depth_mm(45.0, -20.0, np.array([0.0, -1.0, 0.0]))
    85.0
    """
    return float(through_y_mm * gravity[1] + (y_mm - through_y_mm))


def settled(
    solid: Callable[[], Baked], wall_mm: float, gravity: FloatArray
) -> Callable[[float], float]:
    """Return what turns a level of a supine patient (y, mm) into a depth along gravity, mm.

    As much of the lumen lies above the level as above that of the supine patient, so the gas keeps
    its volume.
    """
    if gravity[1] == 1.0:
        return lambda y_mm: y_mm
    inside = _points_inside(solid(), wall_mm)
    if not len(inside):
        return lambda y_mm: depth_mm(y_mm, 0.0, gravity)
    back, down = _spread(inside[:, 1]), _spread(inside @ gravity)
    return lambda y_mm: float(np.quantile(down, float(np.mean(back < y_mm))))


def _points_inside(solid: Baked, depth_mm: float) -> FloatArray:
    """Return the nodes of a lattice that lie so deep in a solid, shape (n, 3), mm."""
    index = np.argwhere(solid.values < -depth_mm)[:, ::-1]
    return index * solid.step_mm + np.asarray(solid.origin_mm)


def _spread(places_mm: FloatArray) -> FloatArray:
    """Return the places of nodes, each spread over its cell: levels lie between nodes too."""
    cell = (np.arange(8) / 8.0 - 7.0 / 16.0) * STEP_MM
    return (places_mm[:, np.newaxis] + cell).ravel()


__all__ = ["STEP_MM", "depth_mm", "settled"]
