"""One patient or many: the scalar engine is the oracle of the one on arrays."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocols_at_random import graphs

from imagingsim.cohort import (
    Cohort,
    Plan,
    VirtualWorld,
    ordering,
    populations,
    read_population,
    sampling,
    walk_all,
)
from imagingsim.cohort.charts import Charts
from imagingsim.cohort.draws import uniform
from imagingsim.cohort.events import Calendar
from imagingsim.cohort.ordering import Bookings
from imagingsim.cohort.population import Ints
from imagingsim.content import library, load
from imagingsim.errors import ContentError
from imagingsim.units import FloatArray
from imagingsim.workup import (
    Protocol,
    check_protocol,
    protocols,
    read_catalogue,
    read_protocol,
    walk_world,
)

CATALOGUE = read_catalogue(library())
POPULATIONS = {
    "skin_nodules_elderly_woman": "skin_metastases", "scalp_tumour": "scalp_masses",
    "cup_net": "cup_net", "cup_carcinoma": "cup_carcinoma",
}  # fmt: skip
PEOPLE = [read_population(library(), one, CATALOGUE) for one in populations(library())]
SHIPPED = sorted(protocols(library()))


@cache
def plan_of(name: str) -> Plan:
    """Return a shipped protocol, made ready for the last population of its differential."""
    protocol = read_protocol(library(), name, CATALOGUE)
    mine = [one for one in PEOPLE if one.file.differential == protocol.file.differential]
    return Plan.of(protocol, mine[-1])


def row(cohort: Cohort, k: int) -> tuple[object, ...]:
    """Return what the arrays say of one patient."""
    charts, one = cohort.charts, np.array([k])
    asked = [charts.ask(text, one) for text in cohort.plan.protocol.file.endpoints.values()]
    endpoints = [bool(np.ravel(a.value)[0]) if np.ravel(a.known)[0] else None for a in asked]
    return (
        charts.now[k], charts.cost[k], charts.dose[k], cohort.endings[cohort.ending[k]],
        charts.made[k], charts.samples[k], charts.harms[k], endpoints,
        charts.chances(one)[0].tolist(),
    )  # fmt: skip


def alone(plan: Plan, seed: int, k: int) -> tuple[object, ...]:
    """Return the same of the patient walked by the scalar engine."""
    patients = plan.population.draw(seed, np.array([k], dtype=np.uint64))
    world = VirtualWorld(plan.staff, patients)
    outcome = walk_world(world, plan.protocol)
    totals = outcome.totals
    return (
        totals.days, totals.cost, totals.dose_msv, outcome.ending, totals.studies,
        totals.biopsies, totals.harms, [one.value for one in outcome.endpoints],
        [one.probability for one in outcome.steps[-1].belief],
    )  # fmt: skip


def assert_same(plan: Plan, seed: int, count: int) -> None:
    """Walk patients both ways and compare all of it."""
    ids = np.arange(count, dtype=np.uint64)
    cohort = walk_all(plan, plan.population.draw(seed, ids))
    for k in range(count):
        assert row(cohort, k) == alone(plan, seed, k), f"patient {k}"


@pytest.mark.parametrize("name", SHIPPED)
def test_one_by_one_or_all_at_once_every_patient_fares_the_same(name: str) -> None:
    assert_same(plan_of(name), seed=11, count=25)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(), st.integers(0, 1000))
def test_they_fare_the_same_in_protocols_nobody_thought_of(text: str, seed: int) -> None:
    try:
        protocol: Protocol = check_protocol(load(text, where="random.yaml"), "random", CATALOGUE)
    except ContentError:
        return
    population = read_population(library(), "scalp_masses", CATALOGUE)
    assert_same(Plan.of(protocol, population), seed, count=4)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_the_size_of_a_block_changes_nothing(size: int) -> None:
    plan, ids = plan_of("net_skin_metastases"), np.arange(40, dtype=np.uint64)
    whole = walk_all(plan, plan.population.draw(3, ids)).charts
    for first in range(0, 40, size):
        part = walk_all(plan, plan.population.draw(3, ids[first : first + size])).charts
        there = slice(first, first + size)
        assert (part.now == whole.now[there]).all()
        assert (part.cost == whole.cost[there]).all()
        assert (part.weights == whole.weights[there]).all()


def test_a_student_finds_less_and_both_engines_agree_on_it() -> None:
    consultant = plan_of("net_skin_pet_first")
    student = dataclasses.replace(consultant, level="student")
    patients = consultant.population.draw(2, np.arange(20_000, dtype=np.uint64))
    found = [walk_all(plan, patients).localised.mean() for plan in (student, consultant)]
    assert found[0] < found[1] - 0.02
    assert_same(student, 2, 15)


OVERRIDE = (
    "schema: imagingsim.workup/1\nversion: 1.0.0\ntitle: t\nabout: t\nsource: [none]\n"
    "differential: scalp_tumour\nhorizon_d: 400\nstart: scan\nendpoints: {dead: patient.dead}\n"
    "states:\n  scan:\n    type: order\n    orders:\n"
    "      - {study: ct_neck_chest, despite: {iodine_renal_failure: life at risk}}\n"
    "    next: [{to: done}]\n  done: {type: end, outcome: done}\n"
)


class Watch:
    """Sees what is given and done to whom, and their blood at that moment."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.worst: dict[str, float] = {}
        begin, needle = ordering.begin_study, sampling._complicate

        def begun(charts: Charts, calendar: Calendar, booked: Bookings, at: Ints) -> None:
            begin(charts, calendar, booked, at)
            row, rows = CATALOGUE.study(booked.study), booked.rows[at]
            if row.contrast == "iodine":
                self.see("egfr", -charts.labs["egfr"][rows])
            if row.tracer == "fdg":
                self.see("glucose", charts.labs["glucose"][rows])

        def taken(charts: Charts, rows: Ints, target: Ints, technique: str, repeat: Ints) -> None:
            needle(charts, rows, target, technique, repeat)
            if CATALOGUE.procedures[technique].bleeding_risk == "high":
                self.see("inr", charts.labs["inr"][rows])
                self.see("platelets", -charts.labs["platelets"][rows])

        patch.setattr(ordering, "begin_study", begun)
        patch.setattr(sampling, "_complicate", taken)

    def see(self, what: str, values: FloatArray) -> None:
        """Keep the worst; a small value of what must be large is the worst too."""
        self.worst[what] = max(self.worst.get(what, -np.inf), values.max(initial=-np.inf))


def test_no_rule_of_safety_is_broken_in_any_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, ids = Watch(monkeypatch), np.arange(12_000, dtype=np.uint64)
    for name in SHIPPED:
        plan = plan_of(name)
        patients = plan.population.draw(8, ids)
        for test, value in {"egfr": 20.0, "glucose": 15.0, "inr": 2.6, "platelets": 30.0}.items():
            ill = uniform(1, f"ill|{test}", ids) < 0.1
            patients.labs[test][ill] = value
        walk_all(plan, patients)
    assert watch.worst["egfr"] <= -30
    assert watch.worst["glucose"] <= 11.1
    assert watch.worst["inr"] <= 1.8
    assert watch.worst["platelets"] <= -50


def test_only_a_protocol_that_says_so_gives_iodine_below_30(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    protocol = check_protocol(load(OVERRIDE, where="p.yaml"), "p", CATALOGUE)
    population = read_population(library(), "scalp_masses", CATALOGUE)
    patients = population.draw(8, np.arange(20_000, dtype=np.uint64))
    patients.labs["egfr"][::2] = 20.0
    watch = Watch(monkeypatch)
    charts = walk_all(Plan.of(protocol, population), patients).charts
    assert watch.worst["egfr"] > -30
    assert charts.harms[::2].mean() > charts.harms[1::2].mean() + 0.05


def test_she_dies_before_the_primary_is_known_and_a_better_course_changes_the_odds() -> None:
    """As net_72f: neuroendocrine skin metastases, admitted, median 33 days to live (Jones 2017)."""
    found = {}
    for name in ("net_skin_metastases", "net_skin_biopsy_first"):
        plan = plan_of(name)
        patients = plan.population.draw(5, np.arange(40_000, dtype=np.uint64))
        rows = list(plan.population.differential.diagnoses.values())
        like_her = np.array([row.group == "neuroendocrine" for row in rows])[patients.disease]
        budget = -33.0 / np.log(2) * np.log(uniform(5, "ward", patients.ids))
        patients = dataclasses.replace(patients, budget_d=budget)
        cohort = walk_all(plan, patients)
        dead = cohort.charts.dead
        found[name] = dead[like_her].mean(), (cohort.localised & ~dead)[like_her].mean()
    taken, better = found["net_skin_metastases"], found["net_skin_biopsy_first"]
    assert taken[0] > 0.5
    assert taken[1] < 0.35
    assert better[0] < taken[0] - 0.1
    assert better[1] > taken[1] + 0.1


def test_those_who_wait_die_as_the_hazard_says() -> None:
    text = (
        "schema: imagingsim.workup/1\nversion: 1.0.0\ntitle: wait\nabout: wait\nsource: [none]\n"
        "differential: scalp_tumour\nhorizon_d: 400\nstart: wait\n"
        "endpoints: {dead: patient.dead}\n"
        "interrupts: [{when: patient.dead, to: died}]\nstates:\n"
        "  wait: {type: wait, days: 300, next: [{to: done}]}\n"
        "  done: {type: end, outcome: done}\n  died: {type: end, outcome: died}\n"
    )
    protocol = check_protocol(load(text, where="wait.yaml"), "wait", CATALOGUE)
    population = read_population(library(), "scalp_masses", CATALOGUE)
    patients = population.draw(1, np.arange(60_000, dtype=np.uint64))
    cohort = walk_all(Plan.of(protocol, population), patients)
    name = list(population.differential.diagnoses).index("skin_metastasis")
    mine = patients.disease == name
    median = population.file.diseases["skin_metastasis"].survival_median_d
    assert median is not None
    frailty = np.exp(population.file.frailty.value * np.random.default_rng(0).normal(size=400_000))
    wanted = float((1 - 2.0 ** (-300.0 * frailty / median)).mean())
    share = float(cohort.charts.dead[mine].mean())
    assert share == pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / mine.sum()) ** 0.5)
