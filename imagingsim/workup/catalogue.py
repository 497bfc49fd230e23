"""The catalogue: studies, procedures, prices, waits, safety rules, stains, priors, evidence.

Every number lives in ``protocols/catalogue/`` beside its source; nothing of it is written in code.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import pydantic

from imagingsim.content import Library, record, structure
from imagingsim.errors import ContentError, UnknownNameError, WorkupError
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.spec import Urgency

T = TypeVar("T")
FOLDER = "protocols/catalogue"
LABS_OF = {"iodine": ("egfr",)}
"""Labs that must be known before a contrast medium is given."""

Probability = Annotated[float, pydantic.Field(ge=0.0, le=1.0)]
Positive = Annotated[float, pydantic.Field(gt=0.0)]


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

    @property
    def rate_key(self) -> str:
        """Under which name ``evidence.yaml`` keeps its accuracy."""
        return f"{self.modality}-{self.tracer}" if self.tracer else self.modality


@record
class Studies:
    """``studies.yaml``."""

    studies: dict[str, StudyRow]


@record
class WaitRow:
    """Waits of one kind of machine."""

    stat: LogNormal
    urgent: LogNormal
    routine: LogNormal
    report: LogNormal
    source: str

    def until_start(self, urgency: Urgency) -> LogNormal:
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
class Applies:
    """Which orders a safety rule is about; an empty one is about none."""

    contrast: Literal["iodine", "gadolinium", "microbubble"] | None = None
    tracer: Literal["fdg", "sstr"] | None = None
    modality: Literal["CT", "MR", "PT", "US"] | None = None
    bleeding_risk: Literal["low", "high", "any"] | None = None


@record
class Rule:
    """One safety rule; see ``safety.yaml``."""

    applies: Applies
    when: str
    effect: Literal["block", "hold", "risk", "note"]
    why: str
    source: str
    days: float = 0.0
    probability: Probability = 0.0
    event: str = ""
    hazard_factor: Positive = 1.0


@record
class Rules:
    """``safety.yaml``."""

    rules: dict[str, Rule]


@record
class Complication:
    """What can go wrong, and how often."""

    event: str
    probability: Probability


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
    complication: Complication
    source: str
    yields: dict[str, Probability]
    lung_complication: Complication | None = None
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
    """What something in the patient costs the readers of a modality, on the probit scale."""

    patient: str
    modality: Literal["CT", "MR", "PT", "US"]
    regions: tuple[str, ...]
    loss: Annotated[float, pydantic.Field(ge=0.0)]
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


def read_catalogue(library: Library) -> Catalogue:
    """Read ``protocols/catalogue``.

    Raises
    ------
    ContentError
        Listing what is malformed, or what one file names and another lacks.
    """
    rules = _read(library, "safety", Rules).rules
    catalogue = Catalogue(
        studies=_read(library, "studies", Studies).studies,
        waits=_read(library, "waits", Waits),
        tariff=_read(library, "tariffs", Tariff),
        rules={name: (rule, _guard(name, rule)) for name, rule in rules.items()},
        procedures=_read(library, "procedures", Procedures).procedures,
        markers=_read(library, "ihc", Markers).markers,
        differentials=_read(library, "priors", Priors).differentials,
        evidence=_read(library, "evidence", Evidence),
    )
    _check(catalogue)
    return catalogue


def _read(library: Library, name: str, into: type[T]) -> T:
    return structure(library.document(f"{FOLDER}/{name}.yaml"), into)


def _guard(name: str, rule: Rule) -> Guard:
    try:
        return guard(rule.when)
    except WorkupError as error:
        raise ContentError(f"{FOLDER}/safety.yaml: rules.{name}.when: {error}") from error


def _check(catalogue: Catalogue) -> None:
    """Refuse a catalogue whose files do not fit each other."""
    faults = []
    for name, row in catalogue.studies.items():
        if catalogue.waits.studies.get(name) not in catalogue.waits.waits:
            faults.append(f"{FOLDER}/waits.yaml: study {name} has no waits; add it")
        faults += [
            f"{FOLDER}/studies.yaml: {name} names the unknown substitute {other}; correct it"
            for other in row.substitutes
            if other not in catalogue.studies
        ]
    faults += [
        f"{FOLDER}/tariffs.yaml: {name} has no price; add it"
        for name in (*catalogue.studies, *catalogue.procedures, "stain")
        if name not in catalogue.tariff.prices
    ]
    faults += [
        f"{FOLDER}/procedures.yaml: {name} has no yield for `other`; add it"
        for name, procedure in catalogue.procedures.items()
        if "other" not in procedure.yields
    ]
    faults += [
        f"{FOLDER}/ihc.yaml: {name} has no rate for `other`; add it"
        for name, row in catalogue.markers.items()
        if "other" not in row.rates
    ]
    if faults:
        raise ContentError("\n".join(faults))
