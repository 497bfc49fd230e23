"""The catalogue: studies, procedures, prices, waits, safety rules, stains, priors, evidence.

Every number lives in ``protocols/catalogue/`` beside its source; nothing of it is written in code.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Annotated, Literal

import pydantic

from imagingsim.content import record
from imagingsim.errors import UnknownNameError
from imagingsim.reading.detection_records import DetectionTable
from imagingsim.workup.consequences import (
    Applies,
    Conflict,
    Harm,
    NotNegative,
    Positive,
    Probability,
)
from imagingsim.workup.evidence import Detection, Evidence, Figure, Interval
from imagingsim.workup.guard import Guard
from imagingsim.workup.waits import LogNormal, WaitRow, Waits

FOLDER = "protocols/catalogue"


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

    def meant(self, applies: Applies, study: str) -> bool:
        """Tell whether a rule speaks of this study, by its id."""
        asked = [
            (applies.study, study),
            (applies.contrast, self.contrast),
            (applies.tracer, self.tracer),
            (applies.modality, self.modality),
        ]
        given = [wanted == found for wanted, found in asked if wanted is not None]
        return bool(given) and all(given)


@record
class Studies:
    """``studies.yaml``."""

    studies: dict[str, StudyRow]


@record
class Price:
    """What something costs, in the tariff's currency; ``ci``: the published interval."""

    amount: Annotated[float, pydantic.Field(ge=0.0)]
    source: str
    ci: Interval | None = None


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

    def meant(self, applies: Applies) -> bool:
        """Tell whether a rule speaks of this procedure."""
        return applies.bleeding_risk in (self.bleeding_risk, "any")


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


@dataclass(frozen=True)
class Spoken:
    """What the catalogue says of doing one study, or of one way to take tissue.

    Attributes
    ----------
    needs
        Blood tests that are drawn before, by name.
    waits_for
        Conflicts that make it wait: which, its name, and the patients it holds for.
    keeps_waiting
        Conflicts by which it makes others wait: which, its name, and for how many days.
    """

    rules: tuple[tuple[str, Rule, Guard], ...]
    needs: tuple[str, ...]
    waits_for: tuple[tuple[int, str, Guard | None], ...]
    keeps_waiting: tuple[tuple[int, str, float], ...]


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

    def about_study(self, name: str) -> Spoken:
        """Return what is said of doing a study."""
        self.study(name)
        return self._of_studies[name]

    def about_procedure(self, name: str) -> Spoken:
        """Return what is said of a way to take tissue."""
        return self._of_procedures[name]

    @cached_property
    def _of_studies(self) -> dict[str, Spoken]:
        rows = self.studies.items()
        return {name: self._said(partial(row.meant, study=name)) for name, row in rows}

    @cached_property
    def _of_procedures(self) -> dict[str, Spoken]:
        return {name: self._said(row.meant) for name, row in self.procedures.items()}

    def _said(self, meant: Callable[[Applies], bool]) -> Spoken:
        rules = [(name, *pair) for name, pair in self.rules.items() if meant(pair[0].applies)]
        conflicts = [(k, name, *pair) for k, (name, pair) in enumerate(self.conflicts.items())]
        return Spoken(
            tuple(rules), tuple(sorted({test for _, rule, _ in rules for test in rule.needs})),
            tuple((k, name, guard) for k, name, one, guard in conflicts if meant(one.then)),
            tuple((k, name, one.apart_d) for k, name, one, _ in conflicts if meant(one.first)),
        )  # fmt: skip
