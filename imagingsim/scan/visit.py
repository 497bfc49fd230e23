"""One patient on the table: all that the series of a study have in common."""

from dataclasses import dataclass, field, replace

import numpy as np

from imagingsim.anatomy import BodyState, Case, Phantom, SampledPhantom, sample
from imagingsim.content import Library
from imagingsim.grid import Box, Grid
from imagingsim.progress import Progress
from imagingsim.scan.breathing import cycle_of, state_of
from imagingsim.scan.placing import box_of
from imagingsim.scan.protocol import AcquisitionProtocol, SeriesRequest
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

    def rng(self, name: str) -> np.random.Generator:
        """Return the random stream of a series, or of what else has a name."""
        return stream(self.seed, f"{self.timepoint}/{self.acquisition}/{name}")

    def names(self, group: list[SeriesRequest]) -> str:
        """Return what a group of series is called while it is taken."""
        return ", ".join(request.description for request in group)

    def box(self, series: SeriesRequest) -> Box:
        """Return what the series shall cover."""
        coverage = series.coverage or self.protocol.coverage
        key = f"{coverage.first}/{coverage.last}/{coverage.margin_mm}"
        if key not in self.boxes:
            lying = replace(self.phantom.body.state, position=self.protocol.position)
            self.boxes[key] = box_of(self.in_state(lying), coverage)
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
