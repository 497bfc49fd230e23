"""Plane signed distances of closed contours."""

import math

import numpy as np
from numba import njit, prange

from imagingsim.geometry.machine import Float32
from imagingsim.units import FloatArray, IntArray

_TILE = 8
"""Nodes along a side of the tiles that share the edges nearest to them."""


def sheets_of(
    rings: list[FloatArray], pad_mm: float, step_mm: float
) -> tuple[Float32, FloatArray, float]:
    """Return the plane signed distances of each contour, their first node and step."""
    points = np.vstack(rings)
    low = points.min(axis=0) - pad_mm
    nx, ny = np.ceil((points.max(axis=0) + pad_mm - low) / step_mm).astype(int) + 2
    sheets = np.empty((len(rings), ny, nx), dtype=np.float32)
    _fill(sheets, np.stack(rings), low[0], low[1], step_mm)
    return sheets, low, step_mm


@njit(cache=True, parallel=True, fastmath=True, nogil=True)
def _fill(sheets: Float32, rings: FloatArray, x0: float, y0: float, step: float) -> None:
    rows = -(-sheets.shape[1] // _TILE)
    for job in prange(sheets.shape[0] * rows):
        ring, first = rings[job // rows], job % rows * _TILE
        strip = sheets[job // rows, first : first + _TILE]
        _fill_strip(strip, ring, x0, y0 + first * step, step)


@njit(cache=True, fastmath=True)
def _fill_strip(strip: Float32, ring: FloatArray, x0: float, y0: float, step: float) -> None:
    ny, nx = strip.shape
    near = np.empty(ring.shape[0], np.int64)
    for left in range(0, nx, _TILE):
        right = min(left + _TILE, nx)
        middle = x0 + 0.5 * (left + right - 1) * step, y0 + 0.5 * (ny - 1) * step
        count = _near(ring, middle[0], middle[1], 1.5 * _TILE * step, near)
        for iy in range(ny):
            for ix in range(left, right):
                best = 1e12
                for n in range(count):
                    best = min(best, _edge_distance2(ring, near[n], x0 + ix * step, y0 + iy * step))
                strip[iy, ix] = math.sqrt(best)
    for iy in range(ny):
        _sign_row(strip[iy], ring, x0, y0 + iy * step, step)


@njit(cache=True, fastmath=True)
def _edge_distance2(ring: FloatArray, i: int, x: float, y: float) -> float:
    """Return the squared distance of a point to the edge that ends in a ring's point."""
    j = i - 1 if i > 0 else ring.shape[0] - 1
    ex, ey = ring[j, 0] - ring[i, 0], ring[j, 1] - ring[i, 1]
    wx, wy = x - ring[i, 0], y - ring[i, 1]
    t = min(max((wx * ex + wy * ey) / (ex * ex + ey * ey + 1e-12), 0.0), 1.0)
    bx, by = wx - ex * t, wy - ey * t
    return bx * bx + by * by


@njit(cache=True, fastmath=True)
def _near(ring: FloatArray, x: float, y: float, wide: float, near: IntArray) -> int:
    """Note the edges that may be nearest to a point of a tile ``wide`` across; return how many."""
    best = 1e12
    for i in range(ring.shape[0]):
        best = min(best, _edge_distance2(ring, i, x, y))
    most = (math.sqrt(best) + wide) ** 2
    count = 0
    for i in range(ring.shape[0]):
        if _edge_distance2(ring, i, x, y) <= most:
            near[count] = i
            count += 1
    return count


@njit(cache=True, fastmath=True)
def _sign_row(row: Float32, ring: FloatArray, x0: float, y: float, step: float) -> None:
    """Make distances negative where a row lies in the ring: right of an odd number of edges."""
    nx = row.shape[0]
    turns = np.zeros(nx + 1, np.int64)
    j = ring.shape[0] - 1
    for i in range(ring.shape[0]):
        if (ring[i, 1] > y) != (ring[j, 1] > y):
            slope = (ring[j, 0] - ring[i, 0]) / (ring[j, 1] - ring[i, 1])
            x = slope * (y - ring[i, 1]) + ring[i, 0]
            turns[min(max(math.ceil((x - x0) / step), 0), nx)] += 1
        j = i
    inside = 0
    for ix in range(nx):
        inside += turns[ix]
        if inside % 2:
            row[ix] = -row[ix]
