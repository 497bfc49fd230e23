"""Compiled loops over patients: the bits that the same formulas give in numpy, one by one."""

from math import exp

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imagingsim.cohort import kernels
from imagingsim.cohort.draws import key, uniform


def mixed(patient: int, index: int, stream: int) -> float:
    """Return a draw by whole numbers of any size: SplitMix64's finaliser."""
    whole = 2**64 - 1
    x = (patient * 0x9E3779B97F4A7C15 + (index + 1) * 0xD1342543DE82EF95) & whole ^ stream
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & whole
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & whole
    return (((x ^ (x >> 31)) >> 12) + 0.5) * 2.0**-52


@given(st.integers(0, 2**40), st.integers(0, 2**20), st.integers(0, 1000))
def test_a_draw_is_the_one_of_the_formula(patient: int, index: int, seed: int) -> None:
    ids = np.array([patient], dtype=np.uint64)
    assert uniform(seed, "any", ids, index)[0] == mixed(patient, index, int(key(seed, "any")))


@given(st.lists(st.floats(-40, 5), min_size=2, max_size=12))
def test_chances_are_added_from_left_to_right(weights: list[float]) -> None:
    raw = [exp(one - max(weights)) for one in weights]
    total = 0.0
    for one in raw:
        total += one
    assert kernels.chances(np.array(weights)).tolist() == [one / total for one in raw]


def test_time_that_passes_is_spent_or_ends_in_death() -> None:
    rows, until = np.array([2, 0]), np.array([5.0, 5.0])
    now, hazard = np.zeros(3), np.array([1.0, 1.0, 2.0])
    budget, dead = np.array([9.0, 9.0, 6.001]), np.zeros(3, bool)
    kernels.spend(rows, until, now, hazard, budget, dead)
    assert now.tolist() == [5.0, 0.0, np.rint(3.0005 * 1440) / 1440]
    assert budget.tolist() == [4.0, 9.0, 0.0]
    assert dead.tolist() == [False, False, True]


def test_a_curve_is_in_proportion_between_its_nodes() -> None:
    curve = 3.0 * kernels.LOG_SIZES - 1.0
    for size in (0.5, 0.7, 10.0, 123.4, 500.0):
        assert abs(kernels.looked_up(curve, size) - (3.0 * np.log(size) - 1.0)) < 1e-9
    assert kernels.looked_up(curve, 0.1) == curve[0]
    assert kernels.looked_up(curve, 900.0) == curve[-1]
