"""What a protocol file in ``protocols/workups/`` may say: plain records, nothing computed.

`imagingsim.workup.protocol` reads them and checks what a record alone cannot see: whether names
are known, whether every state is reached, and whether every walk ends.
"""

from dataclasses import field
from typing import Annotated, Any, Literal

import pydantic

from imagingsim.content import record

Urgency = Literal["stat", "urgent", "routine"]
Technique = str
"""A procedure of ``protocols/catalogue/procedures.yaml``."""


@record
class Transition:
    """Where to go next, when, and why; without ``when`` it is the default."""

    to: str
    when: str | None = None
    why: str | None = None


@record
class StudyOrder:
    """One study asked for.

    Attributes
    ----------
    study
        Id in ``protocols/catalogue/studies.yaml``.
    only_if
        Guard; the order is not placed unless it holds.
    despite
        Safety rules that this protocol overrides for this order, each with its reason.
    """

    study: str
    urgency: Urgency = "urgent"
    question: str | None = None
    only_if: str | None = None
    despite: dict[str, str] = field(default_factory=dict)


@record
class Panel:
    """A round of stains asked of the laboratory; nobody waits for one in the background."""

    name: str
    markers: tuple[str, ...]
    turnaround_d: Annotated[float, pydantic.Field(gt=0)]
    when: str | None = None
    background: bool = False


@record
class Target:
    """Which lesion to sample: the best seen lesion of the first region that has one."""

    regions: tuple[str, ...]
    lesions: tuple[str, ...] = ()
    min_mm: float = 0.0


@record
class Order:
    """One or more studies, in parallel.

    Attributes
    ----------
    join
        How many reports are waited for: all, any, or a number.
    deadline_d
        The walk goes on after so many days, whatever is back by then.
    cancel_rest
        Whether studies that have not begun by then are given up; else they are still made, and
        their late reports are read.
    on_blocked
        What a study that must not be done means: leave it out, take the first allowed substitute
        of the catalogue, or stop the walk.
    """

    type: Literal["order"]
    orders: Annotated[tuple[StudyOrder, ...], pydantic.Field(min_length=1)]
    next: tuple[Transition, ...]
    title: str | None = None
    join: Literal["all", "any"] | int = "all"
    deadline_d: float | None = None
    cancel_rest: bool = False
    on_blocked: Literal["skip", "substitute", "stop"] = "skip"


@record
class Biopsy:
    """Choose a target, sample it, stain it."""

    type: Literal["biopsy"]
    target: Target
    technique: dict[str, Technique]
    panels: tuple[Panel, ...]
    next: tuple[Transition, ...]
    title: str | None = None
    cores: Annotated[int, pydantic.Field(ge=1, le=12)] = 3
    max_visits: Annotated[int, pydantic.Field(ge=1, le=9)] = 2
    whole: bool = False
    """Whether the lesion is resected whole, so that tissue is never scarce."""
    procedures: tuple[str, ...] = ()
    """Procedures of the case that this is; their words go into the timeline."""


@record
class Decide:
    """Branch; takes no time."""

    type: Literal["decide"]
    next: tuple[Transition, ...]
    title: str | None = None


@record
class Wait:
    """Let time pass: fixed days, or until a timepoint of the case, or until a guard holds.

    The guard is looked at once a day, and for ``timeout_d`` days at most.
    ``days`` beside ``timepoint`` is how long it takes a patient whose course nobody wrote.
    """

    type: Literal["wait"]
    next: tuple[Transition, ...]
    title: str | None = None
    days: Annotated[float, pydantic.Field(gt=0)] | None = None
    timepoint: str | None = None
    until: str | None = None
    timeout_d: Annotated[float, pydantic.Field(gt=0)] | None = None


@record
class Set:
    """Something done that takes no machine: bloods, an examination, a treatment, a plan."""

    type: Literal["set"]
    next: tuple[Transition, ...]
    title: str | None = None
    labs: tuple[str, ...] = ()
    examine: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    plan: str | None = None
    hazard_factor: Annotated[float, pydantic.Field(gt=0)] = 1.0


@record
class End:
    """Where a walk can end."""

    type: Literal["end"]
    outcome: str
    title: str | None = None


def _kind(state: Any) -> str | None:
    """Return the tag of a state: its ``type``, capitalised so that messages leave it out."""
    kind = state.get("type") if isinstance(state, dict) else getattr(state, "type", None)
    return str(kind).capitalize() if kind else None


State = Annotated[
    Annotated[Order, pydantic.Tag("Order")]
    | Annotated[Biopsy, pydantic.Tag("Biopsy")]
    | Annotated[Decide, pydantic.Tag("Decide")]
    | Annotated[Wait, pydantic.Tag("Wait")]
    | Annotated[Set, pydantic.Tag("Set")]
    | Annotated[End, pydantic.Tag("End")],
    pydantic.Discriminator(_kind),
]


@record
class Parameter:
    """A number of the protocol that a guard may use as ``param.<name>``."""

    value: float
    source: str


@record
class ProtocolFile:
    """A protocol as it stands in its file.

    Attributes
    ----------
    differential
        Id of a set in ``protocols/catalogue/priors.yaml``.
    horizon_d
        The walk ends after so many days, whatever happens.
    interrupts
        Tested after every event and every state; the first that holds leads to its end at once.
    """

    schema: Literal["imagingsim.workup/1"]
    version: str
    title: str
    about: str
    source: tuple[str, ...]
    differential: str
    horizon_d: Annotated[float, pydantic.Field(gt=0)]
    start: str
    states: dict[str, State]
    interrupts: tuple[Transition, ...] = ()
    endpoints: dict[str, str] = field(default_factory=dict)
    params: dict[str, Parameter] = field(default_factory=dict)
    teaching: tuple[str, ...] = ()
