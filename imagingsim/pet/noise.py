"""Counting noise whose draws belong to the bin and not to the moment.

Every bin of every slice has a uniform number of its own, made by hashing the slice's key with the
bin's index; the count is the Poisson quantile at that number. So a slab and the whole scan share
their noise, a slightly hotter lesion changes the counts only slightly, and neither the number of
threads nor the order of work matters.

References
----------
.. [1] Steele GL, Lea D, Flood CH. OOPSLA (2014) 453 (splitmix64). doi:10.1145/2660193.2660195
.. [2] Acklam PJ. An algorithm for computing the inverse normal cumulative distribution (2003).
.. [3] Cornish EA, Fisher RA. Rev Inst Int Stat 5 (1938) 307. doi:10.2307/1400905
"""

import math

import numpy as np
import numpy.typing as npt
from numba import prange

from imagingsim.jit import compiled, compiled_parallel
from imagingsim.pet.projector import Blocks

_EXACT_BELOW = 16.0
"""Means below this are inverted exactly, above by three terms of Cornish and Fisher."""

Keys = npt.NDArray[np.uint64]


def slice_keys(rng: np.random.Generator, first: int, slices: int) -> Keys:
    """Return the noise keys of slices ``first`` on, of a scan whose generator is ``rng``."""
    root = rng.integers(0, 2**63, dtype=np.uint64)
    numbers = np.arange(first, first + slices, dtype=np.uint64)
    return _mixed(root + np.uint64(0x9E3779B97F4A7C15) * (numbers + np.uint64(1)))


def add_counting_noise(expected: Blocks, keys: Keys) -> None:
    """Replace expected counts by counts, in place; ``keys`` has one entry per slice."""
    padded = np.zeros(expected.shape[0] * expected.shape[3], np.uint64)
    padded[: keys.size] = keys
    _draw(expected, padded.reshape(expected.shape[0], expected.shape[3]))


@compiled
def _mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@compiled
def _mixed(keys: Keys) -> Keys:
    out = np.empty_like(keys)
    for i in range(keys.size):
        out[i] = _mix(keys[i])
    return out


@compiled
def _normal_quantile(u: float) -> float:
    """Acklam's rational approximation, relative error below 1.2e-9."""
    tail = min(u, 1.0 - u)
    if tail > 0.02425:
        q = u - 0.5
        r = q * q
        a = ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r
              + 138.3577518672690) * r - 30.66479806614716) * r + 2.506628277459239  # fmt: skip
        b = ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r
              + 66.80131188771972) * r - 13.28068155288572) * r + 1.0  # fmt: skip
        return q * a / b
    q = math.sqrt(-2.0 * math.log(tail))
    c = ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q
          - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783  # fmt: skip
    d = (((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q
         + 3.754408661907416) * q + 1.0  # fmt: skip
    return c / d if u < 0.5 else -c / d


@compiled
def _poisson_quantile(mean: float, u: float) -> float:
    """Smallest count whose cumulative probability reaches u."""
    if mean < _EXACT_BELOW:
        term = math.exp(-mean)
        reached = term
        count = 0
        while u > reached and count < 100:
            count += 1
            term *= mean / count
            reached += term
        return float(count)
    z = _normal_quantile(u)
    root = math.sqrt(mean)
    return math.floor(mean + root * z + (z * z - 1.0) / 6.0 + (z - z * z * z) / (72.0 * root) + 0.5)


@compiled_parallel
def _draw(expected: Blocks, keys: Keys) -> None:
    blocks, views, bins, side = expected.shape
    golden = np.uint64(0x9E3779B97F4A7C15)
    for block in prange(blocks):
        for view in range(views):
            for ray in range(bins):
                salt = golden * np.uint64(view * bins + ray + 1)
                for k in range(side):
                    mean = expected[block, view, ray, k]
                    if mean > 0.0:
                        bits = _mix(keys[block, k] + salt) >> np.uint64(11)
                        u = (float(bits) + 0.5) * 1.1102230246251565e-16
                        expected[block, view, ray, k] = _poisson_quantile(mean, u)
