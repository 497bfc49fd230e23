"""The same patients event by event and on arrays: how many fare differently?

    PYTHONPATH=tests/workup python benchmarks/oracle.py [patients] [patients of random protocols]

Aim (issue 5): none, of 100,000 patients of every protocol that is shipped and of 50 random ones.
"""

import sys
from collections.abc import Iterator

import numpy as np
from hypothesis import HealthCheck, given, settings
from protocols_at_random import graphs

from imagingsim.cohort import Plan, VirtualWorld, populations, read_population, walk_all
from imagingsim.content import library, load
from imagingsim.errors import ContentError
from imagingsim.workup import check_protocol, protocols, read_catalogue, read_protocol, walk_world

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
        world = VirtualWorld(plan.population, CATALOGUE, patients, k, plan.observers)
        outcome = walk_world(world, plan.protocol)
        one, belief = outcome.totals, outcome.steps[-1].belief
        alone = [one.days, one.cost, one.dose_msv, one.studies, one.biopsies, one.harms,
                 *(chance.probability for chance in belief)]  # fmt: skip
        same = many[k].tolist() == alone and cohort.endings[cohort.ending[k]] == outcome.ending
        wrong += not same
    return wrong


def shipped() -> Iterator[Plan]:
    """Yield every protocol, with each population of its differential."""
    for name in protocols(library()):
        protocol = read_protocol(library(), name, CATALOGUE)
        for population in POPULATIONS:
            if population.file.differential == protocol.file.differential:
                yield Plan.of(protocol, population)


def at_random() -> list[Plan]:
    """Return plans of protocols nobody thought of."""
    texts: list[str] = []

    @settings(max_examples=4 * RANDOM, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(graphs())
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    population = next(one for one in POPULATIONS if one.file.differential == "scalp_tumour")
    found: list[Plan] = []
    for text in dict.fromkeys(texts[::-1]):
        try:
            protocol = check_protocol(load(text, where="random.yaml"), "random", CATALOGUE)
        except ContentError:
            continue
        found.append(Plan.of(protocol, population))
    return found[:RANDOM]


def main() -> None:
    """Compare and print, block by block."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    few = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    rows = [(plan, few) for plan in at_random()] + [(plan, count) for plan in shipped()]
    walked = wrong = 0
    for plan, wanted in rows:
        mine = 0
        for first in range(0, wanted, BLOCK):
            size = min(BLOCK, wanted - first)
            mine += differing(plan, first, size)
            walked += size
        wrong += mine
        sys.stdout.write(
            f"{plan.protocol.id} in {plan.population.id}: {mine} of {wanted:,} differ; "
            f"{wrong} of {walked:,} so far\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
