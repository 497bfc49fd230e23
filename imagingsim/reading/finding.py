"""Finding: what a reader saw and measured at one place, in one study."""

from dataclasses import dataclass
from typing import Literal

from imagingsim.errors import UnknownNameError

Character = Literal["lesion", "calcified", "tiny", "expected", "dismissed"]
"""What a reader takes it for: a lesion, something calcified, a nodule too small to matter, what
the history announces, or, wrongly, something harmless."""

ErrorKind = Literal["observational", "interpretive"]
"""Not seen, or seen and taken for something else."""


@dataclass(frozen=True)
class Site:
    """Where a reader is told to look, and what the request form says about it.

    Attributes
    ----------
    lesion
        Id of the place, e.g. ``"liver_met_1"``; its label is ``"lesion_liver_met_1"``.
    region
        Which line of the report it belongs to, e.g. ``"liver"``.
    expected
        Whether the request form announces it: an operation, cement, screws.
    """

    lesion: str
    region: str
    expected: bool = False


@dataclass(frozen=True)
class Measurement:
    """One site in one series, measured in the unit of the series (HU, SUV, signal).

    Attributes
    ----------
    value, value_sd
        Mean and standard deviation inside.
    contrast
        ``value`` less the mean of the tissue around it.
    noise
        Standard deviation, around it, of means over areas as large as the lesion: noise and
        artefact at the scale at which the eye looks for it.
    d_prime
        Detectability: contrast over noise, the reader's own noise included.
    peak
        Largest value inside; of PET the SUVmax.
    """

    series: str
    unit: str
    value: float
    value_sd: float
    contrast: float
    noise: float
    d_prime: float
    peak: float
    diameter_mm: float
    short_diameter_mm: float
    centre_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Finding:
    """What the reader says about one site of one study.

    Attributes
    ----------
    seen
        False: it is in the patient and the reader did not see it.
    chance
        How often a reader of this quality would have seen it, 0 to 1.
    best
        The measurement on the series that shows it best.
    """

    lesion: str
    region: str
    seen: bool
    chance: float
    character: Character
    best: Measurement
    measurements: tuple[Measurement, ...]
    suv_max: float | None = None

    @property
    def error(self) -> ErrorKind | None:
        """Which error the reader made here, if any."""
        if not self.seen:
            return "observational"
        return "interpretive" if self.character == "dismissed" else None

    @property
    def suspicious(self) -> bool:
        """Whether the reader reports it as a possible tumour."""
        return self.seen and self.character == "lesion"


@dataclass(frozen=True)
class RegionReading:
    """One line of a report.

    Attributes
    ----------
    assessable
        False: artefact keeps the reader from saying yes or no.
    artefact
        Structured noise in the region, in the unit of the series; None where it was not judged.
    findings
        Ids of what was seen there and is suspicious.
    """

    region: str
    assessable: bool
    artefact: float | None
    findings: tuple[str, ...]

    @property
    def positive(self) -> bool | None:
        """Whether there is something suspicious; None when the reader cannot say no."""
        if self.findings:
            return True
        return False if self.assessable else None


@dataclass(frozen=True)
class Reading:
    """The report of one study."""

    study: str
    findings: tuple[Finding, ...]
    regions: tuple[RegionReading, ...]

    def finding(self, lesion: str) -> Finding:
        """Return what is said about a site."""
        for one in self.findings:
            if one.lesion == lesion:
                return one
        raise UnknownNameError.of("site", lesion, [one.lesion for one in self.findings])

    def region(self, name: str) -> RegionReading | None:
        """Return the line about a region, or None when the study does not cover it."""
        return next((one for one in self.regions if one.region == name), None)
