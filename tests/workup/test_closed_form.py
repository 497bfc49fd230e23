"""Two tests in a row, with a hazard: what a cohort gives is what algebra says."""

import dataclasses
from math import exp, log, sqrt

import numpy as np
import pytest

from imagingsim.cohort import Plan, Population, read_population, walk_all
from imagingsim.content import library, load
from imagingsim.workup import check_protocol, read_catalogue
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.clock import whole_minutes
from imagingsim.workup.waits import LogNormal

TEXT = """
schema: imagingsim.workup/1
version: 1.0.0
title: Two tests
about: The second confirms what the first says.
source: [authored]
differential: scalp_tumour
horizon_d: 1000
start: first
endpoints: {dead: patient.dead}
interrupts: [{when: patient.dead, to: died}]
states:
  first:
    type: order
    orders: [{study: us_neck}]
    next: [{when: report.us_neck.node, to: second}, {to: free}]
  second:
    type: order
    orders: [{study: ct_neck_chest}]
    next: [{when: report.ct_neck_chest.node, to: found}, {to: free}]
  found: {type: end, outcome: found}
  free: {type: end, outcome: free}
  died: {type: end, outcome: died}
"""
SICK, MEDIAN_D, COUNT, BLOCK = 0.3, 12.0, 200_000, 20_000


def bare(catalogue: Catalogue) -> Catalogue:
    """Return a catalogue whose waits are fixed, and in which nothing goes wrong."""
    fixed = {
        name: dataclasses.replace(
            row,
            urgent=LogNormal(median_d=3.0, sigma=0.0),
            report=LogNormal(median_d=2.0, sigma=0.0),
        )
        for name, row in catalogue.waits.waits.items()
    }
    differentials = {
        name: dataclasses.replace(one, diagnoses={
            key: dataclasses.replace(row, involvement={**row.involvement, "node": SICK})
            for key, row in one.diagnoses.items()
        })
        for name, one in catalogue.differentials.items()
    }  # fmt: skip
    return dataclasses.replace(
        catalogue, waits=dataclasses.replace(catalogue.waits, waits=fixed), rules={},
        conflicts={}, incidentals={}, differentials=differentials,
    )  # fmt: skip


def doomed(catalogue: Catalogue) -> Population:
    """Return a population of one hazard and one size, in which no lesion is harder than another."""
    found = read_population(library(), "scalp_masses", catalogue)
    file = found.file
    diseases = {
        name: dataclasses.replace(row, survival_median_d=MEDIAN_D)
        for name, row in file.diseases.items()
    }
    none = dataclasses.replace(file.frailty, value=0.0)
    sizes = {name: dataclasses.replace(one, sigma=0.0) for name, one in file.sizes.regions.items()}
    file = dataclasses.replace(
        file, diseases=diseases, frailty=none, conspicuity=none,
        sizes=dataclasses.replace(file.sizes, regions=sizes),
    )  # fmt: skip
    return dataclasses.replace(found, file=file)


def test_cost_time_yield_and_death_are_those_of_the_algebra() -> None:
    catalogue = bare(read_catalogue(library()))
    protocol = check_protocol(load(TEXT, where="two.yaml"), "two", catalogue)
    plan = Plan.of(protocol, doomed(catalogue))
    measured: dict[str, list[np.ndarray]] = {"cost": [], "days": [], "dead": [], "yield": []}
    for first in range(0, COUNT, BLOCK):
        ids = np.arange(first, first + BLOCK, dtype=np.uint64)
        patients = plan.population.draw(3, ids)
        cohort = walk_all(plan, patients)
        sick = patients.involved[:, 1]
        found = cohort.ending == cohort.endings.index("found")
        measured["cost"].append(cohort.charts.cost)
        measured["days"].append(cohort.charts.now)
        measured["dead"].append(cohort.charts.dead)
        measured["yield"].append(found & sick)
    for name, wanted in algebra(catalogue).items():
        values = np.concatenate(measured[name]).astype(float)
        error = values.std() / sqrt(COUNT)
        assert values.mean() == pytest.approx(wanted, abs=4 * error), name


def algebra(catalogue: Catalogue) -> dict[str, float]:
    """Return what a patient costs, lives, dies and is found, on average."""
    hazard = log(2.0) / MEDIAN_D
    one, other = (catalogue.study(name) for name in ("us_neck", "ct_neck_chest"))
    rate_a, rate_b = (catalogue.evidence.rate(row.rate_key, "node") for row in (one, other))
    ends = [whole_minutes(3.0 + row.room_min / 1440 + 2.0) for row in (one, other)]
    last = sum(ends)
    positive = SICK * rate_a.sensitivity + (1 - SICK) * (1 - rate_a.specificity)

    def alive(day: float) -> float:
        return exp(-hazard * day)

    price = catalogue.price
    return {
        "cost": price("us_neck") * alive(3.0)
        + positive * price("ct_neck_chest") * alive(ends[0] + 3.0),
        "days": ((1 - positive) * (1 - alive(ends[0])) + positive * (1 - alive(last))) / hazard,
        "dead": 1 - (1 - positive) * alive(ends[0]) - positive * alive(last),
        "yield": SICK * rate_a.sensitivity * rate_b.sensitivity * alive(last),
    }
