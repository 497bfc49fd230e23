"""How fast a body is sampled. Run `python benchmarks/sampling.py [body]`."""

import resource
import sys
import time

import numba

from imagingsim.anatomy import Phantom, read_body, sample
from imagingsim.content import library
from imagingsim.grid import Grid

GRIDS = {
    "torso 1 mm": Grid.axial((254, 260, 344), (1, 1, 1), (-172, -135, -32)),
    "torso 2 mm": Grid.axial((127, 130, 172), (2, 2, 2), (-172, -135, -32)),
    "torso 4 mm": Grid.axial((64, 65, 86), (4, 4, 4), (-172, -135, -32)),
    "head 1 mm": Grid.axial((200, 260, 200), (1, 1, 1), (-100, -150, 490)),
    "CT 0.8 x 0.8 x 1.5 mm": Grid.axial((100, 512, 512), (1.5, 0.8, 0.8), (-204.8, -210, 30)),
    "one slice 0.75 mm": Grid.axial((1, 360, 467), (1, 0.75, 0.75), (-175, -140, 80)),
    "whole body 4 mm": Grid.axial((300, 110, 150), (4, 4, 4), (-300, -220, -480)),
}


def main(name: str) -> None:
    start = time.perf_counter()
    phantom = Phantom(read_body(library(), name))
    phantom.tables(1.25)
    print(
        f"{name}: document {time.perf_counter() - start:.1f} s, {numba.get_num_threads()} threads"
    )
    sample(phantom, GRIDS["one slice 0.75 mm"])
    for title, grid in GRIDS.items():
        phantom.tables(grid.spacing_mm[1] * 1.15)
        begin, cpu = time.perf_counter(), time.process_time()
        voxels = sample(phantom, grid).first.size / 1e6
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        print(
            f"{title:24s} {voxels:6.2f} Mvoxel {seconds:6.2f} s  {voxels / seconds:5.2f} Mvoxel/s"
            f"  {voxels / cpu:5.2f} Mvoxel/CPU-s"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "adult_male")
