"""Working hours: when a scanner is open, in minutes from midnight of the first Monday."""

from dataclasses import dataclass

from imagingsim.department.records import Day, Scanner

DAY_MIN, WEEK_MIN = 1440.0, 10080.0
NEAR_MIN = 1e-6
"""So near to an hour it counts as struck, or the last bits of a clock would never let it strike."""

DAYS: tuple[Day, ...] = ("weekday",) * 5 + ("saturday", "sunday")


@dataclass(frozen=True)
class Hours:
    """Opening and closing within a week, in minutes; in order, touching ones joined."""

    spans: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, scanner: Scanner) -> "Hours":
        """Return the week of a scanner."""
        spans: list[tuple[float, float]] = []
        for number, day in enumerate(DAYS):
            if day in scanner.hours:
                opens, closes = (DAY_MIN * number + 60.0 * one for one in scanner.hours[day])
                if spans and spans[-1][1] == opens:
                    spans[-1] = (spans[-1][0], closes)
                else:
                    spans.append((opens, closes))
        return cls(tuple(spans))

    @property
    def open_minutes(self) -> float:
        """Minutes of a week."""
        return sum(closes - opens for opens, closes in self.spans)

    def closed_for(self, now: float) -> float:
        """Return the minutes until it opens; 0 while it is open."""
        within = now % WEEK_MIN
        for opens, closes in self.spans:
            if within < opens - NEAR_MIN:
                return opens - within
            if within < closes - NEAR_MIN:
                return 0.0
        return WEEK_MIN - within + self.spans[0][0]
