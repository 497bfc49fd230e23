"""A case: a patient over time, with a body and lesions that come, grow, and are taken out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from imagingsim.anatomy.body import FOLDER as BODIES
from imagingsim.anatomy.body import Body, read_states
from imagingsim.anatomy.case_file import FOLDER, CaseFile, read_file
from imagingsim.anatomy.case_records import (
    Candidate,
    Evidence,
    Lab,
    Outcome,
    Pathology,
    Patient,
    Source,
    Timepoint,
)
from imagingsim.anatomy.case_terrain import body_of, body_phantom, terrain_of
from imagingsim.anatomy.habitus import changed_tissues
from imagingsim.anatomy.habitus_records import Habitus
from imagingsim.anatomy.lesion import Lesion, Target
from imagingsim.anatomy.lesion_growth import Instance, entries_of, instances_of
from imagingsim.anatomy.lesion_posture import Posture
from imagingsim.anatomy.lesion_push import pushed
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.state import REST, BodyState, Level
from imagingsim.anatomy.terrain import Terrain
from imagingsim.content import Library
from imagingsim.errors import ContentError, ImagingSimError, UnknownNameError
from imagingsim.tissue import Quantity, Tissues
from imagingsim.units import FloatArray

FIRST_LESION_NUMBER = 1000
DAYS_PER_YEAR = 365.25

Point = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class ResolvedLesion:
    """One single lesion at one timepoint, where it lies.

    Attributes
    ----------
    number
        Its label number, the same at every timepoint of the case.
    centre_mm, extents_mm
        LPS; the extents are those of the box around it.
    normal_mm
        Unit vector out of the surface it stands on; posterior when it stands in an organ.
    """

    id: str
    title: str
    label: str
    number: int
    centre_mm: tuple[float, float, float]
    extents_mm: tuple[float, float, float]
    size_mm: tuple[float, float, float]
    normal_mm: tuple[float, float, float]
    kind: str
    tissue: str
    region: str
    role: str
    pathology: str | None
    targets: tuple[Target, ...]
    set_id: str


@dataclass(frozen=True, eq=False)
class Case:
    """A case as read from its file; see `CaseFile` for the fields that are passed through."""

    id: str
    content: CaseFile
    library: Library

    @property
    def title(self) -> str:
        """One line."""
        return self.content.title

    @property
    def patient(self) -> Patient:
        """Who is examined."""
        return self.content.patient

    @property
    def body(self) -> str:
        """Name of the body."""
        return self.content.body

    @cached_property
    def habitus(self) -> Habitus | None:
        """Build and age of the patient's body; None where the body has no levers for them."""
        patient, own = self.patient, self.content.habitus
        if not self.library.has(f"{BODIES}/{self.body}/habitus.yaml") and own == Habitus():
            return None
        return own.of(height_m=patient.height_m, weight_kg=patient.weight_kg, age_y=patient.age_y)

    def _body(self, arms: str = "down", state: BodyState = REST) -> Body:
        return body_of(self.library, self.body, self.habitus, arms, state)

    @property
    def protocol(self) -> str:
        """Name of the reference protocol."""
        return self.content.protocol

    @property
    def workup_timepoint(self) -> str:
        """The timepoint at which the workup starts."""
        return self.content.workup_timepoint

    @property
    def timepoints(self) -> tuple[Timepoint, ...]:
        """The course, in order."""
        return self.content.timepoints

    @property
    def lesions(self) -> tuple[Lesion, ...]:
        """The lesions as declared; a set of like lesions stands once."""
        return self.content.lesions

    @property
    def pathology(self) -> tuple[Pathology, ...]:
        """What tissue shows."""
        return self.content.pathology

    @property
    def outcome(self) -> Outcome:
        """How the course ends if nobody changes it."""
        return self.content.outcome

    @property
    def differential(self) -> tuple[Candidate, ...]:
        """The diagnoses to think of before tissue is seen."""
        return self.content.differential

    @property
    def disease(self) -> tuple[Evidence, ...]:
        """Facts about the disease and the modalities."""
        return self.content.disease

    @property
    def teaching(self) -> tuple[str, ...]:
        """What the case teaches, in our own sentences."""
        return self.content.teaching

    @property
    def sources(self) -> tuple[Source, ...]:
        """The reports."""
        return self.content.sources

    def timepoint(self, name: str | None = None) -> Timepoint:
        """Return a timepoint; none named: the one at which the workup starts."""
        wanted = self.workup_timepoint if name is None else name
        for timepoint in self.timepoints:
            if timepoint.id == wanted:
                return timepoint
        raise UnknownNameError.of("timepoint", wanted, [point.id for point in self.timepoints])

    def age_y(self, timepoint: str | None = None) -> float:
        """Return the patient's age at a timepoint, years."""
        return self.patient.age_y + self.timepoint(timepoint).day / DAYS_PER_YEAR

    def lab(self, test: str, timepoint: str | None = None) -> Lab | None:
        """Return the newest value of a test at or before a timepoint, or None."""
        found = None
        until = self._index(timepoint)
        for moment in self.timepoints[: until + 1]:
            for lab in moment.labs:
                found = lab if lab.test == test else found
        return found

    def lesion(self, name: str) -> Lesion:
        """Return the declaration of a lesion; numbered ids (``plaque_3``) find their set."""
        for lesion in self.lesions:
            if name == lesion.id or name in lesion.instances:
                return lesion
        raise UnknownNameError.of("lesion", name, self.lesion_numbers)

    def pathology_of(self, lesion: str) -> Pathology | None:
        """Return what the tissue of a lesion shows, or None when it is not tumour."""
        wanted = self.lesion(lesion).pathology
        return next((item for item in self.pathology if item.id == wanted), None)

    def ki67_percent(self, lesion: str, timepoint: str | None = None) -> float | None:
        """Return the Ki-67 index of a specimen of a lesion, or None when it was not stained.

        A lesion without a value of its own at that timepoint has the newest one of its pathology.
        """
        pathology = self.pathology_of(lesion)
        if pathology is None:
            return None
        until = self._index(timepoint)
        order: list[str | None] = [None, *(point.id for point in self.timepoints)]
        past = [item for item in pathology.ki67 if order.index(item.timepoint) <= until + 1]
        own = [item for item in past if item.lesion == self.lesion(lesion).id]
        chosen = sorted(own or past, key=lambda item: order.index(item.timepoint))
        return chosen[-1].percent if chosen else None

    @cached_property
    def lesion_numbers(self) -> Mapping[str, int]:
        """Label number of every single lesion of the case, whenever it lives."""
        names = [name for lesion in self.lesions for name in lesion.instances]
        return {name: FIRST_LESION_NUMBER + index for index, name in enumerate(names)}

    def alive(self, lesion: Lesion, timepoint: str | None = None) -> bool:
        """Tell whether a lesion exists at a timepoint."""
        now = self._index(timepoint)
        gone = len(self.timepoints) if lesion.resected is None else self._index(lesion.resected)
        return self._index(lesion.appears) <= now < gone

    @cached_property
    def free_breathing(self) -> tuple[Level, ...]:
        """The levels of a quiet breath of the patient, with their shares of the time."""
        return read_states(self.library, self.body).free

    @property
    def terrain(self) -> Terrain:
        """The body without lesions, to be searched."""
        return terrain_of(self.library, self.body, self.habitus)

    def instances(self, timepoint: str | None = None) -> tuple[Instance, ...]:
        """Return the single lesions alive at a timepoint, placed."""
        return _instances(self, self.timepoint(timepoint).id)

    def lesions_at(
        self, timepoint: str | None = None, *, arms: str = "down"
    ) -> tuple[ResolvedLesion, ...]:
        """Return the single lesions alive at a timepoint, placed, in the order of their numbers."""
        return tuple(self._resolved(instance) for instance in self._in_posture(timepoint, arms))

    def phantom(
        self, timepoint: str | None = None, *, arms: str = "down", state: BodyState = REST
    ) -> Phantom:
        """Return the body with the lesions alive at a timepoint.

        Parameters
        ----------
        arms
            ``"down"``, or ``"up"`` as for a scan of the trunk; lesions go with what they lie in.
        state
            How the patient lies and breathes; the lesions go with what they lie in.
        """
        instances = self._in_posture(timepoint, arms)
        entries = [entry for instance in instances for entry in entries_of(instance)]
        numbers = {
            instance.placed.label: self.lesion_numbers[instance.placed.id] for instance in instances
        }
        masses = [
            (one.placed, one.lesion.shape.mass.pushes)
            for one in instances
            if one.lesion.shape.mass is not None
        ]
        return body_phantom(pushed(self._body(arms, state), masses), entries, numbers)

    def _in_posture(self, timepoint: str | None, arms: str) -> tuple[Instance, ...]:
        """Return the single lesions alive at a timepoint where a posture takes them."""
        if arms == "down":
            return self.instances(timepoint)
        return _followed(self, self.timepoint(timepoint).id, arms)

    def at_rest_mm(self, point_mm: Point, *, arms: str = "down", state: BodyState = REST) -> Point:
        """Return where a point of the patient in a state lies at rest, LPS mm."""
        if state.is_rest:
            return point_mm
        return _triple(Phantom(self._body(arms, state)).at_rest_mm(point_mm)[0])

    def tissues(
        self,
        tissues: Tissues,
        timepoint: str | None = None,
        *,
        state: BodyState = REST,
        solved: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Tissues:
        """Return the tissues of the patient, and one for every lesion that has values of its own.

        Parameters
        ----------
        state
            How the patient lies and breathes: lungs that are full of air are thinner.
        solved
            Per lesion (of ``lesions``) the properties that were solved for its targets.
        """
        answers = solved or {}
        tissues = changed_tissues(tissues, self._body(state=state).tissue_changes)
        for lesion in self.lesions:
            if not lesion.has_own_tissue or not self.alive(lesion, timepoint):
                continue
            own = {name: Quantity(item.value, item.source) for name, item in lesion.values.items()}
            found = {
                name: Quantity(value, f"solved for the targets of {self.id}/{lesion.id}")
                for name, value in answers.get(lesion.id, {}).items()
            }
            tissues = tissues.derive(lesion.tissue_name, lesion.tissue, {**own, **found})
        return tissues

    def _index(self, timepoint: str | None) -> int:
        return self.timepoints.index(self.timepoint(timepoint))

    def _resolved(self, instance: Instance) -> ResolvedLesion:
        placed, lesion = instance.placed, instance.lesion
        reach = np.sqrt(((placed.size_mm[:, None] * placed.anchor.axes) ** 2).sum(axis=0))
        return ResolvedLesion(
            id=placed.id, title=lesion.title, label=placed.label,
            number=self.lesion_numbers[placed.id], centre_mm=_triple(placed.anchor.point_mm),
            extents_mm=_triple(reach), size_mm=_triple(placed.size_mm),
            normal_mm=_triple(placed.anchor.axes[1]), kind=lesion.shape.kind,
            tissue=placed.tissue, region=lesion.region, role=lesion.role,
            pathology=lesion.pathology, targets=lesion.targets, set_id=lesion.id,
        )  # fmt: skip


def read_case(library: Library, name: str) -> Case:
    """Return the case ``phantoms/cases/<name>.yaml``, checked.

    Raises
    ------
    UnknownNameError
        When there is no such case; the message lists the known ones.
    ContentError
        Listing every problem of the file.
    """
    return Case(name, read_file(library, name), library)


@lru_cache(maxsize=32)
def _instances(case: Case, timepoint: str) -> tuple[Instance, ...]:
    """Place the lesions once per timepoint; a place that is not found is named with its line."""
    found: list[Instance] = []
    problems: list[str] = []
    for index, lesion in enumerate(case.lesions):
        if not case.alive(lesion, timepoint):
            continue
        try:
            found += _placed(case, index, _size_mm(case, lesion, timepoint))
        except ImagingSimError as error:
            document = case.library.document(f"{FOLDER}/{case.id}.yaml")
            problems.append(document.problem(str(error), "lesions", index, "place"))
    if problems:
        raise ContentError("\n".join(problems))
    return tuple(found)


@lru_cache(maxsize=32)
def _followed(case: Case, timepoint: str, arms: str) -> tuple[Instance, ...]:
    """Move the lesions with a posture once per timepoint."""
    posture = Posture(
        body_of(case.library, case.body, case.habitus),
        body_of(case.library, case.body, case.habitus, arms),
        case.terrain,
        terrain_of(case.library, case.body, case.habitus, arms),
    )
    return posture.follow(case.instances(timepoint))


@lru_cache(maxsize=256)
def _placed(case: Case, index: int, size_mm: tuple[float, float, float]) -> tuple[Instance, ...]:
    """Place one declaration; timepoints at which it has the same size share it."""
    return tuple(instances_of(case.lesions[index], np.array(size_mm), case.id, case.terrain))


def _size_mm(case: Case, lesion: Lesion, timepoint: str) -> tuple[float, float, float]:
    """Return the size last stated at or before a timepoint."""
    order = [point.id for point in case.timepoints]
    past = [name for name in order[: order.index(timepoint) + 1] if name in lesion.size_mm]
    return lesion.size_mm[past[-1]]


def _triple(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 3) for value in values)
    return x, y, z
