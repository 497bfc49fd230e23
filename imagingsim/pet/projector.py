"""Line integrals through slices, and their transpose (Joseph's method).

Sixteen slices lie side by side in memory as the last axis, so that one ray serves sixteen slices
at once; each thread owns whole blocks of slices, so that the transpose needs no locks and the
result does not depend on the number of threads. Rays are clipped to a rectangle around the body.
Keep this file stable: compiling it takes seconds.

References
----------
.. [1] Joseph PM. IEEE Trans Med Imaging 1 (1982) 192. doi:10.1109/TMI.1982.4307572
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import prange

from imagingsim.jit import compiled, compiled_parallel
from imagingsim.units import FloatArray, IntArray

BLOCK: Final = 16
"""Slices side by side."""

Blocks = npt.NDArray[np.float32]
"""(blocks, rows, columns, BLOCK) for images, (blocks, views, bins, BLOCK) for sinograms."""


def to_blocks(volume: FloatArray) -> Blocks:
    """Return (slices, rows, columns) as blocks, padded with empty slices."""
    slices, rows, columns = volume.shape
    blocks = -(-slices // BLOCK)
    padded = np.zeros((blocks * BLOCK, rows, columns), np.float32)
    padded[:slices] = volume
    arranged = padded.reshape(blocks, BLOCK, rows, columns).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(arranged)


def from_blocks(blocks: Blocks, slices: int) -> Blocks:
    """Return blocks as (slices, rows, columns)."""
    count, rows, columns, _ = blocks.shape
    arranged = blocks.transpose(0, 3, 1, 2).reshape(count * BLOCK, rows, columns)
    return np.ascontiguousarray(arranged[:slices])


def bounds(blocks: Blocks, threshold: float, pad: int = 2) -> IntArray:
    """Return (row from, row to, column from, column to) of what exceeds a threshold, per block."""
    result = np.zeros((blocks.shape[0], 4), np.int64)
    for number, block in enumerate(blocks):
        inside = (block > threshold).any(axis=-1)
        if inside.any():
            rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
            result[number] = (
                max(rows[0] - pad, 0), min(rows[-1] + pad + 1, inside.shape[0]),
                max(columns[0] - pad, 0), min(columns[-1] + pad + 1, inside.shape[1]),
            )  # fmt: skip
    return result


@dataclass(frozen=True, eq=False)
class Geometry:
    """Parallel rays through a square image.

    Attributes
    ----------
    views
        Number of directions over half a turn.
    bins, bin_mm
        Number and distance of the rays of a view.
    pixel_mm
        Pixel size of the image.
    """

    views: int
    bins: int
    bin_mm: float
    pixel_mm: float

    def forward(self, image: Blocks, bounds: IntArray, views: IntArray, out: Blocks) -> Blocks:
        """Fill the ``views`` of ``out`` with line integrals of ``image``, its unit times mm."""
        _forward(image, out, bounds, *self._rays(views))
        return out

    def backward(self, data: Blocks, bounds: IntArray, views: IntArray, out: Blocks) -> Blocks:
        """Add to ``out`` the transpose of `forward` applied to the ``views`` of ``data``."""
        _backward(data, out, bounds, *self._rays(views))
        return out

    def _rays(
        self, views: IntArray
    ) -> tuple[FloatArray, FloatArray, float, float, float, IntArray]:
        # A tenth of a milliradian keeps every ray off the exact axes, where Joseph's weights jump.
        angles = np.arange(self.views) * (math.pi / self.views) + 1e-4
        first = -0.5 * (self.bins - 1) * self.bin_mm
        return np.cos(angles), np.sin(angles), first, self.bin_mm, self.pixel_mm, views


@compiled
def _span(at: float, slope: float, low: int, high: int, first: int, last: int) -> tuple[int, int]:
    """Return the steps in first..last-1 at which low <= at + step * slope < high - 1."""
    top = high - 1.0000001
    if abs(slope) < 1e-12:
        return (first, last) if low <= at < top else (first, first)
    a = (low - at) / slope
    b = (top - at) / slope
    if a > b:
        a, b = b, a
    start = max(first, math.ceil(a))
    return start, max(start, min(last, math.floor(b) + 1))


@compiled_parallel
def _forward(
    image: Blocks, data: Blocks, bounds: IntArray, cosine: FloatArray, sine: FloatArray,
    first_mm: float, bin_mm: float, pixel_mm: float, views: IntArray,
) -> None:  # fmt: skip
    rows, columns, bins = image.shape[1], image.shape[2], data.shape[2]
    middle_x, middle_y = 0.5 * (columns - 1), 0.5 * (rows - 1)
    for block in prange(image.shape[0]):
        total = np.zeros(BLOCK, np.float32)
        y_low, y_high, x_low, x_high = bounds[block]
        for number in range(views.size):
            view = views[number]
            c, s = cosine[view], sine[view]
            along_x = abs(s) > abs(c)
            step_mm = np.float32(pixel_mm / max(abs(s), abs(c)))
            slope = -c / s if along_x else -s / c
            for ray in range(bins):
                t = (first_mm + ray * bin_mm) / pixel_mm
                total[:] = np.float32(0.0)
                if along_x:
                    at = (t + middle_x * c) / s + middle_y
                    start, stop = _span(at, slope, y_low, y_high, x_low, x_high)
                    for x in range(start, stop):
                        y = at + x * slope
                        low = int(y)
                        upper = np.float32(y - low)
                        lower = np.float32(1.0) - upper
                        for k in range(BLOCK):
                            total[k] += (
                                lower * image[block, low, x, k]
                                + upper * image[block, low + 1, x, k]
                            )
                else:
                    at = (t + middle_y * s) / c + middle_x
                    start, stop = _span(at, slope, x_low, x_high, y_low, y_high)
                    for y in range(start, stop):
                        x = at + y * slope
                        low = int(x)
                        upper = np.float32(x - low)
                        lower = np.float32(1.0) - upper
                        for k in range(BLOCK):
                            total[k] += (
                                lower * image[block, y, low, k]
                                + upper * image[block, y, low + 1, k]
                            )
                for k in range(BLOCK):
                    data[block, view, ray, k] = step_mm * total[k]


@compiled_parallel
def _backward(
    data: Blocks, image: Blocks, bounds: IntArray, cosine: FloatArray, sine: FloatArray,
    first_mm: float, bin_mm: float, pixel_mm: float, views: IntArray,
) -> None:  # fmt: skip
    rows, columns, bins = image.shape[1], image.shape[2], data.shape[2]
    middle_x, middle_y = 0.5 * (columns - 1), 0.5 * (rows - 1)
    for block in prange(image.shape[0]):
        value = np.zeros(BLOCK, np.float32)
        y_low, y_high, x_low, x_high = bounds[block]
        for number in range(views.size):
            view = views[number]
            c, s = cosine[view], sine[view]
            along_x = abs(s) > abs(c)
            step_mm = np.float32(pixel_mm / max(abs(s), abs(c)))
            slope = -c / s if along_x else -s / c
            for ray in range(bins):
                t = (first_mm + ray * bin_mm) / pixel_mm
                for k in range(BLOCK):
                    value[k] = step_mm * data[block, view, ray, k]
                if along_x:
                    at = (t + middle_x * c) / s + middle_y
                    start, stop = _span(at, slope, y_low, y_high, x_low, x_high)
                    for x in range(start, stop):
                        y = at + x * slope
                        low = int(y)
                        upper = np.float32(y - low)
                        lower = np.float32(1.0) - upper
                        for k in range(BLOCK):
                            image[block, low, x, k] += lower * value[k]
                            image[block, low + 1, x, k] += upper * value[k]
                else:
                    at = (t + middle_y * s) / c + middle_x
                    start, stop = _span(at, slope, x_low, x_high, y_low, y_high)
                    for y in range(start, stop):
                        x = at + y * slope
                        low = int(x)
                        upper = np.float32(x - low)
                        lower = np.float32(1.0) - upper
                        for k in range(BLOCK):
                            image[block, y, low, k] += lower * value[k]
                            image[block, y, low + 1, k] += upper * value[k]
