"""True distances of a solid that was made with approximate ones."""

import math

import numpy as np
from numba import njit, prange
from scipy import ndimage

from imagingsim.geometry.baking import Baked
from imagingsim.geometry.machine import Float32
from imagingsim.units import BoolArray, FloatArray, IntArray


def redistance(baked: Baked) -> Baked:
    """Return the same surface with true distances everywhere.

    The distance of a node is that to the foot point of the surface cell that is nearest to it.
    """
    values = np.ascontiguousarray(baked.values, dtype=np.float64)
    away = np.empty(values.shape, dtype=bool)
    _find_surface(values, 2.0 * baked.step_mm, away)
    nearest = ndimage.distance_transform_edt(away, return_distances=False, return_indices=True)
    out = np.empty(values.shape, dtype=np.float32)
    _measure(values, away, nearest, baked.step_mm, out)
    return Baked(out, baked.origin_mm, baked.step_mm)


@njit(cache=True)
def _rise(values: FloatArray, k: int, j: int, i: int) -> tuple[float, float, float, float]:
    """Return the change per node along z, y, x at a node, and its square."""
    nz, ny, nx = values.shape
    a, b = max(k - 1, 0), min(k + 1, nz - 1)
    z = (values[b, j, i] - values[a, j, i]) / max(b - a, 1)
    a, b = max(j - 1, 0), min(j + 1, ny - 1)
    y = (values[k, b, i] - values[k, a, i]) / max(b - a, 1)
    a, b = max(i - 1, 0), min(i + 1, nx - 1)
    x = (values[k, j, b] - values[k, j, a]) / max(b - a, 1)
    return z, y, x, z * z + y * y + x * x


@njit(cache=True, parallel=True, nogil=True)
def _find_surface(values: FloatArray, band: float, away: BoolArray) -> None:
    """Mark the nodes that are farther than one node from the surface."""
    for k in prange(values.shape[0]):
        for j in range(values.shape[1]):
            for i in range(values.shape[2]):
                size = math.sqrt(max(_rise(values, k, j, i)[3], 1e-6))
                value = abs(values[k, j, i])
                away[k, j, i] = value >= size or value >= band


@njit(cache=True, parallel=True, nogil=True)
def _measure(
    values: FloatArray, away: BoolArray, nearest: IntArray, step: float, out: Float32
) -> None:
    for k in prange(values.shape[0]):
        for j in range(values.shape[1]):
            for i in range(values.shape[2]):
                c, b, a = nearest[0, k, j, i], nearest[1, k, j, i], nearest[2, k, j, i]
                z, y, x, size = _rise(values, c, b, a)
                foot = values[c, b, a] / max(size, 1e-6)
                if away[k, j, i]:
                    z, y, x = c - z * foot - k, b - y * foot - j, a - x * foot - i
                    far = math.sqrt(z * z + y * y + x * x)
                    out[k, j, i] = np.sign(values[k, j, i]) * far * step
                else:
                    out[k, j, i] = values[k, j, i] / math.sqrt(max(size, 1e-6)) * step
