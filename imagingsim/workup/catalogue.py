"""The catalogue: studies, procedures, prices, waits, safety rules, stains, priors, evidence.

Every number lives in ``protocols/catalogue/`` beside its source; nothing of it is written in code.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

import numpy as np
import pydantic
from scipy.special import ndtr

from imagingsim.content import record
from imagingsim.errors import UnknownNameError
from imagingsim.reading.detection_records import DetectionTable
from imagingsim.reading.levels import Level
from imagingsim.units import FloatArray
from imagingsim.workup.consequences import (
    Applies,
    Conflict,
    Harm,
    NotNegative,
    Performance,
    Positive,
    Probability,
)
from imagingsim.workup.guard import Guard
from imagingsim.workup.spec import Urgency

T = TypeVar("T")
Days = TypeVar("Days", float, FloatArray)
FOLDER = "protocols/catalogue"


@record
class Figure:
    """A number with its source."""

    value: float
    source: str


@record
class LogNormal:
    """A duration in days: median, and sigma of its logarithm."""

    median_d: Positive
    sigma: Annotated[float, pydantic.Field(ge=0.0)]


@record
class Detection:
    """What of a table of ``protocols/detectability`` a study shows.

    Attributes
    ----------
    dose
        Tube load over that of the table's acquisition.
    reduced
        Whether the scanner corrects artefacts of cement and metal.
    """

    table: str
    series: tuple[str, ...]
    dose: Positive = 1.0
    reduced: bool = False


@record
class StudyRow:
    """One study that can be ordered; see ``studies.yaml``."""

    title: str
    modality: Literal["CT", "MR", "PT", "US"]
    acquisition: str | None
    contrast: Literal["iodine", "gadolinium", "microbubble", "none"]
    room_min: Positive
    regions: tuple[str, ...]
    dose: Figure
    source: str
    tracer: Literal["fdg", "sstr"] | None = None
    substitutes: tuple[str, ...] = ()
    detection: Detection | None = None
    accuracy: str | None = None

    @property
    def rate_key(self) -> str:
        """Under which name ``evidence.yaml`` keeps its accuracy: its own, or its modality's."""
        if self.accuracy is not None:
            return self.accuracy
        return f"{self.modality}-{self.tracer}" if self.tracer else self.modality


@record
class Studies:
    """``studies.yaml``."""

    studies: dict[str, StudyRow]


@record
class Quantiles:
    """A duration in days as a table, e.g. of what a department's queue gave.

    Attributes
    ----------
    shares
        From 0 to 1, rising.
    days
        What so many of the durations do not exceed.
    """

    shares: tuple[Probability, ...]
    days: tuple[Annotated[float, pydantic.Field(ge=0.0)], ...]

    def __post_init__(self) -> None:
        """Refuse a table that is none."""
        rising = all(a < b for a, b in pairwise(self.shares))
        if len(self.shares) != len(self.days) or len(self.shares) < 2 or not rising:
            raise ValueError("needs as many `days` as `shares`, at least two, and shares that rise")
        if (self.shares[0], self.shares[-1]) != (0.0, 1.0) or sorted(self.days) != list(self.days):
            raise ValueError("`shares` go from 0 to 1, and `days` do not fall")

    def at(self, normal: Days) -> Days:
        """Return the duration that belongs to a standard normal draw, or to many."""
        found = np.interp(ndtr(normal), self.shares, self.days)
        return found if isinstance(normal, np.ndarray) else float(found)


Duration = LogNormal | Quantiles


@record
class WaitRow:
    """Waits of one kind of machine, and how long reports take."""

    stat: Duration
    urgent: Duration
    routine: Duration
    report: LogNormal
    source: str

    def until_start(self, urgency: Urgency) -> Duration:
        """Return the wait from order to start."""
        return {"stat": self.stat, "urgent": self.urgent, "routine": self.routine}[urgency]


@record
class Waits:
    """``waits.yaml``: the waits, and which study uses which."""

    waits: dict[str, WaitRow]
    studies: dict[str, str]


@record
class Price:
    """What something costs, in the tariff's currency."""

    amount: Annotated[float, pydantic.Field(ge=0.0)]
    source: str


@record
class Tariff:
    """``tariffs.yaml``."""

    currency: str
    symbol: str
    year: int
    prices: dict[str, Price]


@record
class Rule:
    """One safety rule; see ``safety.yaml``.

    Attributes
    ----------
    needs
        Blood tests that are drawn before the rule is asked, if nobody has them yet.
    days, becomes
        Of a hold: how long it is, and what the blood tests are when it is over.
    """

    applies: Applies
    when: str
    effect: Literal["block", "hold", "risk", "note"]
    why: str
    source: str
    needs: tuple[str, ...] = ()
    days: NotNegative = 0.0
    becomes: dict[str, float] = field(default_factory=dict)
    probability: Probability = 0.0
    event: str = ""
    hazard_factor: Positive = 1.0
    delay_d: NotNegative = 0.0
    cost: NotNegative = 0.0

    @property
    def harm(self) -> Harm:
        """What may happen, of a risk."""
        return Harm(
            event=self.event, probability=self.probability, hazard_factor=self.hazard_factor,
            delay_d=self.delay_d, cost=self.cost, source=self.source,
        )  # fmt: skip


@record
class Rules:
    """``safety.yaml``."""

    rules: dict[str, Rule]


@record
class Procedure:
    """How tissue is taken; see ``procedures.yaml``."""

    title: str
    kind: Literal["excision", "core"]
    throw_mm: Positive
    aim_sd_mm: Annotated[float, pydantic.Field(ge=0.0)]
    adequate_mm: Positive
    laboratory_yield: Probability
    sections_per_core: Annotated[int, pydantic.Field(ge=1)]
    bleeding_risk: Literal["low", "high"]
    wait: LogNormal
    histology_d: LogNormal
    complication: Harm
    source: str
    yields: dict[str, Probability]
    lung_complication: Harm | None = None
    through_bone: bool = False

    def yield_of(self, region: str) -> float:
        """Return how often a lesion of a region gives a diagnosis, of patients at large."""
        return self.yields.get(region, self.yields["other"])


@record
class Procedures:
    """``procedures.yaml``."""

    procedures: dict[str, Procedure]


@record
class MarkerRow:
    """How often a stain is positive in each diagnosis; see ``ihc.yaml``."""

    title: str
    group: str
    kind: Literal["stain", "histology"]
    rates: dict[str, Probability]
    source: str
    words: tuple[str, ...] = ()
    clone: str = ""
    """Antibody the rates hold for; "not stated" where the source pools several."""
    cut_off: str = ""
    """From which share of cells it counts as positive."""

    def rate(self, diagnosis: str) -> float:
        """Return how often it is positive in a diagnosis."""
        return self.rates.get(diagnosis, self.rates["other"])


@record
class Markers:
    """``ihc.yaml``."""

    markers: dict[str, MarkerRow]


@record
class Diagnosis:
    """One disease of a differential."""

    title: str
    group: str
    weight: Positive
    primary: str
    involvement: dict[str, Probability]
    source: str


@record
class Differential:
    """What a presentation may be, before anything is known."""

    title: str
    elsewhere: Probability
    source: str
    diagnoses: dict[str, Diagnosis]


@record
class Priors:
    """``priors.yaml``."""

    differentials: dict[str, Differential]


@record
class Artefact:
    """What something in the patient hides from the readers of a modality.

    Attributes
    ----------
    patient
        Flag of the patient, as in ``patient.cement``.
    row
        Name of the artefact in the tables of ``protocols/detectability``, which say how much.
    loss
        What it costs on the probit scale where no table speaks of it.
    """

    patient: str
    modality: Literal["CT", "MR", "PT", "US"]
    regions: tuple[str, ...]
    row: str
    loss: NotNegative
    source: str


@record
class ReaderRow:
    """Operating point of the reader of simulated images."""

    threshold: float
    efficiency: Positive
    source: str


@record
class Rate:
    """Pooled accuracy of one modality in one region."""

    sensitivity: Probability
    specificity: Probability
    source: str


@record
class Statement:
    """Something a report's discussion says, for teaching."""

    text: str
    source: str
    value: float | None = None


@record
class Evidence:
    """``evidence.yaml``."""

    reader: ReaderRow
    clinical_examination: Figure
    repeated_study_weight: Figure
    size_slope: Figure
    not_avid_loss: Figure
    yield_slope: Figure
    false_positive_mm: Figure
    performance: Performance
    readers: dict[str, Level]
    interpretive_share: Figure
    calibrated_on: dict[str, Detection]
    artefacts: dict[str, Artefact]
    rates: dict[str, dict[str, Rate]]
    statements: dict[str, Statement]
    doses_msv: dict[str, Figure]

    def rate(self, modality: str, region: str) -> Rate:
        """Return the pooled accuracy, or the default where none is published."""
        return self.rates.get(modality, {}).get(region) or self.rates["default"]["any"]


@dataclass(frozen=True)
class Catalogue:
    """All of ``protocols/catalogue``, with its guards read."""

    studies: dict[str, StudyRow]
    waits: Waits
    tariff: Tariff
    rules: dict[str, tuple[Rule, Guard]]
    procedures: dict[str, Procedure]
    markers: dict[str, MarkerRow]
    differentials: dict[str, Differential]
    evidence: Evidence
    conflicts: dict[str, tuple[Conflict, Guard | None]]
    incidentals: dict[str, Harm]
    detection: dict[str, DetectionTable]

    def study(self, name: str) -> StudyRow:
        """Return a study by its id."""
        if name not in self.studies:
            raise UnknownNameError.of("study", name, sorted(self.studies))
        return self.studies[name]

    def wait(self, study: str) -> WaitRow:
        """Return the waits of a study."""
        return self.waits.waits[self.waits.studies[study]]

    def price(self, name: str) -> float:
        """Return the price of a study, a procedure or a ``stain``."""
        return self.tariff.prices[name].amount
