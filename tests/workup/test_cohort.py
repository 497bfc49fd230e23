"""One patient or many: the scalar engine is the oracle of the one on arrays."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocols_at_random import graphs

from imagingsim.cohort import Cohort, Plan, VirtualWorld, read_population, walk_all
from imagingsim.content import library, load
from imagingsim.errors import ContentError
from imagingsim.workup import Protocol, check_protocol, read_catalogue, read_protocol, walk_world

CATALOGUE = read_catalogue(library())
SHIPPED = {
    "net_skin_metastases": "skin_metastases", "net_skin_biopsy_first": "skin_metastases",
    "net_skin_pet_first": "skin_metastases", "scalp_hidradenocarcinoma": "scalp_masses",
    "scalp_porocarcinoma_restaging": "scalp_masses",
    "scalp_porocarcinoma_surveillance": "scalp_masses",
}  # fmt: skip


@cache
def plan_of(name: str) -> Plan:
    """Return a shipped protocol, made ready for its population."""
    protocol = read_protocol(library(), name, CATALOGUE)
    return Plan.of(protocol, read_population(library(), SHIPPED[name], CATALOGUE))


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
    world = VirtualWorld.of(plan.population, CATALOGUE, seed=seed, patient=k)
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


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_one_by_one_or_all_at_once_every_patient_fares_the_same(name: str) -> None:
    assert_same(plan_of(name), seed=11, count=40)


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


def test_no_iodine_below_30_and_no_high_risk_needle_in_thin_blood() -> None:
    plan = plan_of("net_skin_metastases")
    patients = plan.population.draw(8, np.arange(20_000, dtype=np.uint64))
    charts = walk_all(plan, patients).charts
    ct = plan.studies.index("ct_chest_abdomen_pelvis")
    assert (patients.labs["egfr"] < 30).sum() > 100
    assert not charts.done[patients.labs["egfr"] < 30, ct].any()
    assert charts.done[patients.labs["egfr"] >= 30, ct].mean() > 0.9


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
