"""The same patients event by event and on arrays: how many fare differently?

    PYTHONPATH=tests/workup python benchmarks/oracle.py [patients] [--first N] [--plans PATTERN]

Aim (issue 5): none, of 100,000 patients of every protocol that is shipped and of 50 random ones.
Patients from ``--first`` on, so that a long run can be cut into slices; of the plans whose name,
``<protocol>/<population>``, has the pattern, e.g. ``'net_*'`` or ``'random_7/*'``.
"""

import argparse
import gc
import sys
from collections.abc import Iterator
from fnmatch import fnmatch

import numpy as np
from hypothesis import HealthCheck, given, settings
from protocols_at_random import graphs

from imagingsim.cohort import Plan, VirtualWorld, populations, read_population, walk_all
from imagingsim.content import library, load
from imagingsim.errors import ContentError
from imagingsim.workup import (
    begin,
    check_protocol,
    protocols,
    read_catalogue,
    read_protocol,
    walk_on,
)

CATALOGUE = read_catalogue(library())
POPULATIONS = [read_population(library(), one, CATALOGUE) for one in populations(library())]
BLOCK = 1000
RANDOM = 50


def differing(plan: Plan, first: int, count: int) -> int:
    """Return how many of some patients do not fare the same in both engines."""
    ids = np.arange(first, first + count, dtype=np.uint64)
    patients = plan.population.draw(11, ids)
    cohort = walk_all(plan, patients)
    charts = cohort.charts
    many = np.column_stack([
        charts.now, charts.cost, charts.dose, charts.made, charts.samples, charts.harms,
        charts.chances(np.arange(count)),
    ])  # fmt: skip
    wrong = 0
    for k in range(count):
        walk = begin(VirtualWorld(plan.staff, patients, k), plan.protocol)
        while (ending := walk_on(walk)) is None:
            pass
        one = walk.chart
        alone = [one.now_d, one.cost, one.dose_msv, walk.made, one.samples, one.harms,
                 *one.belief.chances.values()]  # fmt: skip
        same = many[k].tolist() == alone and cohort.endings[cohort.ending[k]] == ending
        wrong += not same
    return wrong


def shipped() -> Iterator[Plan]:
    """Yield every protocol, with each population of its differential."""
    for name in protocols(library()):
        protocol = read_protocol(library(), name, CATALOGUE)
        for population in POPULATIONS:
            if population.file.differential == protocol.file.differential:
                yield Plan.of(protocol, population)


def at_random() -> Iterator[Plan]:
    """Yield plans of protocols nobody thought of."""
    texts: list[str] = []

    @settings(max_examples=4 * RANDOM, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(graphs())
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    population = next(one for one in POPULATIONS if one.file.differential == "scalp_tumour")
    found = 0
    for text in dict.fromkeys(texts[::-1]):
        try:
            document = load(text, where="random.yaml")
            protocol = check_protocol(document, f"random_{found}", CATALOGUE)
        except ContentError:
            continue
        yield Plan.of(protocol, population)
        found += 1
        if found == RANDOM:
            return


def main() -> None:
    """Compare and print, plan by plan."""
    asked = argparse.ArgumentParser()
    asked.add_argument("patients", type=int, nargs="?", default=200)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--plans", default="*")
    told = asked.parse_args()
    named = {f"{one.protocol.id}/{one.population.id}": one for one in (*shipped(), *at_random())}
    gc.freeze()
    last, walked, wrong = told.first + told.patients, 0, 0
    for name, plan in named.items():
        if fnmatch(name, told.plans):
            firsts = range(told.first, last, BLOCK)
            mine = sum(differing(plan, first, min(BLOCK, last - first)) for first in firsts)
            walked, wrong = walked + told.patients, wrong + mine
            sys.stdout.write(
                f"{name}: {mine} of the patients {told.first:,} to {last:,} differ; "
                f"{wrong} of {walked:,} so far\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
