"""Time to write and read a study of 600 CT slices: ``python benchmarks/write_study.py``."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from imagingsim import formats, testing
from imagingsim.grid import Grid
from imagingsim.study import Study
from imagingsim.volume import Volume

SHAPE = (600, 512, 512)


def study() -> Study:
    """Return one CT series with 100 structures and a lesion as labels."""
    grid = Grid.axial(SHAPE, (1.0, 0.7, 0.7), (-180.0, -180.0, -300.0))
    noise = np.random.default_rng(1).integers(-60, 60, SHAPE, dtype=np.int16)
    labels = np.zeros(SHAPE, dtype=np.uint16)
    for number in range(1, 101):
        labels[:, 5 * number : 5 * number + 5, 50:400] = number
    labels[200:260, 100:200, 100:200] = testing.MASS
    small = testing.ct_study()
    series = replace(small.series[0], volume=Volume(noise, grid, "CT number", "HU"))
    truth = formats.label_volume(Volume(labels, grid, "label", "1"), {}, series=series.name)
    return replace(small, series=(series,), labels=(truth,))


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long ``work`` took."""
    start = time.perf_counter()
    work()
    print(f"{what:<40}{time.perf_counter() - start:6.1f} s")


def main() -> None:
    """Write and read once."""
    one = study()
    folder = Path(tempfile.mkdtemp())
    try:
        images_only = replace(one, labels=())
        timed("DICOM, images", lambda: images_only.write_dicom(folder / "images"))
        timed("DICOM, images and segmentations", lambda: one.write_dicom(folder / "all"))
        timed("NIfTI, image and labels", lambda: one.write_nifti(folder / "nifti"))
        timed("reading the DICOM images", lambda: formats.read_dicom(folder / "images"))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
