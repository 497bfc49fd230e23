"""Turbo spin echo slices of the head, beside the ways it is usually simulated.

    python benchmarks/mr_slice.py

imagingsim writes the echoes of all tissues as a few curves and transforms once per curve; the
peer is the textbook way to the same k-space, one Fourier transform per tissue that occurs (as
SpinSight does), without noise and image. One thread; the figure to watch is the ratio of CPU
times.
"""

import time
from collections.abc import Callable

import numba
import numpy as np

from imagingsim import mr
from imagingsim.anatomy import Phantom, SampledPhantom, read_body, sample
from imagingsim.content import library
from imagingsim.grid import Box
from imagingsim.mr import kspace, relaxation, sequences
from imagingsim.series import Subject
from imagingsim.streams import stream
from imagingsim.tissue import Tissues, read_tissues
from imagingsim.units import FloatArray

SUBJECT = Subject("benchmark", "Benchmark", "male", age_y=50.0, weight_kg=73.0, height_m=1.76)
SETTINGS = mr.MrSettings(
    sequence="turbo_spin_echo", field_t=3.0, tr_ms=5000.0, te_ms=100.0, echo_train_length=16,
    flip_angle_deg=150.0, bandwidth_hz=220.0, matrix=(288, 240), reconstruction=(512, 448),
    field_of_view_mm=(230.0, 200.0), slice_thickness_mm=4.0, slice_spacing_mm=4.4,
    phase_encoding="columns",
)  # fmt: skip


def main() -> None:
    numba.set_num_threads(1)
    tissues = read_tissues(library())
    box = Box((-80.0, 80.0), (-110.0, 90.0), (600.0, 635.0))
    sampled = sample(Phantom(read_body(library(), "adult_male")), mr.sampling_grid(SETTINGS, box))
    ours = _cpu_s(
        lambda: mr.acquire(sampled, tissues, SETTINGS, subject=SUBJECT, rng=stream(1, "mr"))
    )
    slices = sampled.grid.shape[0] // SETTINGS.subslices
    print(f"imagingsim: {1000 * ours / slices:.0f} ms CPU per slice, noise and image included")
    peer = _cpu_s(lambda: per_tissue(sampled, tissues))
    print(f"one transform per tissue: {1000 * peer / slices:.0f} ms, {peer / ours:.1f} times ours")


def water(sampled: SampledPhantom, tissues: Tissues) -> relaxation.Relaxation:
    return relaxation.of_materials(sampled.materials, tissues, SETTINGS)


def per_tissue(sampled: SampledPhantom, tissues: Tissues) -> FloatArray:
    """Return k-space with a transform for every layer that occurs."""
    lines = sequences.lines(water(sampled, tissues), SETTINGS)
    total = np.zeros(SETTINGS.matrix, np.complex64)
    for first in range(0, sampled.grid.shape[0], SETTINGS.subslices):
        part = slice(first, first + SETTINGS.subslices)
        both = [array[part] for array in (sampled.first, sampled.second)]
        fraction = sampled.fraction[part] / np.float32(255.0)
        total[:] = 0.0
        for number in np.unique(np.concatenate(both)):
            share = fraction * (both[0] == number) + (1.0 - fraction) * (both[1] == number)
            picture = share.mean(axis=0, dtype=np.float32)
            total += kspace.encode(picture[None], SETTINGS.matrix)[0] * lines[number]
    return total


def _cpu_s(work: Callable[[], object]) -> float:
    work()
    start = time.process_time()
    for _ in range(3):
        work()
    return (time.process_time() - start) / 3


if __name__ == "__main__":
    main()
