"""Sensitivity: a comparison run again with other parameters, one at a time or all at once.

The same virtual patients walk in every run, so that what a parameter changes is not drowned by who
the patients are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

from imagingsim.compare.kept import Kept
from imagingsim.compare.machines import Machines
from imagingsim.compare.parameters import Parameter, with_values
from imagingsim.compare.runs import MEASURES, Columns, Comparison
from imagingsim.progress import Progress, Silence
from imagingsim.units import FloatArray

SETS = 10
"""Parameter sets of one job."""

PREFIX = "parameter/"


@dataclass(frozen=True)
class Sets:
    """Parameter sets to be drawn, and patients to be walked with each.

    Attributes
    ----------
    count
        Sets, the outer loop.
    inner
        Patients of each set; the same ones in all.
    """

    asked: Comparison
    parameters: tuple[Parameter, ...]
    count: int
    inner: int

    @property
    def blocks(self) -> range:
        """First sets of the jobs."""
        return range(0, self.count, SETS)

    def size(self, first: int) -> int:
        """Return how many sets a job has."""
        return min(SETS, self.count - first)

    def block(self, first: int) -> Columns:
        """Run some sets; columns ``parameter/<name>`` and mean ``<protocol>/<measure>``."""
        numbers = range(first, first + self.size(first))
        drawn = {one: one.draws(self.asked.seed, numbers) for one in self.parameters}
        rows = [
            means(with_values(self._small, {one: float(drawn[one][k]) for one in self.parameters}))
            for k in range(len(numbers))
        ]
        columns: Columns = {"set": np.asarray(numbers)}
        columns |= {f"{PREFIX}{one.name}": values for one, values in drawn.items()}
        columns |= {name: np.array([row[name] for row in rows]) for name in rows[0]}
        return columns

    @property
    def _small(self) -> Comparison:
        return replace(self.asked, count=self.inner)


def means(asked: Comparison) -> dict[str, float]:
    """Return the mean of every protocol and measure over all patients of a comparison."""
    total: dict[str, float] = {}
    for first in asked.blocks:
        block = asked.block(first)
        for one in asked.protocols:
            for measure in MEASURES:
                name = f"{one.id}/{measure}"
                total[name] = total.get(name, 0.0) + float(block[name].sum(dtype=np.float64))
    return {name: value / asked.count for name, value in total.items()}


def draw_sets(
    sets: Sets,
    *,
    keep: Kept | None = None,
    machines: Machines | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Run a probabilistic sensitivity analysis.

    Returns
    -------
    polars.DataFrame
        One row a parameter set.
    """
    progress = progress or Silence()
    progress.begin(f"{sets.count:,} parameter sets", len(sets.blocks))
    kept = [keep.read(first, sets.size(first)) if keep else None for first in sets.blocks]
    missing = [first for first, frame in zip(sets.blocks, kept, strict=True) if frame is None]
    done = (machines or Machines()).mapped(sets.block, missing)
    parts = []
    for first, frame in zip(sets.blocks, kept, strict=True):
        progress.step(f"parameter set {first:,} of {sets.count:,}")
        if frame is None:
            frame = pl.DataFrame(next(done))
            if keep:
                keep.write(first, frame)
        parts.append(frame)
    return pl.concat(parts)


def tornado(
    asked: Comparison, parameters: Sequence[Parameter], *, count: int, effect: str, willing: float,
    keep: Kept | None = None, machines: Machines | None = None, progress: Progress | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Set one parameter after the other to the ends of its interval.

    Parameters
    ----------
    count
        Patients of each run.
    effect
        Measure that is worth ``willing`` for each patient who has it.

    Returns
    -------
    polars.DataFrame
        One row a parameter and protocol but the first: its net benefit over the first protocol's,
        per patient, at the low and the high end and as the files say, the swing between the ends
        and its Monte-Carlo error; the largest swings first.
    """
    progress = progress or Silence()
    progress.begin(f"{len(parameters)} parameters, one at a time", len(parameters) + 1)
    others = len(asked.protocols) - 1
    if not others or not parameters:
        return pl.DataFrame()
    small = replace(asked, count=min(count, asked.count))
    base = gains(small, {}, effect=effect, willing=willing).mean(axis=1)
    kept = [keep.read(k, others) if keep else None for k in range(len(parameters))]
    missing = [k for k, frame in enumerate(kept) if frame is None]
    work = partial(_ends, small, tuple(parameters), effect, willing)
    ends, parts = (machines or Machines()).mapped(work, missing), []
    for k, frame in enumerate(kept):
        progress.step(parameters[k].title)
        if frame is None:
            frame = pl.DataFrame(_bars(asked, parameters[k], base, *next(ends)))
            if keep:
                keep.write(k, frame)
        parts.append(frame)
    return pl.concat(parts).sort("swing", descending=True, maintain_order=True)


def _bars(
    asked: Comparison, one: Parameter, base: FloatArray, low: FloatArray, high: FloatArray,
    error: FloatArray,
) -> list[dict[str, object]]:  # fmt: skip
    """Return the rows of one parameter, one for each protocol but the first."""
    return [
        {"parameter": one.name, "title": one.title, "value": one.value, "low": one.low,
         "high": one.high, "protocol": protocol.id, "base": base[k], "at_low": low[k],
         "at_high": high[k], "swing": abs(high[k] - low[k]), "error": error[k],
         "clear": bool(abs(high[k] - low[k]) > 2 * error[k]), "source": one.source}
        for k, protocol in enumerate(asked.protocols[1:])
    ]  # fmt: skip


def gains(
    asked: Comparison, values: dict[Parameter, float], *, effect: str, willing: float
) -> FloatArray:
    """Return (protocols - 1, patients) net benefits over the first protocol's."""
    asked = with_values(asked, values) if values else asked
    parts = []
    for first in asked.blocks:
        block = asked.block(first)
        worth = np.stack(
            [
                willing * block[f"{one.id}/{effect}"].astype(np.float64)
                - block[f"{one.id}/cost"].astype(np.float64)
                for one in asked.protocols
            ]
        )
        parts.append(worth[1:] - worth[0])
    return np.concatenate(parts, axis=1)


def _ends(
    asked: Comparison, parameters: tuple[Parameter, ...], effect: str, willing: float, index: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean net benefits at the ends of an interval, and the error of the swing."""
    one = parameters[index]
    low = gains(asked, {one: one.low}, effect=effect, willing=willing)
    high = gains(asked, {one: one.high}, effect=effect, willing=willing)
    error = (high - low).std(axis=1, ddof=1) / low.shape[1] ** 0.5
    return low.mean(axis=1), high.mean(axis=1), error
