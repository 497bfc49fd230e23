"""Blur of the detector ring: along the axis, and across it growing with the radius.

References
----------
.. [1] Moses WW. Nucl Instrum Methods A 648 (2011) S236. doi:10.1016/j.nima.2010.11.092
"""

import numpy as np
import numpy.typing as npt
from numba import prange
from scipy import ndimage, special

from imagingsim.jit import compiled_parallel
from imagingsim.pet.projector import Blocks
from imagingsim.pet.settings import Scanner
from imagingsim.units import FloatArray, IntArray

FWHM_PER_SIGMA = 2.354820045
_REACH = 6


def blur_slices(volume: FloatArray, fwhm_mm: float, slice_mm: float) -> FloatArray:
    """Return (slices, rows, columns) blurred along the slices; the ends continue."""
    sigma = fwhm_mm / FWHM_PER_SIGMA / slice_mm
    return ndimage.gaussian_filter1d(volume, sigma, axis=0, mode="nearest", truncate=3.0)


def radial_kernel(scanner: Scanner, bins: int, bin_mm: float) -> npt.NDArray[np.float32]:
    """Return the spread of each ray over its neighbours, shape (bins, 2 * reach + 1).

    The width grows with the distance from the centre because photons cross the crystals obliquely.
    """
    radius_mm = (np.arange(bins) - 0.5 * (bins - 1)) * bin_mm
    growth = scanner.resolution_20cm_mm**2 - scanner.resolution_mm**2
    fwhm = np.sqrt(scanner.resolution_mm**2 + growth * (radius_mm / 200.0) ** 2)
    width = (fwhm / FWHM_PER_SIGMA * np.sqrt(2.0))[:, None]
    offset_mm = np.arange(-_REACH, _REACH + 1)[None, :] * bin_mm
    upper, lower = offset_mm + bin_mm / 2.0, offset_mm - bin_mm / 2.0
    kernel = special.erf(upper / width) - special.erf(lower / width)
    return (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)


def spread(data: Blocks, views: IntArray, kernel: npt.NDArray[np.float32], out: Blocks) -> Blocks:
    """Fill the ``views`` of ``out`` with ``data`` blurred across the rays."""
    _spread(data, views, kernel, out)
    return out


def gather(data: Blocks, views: IntArray, kernel: npt.NDArray[np.float32], out: Blocks) -> Blocks:
    """Fill the ``views`` of ``out`` with the transpose of `spread`."""
    _gather(data, views, kernel, out)
    return out


@compiled_parallel
def _spread(data: Blocks, views: IntArray, kernel: FloatArray, out: Blocks) -> None:
    bins, side = data.shape[2], data.shape[3]
    reach = (kernel.shape[1] - 1) // 2
    for block in prange(data.shape[0]):
        for number in range(views.size):
            view = views[number]
            for ray in range(bins):
                out[block, view, ray, :] = np.float32(0.0)
                for source in range(max(0, ray - reach), min(bins, ray + reach + 1)):
                    weight = kernel[source, ray - source + reach]
                    for k in range(side):
                        out[block, view, ray, k] += weight * data[block, view, source, k]


@compiled_parallel
def _gather(data: Blocks, views: IntArray, kernel: FloatArray, out: Blocks) -> None:
    bins, side = data.shape[2], data.shape[3]
    reach = (kernel.shape[1] - 1) // 2
    for block in prange(data.shape[0]):
        for number in range(views.size):
            view = views[number]
            for source in range(bins):
                out[block, view, source, :] = np.float32(0.0)
                for ray in range(max(0, source - reach), min(bins, source + reach + 1)):
                    weight = kernel[source, ray - source + reach]
                    for k in range(side):
                        out[block, view, source, k] += weight * data[block, view, ray, k]
