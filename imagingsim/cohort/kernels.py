"""Kernels: the inner loops over patients, compiled; the same bits as one patient at a time gives.

No fast-math here: a sum is added from left to right, and a quotient is a quotient.
"""

from math import erfc, log
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import float64, guvectorize, njit, uint64, vectorize

from imagingsim.units import FloatArray

Ids = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xD1342543DE82EF95)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_ONE, _30, _27, _31, _12 = (np.uint64(one) for one in (1, 30, 27, 31, 12))
_UNIT = 2.0**-52
SQRT_HALF = 0.5**0.5
NODES, SMALLEST_MM, LARGEST_MM = 512, 0.5, 500.0
"""Nodes of curves over sizes, evenly spaced in the logarithm."""

LOG_FIRST = log(SMALLEST_MM)
LOG_STEP = (log(LARGEST_MM) - LOG_FIRST) / (NODES - 1)
LOG_SIZES = LOG_FIRST + LOG_STEP * np.arange(NODES)
NO_AGAIN = 2
"""Row of what is added by a finding that repeats another; see `imagingsim.cohort.plan.News`."""


@njit(cache=True)
def draw(patient: Any, index: Any, key: Any) -> Any:
    """Return the draw of a patient: SplitMix64's finaliser, as a number between 0 and 1."""
    x = (patient * _GOLDEN + (index + _ONE) * _SPREAD) ^ key
    x = (x ^ (x >> _30)) * _FIRST
    x = (x ^ (x >> _27)) * _SECOND
    x = (x ^ (x >> _31)) >> _12
    return (np.float64(x) + 0.5) * _UNIT


@vectorize([float64(uint64, uint64, uint64)], cache=True)  # type: ignore[untyped-decorator]
def drawn(patient: Any, index: Any, key: Any) -> Any:
    """Return the draws of patients; see `draw`."""
    return draw(patient, index, key)


@guvectorize([(float64[:], float64[:])], "(m)->(m)", cache=True)  # type: ignore[untyped-decorator]
def chances(weights: FloatArray, found: FloatArray) -> None:
    """Return probabilities from logarithms of weights, (..., m)."""
    top = weights[0]
    for k in range(len(weights)):
        top = max(top, weights[k])
    total = 0.0
    for k in range(len(weights)):
        found[k] = np.exp(weights[k] - top)
        total += found[k]
    for k in range(len(weights)):
        found[k] /= total


@njit(cache=True)
def looked_up(curve: FloatArray, size_mm: float) -> float:
    """Return a value of a curve over sizes, between its nodes in proportion."""
    at = (np.log(size_mm) - LOG_FIRST) / LOG_STEP
    at = min(max(at, 0.0), NODES - 1.0)
    low = min(int(at), NODES - 2)
    return curve[low] + (at - low) * (curve[low + 1] - curve[low])


@njit(cache=True)
def see(
    rows: Ints, regions: Ints, repeat: Ints, ids: Ids, involved: Bools, sizes_mm: FloatArray,
    conspicuity: FloatArray, curves: FloatArray, loss: FloatArray, rho: float,
    false_positive: FloatArray, dismissed: FloatArray, keys: Ids, hidden: FloatArray,
    found: Bools,
) -> None:  # fmt: skip
    """Read a study of some patients.

    Parameters
    ----------
    rows, regions, repeat
        (k,) which patients, (m,) which regions, (k,) how often it was made of them before.
    ids, involved, sizes_mm, conspicuity
        Of all n patients: numbers, and (n, all regions) whether there is a lesion, how large it
        is, and how hard to see on every study.
    curves
        (m, nodes) how well lesions are seen, as a probit, by their size.
    loss
        (k,) how much less, in probits, for want of uptake.
    false_positive, dismissed
        (m,) how often a free region is called involved, and a lesion that was seen harmless.
    keys
        (2,) of the streams for seeing and for dismissing.
    hidden
        (k, m) probit that what lies in the way leaves over; infinite where nothing does.
    found
        (k, m) what is called involved; written to.
    """
    own = np.sqrt(1.0 - rho * rho)
    for i, row in enumerate(rows):
        for k, region in enumerate(regions):
            which = np.uint64(region + involved.shape[1] * repeat[i])
            first = draw(ids[row], which, keys[0])
            if not involved[row, region]:
                found[i, k] = first < false_positive[k]
                continue
            mu = min(looked_up(curves[k], sizes_mm[row, region]), hidden[i, k]) - loss[i]
            left = mu - rho * conspicuity[row, region]
            seen = first < 0.5 * erfc(-left / own * SQRT_HALF) if own > 0.0 else left > 0.0
            found[i, k] = seen and draw(ids[row], which, keys[1]) >= dismissed[k]


@njit(cache=True)
def weigh(rows: Ints, says: Ints, news: FloatArray, weights: FloatArray) -> None:
    """Add findings to logarithms of weights, one after the other.

    Parameters
    ----------
    says, news
        (k, m) what each of m findings says of each patient; (m, 5, diseases) what that adds.
    weights
        (n, diseases); written to.
    """
    for i, row in enumerate(rows):
        for k in range(says.shape[1]):
            for j in range(weights.shape[1]):
                weights[row, j] += news[k, says[i, k], j]


@njit(cache=True)
def take_in(
    rows: Ints, regions: Ints, found: Bools, blind: Bools, sizes_mm: FloatArray, involved: Bools,
    false_mm: float, known_mm: FloatArray, report: npt.NDArray[np.int8],
) -> None:  # fmt: skip
    """Write reports into charts, and what they make known.

    Parameters
    ----------
    found, blind
        (k, m) what a reader calls involved, and what cannot be judged, of m regions.
    known_mm, report
        (n, all regions); written to.
    """
    for i, row in enumerate(rows):
        for k, region in enumerate(regions):
            report[row, region] = -1 if blind[i, k] else found[i, k]
            if found[i, k]:
                size = sizes_mm[row, region] if involved[row, region] else false_mm
                known_mm[row, region] = size


@njit(cache=True)
def believe(
    rows: Ints, regions: Ints, places: Ints, found: Bools, blind: Bools, news: FloatArray,
    read: Bools, weights: FloatArray,
) -> None:  # fmt: skip
    """Weigh reports; what was read of a region before makes its news count less.

    Parameters
    ----------
    places
        Which of the regions say something, in the order of ``news``.
    read, weights
        (n, all regions), (n, diseases); written to.
    """
    for i, row in enumerate(rows):
        for k, place in enumerate(places):
            if blind[i, place]:
                continue
            region = regions[place]
            says = int(found[i, place]) + NO_AGAIN * int(read[row, region])
            read[row, region] = True
            for j in range(weights.shape[1]):
                weights[row, j] += news[k, says, j]


@njit(cache=True)
def spend(
    rows: Ints, until: FloatArray, now: FloatArray, hazard: FloatArray, budget: FloatArray,
    dead: Bools,
) -> None:  # fmt: skip
    """Let time pass for patients until a day each, (k,), or let them die before."""
    for i, row in enumerate(rows):
        death = now[row] + budget[row] / hazard[row]
        dead[row] = until[i] >= death
        if dead[row]:
            budget[row] = 0.0
            now[row] = np.rint(death * 1440) / 1440
        else:
            budget[row] -= (until[i] - now[row]) * hazard[row]
            now[row] = until[i]
