"""Doubt: how uncertain the numbers of catalogue and populations are, as a file says it.

The file names numbers by patterns, so that a number and how well it is known stay apart; an
interval published with a number (``ci`` beside it) goes before what the file says.
"""

from typing import Annotated, Literal

import pydantic

from imagingsim.content import Library, record, structure
from imagingsim.errors import ContentError

FILE = "protocols/catalogue/uncertainty.yaml"

Shape = Literal["beta", "gamma", "lognormal", "normal", "odds"]


@record
class Doubt:
    """How uncertain some numbers are.

    Attributes
    ----------
    title
        In words; ``{}`` stand for the names that the pattern left open, in their order.
    at
        Dotted patterns of numbers, e.g. ``tariff.prices.*.amount``. The first name is a field of
        the catalogue, or ``population``.
    shape
        ``beta`` for a probability, ``gamma`` for a cost, ``lognormal`` for a time or a ratio;
        ``odds`` multiplies the odds of probabilities that rise and fall together.
    low, high
        95 % interval of one number.
    patients
        Of a probability: it is known as well as from so many patients.
    factor
        Of other numbers: the 95 % interval reaches from value / factor to value * factor.
    alike
        Numbers are multiplied by one and the same factor when so many of the names that the pattern
        left open are alike, from the left; 0: all of them. Not given: each goes its own way.
    """

    title: str
    at: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    shape: Shape
    source: str
    low: float | None = None
    high: float | None = None
    patients: Annotated[float, pydantic.Field(gt=2)] | None = None
    factor: Annotated[float, pydantic.Field(gt=1)] | None = None
    alike: Annotated[int, pydantic.Field(ge=0)] | None = None


@record
class Doubts:
    """``uncertainty.yaml``."""

    parameters: dict[str, Doubt]


def read_doubts(library: Library) -> dict[str, Doubt]:
    """Read ``protocols/catalogue/uncertainty.yaml``.

    Raises
    ------
    ContentError
        Listing every row that says nothing, or two things at once.
    """
    document = library.document(FILE)
    rows = structure(document, Doubts).parameters
    faults = [
        document.problem(fault, "parameters", name)
        for name, row in rows.items()
        if (fault := _fault(row))
    ]
    if faults:
        raise ContentError("\n".join(faults))
    return rows


def _fault(row: Doubt) -> str:
    """Return what is wrong with a row; nothing when it is right."""
    low, high, beta = row.low, row.high, row.shape == "beta"
    interval = low is not None and high is not None and low < high
    given = [low is not None or high is not None, row.patients is not None, row.factor is not None]
    wrong = {
        "give one of `low` and `high`, `patients`, or `factor`": sum(given) != 1,
        "an interval has a `low` below its `high`; give both": given[0] and not interval,
        "`patients` is for a probability; use shape beta, or a `factor`": given[1] and not beta,
        "a probability cannot be multiplied; use shape odds, or `patients`": given[2] and beta,
        "what is drawn together has a common `factor`; give one": (
            (row.alike is not None or row.shape == "odds") and not given[2]
        ),
        "odds are multiplied together; say how many names are `alike`": (
            row.shape == "odds" and row.alike is None
        ),
    }
    return next((text for text, holds in wrong.items() if holds), "")
