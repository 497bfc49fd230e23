"""Solids baked to a lattice of signed distances, and lofts of contours."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from scipy import ndimage

from imagingsim.errors import GeometryError
from imagingsim.geometry.machine import CELL, PER_MM, Float32, Int16
from imagingsim.geometry.sheets import sheets_of
from imagingsim.geometry.splines import closed_spline
from imagingsim.units import FloatArray

_LIMIT_MM = 80.0
_WIDEST_MM = 120.0


@dataclass(frozen=True, eq=False)
class Baked:
    """A solid as signed distances on a lattice.

    Attributes
    ----------
    values
        (z, y, x), float32, mm, negative inside.
    origin_mm
        (x, y, z) of the first node.
    step_mm
        Distance between nodes.
    """

    values: Float32
    origin_mm: tuple[float, float, float]
    step_mm: float

    def mirrored(self) -> "Baked":
        """Return the mirror image in the plane x = 0."""
        x, y, z = self.origin_mm
        last = x + self.step_mm * (self.values.shape[2] - 1)
        return Baked(np.ascontiguousarray(self.values[:, :, ::-1]), (-last, y, z), self.step_mm)

    def at(self, points_mm: FloatArray) -> FloatArray:
        """Return the distances at points, shape (n, 3) to (n,), mm."""
        index = (np.asarray(points_mm) - np.array(self.origin_mm)) / self.step_mm
        return ndimage.map_coordinates(self.values, index[:, ::-1].T, order=1, mode="nearest")


@dataclass(frozen=True, eq=False)
class Packed:
    """A baked solid as the kernels read it.

    Attributes
    ----------
    values
        (z, y, x), 256ths of a mm.
    ranges
        (smallest, largest) distance per cell, shape (z, y, x, 2), 256ths of a mm.
    origin_mm, step_mm
        As of `Baked`.
    """

    values: Int16
    ranges: Int16
    origin_mm: tuple[float, float, float]
    step_mm: float


def in_256ths(values_mm: FloatArray) -> Int16:
    """Return distances as whole numbers of 256ths of a mm."""
    return np.round(np.clip(values_mm, -_WIDEST_MM, _WIDEST_MM) * PER_MM).astype(np.int16)


def cell_ranges(values: Int16) -> Int16:
    """Return the smallest and largest of a solid's distances per cell, shape (z, y, x, 2)."""
    cells = tuple(-(-(n - 1) // CELL) for n in values.shape)
    ranges = np.empty((*cells, 2), np.int16)
    _find_ranges(np.ascontiguousarray(values), ranges)
    return ranges


@njit(cache=True, nogil=True)
def _find_ranges(values: Int16, out: Int16) -> None:
    nz, ny, nx = values.shape
    for k in range(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                low = high = values[k * CELL, j * CELL, i * CELL]
                for c in range(k * CELL, min(k * CELL + CELL + 1, nz)):
                    for b in range(j * CELL, min(j * CELL + CELL + 1, ny)):
                        for a in range(i * CELL, min(i * CELL + CELL + 1, nx)):
                            low = min(low, values[c, b, a])
                            high = max(high, values[c, b, a])
                out[k, j, i, 0] = low
                out[k, j, i, 1] = high


def bake_loft(
    levels: Mapping[float, FloatArray],
    *,
    step_mm: float,
    pad_mm: float,
    rotation: FloatArray | None = None,
    origin_mm: FloatArray | None = None,
) -> Baked:
    """Bake closed contours at key heights, joined by monotone cubics along z.

    Parameters
    ----------
    levels
        Height z to the contour's points, shape (n, 2), mm.
    pad_mm
        How far beyond the contours distances are kept.
    rotation, origin_mm
        Where the contours' frame lies: its axes as columns, and its origin.
    """
    heights = np.array(sorted(levels), dtype=np.float64)
    if len(heights) < 2:
        raise GeometryError(f"A loft needs contours at two heights or more, got {list(levels)}.")
    rings = [closed_spline(np.asarray(levels[z], dtype=np.float64)) for z in heights]
    sheets, low, sheet_mm = sheets_of(rings, pad_mm + 4.0, min(step_mm, 1.5))
    turn = np.eye(3) if rotation is None else np.asarray(rotation, dtype=np.float64)
    shift = np.zeros(3) if origin_mm is None else np.asarray(origin_mm, dtype=np.float64)
    corners = _corners(rings, heights) @ turn.T + shift
    first = corners.min(axis=0) - pad_mm
    counts = np.ceil((corners.max(axis=0) + pad_mm - first) / step_mm).astype(int) + 1
    out = np.empty(tuple(counts[::-1]), dtype=np.float32)
    _fill_loft(out, first, step_mm, turn, shift, sheets, heights, low, sheet_mm)
    values = np.clip(_even_out(out, step_mm), -_LIMIT_MM, _LIMIT_MM).astype(np.float32)
    return Baked(values, (float(first[0]), float(first[1]), float(first[2])), step_mm)


def _corners(rings: list[FloatArray], heights: FloatArray) -> FloatArray:
    points = np.vstack(rings)
    low, high = points.min(axis=0), points.max(axis=0)
    return np.array(
        [
            (x, y, z)
            for x in (low[0], high[0])
            for y in (low[1], high[1])
            for z in (heights[0], heights[-1])
        ]
    )


@njit(cache=True, parallel=True, fastmath=True)
def _fill_loft(
    out: Float32, first: FloatArray, step: float, turn: FloatArray, shift: FloatArray,
    sheets: Float32, heights: FloatArray, low: FloatArray, sheet_mm: float,
) -> None:  # fmt: skip
    for k in prange(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                x = first[0] + i * step - shift[0]
                y = first[1] + j * step - shift[1]
                z = first[2] + k * step - shift[2]
                u = turn[0, 0] * x + turn[1, 0] * y + turn[2, 0] * z
                v = turn[0, 1] * x + turn[1, 1] * y + turn[2, 1] * z
                w = turn[0, 2] * x + turn[1, 2] * y + turn[2, 2] * z
                out[k, j, i] = _loft_at(u, v, w, sheets, heights, low, sheet_mm)


@njit(cache=True, fastmath=True)
def _sheet_at(sheet: Float32, fx: float, fy: float) -> float:
    ix, iy = int(fx), int(fy)
    u, v = fx - ix, fy - iy
    a = sheet[iy, ix] + (sheet[iy, ix + 1] - sheet[iy, ix]) * u
    b = sheet[iy + 1, ix] + (sheet[iy + 1, ix + 1] - sheet[iy + 1, ix]) * u
    return a + (b - a) * v


@njit(cache=True, fastmath=True)
def _slope(before: float, after: float) -> float:
    """Return the harmonic mean of two slopes, 0 at a turning point: a monotone cubic."""
    return 0.0 if before * after <= 0 else 2 * before * after / (before + after)


@njit(cache=True, fastmath=True)
def _loft_at(
    x: float, y: float, z: float, sheets: Float32, heights: FloatArray, low: FloatArray, step: float
) -> float:
    count = heights.shape[0]
    gx, gy = (x - low[0]) / step, (y - low[1]) / step
    fx = min(max(gx, 0.0), sheets.shape[2] - 1.001)
    fy = min(max(gy, 0.0), sheets.shape[1] - 1.001)
    beyond = max(abs(gx - fx), abs(gy - fy)) * step
    above = max(heights[0] - z, z - heights[count - 1], 0.0)
    k = 0
    while k < count - 2 and z > heights[k + 1]:
        k += 1
    gap = heights[k + 1] - heights[k]
    t = min(max((z - heights[k]) / gap, 0.0), 1.0)
    b, c = _sheet_at(sheets[k], fx, fy), _sheet_at(sheets[k + 1], fx, fy)
    slope = (c - b) / gap
    mb, mc = slope, slope
    if k > 0:
        a = _sheet_at(sheets[k - 1], fx, fy)
        mb = _slope((b - a) / (heights[k] - heights[k - 1]), slope)
    if k < count - 2:
        d = _sheet_at(sheets[k + 2], fx, fy)
        mc = _slope(slope, (d - c) / (heights[k + 2] - heights[k + 1]))
    t2 = t * t
    t3 = t2 * t
    e = (2 * t3 - 3 * t2 + 1) * b + (t3 - 2 * t2 + t) * gap * mb
    e += (3 * t2 - 2 * t3) * c + (t3 - t2) * gap * mc + beyond
    if above > 0:
        e = math.sqrt(e * e + above * above) if e > 0 else max(e, above)
    return e


def _even_out(values: Float32, step_mm: float) -> FloatArray:
    """Divide by the slope near the surface, so that values are distances there."""
    slope = np.sqrt(sum(np.gradient(values, step_mm, axis=axis) ** 2 for axis in range(3)))
    near = np.exp(-((values / 4.0) ** 2)) * ((slope > 0.3) & (slope < 6.0))
    return values / (1.0 + near * (np.minimum(slope, 2.5) - 1.0))
