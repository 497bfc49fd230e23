"""The clock of a patient, or of many: days, and how many of them are left."""

from dataclasses import dataclass
from math import ceil, exp, inf
from typing import TypeVar

import numpy as np

from imagingsim.units import FloatArray
from imagingsim.workup.waits import Duration, Quantiles

MINUTES_PER_DAY = 1440
NEAR_D = 1e-6
"""Days that count as none, when it is asked whether performance has fallen."""

Days = TypeVar("Days", float, FloatArray)


def whole_minutes(days: Days) -> Days:
    """Return days rounded to whole minutes, so that last bits cannot reorder events."""
    minutes = days * MINUTES_PER_DAY
    if isinstance(minutes, np.ndarray):
        return np.rint(minutes) / MINUTES_PER_DAY
    return round(minutes) / MINUTES_PER_DAY


def days_of(duration: Duration, normal: float) -> float:
    """Return the duration, in days, that belongs to a standard normal draw."""
    if isinstance(duration, Quantiles):
        return whole_minutes(duration.at(normal))
    return whole_minutes(duration.median_d * exp(duration.sigma * normal))


@dataclass
class DeathClock:
    """How long the patient lives: a budget of days, spent faster when something goes wrong.

    Attributes
    ----------
    budget_d
        Days from the start to death at hazard 1; infinite for who lives on.
    hazard
        How fast the budget is spent.
    falls_d
        What is left of the budget when performance falls by a level, largest first.
    """

    budget_d: float = inf
    hazard: float = 1.0
    now_d: float = 0.0
    falls_d: tuple[float, ...] = ()

    @property
    def death_d(self) -> float:
        """The day of death if nothing changes."""
        return self.now_d + self.budget_d / self.hazard

    @property
    def performance(self) -> int:
        """Performance by the ECOG scale: 0 active to 4 bedbound."""
        return sum(self.budget_d <= left + NEAR_D for left in self.falls_d)

    @property
    def fall_d(self) -> float:
        """The day, a whole minute, on which performance falls next; infinite when it will not."""
        level = self.performance
        if level >= len(self.falls_d) or self.budget_d == inf:
            return inf
        day = self.now_d + (self.budget_d - self.falls_d[level]) / self.hazard
        return ceil(day * MINUTES_PER_DAY) / MINUTES_PER_DAY

    def spend(self, until_d: float) -> bool:
        """Let time pass until a day, or until death; tell whether the patient lives."""
        if until_d >= self.death_d:
            self.now_d, self.budget_d = whole_minutes(self.death_d), 0.0
            return False
        self.budget_d -= (until_d - self.now_d) * self.hazard
        self.now_d = until_d
        return True

    def worsen(self, factor: float) -> None:
        """Multiply the hazard from now on; a factor below 1 is a treatment that helps."""
        self.hazard *= factor
