"""Many virtual patients on arrays, beside the engine that walks them one by one.

    python benchmarks/compare.py [patients]

Aim (issue 5): 200,000 patient-runs per CPU-second; at least 25 times plain Python.
"""

import resource
import sys
import time

import numpy as np

from imagingsim.cohort import VirtualWorld, read_population
from imagingsim.compare import BLOCK, Comparison, Machines, run
from imagingsim.content import library
from imagingsim.workup import read_catalogue, read_protocol, walk_world

POPULATION = "skin_metastases"
PROTOCOLS = ("net_skin_metastases", "net_skin_biopsy_first", "net_skin_pet_first")
ONE_BY_ONE = 200


def main() -> None:
    """Time both engines and print runs per CPU-second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4 * BLOCK
    catalogue = read_catalogue(library())
    population = read_population(library(), POPULATION, catalogue)
    protocols = tuple(read_protocol(library(), name, catalogue) for name in PROTOCOLS)
    asked = Comparison(protocols, population, count, 1)
    start = time.process_time()
    run(asked, machines=Machines(1))
    many = count * len(protocols) / (time.process_time() - start)
    patients = population.draw(1, np.arange(ONE_BY_ONE, dtype=np.uint64))
    start = time.process_time()
    for protocol in protocols:
        for row in range(ONE_BY_ONE):
            walk_world(VirtualWorld(population, catalogue, patients, row), protocol)
    few = ONE_BY_ONE * len(protocols) / (time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    sys.stdout.write(
        f"patient-runs per CPU-s: on arrays {many:,.0f}, one by one {few:,.0f}, "
        f"{many / few:,.0f} x; peak memory {peak:.2f} GB\n"
    )


if __name__ == "__main__":
    main()
