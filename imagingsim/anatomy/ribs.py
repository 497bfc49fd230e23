"""Ribs: arches that follow the cage from the spine to the front."""

from collections.abc import Callable, Sequence

import numpy as np

from imagingsim.anatomy.records import RibRecord, VertebraRecord
from imagingsim.errors import UnknownNameError
from imagingsim.units import FloatArray

_ABOVE_CAGE_MM = 5.2
_GROOVE_MM = 0.6
_BUNDLE_RADIUS_MM = (1.4, 0.7)
_STRAY_MM = 3.2
_STRAY_WAVES = 2
Distance = Callable[[FloatArray], FloatArray]


def course(
    ribs: Sequence[RibRecord], spine: Sequence[VertebraRecord], number: int, cage: Distance
) -> FloatArray:
    """Return the points (x, y, z, radius) of a left rib.

    Parameters
    ----------
    cage
        Signed distance to the inner surface the ribs lie on: points (n, 3) to (n,), mm.
    """
    rib = record(ribs, number)
    levels = sorted((v.centre_mm[1], v.centre_mm[0], v.half_width_mm) for v in spine)
    z, y, width = (np.array(column) for column in zip(*levels, strict=True))
    head = rib.head_z_mm
    y0, w0 = float(np.interp(head, z, y)), float(np.interp(head, z, width))
    points = [
        (w0 - 1.5, y0 + 11.0, head, 5.0), (w0 + 3.5, y0 + 16.0, head + 1.6, 4.6),
        (w0 + 9.0, y0 + 21.5, head + 2.5, 4.6), (w0 + 18.5, y0 + 36.0, head + 1.0, 5.4),
    ]  # fmt: skip
    angles = np.arange(32.0, rib.sweep_deg + 0.1, 7.0)
    heights = np.array([_height(rib, angle) for angle in angles])
    far = _out_to(cage, angles, heights)
    for angle, height, r in zip(angles, heights, far, strict=True):
        a = np.radians(angle)
        points.append((np.sin(a) * r, 5.0 + np.cos(a) * r, height, _radius(rib, angle)))
    return np.array(points)


def strayed(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the points of a rib that runs a little higher and lower than its fellow.

    Head and front end stay, so that vertebra and cartilage are met. No two ribs of a person are
    mirror images; by how much is authored: 2 to 3 mm.
    """
    along = np.linspace(0.0, 1.0, len(points))
    lift = np.zeros(len(points))
    for wave in range(1, _STRAY_WAVES + 1):
        lift += rng.normal() / wave * np.sin(np.pi * wave * along)
    out = points.copy()
    out[:, 2] += np.clip(_STRAY_MM * lift / 1.5, -_STRAY_MM, _STRAY_MM)
    return out


def record(ribs: Sequence[RibRecord], number: int) -> RibRecord:
    """Return the record of a rib."""
    for rib in ribs:
        if rib.number == number:
            return rib
    raise UnknownNameError.of("rib", str(number), [r.number for r in ribs])


def cartilage(rib: RibRecord, end: FloatArray) -> FloatArray:
    """Return the points (x, y, z, radius) of a left costal cartilage from the rib's front end."""
    path = np.vstack([end[:3], np.array(rib.cartilage)])
    return np.column_stack([path, np.full(len(path), 5.6)])


def bundle(points: FloatArray) -> FloatArray:
    """Return the points (x, y, z, radius) of the vessels in the groove below a left rib."""
    below = np.array([0.0, 0.0, -1.0]) * (points[:, 3:] + _GROOVE_MM)
    inwards = np.array([[0.0, 5.0, 0.0]]) - points[:, :3]
    inwards[:, 2] = 0.0
    inwards /= np.linalg.norm(inwards, axis=1, keepdims=True)
    radius = np.linspace(*_BUNDLE_RADIUS_MM, len(points))
    return np.column_stack([points[:, :3] + below + 1.2 * inwards, radius])


def _height(rib: RibRecord, angle: float) -> float:
    """Return z at an angle from behind: steep to the side, flatter in front."""
    if angle <= 92.0:
        share = max((angle - 22.0) / 70.0, 0.0) ** 0.92
        return rib.head_z_mm + (rib.lateral_z_mm - rib.head_z_mm) * share
    share = min(1.0, (angle - 92.0) / max(1.0, rib.sweep_deg - 92.0))
    return rib.lateral_z_mm + (rib.front_z_mm - rib.lateral_z_mm) * share


def _out_to(cage: Distance, angles: FloatArray, heights: FloatArray) -> FloatArray:
    """Return how far out the cage lies in each direction, by bisection."""
    a = np.radians(angles)
    low, high = np.full(len(a), 20.0), np.full(len(a), 190.0)
    for _ in range(24):
        middle = 0.5 * (low + high)
        points = np.column_stack([np.sin(a) * middle, 5.0 + np.cos(a) * middle, heights])
        inside = cage(points) < _ABOVE_CAGE_MM
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


def _radius(rib: RibRecord, angle: float) -> float:
    if rib.number == 12:
        return float(5.0 - 1.8 * max(0.0, (angle - 45.0) / 20.0))
    if rib.number == 11 and angle > rib.sweep_deg - 15.0:
        return 4.4
    return 6.6 if angle < rib.sweep_deg - 10.0 else 6.0
