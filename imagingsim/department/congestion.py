"""Congestion: patients of a protocol lengthen the queues they wait in, until the two agree."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from imagingsim.cohort import Population, Staff, VirtualWorld
from imagingsim.department.file import Department
from imagingsim.department.records import Demand
from imagingsim.department.simulation import simulate
from imagingsim.department.tables import by_urgency, catalogue_with, waits_with
from imagingsim.progress import Progress
from imagingsim.workup import Protocol, walk_world
from imagingsim.workup.spec import Urgency

WALKED = 300
"""Patients whose orders are counted in each round."""

SETTLED = 0.02
"""Change of the mean wait, from round to round, at which the rounds end."""


@dataclass(frozen=True, eq=False)
class Settled:
    """A department and the patients of a protocol, when their waits agree.

    Attributes
    ----------
    department
        With what the protocol asks of it.
    patients
        As `simulate` returns them, from the last round.
    mean_d
        Mean wait of each round.
    """

    department: Department
    patients: pl.DataFrame
    mean_d: tuple[float, ...]


def settle(
    department: Department, protocol: Protocol, population: Population, *, per_week: float,
    weeks: int, seed: int, rounds: int = 5, progress: Progress | None = None,
) -> Settled:  # fmt: skip
    """Send the patients of a protocol to a department until waits and orders agree.

    Parameters
    ----------
    per_week
        Referrals in a week.
    rounds
        Most rounds of walking patients, counting orders and simulating queues.

    Raises
    ------
    WorkupError
        When the department cannot see so many.
    """
    source = f"department {department.id}"
    catalogue, means = protocol.catalogue, list[float]()
    for _ in range(rounds):
        walked = replace(protocol, catalogue=catalogue)
        grown = _with(department, orders(walked, population, seed=seed), per_week)
        patients = simulate(grown, weeks=weeks, seed=seed, progress=progress)
        means.append(float(np.mean(patients["wait_d"].to_numpy())))
        waits = waits_with(protocol.catalogue.waits, by_urgency(patients), source)
        catalogue = catalogue_with(protocol.catalogue, waits)
        if len(means) > 1 and abs(means[-1] - means[-2]) <= SETTLED * means[-2]:
            break
    return Settled(grown, patients, tuple(means))


def orders(
    protocol: Protocol, population: Population, *, seed: int, count: int = WALKED
) -> dict[tuple[str, Urgency], float]:
    """Return how often a patient of a protocol has each study, by urgency."""
    ids = np.arange(count, dtype=np.uint64)
    patients = population.draw(seed, ids)
    made: Counter[tuple[str, str]] = Counter()
    staff = Staff(population, protocol.catalogue)
    for row in range(count):
        world = VirtualWorld(staff, patients, row)
        made.update(
            (visit.study, visit.urgency)
            for visit in walk_world(world, protocol).visits
            if visit.start_day is not None
        )
    return {(study, urgency): n / count for (study, urgency), n in made.items()}  # type: ignore[misc]


def _with(
    department: Department, asked: dict[tuple[str, Urgency], float], per_week: float
) -> Department:
    """Return a department to which the patients of a protocol come too."""
    demand = dict(department.file.demand)
    demand |= dict(_demands(department, asked, per_week))
    return replace(department, file=replace(department.file, demand=demand))


def _demands(
    department: Department, asked: dict[tuple[str, Urgency], float], per_week: float
) -> Iterator[tuple[str, Demand]]:
    waits = department.catalogue.waits.studies
    for (study, urgency), share in asked.items():
        if waits[study] in department.file.scanners:
            row = Demand(
                title=study, scanner=waits[study], urgency=urgency, per_week=per_week * share,
                source="counted in walks of the protocol", study=study,
                notice_d=_notice(department, waits[study], urgency),
            )  # fmt: skip
            yield f"protocol|{study}|{urgency}", row


def _notice(department: Department, scanner: str, urgency: Urgency) -> float:
    """Return the notice that others of the same scanner and urgency need."""
    alike = (
        one.notice_d
        for one in department.file.demand.values()
        if (one.scanner, one.urgency) == (scanner, urgency)
    )
    return max(alike, default=0.0)
