"""Events to come of many patients: who, when, in which order, and what happens then."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from imagingsim.cohort.charts import Charts
from imagingsim.cohort.population import Bools, Ints
from imagingsim.units import FloatArray
from imagingsim.workup.clock import MINUTES_PER_DAY

Happens = Callable[[Ints], None]
"""Does to some of the patients of a block, given by their place in it, what is due."""


def whole_minutes(days: FloatArray) -> FloatArray:
    """Round days to whole minutes; see `imagingsim.workup.clock`."""
    return np.rint(days * MINUTES_PER_DAY) / MINUTES_PER_DAY


@dataclass(eq=False)
class Block:
    """Like events of several patients: (k,) each, in the order of ``rows``."""

    rows: Ints
    due: FloatArray
    turn: Ints
    happens: Happens
    waiting: Bools


@dataclass(eq=False)
class Calendar:
    """Lets time pass for many patients, each at a time of its own.

    What is due first happens first; what is due together happens in the order it was arranged.
    """

    charts: Charts
    blocks: list[Block] = field(default_factory=list)

    def at(self, rows: Ints, due: FloatArray, happens: Happens) -> None:
        """Let something happen to some patients, each on its day."""
        if len(rows) == 0:
            return
        charts = self.charts
        charts.pushed[rows] += 1
        waiting = np.ones(len(rows), bool)
        self.blocks.append(Block(rows, due, charts.pushed[rows], happens, waiting))

    def advance(self, rows: Ints, day: FloatArray) -> None:
        """Let time pass until a day for each: what is due happens; death and horizon stop it."""
        charts = self.charts
        horizon = charts.plan.protocol.file.horizon_d
        target = np.full(len(charts.patients), -np.inf)
        target[rows] = np.minimum(np.maximum(day, charts.now[rows]), horizon)
        while self.blocks and self._happen(target):
            self.blocks = [block for block in self.blocks if block.waiting.any()]
        alive = rows[~charts.dead[rows]]
        self._spend(alive, target[alive])

    def _happen(self, target: FloatArray) -> bool:
        """Let each patient's next event happen, if it is due; tell whether there was one."""
        found = [
            (np.flatnonzero(block.waiting & (block.due <= target[block.rows])
                            & ~self.charts.dead[block.rows]), block)
            for block in self.blocks
        ]  # fmt: skip
        found = [(places, block) for places, block in found if len(places)]
        if not found:
            return False
        first = _firsts(found, len(target))
        for (places, block), chosen in zip(found, first, strict=True):
            now = places[chosen]
            block.waiting[now] = False
            who = block.rows[now]
            self._spend(who, np.maximum(block.due[now], self.charts.now[who]))
            alive = now[~self.charts.dead[who]]
            if len(alive):
                block.happens(alive)
        return True

    def _spend(self, rows: Ints, until: FloatArray) -> None:
        """Let time pass, or let the patient die before."""
        charts = self.charts
        now, hazard, budget = charts.now[rows], charts.hazard[rows], charts.budget[rows]
        death = now + budget / hazard
        dies = until >= death
        charts.budget[rows] = np.where(dies, 0.0, budget - (until - now) * hazard)
        charts.now[rows] = np.where(dies, whole_minutes(death), until)
        charts.dead[rows] = dies


def _firsts(found: list[tuple[Ints, Block]], count: int) -> list[Bools]:
    """Tell of each due event whether it is its patient's next one."""
    day, turn = np.full(count, np.inf), np.full(count, np.iinfo(np.int64).max)
    for places, block in found:
        rows = block.rows[places]
        day[rows] = np.minimum(day[rows], block.due[places])
    next_one = [block.due[places] == day[block.rows[places]] for places, block in found]
    for (places, block), now in zip(found, next_one, strict=True):
        rows = block.rows[places[now]]
        turn[rows] = np.minimum(turn[rows], block.turn[places[now]])
    return [
        now & (block.turn[places] == turn[block.rows[places]])
        for (places, block), now in zip(found, next_one, strict=True)
    ]
