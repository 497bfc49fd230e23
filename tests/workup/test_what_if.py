"""What if: the future of a walk is the cohort's, as far as its doctors can tell."""

from functools import cache

import numpy as np
import pytest
from fakes import fake_case, probe_of, protocol_of, scanner
from typer.testing import CliRunner

from imagingsim.cli import app
from imagingsim.cohort import Plan, VirtualWorld, read_population, walk_all
from imagingsim.compare import what_if
from imagingsim.content import library
from imagingsim.errors import WorkupError
from imagingsim.workup import (
    SimulatedWorld,
    Walk,
    begin,
    finish,
    read_catalogue,
    read_protocol,
    walk_on,
)

CATALOGUE = read_catalogue(library())
POPULATION = read_population(library(), "skin_metastases", CATALOGUE)


@cache
def plan() -> Plan:
    """Return the course taken, in women with skin metastases."""
    return Plan.of(read_protocol(library(), "net_skin_metastases", CATALOGUE), POPULATION)


def walk_to(state: str, patient: int = 7) -> Walk:
    """Return the walk of a patient who is about to enter a state."""
    world = VirtualWorld.of(POPULATION, CATALOGUE, seed=1, patient=patient)
    walk = begin(world, plan().protocol)
    while walk.state != state and walk_on(walk) is None:
        pass
    return walk


def test_from_the_start_it_is_the_cohort() -> None:
    walk = walk_to("clinic")
    (found,) = what_if(walk, POPULATION, count=8000)
    ids = np.arange(8000, dtype=np.uint64)
    patients = POPULATION.draw(99, ids)
    for name, values in walk.world.patients.values.items():  # type: ignore[attr-defined]
        patients.values[name][:] = values[0]
    cohort = walk_all(plan(), patients)
    charts = cohort.charts
    for got, values in (
        (found.days, charts.now), (found.cost, charts.cost), (found.dose_msv, charts.dose),
        (found.localised, cohort.localised), (found.died, charts.dead),
    ):  # fmt: skip
        apart = got.error * 2**0.5
        assert got.mean == pytest.approx(values.mean(), abs=4 * apart)


def test_forecasts_come_true_as_often_as_they_say() -> None:
    died, localised, days, true_deaths, true_days = 0.0, [], 0.0, 0.0, 0.0
    for patient in range(60):
        walk = walk_to("tissue", patient)
        if walk.state != "tissue":
            continue
        one = what_if(walk, POPULATION, count=300)[0]
        now = walk.chart.now_d
        died, days = died + one.died.mean, days + one.days.mean
        localised.append(one.localised.mean)
        outcome = finish(walk, 1)
        true_deaths += outcome.ending.startswith("died")
        true_days += outcome.totals.days - now
    count = len(localised)
    assert died / count == pytest.approx(true_deaths / count, abs=0.1)
    assert days / count == pytest.approx(true_days / count, rel=0.25)
    assert np.std(localised) > 0.02


def test_it_says_the_same_twice_and_leaves_the_walk_as_it_was() -> None:
    walks = (walk_to("receptor", patient) for patient in range(200))
    walk = next(one for one in walks if one.state == "receptor")
    before = (walk.chart.now_d, len(walk.to_come), walk.chart.belief)
    assert any(event.what for event in walk.to_come)
    first, again = (what_if(walk, POPULATION, count=500) for _ in range(2))
    assert first == again
    assert (walk.chart.now_d, len(walk.to_come), walk.chart.belief) == before
    assert [one.step for one in first if one.planned] == ["receptor"]
    assert len(first) == 3


def test_a_case_can_be_asked_too() -> None:
    case, protocol = fake_case("net_72f"), protocol_of("net_72f")
    world = SimulatedWorld(case, protocol.catalogue, scanner(case), 1, probe_of(case))
    walk = begin(world, protocol)
    assert walk_on(walk) is None
    (found,) = what_if(walk, POPULATION, count=2000)
    assert found.step == "ct"
    assert found.planned
    assert 0 < found.died.mean < found.localised.mean < 1


def test_a_walk_that_is_over_has_no_next_step() -> None:
    walk = walk_to("nowhere")
    with pytest.raises(WorkupError, match="over"):
        what_if(walk, POPULATION, count=10)


def test_the_command_prints_a_line_for_each_step() -> None:
    asked = ["what-if", "net_skin_metastases", "--population", "skin_metastases", "--patient", "7",
             "--steps", "2", "-n", "200"]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "tissue (planned)" in done.output
    assert "mr" in done.output
