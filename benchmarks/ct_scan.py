"""A whole two-phase CT of the trunk: wall time, CPU time and memory, sampling apart.

    python benchmarks/ct_scan.py [slices]

Aim (issue 2): 300 slices, two phases, at most 60 s beyond sampling and 4 GB on two idle cores.
"""

import resource
import sys
import time

from imagingsim import ct
from imagingsim.anatomy import Phantom, read_body, sample
from imagingsim.content import library
from imagingsim.grid import Box
from imagingsim.series import Subject
from imagingsim.streams import stream
from imagingsim.tissue import read_tissues

SUBJECT = Subject(
    "benchmark",
    "Benchmark",
    "male",
    age_y=50.0,
    weight_kg=73.0,
    height_m=1.76,
    egfr_ml_min_1p73=90.0,
)


def settings(phase: str) -> ct.CtSettings:
    return ct.CtSettings(
        kvp=120.0, mas=160.0, slice_thickness_mm=2.0, slice_interval_mm=2.0,
        reconstruction_diameter_mm=400.0, kernel="soft", dose_region="trunk",
        phase="late_arterial" if phase == "arterial" else "portal_venous",
        bolus=ct.IodineBolus(delay_s=36.0 if phase == "arterial" else 70.0),
    )  # fmt: skip


def main() -> None:
    slices = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    both = [settings("arterial"), settings("portal")]
    phantom = Phantom(read_body(library(), "adult_male"))
    box = Box((-275.0, 275.0), (-130.0, 130.0), (-180.0, -180.0 + 2.0 * slices))
    start = time.perf_counter()
    sampled = sample(phantom, ct.sampling_grid(both[0], box))
    sampled_s, start, cpu = time.perf_counter() - start, time.perf_counter(), time.process_time()
    ct.acquire_phases(
        sampled, read_tissues(library()), both, subject=SUBJECT,
        rngs=[stream(1, "arterial"), stream(1, "portal")],
    )  # fmt: skip
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{slices} slices of {sampled.grid.shape[1]} x {sampled.grid.shape[2]} px, two phases:\n"
        f"sampling {sampled_s:.1f} s; CT {wall_s:.1f} s wall, {cpu_s:.1f} s CPU "
        f"({1000 * cpu_s / slices:.0f} ms per slice); peak memory {peak_gb:.1f} GB"
    )


if __name__ == "__main__":
    main()
