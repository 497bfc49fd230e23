"""The world of a case: a body, images that are really made and read, tissue under a needle."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cache
from math import inf
from typing import Protocol

import numpy as np

from imagingsim.anatomy import sample_points
from imagingsim.anatomy.case import Case
from imagingsim.anatomy.case_records import Lab
from imagingsim.progress import Progress
from imagingsim.reading import LevelName, Reader, Reading, Site, read
from imagingsim.reading.levels import dismissing
from imagingsim.scan import at_rest_mm
from imagingsim.streams import stream
from imagingsim.study import Study
from imagingsim.workup import pathology
from imagingsim.workup.case_words import FLAG_WORDS, contrast_of, fact_of, person_of
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.engine import walk_world
from imagingsim.workup.guard import Value
from imagingsim.workup.needle import Probe, Specimen, take
from imagingsim.workup.outcome import About, Outcome, in_words
from imagingsim.workup.pathology import Histology, StainResult
from imagingsim.workup.protocol import Protocol as WorkupProtocol
from imagingsim.workup.spec import Target
from imagingsim.workup.steps import Examined
from imagingsim.workup.world import Known, Made, Request, Sample


class Imaging(Protocol):
    """Makes the images of a study: the engine knows no scanner."""

    def __call__(self, acquisition: str, timepoint: str) -> Study:
        """Scan the patient of the walk at a timepoint of the case."""


def nobody(study: Study) -> None:
    """Keep no study."""


@dataclass
class SimulatedWorld:
    """A case that is scanned, read and punctured.

    Attributes
    ----------
    imaging
        Makes the images: called with an acquisition and a timepoint of the case.
    probe
        Gives, for a timepoint, what tissue lies at points of the patient; the case's phantom when
        not given.
    archive
        Hears of each study as soon as it is acquired, with its place in the walk.
    reader
        Who reads the images; the one of ``evidence.yaml`` when not given.
    level
        How experienced that reader is.
    """

    case: Case
    catalogue: Catalogue
    imaging: Imaging
    seed: int
    probe: Callable[[str], Probe] | None = None
    archive: Callable[[Study], None] = nobody
    reader: Reader | None = None
    level: LevelName = "consultant"
    _reader: Reader = field(init=False)
    _probe: Callable[[str], Probe] = field(init=False)

    def __post_init__(self) -> None:
        """Fill in who reads, and what lies under the needle."""
        self._reader = self.reader or _reader(self.catalogue, self.level)
        self._probe = self.probe or _phantom_probe(self.case)

    @property
    def id(self) -> str:
        """Name of the case."""
        return self.case.id

    @property
    def about(self) -> About:
        """Who the patient is, and what a report says of the case."""
        case = self.case
        return About(
            case.id, case.title, person_of(case), case.teaching,
            tuple(fact_of(one) for one in case.disease),
            tuple(one.citation for one in case.sources),
        )  # fmt: skip

    @property
    def start(self) -> tuple[str, float]:
        """The timepoint at which the case says the workup begins."""
        point = self.case.timepoint(self.case.workup_timepoint)
        return point.id, point.day

    @property
    def budget_d(self) -> float:
        """Days the patient of the report lived from there."""
        left = self.case.outcome.survival_days
        return inf if left is None else left - self.start[1]

    @property
    def tests(self) -> tuple[str, ...]:
        """Every blood test of the case."""
        return tuple(
            dict.fromkeys(lab.test for point in self.case.timepoints for lab in point.labs)
        )

    def rng(self, *name: object) -> np.random.Generator:
        """Return the stream of a draw, named by what it means and never by when it happens."""
        return stream(self.seed, "|".join([self.case.id, *map(str, name)]))

    def uniform(self, *name: object) -> float:
        """Return the uniform draw of that name."""
        return float(self.rng(*name).random())

    def normal(self, *name: object) -> float:
        """Return the standard normal draw of that name."""
        return float(self.rng(*name).standard_normal())

    def patient(self, name: str, timepoint: str) -> Value:
        """Return a fact of the patient; flags are words of the case file."""
        patient = self.case.patient
        values: dict[str, Value] = {
            "age": self.case.age_y(timepoint), "weight": patient.weight_kg,
            "female": patient.sex == "female",
        }  # fmt: skip
        if name in values:
            return values[name]
        facts = (*patient.comorbidities, *patient.medication, *patient.implants)
        texts = [fact.text.lower() for fact in facts] + [text.lower() for text in patient.allergies]
        return any(word in text for word in FLAG_WORDS[name] for text in texts)

    def lab(self, test: str, timepoint: str) -> Lab | None:
        """Return the newest value of a blood test."""
        return self.case.lab(test, timepoint)

    def title_of(self, timepoint: str) -> str:
        """Return a timepoint in words."""
        return self.case.timepoint(timepoint).title

    def history(self, timepoint: str) -> str:
        """Return what the case tells at a timepoint."""
        return " ".join(self.case.timepoint(timepoint).history.split())

    def day_of(self, timepoint: str) -> float | None:
        """Return the day of a timepoint of the case."""
        return self.case.timepoint(timepoint).day

    def words_of(self, procedure: str) -> str:
        """Return what the case tells of a procedure."""
        known = {one.id: one.text for point in self.case.timepoints for one in point.procedures}
        return known.get(procedure, procedure.replace("_", " "))

    def examined(self, region: str, timepoint: str) -> tuple[tuple[Examined, Known], ...]:
        """Look and feel: the doctor sees most of what lies at the surface, and may miss one."""
        found = []
        for lesion in self.case.lesions_at(timepoint):
            if lesion.region != region or lesion.role == "sequela":
                continue
            draw = self.uniform(timepoint, "examination", lesion.id)
            seen = draw < self.catalogue.evidence.clinical_examination.value
            known = Known(lesion.id, region, lesion.centre_mm, 2 * sorted(lesion.extents_mm)[1])
            found.append((Examined(lesion.id, in_words(lesion.set_id), region, seen), known))
        return tuple(found)

    def make(self, request: Request) -> Made | None:
        """Scan the patient; None when the house has no scanner for it."""
        if request.row.acquisition is None:
            return None
        scanned = self.imaging(request.row.acquisition, request.timepoint)
        study = replace(
            scanned, id=f"{request.number:02d}_{request.study}", start=request.start,
            duration_min=request.row.room_min, cost=request.cost,
        )  # fmt: skip
        self.archive(study)
        return Made(study.id, study.timepoint, study.dose_msv, contrast_of(study), study)

    def read(self, made: Made, request: Request) -> tuple[Reading, tuple[Known, ...]]:
        """Read the images: from here on the doctors know what the reader saw."""
        study = made.images
        if study is None:
            raise ValueError("a simulated study has images")
        sites = [
            Site(lesion.id, lesion.region, expected=lesion.role == "sequela")
            for lesion in self.case.lesions_at(study.timepoint)
        ]
        reading = read(study, sites, self._reader, seed=self.seed)
        lines = tuple(
            line for line in reading.regions if line.region in request.row.regions or line.findings
        )
        known = []
        for finding in reading.findings:
            if finding.suspicious:
                best = finding.best
                centre = at_rest_mm(self.case, study, best.series, best.centre_mm)
                known.append(Known(finding.lesion, finding.region, centre, best.diameter_mm))
        return replace(reading, regions=lines), tuple(known)

    def targeted(self, target: Target, known: Known) -> bool:
        """Tell whether the state's patterns name this lesion of the case."""
        return not target.lesions or any(fnmatch(known.lesion, one) for one in target.lesions)

    def take(self, sample: Sample) -> tuple[Specimen, Histology]:
        """Put the needle in, and look at what it brings."""
        cores = sample.state.cores
        specimen = take(
            self._probe(sample.timepoint), sample.target.centre_mm, sample.procedure, cores=cores,
            rng=self.rng(sample.technique, sample.repeat, "aim"),
        )  # fmt: skip
        histology = pathology.examine(
            self.case, specimen, sample.procedure, self.catalogue.markers, cores=cores,
            rng=self.rng(sample.technique, sample.repeat, "laboratory"),
        )  # fmt: skip
        return specimen, histology

    def stain(self, lesion: str, marker: str, timepoint: str, sections: int) -> StainResult:
        """Return what the case says of a stain, while tissue lasts."""
        row = self.catalogue.markers[marker]
        return pathology.stain(self.case, lesion, timepoint, marker, row, sections)

    def ki67(self, lesion: str, timepoint: str) -> float | None:
        """Return the Ki-67 index the case gives."""
        return self.case.ki67_percent(lesion, timepoint)


def _reader(catalogue: Catalogue, level: LevelName) -> Reader:
    """Return the reader the catalogue calibrates to liver metastases by CT, or a lesser one."""
    evidence = catalogue.evidence
    found = Reader(threshold=evidence.reader.threshold, efficiency=evidence.reader.efficiency)
    if level == "consultant":
        return found
    sensitivity = evidence.rate("CT", "liver").sensitivity
    dismissed = dismissing(sensitivity, evidence.interpretive_share.value)
    return found.at_level(evidence.readers[level], dismissed)


def _phantom_probe(case: Case) -> Callable[[str], Probe]:
    """Return a probe into the case's own phantom, built once per timepoint."""

    @cache
    def at(timepoint: str) -> Probe:
        phantom = case.phantom(timepoint)
        layers = phantom.layers
        return lambda points: [layers[i] for i in sample_points(phantom, points)]

    return at


def walk(
    case: Case,
    protocol: WorkupProtocol,
    imaging: Imaging,
    *,
    seed: int,
    probe: Callable[[str], Probe] | None = None,
    archive: Callable[[Study], None] = nobody,
    reader: Reader | None = None,
    level: LevelName = "consultant",
    progress: Progress | None = None,
) -> Outcome:
    """Walk a case through a protocol; see `SimulatedWorld` for what is handed in.

    Equal content, seed and images give an equal outcome.
    """
    world = SimulatedWorld(case, protocol.catalogue, imaging, seed, probe, archive, reader, level)
    return walk_world(world, protocol, seed=seed, progress=progress)
