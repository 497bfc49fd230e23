"""Smooth curves through a few authored points."""

import numpy as np

from imagingsim.units import FloatArray


def closed_spline(points: FloatArray, samples: int = 240) -> FloatArray:
    """Return a Catmull-Rom curve through a ring of points, shape (n, 2) to (samples, 2)."""
    p = np.asarray(points, dtype=np.float64)
    t = np.arange(samples) * len(p) / samples
    i = np.floor(t).astype(int)
    f = (t - i)[:, np.newaxis]
    n = len(p)
    return _catmull_rom(p[(i - 1) % n], p[i % n], p[(i + 1) % n], p[(i + 2) % n], f)


def open_spline(points: FloatArray, samples: int = 6) -> FloatArray:
    """Return a Catmull-Rom curve through points of any dimension, ``samples`` per span.

    Examples
    --------
    >>> open_spline(np.array([[0.0], [1.0], [2.0]]), 2).ravel()
    array([0. , 0.5, 1. , 1.5, 2. ])
    """
    p = np.asarray(points, dtype=np.float64)
    if len(p) < 2:
        return p
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    f = np.arange(samples)[:, np.newaxis] / samples
    spans = [_catmull_rom(p[s], p[s + 1], p[s + 2], p[s + 3], f) for s in range(len(p) - 3)]
    return np.vstack([*spans, p[-2:-1]])


def _catmull_rom(
    p0: FloatArray, p1: FloatArray, p2: FloatArray, p3: FloatArray, f: FloatArray
) -> FloatArray:
    return 0.5 * (
        2 * p1
        + (p2 - p0) * f
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * f**2
        + (3 * p1 - p0 - 3 * p2 + p3) * f**3
    )
