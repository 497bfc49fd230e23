"""Runs: every patient of a population through every protocol, block by block."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import Protocol as Shape

import numpy as np
import numpy.typing as npt
import polars as pl

from imagingsim.cohort import Cohort, Plan, Population, walk_all
from imagingsim.cohort.draws import Ids
from imagingsim.compare.machines import Machines
from imagingsim.errors import WorkupError
from imagingsim.progress import Progress, Silence
from imagingsim.reading import LevelName
from imagingsim.workup import Protocol

BLOCK = 8192
"""Patients walked at once: more would walk a little faster, and take more memory."""

FIRST_FEW = 64
SHARES = ("alive", "diagnosed", "correct", "localised")
"""Measures that are yes or no."""

MEASURES = ("days", "cost", "dose_msv", "harms", *SHARES)
"""What is compared; ``harms``: complications, reactions and wrong turns of each patient."""

Columns = dict[str, npt.NDArray[Any]]


class Keep(Shape):
    """Remembers blocks that were walked."""

    def read(self, first: int, count: int) -> pl.DataFrame | None:
        """Return a block, or None when it was not walked yet."""

    def write(self, first: int, frame: pl.DataFrame) -> None:
        """Keep a block."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is to be compared.

    Attributes
    ----------
    count
        How many patients; every one walks through every protocol.
    level
        How experienced the readers are.
    """

    protocols: tuple[Protocol, ...]
    population: Population
    count: int
    seed: int
    level: LevelName = "consultant"

    def __post_init__(self) -> None:
        """Refuse a protocol that is named twice."""
        names = [one.id for one in self.protocols]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise WorkupError(f"Protocol {twice[0]} is named twice. Name each protocol once.")

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """The protocols, made ready for the population."""
        return tuple(Plan.of(one, self.population, self.level) for one in self.protocols)

    @property
    def blocks(self) -> range:
        """First patients of the blocks."""
        return range(0, self.count, BLOCK)

    def size(self, first: int) -> int:
        """Return how many patients a block has."""
        return min(BLOCK, self.count - first)

    def block(self, first: int) -> Columns:
        """Walk one block of patients; columns are named ``<protocol>/<measure>``."""
        return self._walked(np.arange(first, first + self.size(first), dtype=np.uint64))

    def make_ready(self) -> None:
        """Work out what every block needs, once: processes that are begun later share it."""
        self._walked(np.arange(min(FIRST_FEW, self.count), dtype=np.uint64))

    def _walked(self, ids: Ids) -> Columns:
        patients = self.population.draw(self.seed, ids)
        columns: Columns = {"patient": patients.ids, "disease": patients.disease.astype(np.int16)}
        for plan in self.plans:
            found = outcomes(walk_all(plan, patients))
            columns |= {f"{plan.protocol.id}/{name}": values for name, values in found.items()}
        return columns


def outcomes(cohort: Cohort) -> Columns:
    """Return what is measured of each patient, (n,) each.

    ``localised``: the primary's region was seen, holds it, and the likeliest diagnosis is the true
    one. ``certainty``: probability of the likeliest diagnosis when the walk ends.
    """
    charts = cohort.charts
    return {
        "days": charts.now.astype(np.float32), "cost": charts.cost.astype(np.float32),
        "dose_msv": charts.dose.astype(np.float32), "alive": ~charts.dead,
        "diagnosed": charts.diagnostic.copy(), "correct": cohort.correct,
        "localised": cohort.localised, "harms": charts.harms.astype(np.int16),
        "studies": charts.made.astype(np.int16), "biopsies": charts.samples.astype(np.int16),
        "certainty": cohort.chances.max(axis=1).astype(np.float32),
        "ending": cohort.ending.astype(np.int8),
    }  # fmt: skip


def run(
    comparison: Comparison,
    *,
    keep: Keep | None = None,
    machines: Machines | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Walk every patient through every protocol.

    Parameters
    ----------
    keep
        Where walked blocks are kept; those it has are not walked again.
    machines
        Where the blocks are walked; the result is the same for any.

    Returns
    -------
    polars.DataFrame
        One row a patient: its number, its disease, and ``<protocol>/<measure>`` columns.
    """
    progress = progress or Silence()
    progress.begin(f"{comparison.count:,} patients", len(comparison.blocks))
    firsts = comparison.blocks
    kept = [keep.read(first, comparison.size(first)) if keep else None for first in firsts]
    missing = [first for first, frame in zip(firsts, kept, strict=True) if frame is None]
    if missing:
        comparison.make_ready()
    walked = (machines or Machines()).mapped(comparison.block, missing)
    parts = []
    for first, frame in zip(firsts, kept, strict=True):
        if frame is None:
            frame = pl.DataFrame(next(walked))
            if keep:
                keep.write(first, frame)
        progress.step(f"patient {first:,} of {comparison.count:,}")
        parts.append(frame)
    return pl.concat(parts)
