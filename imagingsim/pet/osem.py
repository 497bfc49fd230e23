"""Ordered-subsets expectation maximisation, with or without the detector's blur in the model.

References
----------
.. [1] Hudson HM, Larkin RS. IEEE Trans Med Imaging 13 (1994) 601. doi:10.1109/42.363108
.. [2] Panin VY et al. IEEE Trans Med Imaging 25 (2006) 907. doi:10.1109/TMI.2006.876171
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import prange

from imagingsim.jit import compiled_parallel
from imagingsim.pet.projector import Blocks, Geometry
from imagingsim.pet.resolution import gather, spread
from imagingsim.units import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Model:
    """What links an image to its expected counts.

    Attributes
    ----------
    weight
        Counts per line integral of each bin: attenuation times detection, sinogram blocks.
    background
        Scattered and random counts of each bin, sinogram blocks.
    kernel
        Spread across the rays, or None when the reconstruction ignores it.
    """

    geometry: Geometry
    weight: Blocks
    background: Blocks
    bounds: IntArray
    kernel: npt.NDArray[np.float32] | None


def reconstruct(
    counts: Blocks, model: Model, *, rows: int, iterations: int, subsets: int, start: float
) -> Blocks:
    """Return the image blocks that explain ``counts``; ``start`` is the uniform first guess."""
    views = np.arange(model.geometry.views)
    order = _bit_reversed(subsets)
    parts = [views[number::subsets] for number in order]
    shape = (counts.shape[0], rows, rows, counts.shape[3])
    model_sino, spare = np.empty_like(counts), np.empty_like(counts)
    image, update = np.zeros(shape, np.float32), np.empty(shape, np.float32)
    _fill(image, model.bounds, start)
    sensitivities = [_sensitivity(model, part, model_sino, spare, shape) for part in parts]
    for _ in range(iterations):
        for part, sensitivity in zip(parts, sensitivities, strict=True):
            expected = _project(model, image, part, model_sino, spare)
            _ratio(counts, model.weight, model.background, expected, part)
            other = spare if expected is model_sino else model_sino
            update[:] = 0.0
            _back_project(model, expected, part, other, update)
            _multiply(image, update, sensitivity)
    return image


def _bit_reversed(count: int) -> IntArray:
    """Return 0..count-1 so that neighbours in time are far apart in angle."""
    return np.argsort([int(format(number, "08b")[::-1], 2) for number in range(count)])


def _project(model: Model, image: Blocks, part: IntArray, first: Blocks, second: Blocks) -> Blocks:
    model.geometry.forward(image, model.bounds, part, first)
    return first if model.kernel is None else spread(first, part, model.kernel, second)


def _back_project(model: Model, data: Blocks, part: IntArray, spare: Blocks, out: Blocks) -> None:
    if model.kernel is not None:
        data = gather(data, part, model.kernel, spare)
    model.geometry.backward(data, model.bounds, part, out)


def _sensitivity(
    model: Model, part: IntArray, first: Blocks, second: Blocks, shape: tuple[int, ...]
) -> Blocks:
    first[:, part] = model.weight[:, part]
    out = np.zeros(shape, np.float32)
    _back_project(model, first, part, second, out)
    return out


def _fill(image: Blocks, bounds: IntArray, value: float) -> None:
    for block, (y_low, y_high, x_low, x_high) in zip(image, bounds, strict=True):
        block[y_low:y_high, x_low:x_high] = value


@compiled_parallel
def _ratio(
    counts: Blocks, weight: Blocks, background: Blocks, expected: Blocks, views: IntArray
) -> None:
    """Replace line integrals by weight times measured over expected counts."""
    for block in prange(counts.shape[0]):
        for number in range(views.size):
            view = views[number]
            for ray in range(counts.shape[2]):
                for k in range(counts.shape[3]):
                    w = weight[block, view, ray, k]
                    mean = expected[block, view, ray, k] * w + background[block, view, ray, k]
                    if mean > 1e-6:
                        expected[block, view, ray, k] = counts[block, view, ray, k] / mean * w
                    else:
                        expected[block, view, ray, k] = 0.0


@compiled_parallel
def _multiply(image: Blocks, update: Blocks, sensitivity: FloatArray) -> None:
    """Multiply the image by the update over the sensitivity; where nothing is seen, nothing is."""
    for block in prange(image.shape[0]):
        for row in range(image.shape[1]):
            for column in range(image.shape[2]):
                for k in range(image.shape[3]):
                    seen = sensitivity[block, row, column, k]
                    if seen > 0.0:
                        image[block, row, column, k] *= update[block, row, column, k] / seen
                    else:
                        image[block, row, column, k] = 0.0
