"""What a case file may say about the patient, the course and the pathology: plain records.

A fact is either from a report, named by its id in ``sources``, or authored: then its source reads
``authored: reason``. `imagingsim.anatomy.case` checks that every source is one of the two.
"""

from dataclasses import field
from typing import Literal

from imagingsim.content import record
from imagingsim.errors import ContentError

AUTHORED = "authored: "


@record
class Source:
    """A published report, or a table that numbers were taken from."""

    id: str
    citation: str
    about: str
    pmid: str | None = None
    doi: str | None = None
    url: str | None = None


@record
class Fact:
    """One statement and where it comes from."""

    text: str
    source: str


@record
class Patient:
    """Who is examined. Age is that of day 0."""

    sex: Literal["female", "male"]
    age_y: float
    weight_kg: float
    height_m: float
    source: str
    comorbidities: tuple[Fact, ...] = ()
    medication: tuple[Fact, ...] = ()
    allergies: tuple[str, ...] = ()
    implants: tuple[Fact, ...] = ()


@record
class Lab:
    """One laboratory value with its reference range (None: that side is open)."""

    test: str
    value: float
    unit: str
    source: str
    low: float | None = None
    high: float | None = None

    @property
    def flag(self) -> Literal["low", "normal", "high"]:
        """Where the value lies in its reference range."""
        if self.low is not None and self.value < self.low:
            return "low"
        if self.high is not None and self.value > self.high:
            return "high"
        return "normal"


@record
class Procedure:
    """Something done to the patient at or after a timepoint."""

    id: str
    text: str
    source: str
    after_days: float = 0.0


@record
class Timepoint:
    """One moment of the course; its lesions are those alive at it.

    Attributes
    ----------
    day
        Days since the first timepoint.
    findings
        What the report says was found, clinically or on images.
    """

    id: str
    title: str
    day: float
    history: str
    source: str
    findings: tuple[Fact, ...] = ()
    labs: tuple[Lab, ...] = ()
    procedures: tuple[Procedure, ...] = ()


@record
class Marker:
    """The result of one immunohistochemical marker."""

    result: Literal["positive", "negative"]
    source: str
    detail: str = ""


@record
class Proliferation:
    """The Ki-67 index of one specimen, percent of tumour nuclei.

    Attributes
    ----------
    lesion, timepoint
        Both None when the specimen was taken before the case begins.
    """

    operation: str
    percent: float
    source: str
    lesion: str | None = None
    timepoint: str | None = None


@record
class Pathology:
    """What a pathologist finds in the tissue of a lesion, if the needle holds it."""

    id: str
    diagnosis: str
    histology: str
    grade: str
    source: str
    markers: dict[str, Marker] = field(default_factory=dict)
    stains: dict[str, Marker] = field(default_factory=dict)
    ki67: tuple[Proliferation, ...] = ()
    pending: tuple[Fact, ...] = ()


@record
class Outcome:
    """How the course ends if nobody changes it.

    Attributes
    ----------
    survival_days
        Days from the reference timepoint of the workup to death; None when the patient lives on.
    """

    text: str
    dies: bool
    source: str
    survival_days: float | None = None
    before_primary_found: bool = False
    untreated: bool = False

    def __post_init__(self) -> None:
        """Refuse a death without a day."""
        if self.dies and self.survival_days is None:
            raise ContentError("a case that dies needs survival_days; add it with its reason")


@record
class Candidate:
    """One diagnosis of the differential, with its weight before any tissue is seen (sum 1)."""

    diagnosis: str
    weight: float
    source: str
    supports: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@record
class Evidence:
    """A number or statement about the disease or about a modality, for teaching and protocols."""

    id: str
    text: str
    source: str
    value: float | None = None
    unit: str | None = None
