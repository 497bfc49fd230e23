"""Reformats, projections and cross-reference lines: where a point goes, and what a slab shows."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from imagingsim import formats, scripting, testing
from imagingsim.crosslines import cross_reference
from imagingsim.errors import GeometryError, UnknownNameError
from imagingsim.grid import Grid
from imagingsim.reformatting import PlaneName, reformat
from imagingsim.volume import Volume

GRID = Grid.axial((20, 40, 30), (3.0, 1.0, 1.0), (-14.0, -25.0, 100.0))
POINT = (-14.0 + 9.0, -25.0 + 27.0, 100.0 + 12 * 3.0)


def body(fill: int = -50) -> Volume:
    array = np.full(GRID.shape, fill, np.int16)
    array[12, 27, 9] = 1000
    return Volume(array, GRID, "CT number", "HU")


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_a_bright_point_stays_where_it_is_in_the_body(plane: PlaneName) -> None:
    for projection in ("mean", "maximum"):
        slabs = reformat(body(), plane, thickness_mm=3.0, projection=projection)
        brightest = np.unravel_index(int(np.argmax(slabs.array)), slabs.array.shape)
        found = np.array(slabs.grid.position_mm(*(int(n) for n in brightest)))
        assert np.abs(found - POINT).max() <= 1.6
        # slices follow the cross product of row and column, as in DICOM
        assert np.linalg.det(slabs.grid.affine[:3, :3]) < 0.0


@pytest.mark.parametrize("plane", ["coronal", "sagittal"])
def test_upright_planes_have_the_head_up_and_square_pixels(plane: PlaneName) -> None:
    slabs = reformat(body(), plane, thickness_mm=2.0, interval_mm=1.0)
    assert slabs.grid.spacing_mm == pytest.approx((1.0, 1.0, 1.0))
    assert slabs.grid.affine[2, 1] < 0.0
    assert slabs.grid.shape[1] == 60
    heights = [slabs.grid.position_mm(0, row, 0)[2] for row in (0, 59)]
    assert heights == pytest.approx([100.0 + 57.0 + 1.0, 100.0 - 1.0])


def test_a_slab_shows_its_mean_its_brightest_or_its_darkest_voxel() -> None:
    array = np.zeros((4, 6, 8), np.int16)
    array[:, 2], array[:, 3] = 100, -40
    volume = Volume(array, Grid.axial(array.shape, (1.0, 1.0, 1.0), (0.0,) * 3), "CT number", "HU")
    by_way = {
        way: int(reformat(volume, "coronal", thickness_mm=6.0, projection=way).array[0, 1, 1])
        for way in ("mean", "maximum", "minimum")
    }
    assert by_way == {"mean": 10, "maximum": 100, "minimum": -40}


def test_noise_falls_with_the_root_of_the_slab() -> None:
    noise = np.random.default_rng(1).normal(0.0, 100.0, (8, 96, 96))
    volume = Volume(noise, Grid.axial(noise.shape, (1.0,) * 3, (0.0,) * 3), "CT number", "HU")
    thick = reformat(volume, "coronal", thickness_mm=4.0)
    assert thick.array.shape[0] == 24
    assert thick.array.std() == pytest.approx(50.0, rel=0.05)


def test_what_cannot_be_reformatted_is_refused() -> None:
    upright = reformat(body(), "coronal", thickness_mm=3.0)
    with pytest.raises(GeometryError, match="Reformat the axial series"):
        reformat(upright, "axial", thickness_mm=3.0)
    with pytest.raises(GeometryError, match="between 0 and 500 mm"):
        reformat(body(), "axial", thickness_mm=0.0)


def test_axial_slices_cross_a_coronal_image_at_their_height() -> None:
    coronal = reformat(body(), "coronal", thickness_mm=1.0)
    lines = cross_reference(GRID, coronal.grid, image=5)
    for k, (left, right) in enumerate(lines):
        height = coronal.grid.position_mm(5, left[0], left[1])[2]
        assert height == pytest.approx(100.0 + 3.0 * k)
        assert right[1] - left[1] == pytest.approx(30.0)
    assert np.isnan(cross_reference(GRID, GRID)).all()


def test_a_series_in_files_is_reformatted_as_derived_images(tmp_path: Path) -> None:
    study = testing.ct_study()
    study.write_dicom(tmp_path / "ct")
    wanted = scripting.write_reformat(
        tmp_path / "ct", "ct_portal", tmp_path / "out", plane="coronal", thickness_mm=12.0,
        projection="maximum",
    )  # fmt: skip
    (read,) = formats.read_dicom(tmp_path / "out" / "dicom")
    assert not read.measured
    assert (read.volume.array == wanted.array).all()
    assert read.volume.grid.affine == pytest.approx(wanted.grid.affine, abs=1e-6)
    nifti = formats.read_nifti(tmp_path / "out" / "nifti" / "ct_portal_coronal_maximum.nii.gz")
    assert (nifti.array == wanted.array).all()
    first = pydicom.dcmread(read.file or "")
    assert list(first.ImageType) == ["DERIVED", "SECONDARY", "MIP"]
    assert first.StudyInstanceUID == source_of(tmp_path).StudyInstanceUID
    assert first.SeriesInstanceUID != source_of(tmp_path).SeriesInstanceUID
    with pytest.raises(UnknownNameError, match="Known: ct_arterial, ct_portal"):
        scripting.write_reformat(
            tmp_path / "ct", "ct_late", tmp_path / "no", plane="coronal", thickness_mm=3.0
        )


def source_of(folder: Path) -> pydicom.Dataset:
    return pydicom.dcmread(folder / "ct" / "ct_portal" / "0001.dcm")


def test_a_reformat_of_a_study_has_its_sources_time_and_says_what_it_is(tmp_path: Path) -> None:
    study = testing.ct_study_with_scout_and_reformat()
    assert [one.name for one in study.measured] == ["ct_arterial", "ct_portal"]
    study.write_dicom(tmp_path / "study")
    names = ("ct_portal", "ct_portal_coronal", "scout_ap")
    axial, upright, scout = (
        pydicom.dcmread(tmp_path / "study" / name / "0001.dcm") for name in names
    )
    assert list(scout.ImageType) == ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    assert [float(one) for one in scout.ImageOrientationPatient] == [1, 0, 0, 0, 0, -1]
    assert scout.RescaleType == "US"
    assert list(upright.ImageType) == ["DERIVED", "SECONDARY", "MPR"]
    assert list(axial.ImageType) == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert upright.SliceThickness == 6
    assert upright.AcquisitionTime == axial.AcquisitionTime
    assert upright.DerivationCodeSequence[0].CodeValue == "113072"
    assert upright.FrameOfReferenceUID == axial.FrameOfReferenceUID
