"""Summary: what protocols cost and give, and how they differ in the same patients."""

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
import polars as pl

from imagingsim.compare.runs import MEASURES, Comparison
from imagingsim.units import FloatArray

CERTAIN = 1.959963984540054
"""Standard errors on either side of a 95 % interval."""

SMALLER_IS_BETTER = ("days", "cost", "dose_msv")
AXES = ("days", "cost", "dose_msv", "localised")
"""What the Pareto front is drawn over."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its Monte-Carlo error."""

    mean: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean."""
        return self.mean - CERTAIN * self.error, self.mean + CERTAIN * self.error

    @property
    def clear(self) -> bool:
        """Whether it differs from 0 by more than chance, two standard errors."""
        return abs(self.mean) > 2 * self.error


def estimate(values: FloatArray) -> Estimate:
    """Return the mean of values and its standard error."""
    return Estimate(float(values.mean()), float(values.std(ddof=1)) / sqrt(len(values)))


def table(comparison: Comparison, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per protocol and measure: mean, spread, quantiles, and paired difference.

    Differences are to the first protocol, patient by patient, so that what the protocols share
    cancels.
    """
    reference = comparison.protocols[0].id
    rows = []
    for protocol in comparison.protocols:
        for measure in MEASURES:
            values = _column(frame, protocol.id, measure)
            found, apart = estimate(values), estimate(values - _column(frame, reference, measure))
            low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
            rows.append({
                "protocol": protocol.id, "measure": measure, "mean": found.mean,
                "error": found.error, "sd": float(values.std(ddof=1)), "median": float(median),
                "q05": float(low), "q95": float(high), "difference": apart.mean,
                "difference_error": apart.error, "difference_low": apart.interval[0],
                "difference_high": apart.interval[1], "clear": apart.clear,
            })  # fmt: skip
    return pl.DataFrame(rows)


def pareto(comparison: Comparison, frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the protocols that no other beats or equals in all of days, cost, dose and yield."""
    names = [one.id for one in comparison.protocols]
    means = np.array([[_bad(frame, name, axis) for axis in AXES] for name in names])
    front = []
    for k, name in enumerate(names):
        better = (means <= means[k]).all(axis=1) & (means < means[k]).any(axis=1)
        if not better.any():
            front.append(name)
    return tuple(front)


@dataclass(frozen=True)
class Step:
    """One step up the frontier of cost and yield.

    Attributes
    ----------
    icer
        What one more patient with a localised primary costs over the step before; None for the
        cheapest, and for who is dominated.
    why
        Why it is not on the frontier; empty when it is.
    """

    protocol: str
    cost: float
    localised: float
    icer: float | None
    why: str


def icer(comparison: Comparison, frame: pl.DataFrame) -> tuple[Step, ...]:
    """Return the protocols by cost, with dominance, extended dominance and cost-effectiveness."""
    means = sorted(
        (float(_column(frame, one.id, "cost").mean()),
         float(_column(frame, one.id, "localised").mean()), one.id)
        for one in comparison.protocols
    )  # fmt: skip
    return frontier([(name, cost, gain) for cost, gain, name in means])


def frontier(points: list[tuple[str, float, float]]) -> tuple[Step, ...]:
    """Return the cost-effectiveness frontier of (name, cost, gain), any order."""
    points = sorted(points, key=lambda one: (one[1], -one[2]))
    why: dict[str, str] = {}
    kept: list[tuple[str, float, float]] = []
    for name, cost, gain in points:
        if kept and gain <= kept[-1][2]:
            why[name] = f"dominated: {kept[-1][0]} costs no more and gives as much"
            continue
        while len(kept) > 1 and _slope(kept[-2], kept[-1]) >= _slope(kept[-1], (name, cost, gain)):
            why[kept.pop()[0]] = f"extended dominance: a mix with {name} gives more for the money"
        kept.append((name, cost, gain))
    before = {one[0]: last for last, one in pairwise(kept)}
    return tuple(
        Step(
            one[0], one[1], one[2], _slope(before[one[0]], one) if one[0] in before else None,
            why.get(one[0], ""),
        )
        for one in points
    )  # fmt: skip


def _slope(low: tuple[str, float, float], high: tuple[str, float, float]) -> float:
    return (high[1] - low[1]) / (high[2] - low[2])


def _column(frame: pl.DataFrame, protocol: str, measure: str) -> FloatArray:
    return frame[f"{protocol}/{measure}"].to_numpy().astype(np.float64)


def _bad(frame: pl.DataFrame, protocol: str, measure: str) -> float:
    mean = float(_column(frame, protocol, measure).mean())
    return mean if measure in SMALLER_IS_BETTER else -mean
