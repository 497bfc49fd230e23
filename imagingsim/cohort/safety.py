"""Safety for many patients: what stands between an order and the machine; see `workup.safety`."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from imagingsim.cohort.charts import Charts
from imagingsim.cohort.population import Bools, Ints
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import Rule, Spoken
from imagingsim.workup.clock import whole_minutes
from imagingsim.workup.names import LABS

Fires = tuple[str, Rule, Bools]
"""A rule by its name, and (k,) for whom it fires."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the rules say of one order for some patients, (k,) each.

    Attributes
    ----------
    holds
        Rules that put it off, in their order, and put blood tests right.
    risks
        Rules whose event may happen.
    """

    blocked: Bools
    hold_d: FloatArray
    holds: tuple[Fires, ...]
    risks: tuple[Fires, ...]

    def of(self, some: Bools) -> "Verdicts":
        """Return what they say of some of the patients."""
        return Verdicts(
            self.blocked[some], self.hold_d[some],
            tuple((name, rule, fires[some]) for name, rule, fires in self.holds),
            tuple((name, rule, fires[some]) for name, rule, fires in self.risks),
        )  # fmt: skip

    def correct(self, charts: Charts, rows: Ints, at: Ints | slice = slice(None)) -> None:
        """Put right, for the patients at some places, what was waited for."""
        for _, rule, fires in self.holds:
            if rule.becomes:
                charts.correct(rows[fires[at]], rule.becomes)


def judged(charts: Charts, spoken: Spoken, rows: Ints, despite: Container[str] = ()) -> Verdicts:
    """Ask the rules; those that wait for blood tests have them drawn, and are asked again."""
    asked = [one for one in spoken.rules if one[1].effect != "note" and one[0] not in despite]
    fires = [charts.guard_holds(guard, rows) for _, _, guard in asked]
    if _draw_missing(charts, spoken.needs, rows):
        again = [charts.guard_holds(guard, rows) for _, _, guard in asked]
        fires = [one | other for one, other in zip(fires, again, strict=True)]
    blocked, hold = np.zeros(len(rows), bool), np.zeros(len(rows))
    holds, risks = list[Fires](), list[Fires]()
    for (name, rule, _), now in zip(asked, fires, strict=True):
        if rule.effect == "block":
            blocked = blocked | now
        elif rule.effect == "hold" and now.any():
            hold = hold + np.where(now, rule.days, 0.0)
            holds.append((name, rule, now))
        elif rule.effect == "risk" and now.any():
            risks.append((name, rule, now))
    return Verdicts(blocked, hold, tuple(holds), tuple(risks))


def _draw_missing(charts: Charts, needs: Sequence[str], rows: Ints) -> bool:
    """Draw the blood tests that rules need and somebody lacks; tell whether there were any."""
    drawn = False
    for test in charts.labs.keys() & needs:
        column = LABS.index(test)
        lacks = rows[~charts.lab_known[rows, column]]
        charts.lab_known[lacks, column] = True
        drawn = drawn or len(lacks) > 0
    return drawn


def earliest(charts: Charts, rows: Ints, spoken: Spoken) -> FloatArray:
    """Return the day from which something may be done, by conflicts and by how patients are."""
    day = charts.fit[rows]
    for column, _, guard in spoken.waits_for:
        until = charts.apart[rows, column]
        if guard is not None:
            until = np.where(charts.guard_holds(guard, rows), until, 0.0)
        day = np.maximum(day, until)
    return day


def keep_apart(charts: Charts, rows: Ints, day: FloatArray, spoken: Spoken) -> FloatArray:
    """Note that something is done on a day; return the notes as they were, (k, conflicts)."""
    before = charts.apart[rows]
    for column, _, apart_d in spoken.keeps_waiting:
        charts.apart[rows, column] = np.maximum(before[:, column], whole_minutes(day + apart_d))
    return before
