"""How good readers are, by what they have seen so far; the consultant is the measure."""

from typing import Annotated, Literal

import pydantic

from imagingsim.content import record

LevelName = Literal["student", "resident", "consultant"]
Positive = Annotated[float, pydantic.Field(gt=0.0)]


@record
class Level:
    """A reader beside the consultant that published accuracies hold for.

    Attributes
    ----------
    efficiency
        Detectability they make use of, over the consultant's.
    threshold_shift
        By how many standard deviations more evidence is asked before something is called.
    interpretive_odds
        Odds of taking what was seen for something harmless, over the consultant's.
    """

    efficiency: Positive
    threshold_shift: float
    interpretive_odds: Positive
    source: str


def dismissing(sensitivity: float, share: float, odds: float = 1.0) -> float:
    """Return how often a reader takes a lesion that was seen for something harmless.

    Parameters
    ----------
    sensitivity
        Of the consultant, all errors together.
    share
        Part of the consultant's misses that are errors of interpretation.
    odds
        Over the consultant's.

    Examples
    --------
    A consultant of sensitivity .84 with a quarter of the misses interpretive sees .88 of all:

    >>> round(dismissing(0.84, 0.25), 4), round(0.84 / (1 - dismissing(0.84, 0.25)), 2)
    (0.0455, 0.88)
    """
    chance = share * (1.0 - sensitivity) / seen(sensitivity, share)
    return odds * chance / (1.0 - chance + odds * chance)


def seen(sensitivity: float, share: float) -> float:
    """Return how often the consultant sees a lesion, whatever is made of it."""
    return 1.0 - (1.0 - share) * (1.0 - sensitivity)
