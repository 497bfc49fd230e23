"""A walk under way: the chart, the events still to come, and the steps written so far."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from imagingsim.progress import Progress
from imagingsim.study import Study
from imagingsim.workup.belief import Belief
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.chart import Chart
from imagingsim.workup.clock import days_of, whole_minutes
from imagingsim.workup.consequences import Harm
from imagingsim.workup.protocol import Protocol
from imagingsim.workup.steps import (
    Choice,
    Examined,
    LabResult,
    Sampling,
    Step,
    Suffered,
    Visit,
)
from imagingsim.workup.waits import Duration
from imagingsim.workup.world import Made, World


@dataclass
class Draft:
    """A step being written; late reports still change it."""

    number: int
    state: str
    type: str
    title: str
    timepoint: str
    start_day: float
    end_day: float
    belief: Belief
    visits: list[Visit] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    labs: list[LabResult] = field(default_factory=list)
    examined: list[Examined] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    choice: Choice | None = None
    suffered: list[Suffered] = field(default_factory=list)

    def finished(self, world: World) -> Step:
        """Return the step as it stands at the end of the walk."""
        return Step(
            number=self.number, state=self.state, type=self.type, title=self.title,
            timepoint=self.timepoint, timepoint_title=world.title_of(self.timepoint),
            start_day=self.start_day, end_day=self.end_day, visits=tuple(self.visits),
            samplings=tuple(self.samplings), labs=tuple(self.labs),
            examined=tuple(self.examined), events=tuple(self.events), choice=self.choice,
            belief=self.belief.shown, suffered=tuple(self.suffered),
        )  # fmt: skip

    def update_visit(self, index: int, **changes: Any) -> None:
        """Replace fields of a visit."""
        self.visits[index] = Visit(**{**vars(self.visits[index]), **changes})

    def update_sampling(self, index: int, **changes: Any) -> None:
        """Replace fields of a sampling."""
        self.samplings[index] = Sampling(**{**vars(self.samplings[index]), **changes})


@dataclass(order=True)
class Event:
    """Something that will happen to the patient.

    Attributes
    ----------
    turn
        Which event of the walk this is; of those due together the first arranged comes first.
    what
        What it is, for those who look ahead.
    off
        Whether it was called off.
    """

    day: float
    turn: int
    happens: Callable[[], None] = field(compare=False)
    what: object = field(compare=False)
    off: bool = field(default=False, compare=False)


@dataclass
class Walk:
    """Everything that changes while one patient walks through one protocol.

    Attributes
    ----------
    state
        The state that is entered next.
    stopped
        Why the walk cannot go on, if a state says so.
    caught
        Whether an interrupt held while time passed; nothing more happens then.
    """

    world: World
    protocol: Protocol
    chart: Chart
    progress: Progress
    state: str
    studies: list[Study] = field(default_factory=list)
    made: int = 0
    drafts: list[Draft] = field(default_factory=list)
    stopped: str | None = None
    caught: bool = False
    _events: list[Event] = field(default_factory=list)
    _count: int = 0

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the protocol."""
        return self.protocol.catalogue

    @property
    def draft(self) -> Draft:
        """The step being written."""
        return self.drafts[-1]

    @property
    def over(self) -> bool:
        """Whether the patient died, the horizon is reached, or an interrupt holds."""
        return self.chart.dead or self.caught or self.chart.now_d >= self.protocol.file.horizon_d

    @property
    def to_come(self) -> tuple[Event, ...]:
        """What has been arranged and not called off, in the order it will happen."""
        return tuple(sorted(event for event in self._events if not event.off))

    def days(self, duration: Duration, *name: object) -> float:
        """Draw a duration, in days."""
        return days_of(duration, self.world.normal(*name))

    def at(self, day: float, happens: Callable[[], None], what: object) -> Event:
        """Let something happen on a later day, even if the walk has gone on by then."""
        self._count += 1
        event = Event(day, self._count, happens, what)
        heapq.heappush(self._events, event)
        return event

    def advance(self, day: float) -> None:
        """Let time pass until a day: what is due happens; death and the horizon stop it.

        An interrupt that comes to hold stops it too.
        """
        target = min(max(day, self.chart.now_d), self.protocol.file.horizon_d)
        while not (self.chart.dead or self.caught):
            while self._events and self._events[0].off:
                heapq.heappop(self._events)
            fall = self.chart.clock.fall_d if self.protocol.minds_performance else inf
            due = self._events[0].day if self._events else inf
            if min(fall, due) > target:
                self._spend(target)
                return
            if self._spend(max(min(fall, due), self.chart.now_d)):
                self._happen(due <= fall)

    def _happen(self, planned: bool) -> None:
        """Let the next event happen, unless it is a fall of performance, and look up."""
        if planned:
            heapq.heappop(self._events).happens()
        self.caught = any(self.chart.holds(text) for text in self.protocol.sudden)

    def suffer(self, harm: Harm, why: str, draft: Draft) -> None:
        """Let something befall the patient."""
        chart = self.chart
        chart.clock.worsen(harm.hazard_factor)
        chart.fit_d = max(chart.fit_d, whole_minutes(chart.now_d + harm.delay_d))
        chart.cost += harm.cost
        chart.dose_msv += harm.dose_msv
        chart.harms += 1
        draft.events.append(f"{harm.event} ({why})")
        draft.suffered.append(
            Suffered(harm.event, why, chart.now_d, harm.delay_d, harm.cost, harm.dose_msv)
        )

    def keep(self, made: Made) -> None:
        """Count a study that was made, and keep its images if it has any."""
        self.made += 1
        if made.images is not None:
            self.studies.append(made.images)

    def note(self, text: str) -> None:
        """Write an event into the step."""
        self.draft.events.append(text)

    def note_procedures(self, procedures: Iterable[str]) -> None:
        """Write what the case says about procedures into the step."""
        for procedure in procedures:
            self.note(self.world.words_of(procedure))

    def remember(self, belief: Belief) -> None:
        """Take over a belief; the newest step shows it."""
        self.chart.belief = belief
        if self.drafts:
            self.draft.belief = belief

    def _spend(self, day: float) -> bool:
        alive = self.chart.clock.spend(day)
        if not alive:
            self.chart.dead = True
        return alive
