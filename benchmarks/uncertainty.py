"""Parameter sets a second of a probabilistic sensitivity analysis.

    python benchmarks/uncertainty.py [patients of a set]

Aim (facts of issue 5): 1,000 sets of 10,000 patients and five protocols in 150 CPU-seconds.
"""

import sys
import time

from imagingsim.cohort import read_population
from imagingsim.compare import Comparison, Sets, parameters, read_doubts
from imagingsim.content import library
from imagingsim.workup import read_catalogue, read_protocol

POPULATION = "skin_metastases"
PROTOCOLS = ("net_skin_metastases", "net_skin_biopsy_first", "net_skin_pet_first")
SETS = 4


def main() -> None:
    """Print patient-runs per CPU-second, new parameters for every set included."""
    inner = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    catalogue = read_catalogue(library())
    population = read_population(library(), POPULATION, catalogue)
    protocols = tuple(read_protocol(library(), name, catalogue) for name in PROTOCOLS)
    asked = Comparison(protocols, population, inner, 1)
    sets = Sets(asked, parameters(asked, read_doubts(library())), SETS, inner)
    Sets(asked, sets.parameters, 1, 100).block(0)
    start = time.process_time()
    sets.block(0)
    spent = time.process_time() - start
    runs = SETS * inner * len(PROTOCOLS) / spent
    sys.stdout.write(
        f"{len(sets.parameters)} parameters, {inner:,} patients a set: {runs:,.0f} patient-runs "
        f"per CPU-s; 1,000 sets of {len(PROTOCOLS)} protocols in {1000 * spent / SETS:,.0f} CPU-s\n"
    )


if __name__ == "__main__":
    main()
