"""The department day by day: shared scanners, opening hours, priorities and breakdowns, in SimPy.

A scanner that is free takes the most urgent patient who may come, the one who was asked for first
among equals. It begins no study after closing and finishes what it began. Stat studies may be done
at night. A breakdown comes between two patients, after hours of scanning that are exponential.
"""

import heapq
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import simpy

from imagingsim.department.file import Department
from imagingsim.department.hours import DAY_MIN, WEEK_MIN, Hours
from imagingsim.department.records import Demand, Scanner
from imagingsim.progress import Progress, Silence
from imagingsim.streams import stream
from imagingsim.units import FloatArray
from imagingsim.workup.spec import Urgency

RANK: dict[Urgency, int] = {"stat": 0, "urgent": 1, "routine": 2}
REQUESTS_FROM, REQUESTS_FOR = 480.0, 600.0
"""Requests of weekdays come from 8 o'clock on, for ten hours."""

Happens = Generator[simpy.Event, object, None]


@dataclass(frozen=True, order=True)
class Job:
    """One request; the order of jobs is the order in which they are served."""

    rank: int
    asked: float
    number: int
    demand: str = field(compare=False)
    ready: float = field(compare=False)
    minutes: float = field(compare=False)
    misses: int = field(compare=False)


@dataclass(eq=False)
class Room:
    """Scanners of one kind and the list of patients they share."""

    env: simpy.Environment
    scanner: Scanner
    hours: Hours
    rng: np.random.Generator
    waiting: list[Job] = field(default_factory=list)
    done: list[tuple[Job, float]] = field(default_factory=list)
    woken: simpy.Event = field(init=False)

    def __post_init__(self) -> None:
        """Put the scanners to work."""
        self.woken = self.env.event()
        for number in range(self.scanner.count):
            self.env.process(self._work(night=self.scanner.on_call and number == 0))

    def add(self, job: Job) -> None:
        """Put a patient on the list and wake who is idle."""
        heapq.heappush(self.waiting, job)
        self.woken.succeed()
        self.woken = self.env.event()

    def _work(self, *, night: bool) -> Happens:
        left = self._until_failure()
        while True:
            closed = self.hours.closed_for(self.env.now)
            job = self._next(stat_only=closed > 0) if night or closed == 0 else None
            if job is None:
                yield self._idle(closed, night=night)
                continue
            lost = job.minutes * job.misses
            self.done.append((job, self.env.now + lost))
            spent = lost + job.minutes
            yield self.env.timeout(spent)
            left -= spent
            if left < 0 and self.scanner.breakdowns is not None:
                mean = 60.0 * self.scanner.breakdowns.repair_h
                yield self.env.timeout(float(self.rng.exponential(mean)))
                left = self._until_failure()

    def _next(self, *, stat_only: bool) -> Job | None:
        if not self.waiting or (stat_only and self.waiting[0].rank > 0):
            return None
        return heapq.heappop(self.waiting)

    def _idle(self, closed: float, *, night: bool) -> simpy.Event:
        """Return what ends idleness: a patient, or opening time."""
        if closed == 0:
            return self.woken
        opening = self.env.timeout(closed)
        return self.woken | opening if night else opening

    def _until_failure(self) -> float:
        breaks = self.scanner.breakdowns
        return float(self.rng.exponential(60.0 * breaks.every_h)) if breaks else float("inf")


def simulate(
    department: Department, *, weeks: int, seed: int, warm_up: int = 8,
    progress: Progress | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Run a department and return its patients.

    Parameters
    ----------
    weeks
        How long it is watched, after ``warm_up`` weeks that are thrown away.

    Returns
    -------
    polars.DataFrame
        One row a request that was asked for in those weeks and done: ``scanner``, ``demand``,
        ``study``, ``urgency``, ``weekday`` (0: Monday), ``asked_min`` from the first Monday,
        ``wait_d``.

    Raises
    ------
    WorkupError
        When a queue grows without end.
    """
    department.checked()
    progress, total = progress or Silence(), warm_up + weeks
    env = simpy.Environment()
    rooms = {
        name: Room(env, one, Hours.of(one), stream(seed, f"scanner|{name}"))
        for name, one in department.file.scanners.items()
    }
    for name, one in department.file.demand.items():
        jobs = requests(department, name, one, weeks=total, seed=seed)
        env.process(_arrive(env, rooms[one.scanner], jobs))
    progress.begin(f"{total} weeks", total)
    for week in range(total):
        progress.step(f"week {week + 1} of {total}")
        env.run(until=WEEK_MIN * (week + 1))
    return _patients(department, rooms, warm_up * WEEK_MIN)


def requests(
    department: Department, name: str, demand: Demand, *, weeks: int, seed: int
) -> Iterator[Job]:
    """Yield the requests of one kind, in the order in which the patients may come."""
    rng = stream(seed, f"demand|{name}")
    asked = arrival_times(demand, rng, weeks=weeks)
    minutes = room_times(demand, department.minutes(demand), rng, len(asked))
    misses = rng.geometric(1.0 - demand.no_show, len(asked)) - 1
    ready = asked + DAY_MIN * demand.notice_d
    for k in range(len(asked)):
        yield Job(
            RANK[demand.urgency], float(asked[k]), k, name, float(ready[k]), float(minutes[k]),
            int(misses[k]),
        )  # fmt: skip


def arrival_times(demand: Demand, rng: np.random.Generator, *, weeks: int) -> FloatArray:
    """Return when requests come, (n,) minutes, rising."""
    count = int(rng.poisson(demand.per_week * weeks))
    if demand.arrive == "always":
        return np.sort(rng.random(count)) * WEEK_MIN * weeks
    day = rng.integers(0, 5 * weeks, count)
    within = REQUESTS_FROM + REQUESTS_FOR * rng.random(count)
    return np.sort(WEEK_MIN * (day // 5) + DAY_MIN * (day % 5) + within)


def room_times(demand: Demand, mean: float, rng: np.random.Generator, count: int) -> FloatArray:
    """Return how long patients are in the room, (n,) minutes."""
    if demand.shape == "exponential":
        return rng.exponential(mean, count)
    return mean * np.exp(demand.spread * rng.standard_normal(count) - demand.spread**2 / 2)


def _arrive(env: simpy.Environment, room: Room, jobs: Iterator[Job]) -> Happens:
    for job in jobs:
        if job.ready > env.now:
            yield env.timeout(job.ready - env.now)
        room.add(job)


def _patients(department: Department, rooms: dict[str, Room], since: float) -> pl.DataFrame:
    demand = department.file.demand
    rows = [
        (scanner, job.demand, demand[job.demand].study, demand[job.demand].urgency,
         int(job.asked % WEEK_MIN // DAY_MIN), job.asked, (start - job.asked) / DAY_MIN)
        for scanner, room in rooms.items()
        for job, start in room.done
        if job.asked >= since
    ]  # fmt: skip
    shape = {"scanner": pl.String, "demand": pl.String, "study": pl.String, "urgency": pl.String,
             "weekday": pl.Int64, "asked_min": pl.Float64, "wait_d": pl.Float64}  # fmt: skip
    return pl.DataFrame(rows, schema=shape, orient="row")
