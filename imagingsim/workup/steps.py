"""One step of a walk, and what was ordered, taken, found and decided in it."""

from dataclasses import dataclass
from typing import Literal

from imagingsim.reading import Reading
from imagingsim.workup.needle import Specimen
from imagingsim.workup.pathology import Histology, StainResult

VisitStatus = Literal["planned", "blocked", "unavailable", "cancelled", "acquired", "reported"]
SampleStatus = Literal["no target", "blocked", "cancelled", "taken", "reported"]


@dataclass(frozen=True)
class Visit:
    """One study that was ordered, whether or not it was made.

    Attributes
    ----------
    why
        Why it was blocked, held or cancelled; empty when nothing stood in the way.
    study_id
        Folder of the images; None when there are none.
    wait_days
        From the order to the patient's arrival.
    contrast
        What was injected, in words.
    """

    study: str
    title: str
    modality: str
    urgency: str
    question: str
    status: VisitStatus
    why: tuple[str, ...]
    ordered_day: float
    start_day: float | None = None
    report_day: float | None = None
    wait_days: float | None = None
    study_id: str | None = None
    timepoint: str = ""
    cost: float = 0.0
    dose_msv: float = 0.0
    contrast: tuple[str, ...] = ()
    reading: Reading | None = None


@dataclass(frozen=True)
class PanelResult:
    """A round of stains; ``reported_day`` None: still outstanding when the walk ended."""

    name: str
    markers: tuple[str, ...]
    reported_day: float | None
    results: tuple[StainResult, ...] = ()


@dataclass(frozen=True)
class Sampling:
    """One biopsy or resection."""

    procedure: str
    title: str
    region: str
    lesion: str | None
    lesion_title: str
    status: SampleStatus
    why: tuple[str, ...] = ()
    taken_day: float | None = None
    reported_day: float | None = None
    cost: float = 0.0
    specimen: Specimen | None = None
    histology: Histology | None = None
    ki67_percent: float | None = None
    complication: str = ""
    panels: tuple[PanelResult, ...] = ()


@dataclass(frozen=True)
class LabResult:
    """A laboratory value as the doctors see it."""

    test: str
    value: float
    unit: str
    flag: str
    source: str


@dataclass(frozen=True)
class Examined:
    """Something found, or missed, by looking and feeling."""

    lesion: str
    title: str
    region: str
    found: bool


@dataclass(frozen=True)
class Chance:
    """The probability of one diagnosis at one moment."""

    diagnosis: str
    title: str
    group: str
    probability: float


@dataclass(frozen=True)
class Choice:
    """Which way the walk went, and why."""

    to: str
    title: str
    when: str | None
    why: str


@dataclass(frozen=True)
class Suffered:
    """Something that befell the patient on the way: a complication, an incidental finding."""

    event: str
    why: str
    day: float
    delay_days: float
    cost: float
    dose_msv: float


@dataclass(frozen=True)
class Step:
    """One state of the protocol that the walk went through."""

    number: int
    state: str
    type: str
    title: str
    timepoint: str
    timepoint_title: str
    start_day: float
    end_day: float
    visits: tuple[Visit, ...]
    samplings: tuple[Sampling, ...]
    labs: tuple[LabResult, ...]
    examined: tuple[Examined, ...]
    events: tuple[str, ...]
    choice: Choice | None
    belief: tuple[Chance, ...]
    suffered: tuple[Suffered, ...] = ()
