"""How fast a body is sampled: wall time, CPU time and memory, against the aims and a peer.

    python benchmarks/sampling.py [body]

Aims (issue 3), on two idle cores: 10 Mvoxel/s for a CT of the trunk and for a torso at 1 mm, in at
most 3 GB; a head at 0.5 mm in 30 s; a slice to look at in 0.3 s. CPU time is what counts on a
machine that others use: 10 Mvoxel/s on two cores is 5 Mvoxel per CPU second.

The peer does what is done without a continuous body: it resamples the labels of a voxel phantom
at 1 mm, nearest neighbour (SimpleITK; one byte or two per voxel, no coverage, no texture).
"""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
import SimpleITK

from imagingsim.anatomy import Phantom, read_body, sample, warm_up
from imagingsim.content import library
from imagingsim.grid import Grid

TRUNK_MM = ((-172.0, -135.0, -32.0), (254, 260, 344))


@dataclass(frozen=True)
class Case:
    """A grid, and what is aimed at: Mvoxel per CPU second, or seconds on two idle cores."""

    title: str
    grid: Grid
    least_mvoxel_cpu_s: float | None = None
    most_s: float | None = None

    def verdict(self, voxels: int, cpu_s: float) -> str:
        """Return whether the aim is reached, from CPU time alone."""
        if self.least_mvoxel_cpu_s is not None:
            reached = voxels / 1e6 / cpu_s >= self.least_mvoxel_cpu_s
            return f"aim {self.least_mvoxel_cpu_s:g} Mvoxel/CPU-s: {'yes' if reached else 'NO'}"
        if self.most_s is not None:
            return f"aim {self.most_s:g} s: {'yes' if cpu_s / 2 <= self.most_s else 'NO'}"
        return ""


CASES = (
    Case("CT 0.8 x 0.8 x 1.5 mm",
         Grid.axial((300, 512, 512), (1.5, 0.8, 0.8), (-204.8, -210, -120)), 5.0),
    Case("torso 1 mm", Grid.axial(TRUNK_MM[1], (1, 1, 1), TRUNK_MM[0]), 5.0),
    Case("head 0.5 mm", Grid.axial((480, 500, 360), (0.5, 0.5, 0.5), (-90, -140, 480)),
         most_s=30.0),
    Case("slice 0.8 mm", Grid.axial((1, 512, 512), (1, 0.8, 0.8), (-204.8, -210, 80)), most_s=0.3),
    Case("torso 2 mm", Grid.axial((127, 130, 172), (2, 2, 2), TRUNK_MM[0])),
    Case("whole body 4 mm", Grid.axial((300, 110, 150), (4, 4, 4), (-300, -220, -480))),
)  # fmt: skip


def timed(title: str, work: Callable[[], int], verdict: Callable[[int, float], str]) -> None:
    """Run something that returns a number of voxels, and print how long it took."""
    start, cpu = time.perf_counter(), time.process_time()
    voxels = work()
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    print(
        f"{title:24s} {voxels / 1e6:6.2f} Mvoxel {wall_s:6.2f} s, {cpu_s:6.2f} CPU-s "
        f"{voxels / 1e6 / cpu_s:6.2f} Mvoxel/CPU-s  {verdict(voxels, cpu_s)}",
        flush=True,
    )


def peer(phantom: Phantom) -> None:
    """Time the resampling of a voxel phantom onto the torso at 1 mm."""
    (x, y, z), shape = TRUNK_MM
    labels = sample(phantom, Grid.axial(shape, (1, 1, 1), (x, y, z))).label_map()
    image = SimpleITK.GetImageFromArray(labels.astype(np.uint16))
    turn = SimpleITK.Euler3DTransform((172.0, 130.0, 127.0), 0.02, 0.01, 0.03)

    def work() -> int:
        found = SimpleITK.Resample(image, image, turn, SimpleITK.sitkNearestNeighbor)
        return int(np.prod(found.GetSize()))

    timed("peer: voxel phantom", work, lambda _voxels, _cpu_s: "")


def main(name: str) -> None:
    start = time.process_time()
    warm_up()
    print(f"kernels {time.process_time() - start:.1f} CPU-s")
    start = time.process_time()
    phantom = Phantom(read_body(library(), name))
    phantom.tables(1.0)
    print(f"{name} {time.process_time() - start:.1f} CPU-s, {numba.get_num_threads()} threads")
    for case in CASES:
        phantom.tables(case.grid.spacing_mm[1] * 1.15)
        timed(case.title, lambda grid=case.grid: sample(phantom, grid).first.size, case.verdict)  # type: ignore[misc]
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak_gb:.2f} GB, aim 3 GB: {'yes' if peak_gb <= 3.0 else 'NO'}")
    peer(phantom)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "adult_male")
