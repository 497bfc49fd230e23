"""Many virtual patients on arrays, beside engines that walk them one by one.

    python benchmarks/compare.py [patients] [--million]

Aims (issue 5): 200,000 patient-runs per CPU-second, the population included; at least 25 times
plain Python and 40 times SimPy; a million patients through five protocols in 30 s and 500 MB on two
cores.
"""

import dataclasses
import os
import random
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from peers import Alone, Rules, Simpy, Walker

from imagingsim.cohort import Plan, VirtualWorld, read_population
from imagingsim.compare import BLOCK, Comparison, Machines, run, what_if
from imagingsim.content import library
from imagingsim.workup import begin, read_catalogue, read_protocol, walk_world

POPULATION = "skin_metastases"
PROTOCOLS = ("net_skin_metastases", "net_skin_biopsy_first", "net_skin_pet_first")
ONE_BY_ONE, BY_HAND = 200, 1500
CATALOGUE = read_catalogue(library())
PEOPLE = read_population(library(), POPULATION, CATALOGUE)
ASKED = tuple(read_protocol(library(), name, CATALOGUE) for name in PROTOCOLS)
PLANS = tuple(Plan.of(one, PEOPLE) for one in ASKED)


def rate(runs: int, work: Callable[[], object]) -> float:
    """Return runs per CPU-second; the work has been done once before, so all is compiled."""
    start = time.process_time()
    work()
    return runs / (time.process_time() - start)


def on_arrays(count: int) -> None:
    """Walk patients on arrays, block by block, each block drawn once for all protocols."""
    comparison = Comparison(ASKED, PEOPLE, count, 1)
    for first in comparison.blocks:
        comparison.block(first)


def event_by_event() -> None:
    """Walk patients with the engine that also walks cases."""
    patients = PEOPLE.draw(1, np.arange(ONE_BY_ONE, dtype=np.uint64))
    for plan in PLANS:
        for row in range(ONE_BY_ONE):
            walk_world(VirtualWorld(plan.staff, patients, row), plan.protocol)


def walkers(plan: Plan) -> list[Walker]:
    """Return patients for a walk by hand."""
    patients = PEOPLE.draw(1, np.arange(BY_HAND, dtype=np.uint64))
    rng, rules = random.Random(1), Rules(plan)
    return [Walker(rules, patients, row, rng) for row in range(BY_HAND)]


def by_hand() -> list[Walker]:
    """Walk patients in lean Python."""
    return [Alone().run(one) for plan in PLANS for one in walkers(plan)]


def by_simpy() -> list[Walker]:
    """Walk patients as SimPy processes in a hospital with scanners to spare."""
    found = []
    for plan in PLANS:
        mine = walkers(plan)
        Simpy(scanners=BY_HAND).run(mine)
        found += mine
    return found


class Memory(threading.Thread):
    """Looks several times a second at what this process and its children hold, shared pages once.

    Attributes
    ----------
    peak_mb
        The most they held together; 0 where there is no ``/proc``.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0

    def run(self) -> None:
        """Look until the program ends."""
        own = Path(f"/proc/{os.getpid()}")
        while (own / "smaps_rollup").exists():
            children = (own / "task" / own.name / "children").read_text().split()
            self.peak_mb = max(self.peak_mb, held_mb((own.name, *children)))
            time.sleep(0.25)


def held_mb(processes: tuple[str, ...]) -> float:
    """Return what processes of one family hold, MB.

    Of libraries what the largest has of them, whoever else on the machine uses them too.
    """
    rows = [one for one in map(rolled_up, processes) if one]
    libraries = max(one["Rss"] - one["Anonymous"] for one in rows)
    return (sum(one["Pss_Anon"] for one in rows) + libraries) / 1024


def rolled_up(process: str) -> dict[str, int]:
    """Return how many kB of which kind a process holds; nothing when it is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {one.split(":")[0]: int(one.split()[1]) for one in lines}


def million() -> None:
    """Compare five protocols in a million patients on two processes, and say what it took."""
    five = [dataclasses.replace(ASKED[k % 3], id=f"p{k}") for k in range(5)]
    memory = Memory()
    memory.start()
    start = time.perf_counter()
    frame = run(Comparison(tuple(five), PEOPLE, 1_000_000, 1), machines=Machines(workers=2))
    wall = time.perf_counter() - start
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    cpu = sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, who))
    sys.stdout.write(
        f"{frame.height:,} x 5: {wall:.1f} s, {cpu:.1f} CPU-s, "
        f"{memory.peak_mb:.0f} MB in three processes\n"
    )


def main() -> None:
    """Time the engines and print runs per CPU-second."""
    if "--million" in sys.argv:
        million()
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4 * BLOCK
    on_arrays(BLOCK)
    many = rate(count * len(ASKED), lambda: on_arrays(count))
    peers = {
        "event by event": rate(ONE_BY_ONE * len(ASKED), event_by_event),
        "lean Python": rate(BY_HAND * len(ASKED), by_hand),
        "SimPy": rate(BY_HAND * len(ASKED), by_simpy),
    }
    sys.stdout.write(f"patient-runs per CPU-s on arrays: {many:,.0f}\n")
    for name, few in peers.items():
        sys.stdout.write(f"  {name}: {few:,.0f}, {many / few:,.0f} x\n")
    for name, walked in (("lean Python", by_hand()), ("SimPy", by_simpy())):
        means = [np.mean([getattr(one, key) for one in walked]) for key in ("now", "cost", "dead")]
        sys.stdout.write("  {}: days {:.2f}, cost {:.0f}, dead {:.3f}\n".format(name, *means))
    columns = Comparison(ASKED, PEOPLE, BLOCK, 1).block(0)
    kept = [
        np.mean([columns[f"{one}/{key}"].mean() for one in PROTOCOLS])
        for key in ("days", "cost", "alive")
    ]
    sys.stdout.write(f"  arrays: days {kept[0]:.2f}, cost {kept[1]:.0f}, dead {1 - kept[2]:.3f}\n")
    walk = begin(VirtualWorld.of(PEOPLE, CATALOGUE, seed=1, patient=7), ASKED[0])
    start = time.perf_counter()
    what_if(walk, PEOPLE)
    sys.stdout.write(
        f"what if, 20,000 continuations: {1000 * (time.perf_counter() - start):.0f} ms\n"
    )


if __name__ == "__main__":
    main()
