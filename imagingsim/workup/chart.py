"""The chart: what the doctors know of one patient, and what a guard may ask it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from imagingsim.anatomy.case_records import Lab
from imagingsim.reading import Reading
from imagingsim.workup.belief import Belief
from imagingsim.workup.clock import DeathClock
from imagingsim.workup.guard import Guard, Value
from imagingsim.workup.protocol import Protocol
from imagingsim.workup.world import Known, World


@dataclass
class Chart:
    """What is known now; a guard sees this and nothing else.

    Attributes
    ----------
    seen
        Suspicious lesions known at this timepoint, by id.
    reports
        Newest reading of each study.
    visits, booked, samples
        How often each state was entered, each study booked, and tissue taken.
    corrected
        Blood tests that were put right before something was done.
    fit_d
        The day from which the patient can be examined again.
    apart_d
        The day from which each conflict of the catalogue lets its second thing be done.
    """

    world: World
    protocol: Protocol
    clock: DeathClock
    belief: Belief
    timepoint: str
    start_day: float
    dead: bool = False
    dose_msv: float = 0.0
    cost: float = 0.0
    labs: dict[str, Lab] = field(default_factory=dict)
    seen: dict[str, Known] = field(default_factory=dict)
    reports: dict[str, Reading] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    visits: dict[str, int] = field(default_factory=dict)
    booked: dict[str, int] = field(default_factory=dict)
    samples: int = 0
    read_regions: set[str] = field(default_factory=set)
    marker_groups: set[str] = field(default_factory=set)
    diagnostic: bool | None = None
    malignant: bool | None = None
    ki67: float | None = None
    tissue_left: float = 0.0
    outstanding: float = 0.0
    corrected: dict[str, float] = field(default_factory=dict)
    fit_d: float = 0.0
    apart_d: dict[str, float] = field(default_factory=dict)
    harms: int = 0

    @property
    def now_d(self) -> float:
        """Days since the walk began."""
        return self.clock.now_d

    def move_to(self, timepoint: str) -> None:
        """Go on to a later timepoint of the case: what was seen before must be seen anew."""
        self.timepoint = timepoint
        self.seen.clear()
        self.reports.clear()
        self.read_regions.clear()
        self.blocked.clear()
        self.corrected.clear()
        self.diagnostic = self.malignant = None

    def correct(self, values: Mapping[str, float]) -> None:
        """Put blood tests right."""
        self.corrected.update(values)
        for test, value in values.items():
            if test in self.labs:
                self.labs[test] = replace(self.labs[test], value=value)

    def know(self, known: Known) -> None:
        """Remember a lesion; a later measurement replaces an earlier one."""
        self.seen[known.lesion] = known

    def holds(self, text: str | None) -> bool:
        """Tell whether a guard of the protocol holds; none given always does."""
        return text is None or self.guard(text).holds(self.lookup)

    def guard(self, text: str) -> Guard:
        """Return a guard of the protocol by its text."""
        return self.protocol.guards[text]

    def lookup(self, name: tuple[str, ...]) -> Value:
        """Return the value of a dotted name, or None while nobody knows it."""
        space = name[0]
        if len(name) == 1:
            return self._plain(space)
        if space == "report":
            return self._report(name[1], name[2])
        return _SPACES[space](self, name[1])

    def _plain(self, name: str) -> Value:
        values: dict[str, Value] = {
            "t": self.now_d, "dose": self.dose_msv, "cost": self.cost,
            "horizon": self.protocol.file.horizon_d, "timepoint": self.timepoint,
        }  # fmt: skip
        return values[name]

    def _report(self, study: str, region: str) -> Value:
        reading = self.reports.get(study)
        line = reading.region(region) if reading else None
        return line.positive if line else None

    def _patient(self, name: str) -> Value:
        if name == "dead":
            return self.dead
        if name == "performance":
            return float(self.clock.performance)
        return self.world.patient(name, self.timepoint)

    def _lab(self, name: str) -> Value:
        return self.labs[name].value if name in self.labs else None

    def _seen(self, name: str) -> Value:
        if name == "any":
            return bool(self.seen)
        region = name
        if name == "primary":
            region = self.belief.differential.diagnoses[self.belief.top].primary
        return any(known.region == region for known in self.seen.values())

    def _post(self, name: str) -> Value:
        chances = self.belief.chances
        if name == "max":
            return max(chances.values())
        if name == "top":
            return self.belief.top
        return chances[name] if name in chances else self.belief.group(name)

    def _path(self, name: str) -> Value:
        values: dict[str, Value] = {
            "diagnostic": bool(self.diagnostic), "malignant": self.malignant, "ki67": self.ki67,
            "tissue_left": self.tissue_left, "outstanding": self.outstanding,
        }  # fmt: skip
        return values[name]

    def _param(self, name: str) -> Value:
        return self.protocol.file.params[name].value

    def _visits(self, name: str) -> Value:
        return float(self.visits.get(name, 0))

    def _done(self, name: str) -> Value:
        return name in self.done

    def _blocked(self, name: str) -> Value:
        return name in self.blocked


_SPACES = {
    "patient": Chart._patient, "lab": Chart._lab, "seen": Chart._seen, "post": Chart._post,
    "path": Chart._path, "param": Chart._param, "visits": Chart._visits, "done": Chart._done,
    "blocked": Chart._blocked,
}  # fmt: skip
