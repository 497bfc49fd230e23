"""What if: from any point of a walk, what each possible next step leads to.

Patients who could be this one (`imagingsim.cohort.twins`) are walked on from there, the same ones
for every step, so that like is compared with like.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagingsim.cohort import Plan, Population, resume, twins, walk_from
from imagingsim.compare.summary import Estimate, estimate
from imagingsim.errors import WorkupError
from imagingsim.workup import Walk
from imagingsim.workup.drawing import title_of
from imagingsim.workup.graph import transitions
from imagingsim.workup.spec import End

COUNT = 20_000


@dataclass(frozen=True)
class Forecast:
    """What a next step leads to, from now to the end of the walk.

    Attributes
    ----------
    step, title
        The state that is entered next.
    planned
        Whether it is the one the protocol goes to.
    days, cost, dose_msv
        Still to come.
    localised, died
        Chance that the primary is found, and that the patient dies, before the walk ends.
    """

    step: str
    title: str
    planned: bool
    days: Estimate
    cost: Estimate
    dose_msv: Estimate
    localised: Estimate
    died: Estimate


def what_if(
    walk: Walk, population: Population, *, count: int = COUNT, seed: int = 0
) -> tuple[Forecast, ...]:
    """Return what each possible next step of a walk leads to.

    Parameters
    ----------
    population
        From where what is not known of the patient is drawn; of the protocol's differential.
    count
        How many patients are walked on, for each step.

    Raises
    ------
    WorkupError
        When the walk is over, or the population is of another differential.
    """
    steps = tuple(dict.fromkeys(_steps(walk)))
    if not steps:
        raise WorkupError("The walk is over; nothing can be done next.")
    plan = Plan.of(walk.protocol, population)
    patients = twins(walk, plan, count=count, seed=seed)
    found = []
    for step in steps:
        charts, calendar = resume(walk, plan, patients)
        cohort = walk_from(charts, calendar, step)
        found.append(Forecast(
            step, title_of(step, walk.protocol.state(step)), step == walk.state,
            estimate(charts.now - walk.chart.now_d), estimate(charts.cost - walk.chart.cost),
            estimate(charts.dose - walk.chart.dose_msv), _share(cohort.localised),
            _share(charts.dead),
        ))  # fmt: skip
    return tuple(found)


def _share(truths: npt.NDArray[np.bool_]) -> Estimate:
    return estimate(truths.astype(np.float64))


def _steps(walk: Walk) -> Iterator[str]:
    """Yield the states that can be next: the one planned, then the others."""
    done = walk.protocol.state(walk.draft.state) if walk.drafts else None
    if walk.over or isinstance(done, End):
        return
    yield walk.state
    if done is not None:
        yield from (step.to for step in transitions(done))
