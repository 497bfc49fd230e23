"""One patient on the table: all that the series of a study have in common."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from imagingsim import ct, mr
from imagingsim.anatomy import BodyState, Case, Phantom, SampledPhantom, sample, warm_up
from imagingsim.content import Library
from imagingsim.ct.contrast import contrast
from imagingsim.grid import Box, Grid
from imagingsim.progress import Progress, Silence
from imagingsim.scan.breathing import cycle_of, state_of
from imagingsim.scan.placing import box_of
from imagingsim.scan.protocol import AcquisitionProtocol, SeriesRequest, read_acquisition
from imagingsim.series import Subject, Technique
from imagingsim.streams import stream
from imagingsim.tissue import Tissues, read_tissues
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

Taken = list[tuple[Volume, Technique]]


@dataclass(frozen=True, eq=False)
class Visit:
    """One patient on the table: all that the series of a study have in common."""

    case: Case
    timepoint: str
    acquisition: str
    protocol: AcquisitionProtocol
    seed: int
    phantom: Phantom
    library: Library
    subject: Subject
    progress: Progress
    boxes: dict[str, Box] = field(default_factory=dict)

    def groups(self) -> Iterator[list[SeriesRequest]]:
        """Yield the series that can be taken from one sample of the body, together."""
        return groups_of(self.protocol.series)

    def rng(self, name: str) -> np.random.Generator:
        """Return the random stream of a series, or of what else has a name."""
        return stream(self.seed, f"{self.timepoint}/{self.acquisition}/{name}")

    def names(self, group: list[SeriesRequest]) -> str:
        """Return what a group of series is called while it is taken."""
        return ", ".join(request.description for request in group)

    def box(self, series: SeriesRequest) -> Box:
        """Return what the series shall cover: a deep breath widens and lifts the chest."""
        coverage = series.coverage or self.protocol.coverage
        deepest = max(self.cycle(series), key=lambda moment: moment[1].breathing)[1]
        key = f"{coverage.first}/{coverage.last}/{coverage.margin_mm}/{deepest.breathing}"
        if key not in self.boxes:
            self.boxes[key] = box_of(self.in_state(deepest), coverage)
        return self.boxes[key]

    def cycle(self, series: SeriesRequest) -> tuple[tuple[float, BodyState], ...]:
        """Return the states a series goes through, with the share of the time of each."""
        return cycle_of(self.case, self.protocol, series)

    def state(self, series: SeriesRequest) -> BodyState:
        """Return the state in which a series is taken, or for the longest time."""
        return state_of(self.case, self.protocol, series)

    @property
    def turn(self) -> FloatArray:
        """From directions in the room to those of the patient, (3, 3)."""
        return BodyState(position=self.protocol.position).turn

    def in_state(self, state: BodyState) -> Phantom:
        """Return the patient in a state."""
        if state == self.phantom.body.state:
            return self.phantom
        return self.case.phantom(self.timepoint, arms=self.protocol.arms, state=state)

    def tissues(self, series: SeriesRequest) -> Tissues:
        """Return the tissues as they are while a series is taken."""
        known = read_tissues(self.library)
        return self.case.tissues(known, self.timepoint, state=self.state(series))

    def sampled(self, series: SeriesRequest, grid: Grid, what: str) -> SampledPhantom:
        """Sample the patient on a grid, and say so."""
        self.progress.step(f"{self.protocol.title}: sampling the body for {what}")
        return sample(self.in_state(self.state(series)), grid)


def visit_of(
    case: Case, acquisition: str, *, library: Library, seed: int, timepoint: str | None = None,
    progress: Progress | None = None,
) -> Visit:  # fmt: skip
    """Return a patient on the table for an acquisition; what cannot be done is refused first.

    Raises
    ------
    AcquisitionError
        When contrast medium is asked for that cannot be given.
    """
    timepoint = case.timepoint(timepoint or case.workup_timepoint).id
    protocol = read_acquisition(library, acquisition)
    subject = subject_of(case, timepoint)
    for series in protocol.series:
        if series.ct is not None:
            contrast(series.ct, subject)
    progress = progress or Silence()
    steps = 2 * len(list(groups_of(protocol.series))) + 2 + bool(protocol.scouts)
    progress.begin(protocol.title, steps)
    progress.step(f"{protocol.title}: loading compiled code (the first run compiles it)")
    warm_up()
    progress.step(f"{protocol.title}: building the body (the first time takes a minute)")
    phantom = case.phantom(timepoint, arms=protocol.arms)
    return Visit(case, timepoint, acquisition, protocol, seed, phantom, library, subject, progress)


def subject_of(case: Case, timepoint: str) -> Subject:
    """Return the virtual patient as a scanner's console knows them at a timepoint."""
    patient, kidneys = case.patient, case.lab("egfr", timepoint)
    return Subject(
        id=case.id, name=f"Synthetic^{case.id}", sex=patient.sex, age_y=patient.age_y,
        weight_kg=patient.weight_kg, height_m=patient.height_m,
        egfr_ml_min_1p73=None if kidneys is None else kidneys.value,
    )  # fmt: skip


def groups_of(requests: tuple[SeriesRequest, ...]) -> Iterator[list[SeriesRequest]]:
    """Yield runs of neighbouring series that can be taken from one sample of the body."""
    group: list[SeriesRequest] = []
    for request in requests:
        if group and not _share(group[0], request):
            yield group
            group = []
        group.append(request)
    if group:
        yield group


def _share(first: SeriesRequest, second: SeriesRequest) -> bool:
    if first.coverage != second.coverage or first.breathing != second.breathing:
        return False
    if first.ct and second.ct:
        return ct.share_sample(first.ct, second.ct)
    if first.mr and second.mr:
        return mr.share_sample(first.mr, second.mr)
    return False
