"""Consequences: what a study or a needle can do to a patient beside giving an answer.

Records of the catalogue; `suffer` is what they mean for one patient, `imagingsim.cohort.harms` the
same for many.
"""

from typing import Annotated, Literal

import pydantic

from imagingsim.content import record

Probability = Annotated[float, pydantic.Field(ge=0.0, le=1.0)]
Positive = Annotated[float, pydantic.Field(gt=0.0)]
NotNegative = Annotated[float, pydantic.Field(ge=0.0)]
LEVELS = 4
"""Steps by which performance falls before death: ECOG 1 to 4."""


@record
class Harm:
    """Something that can happen to a patient, how often, and what it costs.

    Attributes
    ----------
    hazard_factor
        By how much the hazard of death is multiplied from then on.
    delay_d
        Days during which nothing else can begin.
    cost
        In the tariff's currency.
    dose_msv
        Of the studies it leads to.
    """

    event: str
    probability: Probability
    hazard_factor: Positive = 1.0
    delay_d: NotNegative = 0.0
    cost: NotNegative = 0.0
    dose_msv: NotNegative = 0.0
    source: str = ""


@record
class Applies:
    """What a rule is about; an empty one is about nothing."""

    study: str | None = None
    contrast: Literal["iodine", "gadolinium", "microbubble"] | None = None
    tracer: Literal["fdg", "sstr"] | None = None
    modality: Literal["CT", "MR", "PT", "US"] | None = None
    bleeding_risk: Literal["low", "high", "any"] | None = None


@record
class Conflict:
    """Two things that need days between them; see ``conflicts.yaml``.

    Attributes
    ----------
    first, then
        What came before, and what has to wait for it.
    when
        Guard on the patient; without one it always holds.
    """

    first: Applies
    then: Applies
    apart_d: Positive
    why: str
    source: str
    when: str | None = None


@record
class Conflicts:
    """``conflicts.yaml``."""

    conflicts: dict[str, Conflict]


@record
class Incidentals:
    """``incidentals.yaml``: findings nobody asked for, by modality, and their follow-up."""

    incidentals: dict[Literal["CT", "MR", "PT", "US"], Harm]


@record
class Performance:
    """How performance falls towards death.

    Attributes
    ----------
    left_d
        Days of life left at which ECOG 1, 2, 3 and 4 are reached.
    """

    left_d: Annotated[tuple[Positive, ...], pydantic.Field(min_length=LEVELS, max_length=LEVELS)]
    source: str
