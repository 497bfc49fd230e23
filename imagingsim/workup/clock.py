"""The clock of one patient: days, and how many of them are left."""

from dataclasses import dataclass
from math import exp, inf

from imagingsim.workup.catalogue import LogNormal

MINUTES_PER_DAY = 1440


def whole_minutes(days: float) -> float:
    """Return days rounded to whole minutes, so that last bits cannot reorder events."""
    return round(days * MINUTES_PER_DAY) / MINUTES_PER_DAY


def days_of(duration: LogNormal, normal: float) -> float:
    """Return the duration, in days, that belongs to a standard normal draw."""
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
    """

    budget_d: float = inf
    hazard: float = 1.0
    now_d: float = 0.0

    @property
    def death_d(self) -> float:
        """The day of death if nothing changes."""
        return self.now_d + self.budget_d / self.hazard

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
