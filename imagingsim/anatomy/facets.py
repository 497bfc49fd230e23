"""Facet joints of the loin: an all but flat inferior process on a superior one, level by level."""

from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.solid_records import Solid, Tube
from imagingsim.units import FloatArray

# By the vertebra below (S1 below L5): distance from the midline (mm), angle of the joint to the
# sagittal plane (deg, left and right), gap (mm, left and right), size as a share of that of L3/L4.
# Upright joints stand sagittal above and coronal below, and no two sides are alike (facet
# tropism). Authored after axial CT.
JOINTS = {
    "L1": (13.4, (21.0, 26.0), (1.7, 1.5), 0.8), "L2": (13.8, (24.0, 29.0), (1.6, 1.9), 0.88),
    "L3": (14.8, (33.0, 27.0), (1.5, 1.8), 0.95), "L4": (16.6, (37.0, 43.0), (1.9, 1.6), 1.0),
    "L5": (19.4, (50.0, 44.0), (1.6, 2.0), 1.06), "S1": (21.5, (53.0, 58.0), (1.8, 1.6), 1.06),
}  # fmt: skip
_BEHIND_MM = 14.6
_ASPECT = 1.95
_SMOOTH_MM = 2.5
# z (mm above the middle of the disc), shift away from the joint (mm), radius across it (mm)
_THICK_MM = 3.9
_INFERIOR = ((5.0, 0.6, 3.5), (-3.0, 0.0, _THICK_MM), (-9.0, 0.3, 3.5), (-13.0, 1.2, 2.4))
_SUPERIOR = ((-9.0, 1.0, 5.0), (-1.0, 0.4, 5.2), (5.0, 0.4, 4.3), (9.5, 1.0, 2.4))
_SUPERIOR_ASPECT = 1.75


@dataclass(frozen=True)
class Joint:
    """One facet joint: its middle (3,), its axes (3, 3) and its two directions, mm."""

    middle: FloatArray
    turn: FloatArray
    along: FloatArray
    inward: FloatArray
    gap_mm: float
    size: float

    def at(self, along: float, inward: float, up: float) -> FloatArray:
        """Return a point (3,) from its distances along the joint, inward and up, mm."""
        local = along * self.along + inward * self.inward + np.array([0.0, 0.0, up])
        return np.asarray(self.middle + self.turn @ local)


def joint(
    below: str, half_depth: float, centre: FloatArray, turn: FloatArray, side: float
) -> Joint:
    """Return the joint behind a disc, whose centre (3,), axes and half depth (mm) are given."""
    across, angles, gaps, size = JOINTS[below]
    right = int(side < 0.0)
    a = np.radians(angles[right])
    middle = centre + turn @ np.array([side * across, half_depth + _BEHIND_MM, 0.0])
    along = np.array([side * np.sin(a), np.cos(a), 0.0])
    inward = np.array([-side * np.cos(a), np.sin(a), 0.0])
    return Joint(middle, turn, along, inward, gaps[right], size)


def inferior(at: Joint, root: FloatArray, middle: FloatArray) -> list[Solid]:
    """Return the convex process of the vertebra above, from its root (3,) in the lamina.

    A ridge joins it with the lower edge of the lamina in the midline, (3,).
    """
    size = at.size
    ridge = (
        (*at.at(1.0, 4.4 * size, -1.0), 3.0 * size), (*at.at(2.0, 9.0 * size, 2.5), 3.0 * size),
        (*middle, 2.6),
    )  # fmt: skip
    plate = Tube(points=_four(ridge), aspect=1.7, up=_unit(at.turn @ np.array([0.0, 1.0, 0.0])))
    return [_column(at, 0.0, (*root, 3.6)), Solid(tube=plate, smooth_mm=_SMOOTH_MM)]


def hollow(at: Joint) -> Solid:
    """Return what the process above and the joint take from the vertebra below."""
    return Solid(subtract=_column(at, at.gap_mm, None), smooth_mm=0.6)


def superior(at: Joint, root: FloatArray) -> list[Solid]:
    """Return the plate of the vertebra below, not yet hollowed, and its mammillary process."""
    size = at.size
    rows = [(*root, 4.8 * size)]
    rows += [(*at.at(-0.6, (-3.1 - shift) * size, z), r * size) for z, shift, r in _SUPERIOR]
    knob = tuple(
        (*at.at(along * size, -4.2 * size, z), r * size)
        for along, z, r in ((5.0, -9.0, 3.6), (7.0, -2.0, 3.4), (6.4, 3.0, 2.0))
    )
    plate = _tube(tuple(rows), _SUPERIOR_ASPECT, at)
    return [plate, Solid(tube=Tube(points=_four(knob)), smooth_mm=1.5)]


def _column(at: Joint, more: float, root: tuple[float, ...] | None) -> Solid:
    rows = [] if root is None else [root]
    course = _INFERIOR if root is not None else ((14.0, 1.2, 3.5), *_INFERIOR)
    rows += [(*at.at(0.4, (r + shift) * at.size, z), r * at.size + more) for z, shift, r in course]
    return _tube(tuple(rows), (_ASPECT * _THICK_MM + more) / (_THICK_MM + more), at)


def _tube(rows: tuple[tuple[float, ...], ...], aspect: float, at: Joint) -> Solid:
    tube = Tube(points=_four(rows), aspect=aspect, up=_unit(at.turn @ at.inward))
    return Solid(tube=tube, smooth_mm=_SMOOTH_MM)


def _four(
    rows: tuple[tuple[float, ...], ...],
) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((float(x), float(y), float(z), float(r)) for x, y, z, r in rows)


def _unit(vector: FloatArray) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
