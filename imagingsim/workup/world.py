"""World: the patient of a walk as the engine meets them, truth that answers only what is asked.

A case is a world with a body and images (`imagingsim.workup.simulated`); a patient drawn from a
population is one with numbers only (`imagingsim.cohort`). The engine knows neither.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from imagingsim.anatomy.case_records import Lab
from imagingsim.reading import Reading
from imagingsim.study import Study
from imagingsim.workup.catalogue import Procedure, StudyRow
from imagingsim.workup.guard import Value
from imagingsim.workup.needle import Specimen
from imagingsim.workup.outcome import About
from imagingsim.workup.pathology import Histology, StainResult
from imagingsim.workup.spec import Biopsy, Target
from imagingsim.workup.steps import Examined


@dataclass(frozen=True)
class Known:
    """A lesion the doctors know of: where they believe it is, and how large."""

    lesion: str
    region: str
    centre_mm: tuple[float, float, float]
    diameter_mm: float


@dataclass(frozen=True)
class Request:
    """One study as it is asked of a world.

    Attributes
    ----------
    number
        Which study of the walk this is, from 1.
    repeat
        How often this study was made before.
    """

    study: str
    row: StudyRow
    timepoint: str
    start: datetime
    number: int
    repeat: int
    cost: float


@dataclass(frozen=True)
class Made:
    """A study that was made; ``images`` None: a world of numbers."""

    id: str
    timepoint: str
    dose_msv: float
    contrast: tuple[str, ...] = ()
    images: Study | None = None


@dataclass(frozen=True)
class Sample:
    """One puncture or resection as it is asked of a world.

    Attributes
    ----------
    repeat
        How many samples were taken of this patient before.
    """

    target: Known
    technique: str
    procedure: Procedure
    state: Biopsy
    timepoint: str
    repeat: int


class World(Protocol):
    """What a walk may ask of its patient."""

    @property
    def id(self) -> str:
        """Name of the patient; draws are keyed by it."""

    @property
    def about(self) -> About:
        """Who the patient is, and what a report says of the case."""

    @property
    def start(self) -> tuple[str, float]:
        """The timepoint at which the workup begins, and its day."""

    @property
    def budget_d(self) -> float:
        """Days from the start to death when nothing changes; infinite for who lives on."""

    def uniform(self, *name: object) -> float:
        """Return the uniform draw of that name, always the same; named by what it means."""

    def normal(self, *name: object) -> float:
        """Return the standard normal draw of that name."""

    def patient(self, name: str, timepoint: str) -> Value:
        """Return a fact of the patient that a guard calls ``patient.<name>``."""

    def lab(self, test: str, timepoint: str) -> Lab | None:
        """Return the newest value of a blood test, or None when the patient has none."""

    @property
    def tests(self) -> tuple[str, ...]:
        """Every blood test the patient has at some time."""

    def title_of(self, timepoint: str) -> str:
        """Return a timepoint in words."""

    def history(self, timepoint: str) -> str:
        """Return what is told of the patient at a timepoint."""

    def day_of(self, timepoint: str) -> float | None:
        """Return the day of a timepoint; None in a world whose patients have no written course."""

    def words_of(self, procedure: str) -> str:
        """Return what is told of a procedure."""

    def examined(self, region: str, timepoint: str) -> tuple[tuple[Examined, Known], ...]:
        """Look and feel: what lies at the surface of a region, and whether it was found."""

    def make(self, request: Request) -> Made | None:
        """Make a study; None when this world cannot."""

    def read(self, made: Made, request: Request) -> tuple[Reading, tuple[Known, ...]]:
        """Read a study: its report, and the lesions it makes known."""

    def targeted(self, target: Target, known: Known) -> bool:
        """Tell whether a biopsy state means this lesion, of the regions it names."""

    def take(self, sample: Sample) -> tuple[Specimen, Histology]:
        """Take tissue, and look at it."""

    def stain(self, lesion: str, marker: str, timepoint: str, sections: int) -> StainResult:
        """Stain a section."""

    def ki67(self, lesion: str, timepoint: str) -> float | None:
        """Return the Ki-67 index of a specimen, percent."""
