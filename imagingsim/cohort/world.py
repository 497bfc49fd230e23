"""A virtual patient as a world: numbers instead of images, walked by the same engine as a case."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from imagingsim.anatomy.case_records import Lab
from imagingsim.cohort.draws import uniform_of
from imagingsim.cohort.population import Ints, Patients, Population
from imagingsim.cohort.staff import Staff
from imagingsim.reading import Reading
from imagingsim.reading.finding import RegionReading
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.guard import Value
from imagingsim.workup.names import REGIONS
from imagingsim.workup.needle import Specimen
from imagingsim.workup.outcome import About, Person, in_words
from imagingsim.workup.pathology import KI67, KI67_HIGH_PERCENT, Histology, StainResult
from imagingsim.workup.spec import Target
from imagingsim.workup.steps import Examined
from imagingsim.workup.world import Known, Made, Request, Sample

TIMEPOINT = "referral"
NOWHERE = (0.0, 0.0, 0.0)


@dataclass(eq=False)
class VirtualWorld:
    """One patient of a population.

    Attributes
    ----------
    patients, row
        Some patients, and which of them this is; who else was drawn changes nothing.
    staff
        Who reads their studies; shared by as many worlds as there are patients.
    """

    staff: Staff
    patients: Patients
    row: int = 0

    @classmethod
    def of(
        cls, population: Population, catalogue: Catalogue, *, seed: int, patient: int
    ) -> "VirtualWorld":
        """Return the world of the patient with a number."""
        ids = np.array([patient], dtype=np.uint64)
        return cls(Staff(population, catalogue), population.draw(seed, ids))

    @property
    def population(self) -> Population:
        """The population the patient is of."""
        return self.staff.population

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue the staff goes by."""
        return self.staff.catalogue

    @property
    def id(self) -> str:
        """Name of the population and number of the patient."""
        return f"{self.population.id}/{int(self.patients.ids[self.row])}"

    @property
    def about(self) -> About:
        """Age and sex; a virtual patient has no story."""
        values = self.patients.values
        person = Person(
            "female" if values["female"][self.row] else "male", float(values["age"][self.row]),
            float(values["weight"][self.row]), float("nan"), (),
        )  # fmt: skip
        return About(self.id, self.population.file.title, person, cited=self.population.file.source)

    @property
    def start(self) -> tuple[str, float]:
        """Patients are referred on day 0."""
        return TIMEPOINT, 0.0

    @property
    def budget_d(self) -> float:
        """Days left when nothing changes."""
        return float(self.patients.budget_d[self.row])

    @property
    def tests(self) -> tuple[str, ...]:
        """The blood tests of the population."""
        return tuple(self.patients.labs)

    def uniform(self, *name: Any) -> float:
        """Return a draw; the last part of the name is its index."""
        *words, index = name
        stream = "|".join(map(str, words))
        return uniform_of(self.patients.seed, stream, self.patients.ids[self.row], index)

    def normal(self, *name: object) -> float:
        """Return a normal draw; the last part of the name is its index."""
        return float(ndtri(self.uniform(*name)))

    def patient(self, name: str, timepoint: str) -> Value:
        """Return a number or a flag of the patient."""
        value = float(self.patients.values[name][self.row])
        return value if name in self.population.file.numbers else value > 0

    def lab(self, test: str, timepoint: str) -> Lab | None:
        """Return a blood test; it stays what it is."""
        if test not in self.patients.labs:
            return None
        row = self.population.file.labs[test]
        value = float(self.patients.labs[test][self.row])
        return Lab(test=test, value=value, unit=row.unit, source=row.source)

    def title_of(self, timepoint: str) -> str:
        """Return a timepoint in words."""
        return in_words(timepoint)

    def history(self, timepoint: str) -> str:
        """Return nothing: nobody wrote this patient's history."""
        return ""

    def day_of(self, timepoint: str) -> float | None:
        """Return None: no course is written."""
        return None

    def words_of(self, procedure: str) -> str:
        """Return the name of a procedure."""
        return procedure.replace("_", " ")

    def examined(self, region: str, timepoint: str) -> tuple[tuple[Examined, Known], ...]:
        """Look and feel."""
        column = REGIONS.index(region)
        if not self.patients.involved[self.row, column]:
            return ()
        draw = self.uniform("examination", timepoint, column)
        found = draw < self.catalogue.evidence.clinical_examination.value
        known = self._known(region, float(self.patients.size_mm[self.row, column]))
        return ((Examined(region, in_words(region), region, found), known),)

    def make(self, request: Request) -> Made | None:
        """Make a study; its dose is the published one."""
        return Made(
            f"{request.number:02d}_{request.study}", request.timepoint, request.row.dose.value
        )

    def read(self, made: Made, request: Request) -> tuple[Reading, tuple[Known, ...]]:
        """Read a study as the observer of this population does."""
        one = self.staff.observer(request.study)
        found, blind = one.read(self.patients, self._rows, np.array([request.repeat]))
        lines = tuple(
            RegionReading(region, not blind[0, k], None, (region,) if found[0, k] else ())
            for k, region in enumerate(request.row.regions)
        )
        known = tuple(
            self._known(region, self._size(region))
            for k, region in enumerate(request.row.regions)
            if found[0, k]
        )
        return Reading(made.id, (), lines), known

    def targeted(self, target: Target, known: Known) -> bool:
        """Patterns of lesion names are of a case; virtual lesions have none."""
        return True

    def take(self, sample: Sample) -> tuple[Specimen, Histology]:
        """Take tissue; it gives a diagnosis as often as published."""
        column = np.array([REGIONS.index(sample.target.region)])
        good = self.staff.tissue.taken(
            self.patients, self._rows, column, sample.technique, np.array([sample.repeat])
        )[0]
        lung = 1e3 if sample.target.region == "lung" else 0.0
        lesion = sample.target.region if good else None
        specimen = Specimen(lesion, 0.0, 0.0, (), lung, 0.0)
        if not good:
            return specimen, Histology(False, False, "No diagnosis", "", "", {}, 0)
        disease = int(self.patients.disease[self.row])
        row = list(self.population.differential.diagnoses.values())[disease]
        features = {name: self._positive(name) for name in self.staff.tissue.features}
        return specimen, Histology(
            True, bool(self.staff.tissue.malignant[disease]), row.title, "", "", features,
            self.staff.tissue.sections(sample.procedure, sample.state),
        )  # fmt: skip

    def stain(self, lesion: str, marker: str, timepoint: str, sections: int) -> StainResult:
        """Stain a section: as often positive as the disease is."""
        title = self.catalogue.markers[marker].title
        if sections < 1:
            return StainResult(marker, title, None, "no tissue left")
        return StainResult(marker, title, self._positive(marker), "")

    def ki67(self, lesion: str, timepoint: str) -> float | None:
        """Return the Ki-67 index of the patient's tumour."""
        value = float(self.patients.ki67[self.row])
        return None if np.isnan(value) else value

    def _positive(self, marker: str) -> bool:
        """Tell whether the tumour has a feature or a stain; the same whenever it is asked."""
        if marker == KI67:
            return bool(self.patients.ki67[self.row] > KI67_HIGH_PERCENT)
        rates = self.staff.tissue.rates[marker]
        return self.uniform(marker, "stain", 0) < float(rates[self.patients.disease[self.row]])

    @property
    def _rows(self) -> Ints:
        return np.array([self.row])

    def _known(self, region: str, diameter_mm: float) -> Known:
        return Known(region, region, NOWHERE, diameter_mm)

    def _size(self, region: str) -> float:
        column = REGIONS.index(region)
        if self.patients.involved[self.row, column]:
            return float(self.patients.size_mm[self.row, column])
        return self.catalogue.evidence.false_positive_mm.value
