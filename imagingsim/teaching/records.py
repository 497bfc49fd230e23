"""What the teaching files may say: recorded sessions, ratings of orders, the rubric."""

from typing import Annotated, Literal

import pydantic

from imagingsim.content import record
from imagingsim.workup.consequences import Positive, Probability
from imagingsim.workup.spec import Urgency

Rating = Annotated[int, pydantic.Field(ge=1, le=9)]
Label = Literal["lesion", "benign", "artefact"]
"""What a resident takes a marked thing for."""


@record
class Labs:
    """Blood tests are drawn."""

    do: Literal["labs"]
    tests: tuple[str, ...] = ("all",)


@record
class Examine:
    """The resident looks and feels."""

    do: Literal["examine"]
    regions: tuple[str, ...]


@record
class OrderStudy:
    """A study is asked for; nothing waits for it."""

    do: Literal["order"]
    study: str
    urgency: Urgency = "urgent"
    question: str = ""


@record
class Pass:
    """Time passes: so many days, or until the next report."""

    do: Literal["wait"]
    days: Positive | None = None


@record
class Mark:
    """Something is marked in a study that was made.

    Attributes
    ----------
    point_mm
        Where in the patient; None in a patient of numbers.
    """

    do: Literal["mark"]
    study: str
    region: str
    label: Label = "lesion"
    confidence: Probability = 1.0
    point_mm: tuple[float, float, float] | None = None


@record
class State:
    """The differential as the resident sees it now; what is not named shares the rest."""

    do: Literal["differential"]
    chances: dict[str, Probability]


@record
class TakeTissue:
    """Tissue is taken and stained."""

    do: Literal["biopsy"]
    region: str
    technique: str
    markers: tuple[str, ...] = ()
    cores: Annotated[int, pydantic.Field(ge=1, le=12)] = 3


@record
class Prompt:
    """A question of the teacher and its answer; it never counts."""

    do: Literal["prompt"]
    text: str
    answer: str = ""


@record
class Commit:
    """The resident settles on a diagnosis; the session ends."""

    do: Literal["commit"]
    diagnosis: str


Act = Annotated[
    Labs | Examine | OrderStudy | Pass | Mark | State | TakeTissue | Prompt | Commit,
    pydantic.Field(discriminator="do"),
]


@record
class Who:
    """The patient: a case, or a number of a population.

    Attributes
    ----------
    truth
        What a case has, as the differential of the reference protocol calls it.
    """

    case: str | None = None
    truth: str | None = None
    population: str | None = None
    number: Annotated[int, pydantic.Field(ge=0)] = 0
    seed: Annotated[int, pydantic.Field(ge=0)] = 1


@record
class SessionFile:
    """A recorded session.

    Attributes
    ----------
    reference
        Protocol that is the yardstick.
    """

    schema: Literal["imagingsim.session/1"]
    patient: Who
    reference: str
    acts: tuple[Act, ...]
    resident: str = ""


@record
class Scenario:
    """How appropriate studies are while a guard holds: 7-9 usually, 4-6 may be, 1-3 usually not."""

    title: str
    when: str
    ratings: dict[str, Rating]
    source: str
    other: Rating = 5


@record
class Mandatory:
    """What must have been done before the session ends.

    Attributes
    ----------
    any_of
        Studies, or ``biopsy``.
    when
        Guard that says for whom; everyone when not given.
    """

    title: str
    any_of: Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    source: str
    when: str | None = None


@record
class Appropriateness:
    """``protocols/appropriateness/<differential>.yaml``: our own ratings."""

    schema: Literal["imagingsim.appropriateness/1"]
    title: str
    source: tuple[str, ...]
    scenarios: dict[str, Scenario]
    mandatory: dict[str, Mandatory]


@record
class Weight:
    """What one kind of fault costs.

    Attributes
    ----------
    points
        Of the ten, or five, of its part.
    """

    points: Annotated[float, pydantic.Field(ge=0)]
    why: str
    source: str


@record
class Rubric:
    """``protocols/teaching/rubric.yaml``: what each fault costs, and why.

    Attributes
    ----------
    undetectable
        Detectability d' below which a missed lesion costs nothing.
    critical
        Safety rules that, broken, leave no point for safety.
    """

    schema: Literal["imagingsim.rubric/1"]
    undetectable: Weight
    critical: tuple[str, ...]
    weights: dict[str, Weight]
