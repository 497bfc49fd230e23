"""What a session notes as it goes, to be judged afterwards: orders, marks, differentials."""

from dataclasses import dataclass

from imagingsim.teaching.records import Label


@dataclass(frozen=True)
class Ordered:
    """An order as it was judged when it was placed.

    Attributes
    ----------
    scenario, rating
        Which situation it was, and how appropriate the study is in it; None: tissue.
    rules
        Safety rules that fired, and blood tests that nobody had looked at.
    """

    day: float
    what: str
    scenario: str
    rating: int | None
    rules: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Marked:
    """A mark, in the study of which it was made."""

    day: float
    study: str
    repeat: int
    region: str
    label: Label
    confidence: float
    point_mm: tuple[float, float, float] | None


@dataclass(frozen=True)
class Stated:
    """A differential, and what the findings allowed.

    Attributes
    ----------
    chances, allowed
        By diagnosis; of the resident, and by Bayes' rule from what was known then.
    """

    day: float
    chances: dict[str, float]
    allowed: dict[str, float]
    final: bool = False
