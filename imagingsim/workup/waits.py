"""How long patients wait: durations, and the waits of each kind of machine; see ``waits.yaml``."""

from itertools import pairwise
from typing import Annotated, TypeVar

import numpy as np
import pydantic
from scipy.special import ndtr

from imagingsim.content import record
from imagingsim.units import FloatArray
from imagingsim.workup.consequences import Positive, Probability
from imagingsim.workup.spec import Urgency

Days = TypeVar("Days", float, FloatArray)


@record
class LogNormal:
    """A duration in days: median, and sigma of its logarithm."""

    median_d: Positive
    sigma: Annotated[float, pydantic.Field(ge=0.0)]


@record
class Quantiles:
    """A duration in days as a table, e.g. of what a department's queue gave.

    Attributes
    ----------
    shares
        From 0 to 1, rising.
    days
        What so many of the durations do not exceed.
    """

    shares: tuple[Probability, ...]
    days: tuple[Annotated[float, pydantic.Field(ge=0.0)], ...]

    def __post_init__(self) -> None:
        """Refuse a table that is none."""
        rising = all(a < b for a, b in pairwise(self.shares))
        if len(self.shares) != len(self.days) or len(self.shares) < 2 or not rising:
            raise ValueError("needs as many `days` as `shares`, at least two, and shares that rise")
        if (self.shares[0], self.shares[-1]) != (0.0, 1.0) or sorted(self.days) != list(self.days):
            raise ValueError("`shares` go from 0 to 1, and `days` do not fall")

    def at(self, normal: Days) -> Days:
        """Return the duration that belongs to a standard normal draw, or to many."""
        found = np.interp(ndtr(normal), self.shares, self.days)
        return found if isinstance(normal, np.ndarray) else float(found)


Duration = LogNormal | Quantiles


@record
class WaitRow:
    """Waits of one kind of machine, and how long reports take."""

    stat: Duration
    urgent: Duration
    routine: Duration
    report: LogNormal
    source: str

    def until_start(self, urgency: Urgency) -> Duration:
        """Return the wait from order to start."""
        return {"stat": self.stat, "urgent": self.urgent, "routine": self.routine}[urgency]


@record
class Waits:
    """``waits.yaml``: the waits, and which study uses which."""

    waits: dict[str, WaitRow]
    studies: dict[str, str]
