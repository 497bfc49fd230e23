"""Whole-body FDG PET: wall time, CPU time and memory; and the projector beside scikit-image.

    pip install scikit-image            # and, where it exists, astra-toolbox
    python benchmarks/pet_osem.py [--projector]

Aim (issue 2): 270 to 350 slices of 4 mm in at most 40 s and 3 GB on two idle cores, sampling
apart. The peers project one slice at a time on one thread; the figure to watch is the ratio of
CPU times, which does not depend on the machine.
"""

import importlib
import resource
import sys
import time
from collections.abc import Callable

import numba
import numpy as np
import numpy.typing as npt
from skimage.transform import radon

from imagingsim import pet
from imagingsim.anatomy import Phantom, read_body, sample
from imagingsim.content import library
from imagingsim.grid import Box
from imagingsim.pet.projector import BLOCK, Geometry, to_blocks
from imagingsim.pet.settings import BIN_MM, BINS, VIEWS
from imagingsim.series import Subject
from imagingsim.streams import stream
from imagingsim.tissue import read_tissues

SUBJECT = Subject("benchmark", "Benchmark", "male", age_y=50.0, weight_kg=73.0, height_m=1.76)


def scan() -> None:
    body = read_body(library(), "adult_male")
    low, high = body.landmark_mm("mid_thigh"), body.landmark_mm("vertex")
    settings = pet.PetSettings()
    grid = pet.sampling_grid(settings, Box((-285.0, 285.0), (-150.0, 130.0), (low, high)))
    start = time.perf_counter()
    sampled = sample(Phantom(body), grid)
    sampled_s, start, cpu = time.perf_counter() - start, time.perf_counter(), time.process_time()
    pet.acquire(sampled, read_tissues(library()), settings, subject=SUBJECT, rng=stream(1, "pet"))
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{grid.shape[0]} slices: sampling {sampled_s:.1f} s; PET {wall_s:.1f} s wall, "
        f"{cpu_s:.1f} s CPU; peak memory {peak_gb:.1f} GB"
    )


def projector() -> None:
    numba.set_num_threads(1)
    picture = np.zeros((200, 200), np.float32)
    picture[68:132, 44:156] = 1.0
    ours = _ours(picture)
    peers = {"scikit-image radon": _skimage(picture), "ASTRA, CPU, linear": _astra(picture)}
    print(f"imagingsim: {1000 * ours:.1f} ms CPU per slice of {VIEWS} views, {BINS} bins")
    for name, seconds in peers.items():
        if seconds is not None:
            print(f"{name}: {1000 * seconds:.1f} ms, {seconds / ours:.0f} times ours")


def _ours(picture: npt.NDArray[np.float32]) -> float:
    geometry = Geometry(VIEWS, BINS, BIN_MM, 4.0)
    image = to_blocks(np.repeat(picture[None], BLOCK, axis=0))
    out, views = np.zeros((1, VIEWS, BINS, BLOCK), np.float32), np.arange(VIEWS)
    body = np.array([[66, 134, 42, 158]])
    return _cpu_s(lambda: geometry.forward(image, body, views, out)) / BLOCK


def _skimage(picture: npt.NDArray[np.float32]) -> float:
    degrees = np.arange(VIEWS) * 180.0 / VIEWS
    return _cpu_s(lambda: radon(picture, theta=degrees, circle=False))


def _astra(picture: npt.NDArray[np.float32]) -> float | None:
    try:
        astra = importlib.import_module("astra")
    except ImportError:
        return None
    volume = astra.create_vol_geom(200, 200, -400, 400, -400, 400)
    rays = astra.create_proj_geom("parallel", BIN_MM, BINS, np.arange(VIEWS) * np.pi / VIEWS)
    kernel = astra.create_projector("linear", rays, volume)
    return _cpu_s(lambda: astra.create_sino(picture, kernel))


def _cpu_s(work: Callable[[], object]) -> float:
    work()
    start = time.process_time()
    for _ in range(3):
        work()
    return (time.process_time() - start) / 3


if __name__ == "__main__":
    if "--projector" not in sys.argv:
        scan()
    projector()
