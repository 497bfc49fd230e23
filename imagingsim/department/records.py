"""What a department file in ``protocols/departments/`` may say: plain records, nothing computed."""

from dataclasses import field
from typing import Annotated, Literal

import pydantic

from imagingsim.content import record
from imagingsim.workup.consequences import Positive, Probability
from imagingsim.workup.spec import Urgency

Day = Literal["weekday", "saturday", "sunday"]
Clock = tuple[Annotated[float, pydantic.Field(ge=0, le=24)],
              Annotated[float, pydantic.Field(ge=0, le=24)]]  # fmt: skip


@record
class Breakdowns:
    """How often a scanner fails, and for how long.

    Attributes
    ----------
    every_h
        Mean hours of scanning from one failure to the next, exponential.
    repair_h
        Mean hours of repair, exponential.
    """

    every_h: Positive
    repair_h: Positive
    source: str


@record
class Scanner:
    """Machines of one kind that share one list of patients.

    Attributes
    ----------
    count
        How many machines.
    hours
        From when to when they work, in hours of the day; a day that is not named is closed.
    minutes
        Mean time on the machine of studies whose room time has more in it, e.g. the uptake of a
        tracer; the study's room time when not given.
    on_call
        Whether one machine is staffed for stat studies while the others are closed.
    """

    title: str
    count: Annotated[int, pydantic.Field(ge=1)]
    hours: dict[Day, Clock]
    source: str
    minutes: Positive | None = None
    on_call: bool = False
    breakdowns: Breakdowns | None = None


@record
class Demand:
    """Patients of one kind who are sent to one kind of scanner.

    Attributes
    ----------
    study
        Id in ``protocols/catalogue/studies.yaml``; None: something else, then ``minutes``.
    per_week
        Mean number of requests in a week; they come at random.
    arrive
        When requests come: at any hour, or on weekdays from 8 to 18.
    minutes
        Mean room time; that of the scanner or of the study when not given.
    spread
        Standard deviation of the logarithm of the room time.
    shape
        How room times are distributed.
    notice_d
        Days before which the patient cannot come: vetting, preparation, the letter.
    no_show
        How many do not come to their slot; it is lost, and they get the next.
    """

    title: str
    scanner: str
    urgency: Urgency
    per_week: Positive
    source: str
    study: str | None = None
    minutes: Positive | None = None
    spread: Annotated[float, pydantic.Field(ge=0)] = 0.3
    shape: Literal["lognormal", "exponential"] = "lognormal"
    arrive: Literal["always", "weekdays"] = "weekdays"
    notice_d: Annotated[float, pydantic.Field(ge=0)] = 0.0
    no_show: Probability = 0.0


@record
class DepartmentFile:
    """A department as it stands in its file.

    Attributes
    ----------
    scanners
        By kind of machine, as ``protocols/catalogue/waits.yaml`` names them.
    """

    schema: Literal["imagingsim.department/1"]
    title: str
    about: str
    source: tuple[str, ...]
    scanners: dict[str, Scanner]
    demand: dict[str, Demand] = field(default_factory=dict)
