"""Events to come of many patients: who, when, in which order, and what happens then."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from imagingsim.cohort import kernels
from imagingsim.cohort.charts import Charts
from imagingsim.cohort.population import Bools, Ints
from imagingsim.units import FloatArray
from imagingsim.workup.clock import MINUTES_PER_DAY

Happens = Callable[[Ints], None]
"""Does to some of the patients of a block, given by their place in it, what is due."""


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

    def at(self, rows: Ints, due: FloatArray, happens: Happens) -> Block:
        """Let something happen to some patients, each on its day.

        Those whose ``waiting`` is taken away before are passed over.
        """
        charts = self.charts
        charts.pushed[rows] += 1
        block = Block(rows, due, charts.pushed[rows], happens, np.ones(len(rows), bool))
        if len(rows):
            self.blocks.append(block)
        return block

    def advance(self, rows: Ints, day: FloatArray) -> None:
        """Let time pass until a day for each: what is due happens; death and horizon stop it.

        An interrupt that comes to hold stops it too.
        """
        charts = self.charts
        horizon = charts.plan.protocol.file.horizon_d
        target = np.full(len(charts.patients), -np.inf)
        target[rows] = np.minimum(np.maximum(day, charts.now[rows]), horizon)
        target[charts.dead | charts.caught] = -np.inf
        while self._happen(rows, target):
            self.blocks = [block for block in self.blocks if block.waiting.any()]
        going = rows[~(charts.dead[rows] | charts.caught[rows])]
        self._spend(going, target[going])

    def close(self) -> None:
        """Forget what is still to come, and with it the arrays that wait for it."""
        self.blocks.clear()

    def _happen(self, rows: Ints, target: FloatArray) -> bool:
        """Let each patient's next event happen, if it is due; tell whether there was one."""
        found = [
            (np.flatnonzero(block.waiting & (block.due <= target[block.rows])), block)
            for block in self.blocks
        ]
        found = [(places, block) for places, block in found if len(places)]
        falling, fall = self._falling(rows, target)
        if not (found or len(falling)):
            return False
        day = np.full(len(target), np.inf)
        for places, block in found:
            who = block.rows[places]
            day[who] = np.minimum(day[who], block.due[places])
        first = fall < day[falling]
        falling, fall = falling[first], fall[first]
        day[falling] = -np.inf
        for (places, block), chosen in zip(found, _firsts(found, day), strict=True):
            now = places[chosen]
            block.waiting[now] = False
            who = block.rows[now]
            self._spend(who, np.maximum(block.due[now], self.charts.now[who]))
            living = ~self.charts.dead[who]
            if living.any():
                block.happens(now[living])
            self._look_up(who, target)
        self._spend(falling, np.maximum(fall, self.charts.now[falling]))
        self._look_up(falling, target)
        return True

    def _falling(self, rows: Ints, target: FloatArray) -> tuple[Ints, FloatArray]:
        """Return whose performance falls before their target, and when."""
        charts = self.charts
        if not charts.plan.protocol.minds_performance:
            return rows[:0], target[:0]
        levels = np.array([*charts.plan.catalogue.evidence.performance.left_d, -np.inf])
        left = charts.budget[rows]
        until = left - levels[charts.performance(rows).astype(np.int64)]
        with np.errstate(invalid="ignore"):
            day = charts.now[rows] + until / charts.hazard[rows]
            fall = np.ceil(day * MINUTES_PER_DAY) / MINUTES_PER_DAY
        soon = fall <= target[rows]
        return rows[soon], fall[soon]

    def _look_up(self, rows: Ints, target: FloatArray) -> None:
        """See whom an interrupt catches, and who died; nothing more is due to them."""
        charts = self.charts
        alive = rows[~charts.dead[rows]]
        for text in charts.plan.protocol.sudden:
            charts.caught[alive] |= charts.holds(text, alive)
        target[rows[charts.dead[rows] | charts.caught[rows]]] = -np.inf

    def _spend(self, rows: Ints, until: FloatArray) -> None:
        """Let time pass, or let the patient die before."""
        one = self.charts
        kernels.spend(rows, until, one.now, one.hazard, one.budget, one.dead)


def _firsts(found: list[tuple[Ints, Block]], day: FloatArray) -> list[Bools]:
    """Tell of each due event whether it is its patient's next one, on the day of that."""
    turn = np.full(len(day), np.iinfo(np.int64).max)
    next_one = [block.due[places] == day[block.rows[places]] for places, block in found]
    for (places, block), now in zip(found, next_one, strict=True):
        rows = block.rows[places[now]]
        turn[rows] = np.minimum(turn[rows], block.turn[places[now]])
    return [
        now & (block.turn[places] == turn[block.rows[places]])
        for (places, block), now in zip(found, next_one, strict=True)
    ]
