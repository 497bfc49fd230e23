"""Contours between the key heights of a loft, for sheets that wander from one to the next."""

import itertools
from collections.abc import Mapping

import numpy as np

from imagingsim.geometry.splines import closed_spline
from imagingsim.units import FloatArray

_POINTS = 48


def followed(levels: Mapping[float, FloatArray], *, apart_mm: float) -> dict[float, FloatArray]:
    """Return contours no further apart than ``apart_mm``, moved from key height to key height.

    A loft blends the distances of its contours: a thin sheet that shifts by more than its
    thickness would vanish half way. Here the points of two contours are paired, by their share
    of the length of each, and carried over on straight lines.

    Parameters
    ----------
    levels
        Height z to the contour's points, shape (n, 2), mm.
    """
    heights = sorted(levels)
    out: dict[float, FloatArray] = {}
    for low, high in itertools.pairwise(heights):
        first, second = _evenly(levels[low]), _evenly(levels[high])
        second = _paired(first, second)
        steps = max(1, int(np.ceil((high - low) / apart_mm)))
        for step in range(steps):
            share = step / steps
            out[low + share * (high - low)] = (1.0 - share) * first + share * second
    out[heights[-1]] = _evenly(levels[heights[-1]])
    return out


def _evenly(ring: FloatArray) -> FloatArray:
    """Return points at equal distances along a contour, counter-clockwise, shape (48, 2)."""
    curve = closed_spline(np.asarray(ring, dtype=np.float64))
    x, y = curve.T
    if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0.0:
        curve = curve[::-1]
    ends = np.vstack([curve, curve[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ends, axis=0), axis=1))])
    at = np.arange(_POINTS) * along[-1] / _POINTS
    return np.column_stack([np.interp(at, along, ends[:, axis]) for axis in (0, 1)])


def _paired(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return a contour whose points begin where they lie nearest to those of another."""
    about = second - second.mean(axis=0) + first.mean(axis=0)
    away = [
        float(((np.roll(about, -shift, axis=0) - first) ** 2).sum()) for shift in range(_POINTS)
    ]
    return np.roll(second, -int(np.argmin(away)), axis=0)
