"""Patients a second through a department: events in SimPy, beside the recursion for one queue.

    python benchmarks/queues.py

The recursion (Kiefer and Wolfowitz) knows neither priorities nor hours; it checks the other.
"""

import sys
import time

import numpy as np

from imagingsim.content import library
from imagingsim.department import mean_wait, read_department, simulate, waits_of
from imagingsim.workup import read_catalogue

COUNT, SCANNERS, MINUTES, BUSY = 3_000_000, 3, 20.0, 0.87


def main() -> None:
    """Print patients per CPU-second, and how near the recursion comes to Erlang."""
    one = read_department(library(), "district_hospital", read_catalogue(library()))
    start = time.process_time()
    patients = simulate(one, weeks=104, seed=1)
    events = patients.height / (time.process_time() - start)
    rng, per_min = np.random.default_rng(1), BUSY * SCANNERS / MINUTES
    arrivals = np.cumsum(rng.exponential(1 / per_min, COUNT))
    minutes = rng.exponential(MINUTES, COUNT)
    waits_of(arrivals[:10], minutes[:10], SCANNERS)
    start = time.process_time()
    waits = waits_of(arrivals, minutes, SCANNERS)
    recursion = COUNT / (time.process_time() - start)
    error = waits.mean() / mean_wait(per_min, MINUTES, SCANNERS) - 1
    sys.stdout.write(
        f"patients per CPU-s: department in SimPy {events:,.0f}, recursion {recursion:,.0f}; "
        f"mean wait {100 * error:+.1f} % of Erlang C\n"
    )


if __name__ == "__main__":
    main()
