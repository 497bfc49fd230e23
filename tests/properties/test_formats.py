"""Whatever the scan's orientation and size, what is written is what is read."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imagingsim import display, formats, testing
from imagingsim.grid import Grid
from imagingsim.study import Study
from imagingsim.volume import Volume

ANGLES = st.tuples(*[st.floats(-180, 180) for _ in range(3)])
SPACINGS = st.tuples(*[st.floats(0.3, 8) for _ in range(3)])
ORIGINS = st.tuples(*[st.floats(-900, 900) for _ in range(3)])
SHAPES = st.tuples(st.integers(2, 4), st.integers(2, 6), st.integers(2, 6))


def grid_of(
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, ...],
    angles_deg: tuple[float, ...],
    origin_mm: tuple[float, ...],
) -> Grid:
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    affine[:3, :3] = turn * np.array(spacing_mm)
    affine[:3, 3] = origin_mm
    return Grid(shape, affine)


GRIDS = st.builds(grid_of, SHAPES, SPACINGS, ANGLES, ORIGINS)


def study_on(grid: Grid, seed: int) -> Study:
    values = np.random.default_rng(seed).integers(-1024, 3072, grid.shape, dtype=np.int16)
    small = testing.ct_study()
    series = replace(small.series[0], volume=Volume(values, grid, "CT number", "HU"))
    return replace(small, series=(series,), labels=())


@settings(max_examples=25, deadline=None)
@given(grid=GRIDS, seed=st.integers(0, 1000))
def test_a_series_comes_back_from_dicom_and_nifti(grid: Grid, seed: int) -> None:
    study = study_on(grid, seed)
    with tempfile.TemporaryDirectory() as folder:
        study.write(Path(folder) / "study")
        (dicom,) = formats.read_dicom(Path(folder) / "study" / "dicom")
        nifti = formats.read_nifti(Path(folder) / "study" / "nifti" / "ct_arterial.nii.gz")
    for read, tolerance_mm in ((dicom.volume, 1e-6), (nifti, 1e-3)):
        np.testing.assert_array_equal(read.array, study.series[0].volume.array)
        np.testing.assert_allclose(read.grid.affine, grid.affine, atol=tolerance_mm)


@settings(max_examples=50, deadline=None)
@given(grid=GRIDS, where=st.tuples(*[st.floats(0.0, 1.0) for _ in range(3)]))
def test_a_cut_shows_the_nearest_value(grid: Grid, where: tuple[float, ...]) -> None:
    array = np.arange(np.prod(grid.shape), dtype=np.float32).reshape(grid.shape)
    labels = Volume(array, grid, "label", "1")
    index = np.rint(np.array(where) * (np.array(grid.shape) - 1)).astype(int)
    centre = grid.position_mm(*(float(part) for part in index))
    view = display.close_up(centre, "axial", size_mm=1.0, pixel_mm=1.0)
    assert display.cut(labels, view)[0, 0] == array[tuple(index)]
