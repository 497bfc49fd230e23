"""What is published of readers, examinations and artefacts; see ``evidence.yaml``."""

from typing import Literal

from imagingsim.content import record
from imagingsim.reading.levels import Level
from imagingsim.workup.consequences import NotNegative, Performance, Positive, Probability

Interval = tuple[float, float]
"""Ends of a published 95 % interval."""


@record
class Figure:
    """A number with its source; ``ci``: its published interval."""

    value: float
    source: str
    ci: Interval | None = None


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
    """Pooled accuracy of one modality in one region; ``..._ci``: published intervals."""

    sensitivity: Probability
    specificity: Probability
    source: str
    sensitivity_ci: Interval | None = None
    specificity_ci: Interval | None = None


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
