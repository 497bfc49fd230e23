"""DICOM files: what is written is what is read, and the standard is kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr._concepts_dict import concepts

from imagingsim import formats, testing
from imagingsim.errors import FormatError
from imagingsim.formats.dicom import codes
from imagingsim.formats.dicom.pt import frame_decay_factor, mean_rate_time_s
from imagingsim.grid import Grid
from imagingsim.labels import Code
from imagingsim.series import EPOCH
from imagingsim.study import Study
from imagingsim.volume import Volume

STUDIES = {"ct": testing.ct_study, "mr": testing.mr_study, "petct": testing.petct_study}


@pytest.fixture(params=STUDIES)
def study(request: pytest.FixtureRequest) -> Study:
    return STUDIES[str(request.param)]()


def headers(folder: Path) -> list[Dataset]:
    return [pydicom.dcmread(file) for file in formats.dicom_files(folder)]


def test_every_series_comes_back_with_values_and_place(study: Study, tmp_path: Path) -> None:
    study.write_dicom(tmp_path / "d")
    found = {one.name: one for one in formats.read_dicom(tmp_path / "d")}
    assert list(found) == [one.name for one in study.series]
    for one in study.series:
        read = found[one.name].volume
        wanted = formats.stored(one.volume, one.modality).array
        step = wanted.max() / 32767 if one.modality == "PT" else 0
        assert np.abs(read.array - wanted.astype(float)).max() <= step
        np.testing.assert_allclose(read.grid.affine, one.volume.grid.affine, atol=1e-9)
        assert (read.quantity, read.unit) == (one.volume.quantity, one.volume.unit)


def test_an_oblique_series_comes_back_in_its_place(tmp_path: Path) -> None:
    ct = testing.ct_study()
    turn = np.radians(20)
    rotation = np.eye(4)
    rotation[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    volume = ct.series[0].volume
    tilted = Grid(volume.grid.shape, rotation @ volume.grid.affine)
    series = replace(ct.series[0], volume=replace(volume, grid=tilted))
    replace(ct, series=(series,), labels=()).write_dicom(tmp_path / "d")
    (read,) = formats.read_dicom(tmp_path / "d")
    np.testing.assert_allclose(read.volume.grid.affine, tilted.affine, atol=1e-9)


def test_a_sheared_grid_is_refused(tmp_path: Path) -> None:
    ct = testing.ct_study()
    affine = ct.series[0].volume.grid.affine.copy()
    affine[1, 0] = 1.0
    sheared = replace(ct.series[0].volume, grid=Grid(ct.series[0].volume.grid.shape, affine))
    study = replace(ct, series=(replace(ct.series[0], volume=sheared),), labels=())
    with pytest.raises(FormatError, match="right angles"):
        study.write_dicom(tmp_path / "d")
    assert list(tmp_path.iterdir()) == []


def test_the_same_study_gives_the_same_bytes(study: Study, tmp_path: Path) -> None:
    study.write(tmp_path / "a")
    replace(study).write(tmp_path / "b")
    first = {f.relative_to(tmp_path / "a"): f.read_bytes() for f in sorted_files(tmp_path / "a")}
    again = {f.relative_to(tmp_path / "b"): f.read_bytes() for f in sorted_files(tmp_path / "b")}
    assert first == again


def sorted_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def test_another_seed_shares_no_uid(tmp_path: Path) -> None:
    testing.ct_study(seed=1).write_dicom(tmp_path / "a")
    testing.ct_study(seed=2).write_dicom(tmp_path / "b")
    for name in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID"):
        one = {data[name].value for data in headers(tmp_path / "a")}
        other = {data[name].value for data in headers(tmp_path / "b")}
        assert not one & other


def test_one_changed_pixel_changes_the_uids(tmp_path: Path) -> None:
    study = testing.ct_study()
    array = study.series[0].volume.array.copy()
    array[3, 2, 1] += 1
    volume = replace(study.series[0].volume, array=array)
    changed = replace(study, series=(replace(study.series[0], volume=volume), study.series[1]))
    study.write_dicom(tmp_path / "a")
    changed.write_dicom(tmp_path / "b")
    assert not {data.SOPInstanceUID for data in headers(tmp_path / "a")} & {
        data.SOPInstanceUID for data in headers(tmp_path / "b")
    }


def test_every_object_says_it_is_synthetic(study: Study, tmp_path: Path) -> None:
    study.write_dicom(tmp_path / "d")
    for data in headers(tmp_path / "d"):
        assert data.SyntheticData == "YES"
        assert data.QualityControlSubject == "YES"
        assert "Not for diagnosis" in data.PatientComments
        assert "PatientIdentityRemoved" not in data


def test_series_of_one_visit_share_the_frame_of_reference_and_another_visit_does_not(
    tmp_path: Path,
) -> None:
    testing.petct_study().write_dicom(tmp_path / "petct")
    testing.ct_study().write_dicom(tmp_path / "ct")
    one = {data.FrameOfReferenceUID for data in headers(tmp_path / "petct")}
    other = {data.FrameOfReferenceUID for data in headers(tmp_path / "ct")}
    assert len(one) == len(other) == 1
    assert one != other


def test_times_never_run_backwards(study: Study, tmp_path: Path) -> None:
    study.write_dicom(tmp_path / "d")
    for data in headers(tmp_path / "d"):
        kinds = [k for k in ("Study", "Series", "Acquisition", "Content") if k + "Time" in data]
        times = [data[f"{kind}Date"].value + data[f"{kind}Time"].value for kind in kinds]
        assert times == sorted(times)
        assert times[0] == f"{study.start:%Y%m%d%H%M%S}"


def test_portal_phase_follows_the_same_injection() -> None:
    study = testing.ct_study()
    starts = formats.series_starts(study.series, study.start)
    assert starts["ct_portal"] - starts["ct_arterial"] == timedelta(seconds=70 - 35)


def test_pet_starts_one_uptake_time_after_the_tracer(tmp_path: Path) -> None:
    testing.petct_study().write_dicom(tmp_path / "d")
    data = pydicom.dcmread(tmp_path / "d" / "pet" / "0001.dcm")
    given = data.RadiopharmaceuticalInformationSequence[0].RadiopharmaceuticalStartDateTime
    began = data.SeriesDate + data.SeriesTime
    assert int(began[8:10]) * 60 + int(began[10:12]) == 60 + int(given[8:10]) * 60 + int(
        given[10:12]
    )


def test_suv_of_the_written_pet_is_the_suv_that_was_put_in(tmp_path: Path) -> None:
    study = testing.petct_study()
    study.write_dicom(tmp_path / "d")
    pet = next(s for s in formats.read_dicom(tmp_path / "d") if s.modality == "PT")
    assert pet.suv_g_ml == pytest.approx(study.suv_g_ml("pet"), rel=1e-9)
    highest = float(pet.volume.array.max()) * study.suv_g_ml("pet")
    assert highest == pytest.approx(testing.MASS_SUV, rel=1e-4)


def test_frame_reference_time_lies_just_before_the_middle_of_the_bed() -> None:
    half_life_s, duration_s = 6586.2, 120.0
    mean_s = mean_rate_time_s(duration_s, half_life_s)
    assert 59.5 < mean_s < 60.0
    at_mean = 0.5 ** (mean_s / half_life_s)
    assert at_mean * frame_decay_factor(duration_s, half_life_s) == pytest.approx(1.0)


def test_later_beds_are_corrected_back_to_the_first(tmp_path: Path) -> None:
    testing.petct_study().write_dicom(tmp_path / "d")
    first = pydicom.dcmread(tmp_path / "d" / "pet" / "0001.dcm")
    last = pydicom.dcmread(tmp_path / "d" / "pet" / "0045.dcm")
    assert float(last.FrameReferenceTime) - float(first.FrameReferenceTime) == pytest.approx(250e3)
    ratio = float(last.DecayFactor) / float(first.DecayFactor)
    assert ratio == pytest.approx(2 ** (250 / testing.PET.half_life_s))


def test_segmentations_give_back_every_lesion_voxel(study: Study, tmp_path: Path) -> None:
    study.write_dicom(tmp_path / "d")
    for truth in study.labels:
        for file in (tmp_path / "d" / f"seg_{truth.series}").iterdir():
            read = formats.read_segmentation(file)
            for segment in read.segments:
                number = next(s.number for s in truth.segments if s.name == segment.name)
                assert same_places(read.volume, segment.number, truth.volume, number)


def test_a_large_scan_gets_several_small_segmentations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = testing.ct_study()
    labels = study.labels[0]
    array = labels.volume.array.copy()
    for number in range(6):
        array[2 + number, 20:22, 20:22] = 1002 + number
    names = {number: f"lesion_{number}" for number in range(1000, 1008)}
    volume = replace(labels.volume, array=array)
    truth = formats.label_volume(volume, names, series=labels.series)
    monkeypatch.setattr("imagingsim.formats.dicom.seg.BUDGET", 5 * array.size)
    replace(study, labels=(truth,)).write_dicom(tmp_path / "d")
    found = {
        file.stem: len(formats.read_segmentation(file).segments)
        for file in formats.segmentation_files(tmp_path / "d")
    }
    assert found == {"lesions_1": 5, "lesions_2": 3, "organs": 2}


def test_labels_without_organ_or_lesion_give_no_segmentation(tmp_path: Path) -> None:
    study = testing.ct_study()
    labels = study.labels[0].volume
    fat = replace(labels, array=np.full_like(labels.array, testing.FAT))
    truth = formats.label_volume(fat, {}, series="ct_arterial")
    replace(study, labels=(truth,)).write_dicom(tmp_path / "d")
    assert formats.segmentation_files(tmp_path / "d") == ()


def same_places(volume: Volume, number: int, other: Volume, other_number: int) -> bool:
    one = volume.grid.points_mm()[volume.array == number]
    two = other.grid.points_mm()[other.array == other_number]
    return len(one) > 0 and np.allclose(np.sort(one, axis=0), np.sort(two, axis=0), atol=1e-6)


def test_ct_beyond_twelve_bits_is_clipped() -> None:
    grid = Grid.axial((1, 1, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    volume = Volume(np.array([[[-5000, 9000]]]), grid, "CT number", "HU")
    assert formats.stored(volume, "CT").array.tolist() == [[[-1024, 3071]]]


@pytest.mark.parametrize("study", [testing.mr_study(), testing.petct_study()], ids=["mr", "pet"])
def test_what_can_be_stored_is_not_copied(study: Study) -> None:
    series = study.series[-1]
    assert formats.stored(series.volume, series.modality) is series.volume


def test_values_that_are_no_numbers_are_refused() -> None:
    grid = Grid.axial((1, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    with pytest.raises(FormatError, match="NaN"):
        formats.stored(Volume(np.array([[[np.nan]]]), grid, "signal", "1"), "MR")


def test_a_missing_slice_is_noticed(tmp_path: Path) -> None:
    testing.ct_study().write_dicom(tmp_path / "d")
    (tmp_path / "d" / "ct_arterial" / "0007.dcm").unlink()
    with pytest.raises(FormatError, match="missing or unevenly spaced"):
        formats.read_dicom(tmp_path / "d" / "ct_arterial")


def test_a_folder_without_dicom_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="holds no CT, MR or PET"):
        formats.read_dicom(tmp_path)


def test_an_unknown_body_part_names_the_known_ones(tmp_path: Path) -> None:
    ct = testing.ct_study()
    study = replace(ct, series=(replace(ct.series[0], body_part="ELBOW"),), labels=())
    with pytest.raises(FormatError, match=r"'ELBOW' is not known\. Known: HEAD"):
        study.write_dicom(tmp_path / "d")


def known_codes() -> Iterator[tuple[tuple[str, str], str]]:
    tables: dict[str, dict[str, dict[str, tuple[str, object]]]] = concepts  # type: ignore[assignment]
    for scheme, names in tables.items():
        for members in names.values():
            for value, (meaning, _) in members.items():
                yield (scheme, value), meaning


def all_codes() -> Iterator[Code]:
    tables = (codes.REGIONS, codes.NUCLIDES, codes.TRACERS, codes.AGENTS, codes.CTDI_PHANTOMS)
    yield from (code for table in tables for code in table.values())
    yield from (code for code in vars(codes).values() if isinstance(code, Code))


@pytest.mark.parametrize("code", list(all_codes()), ids=lambda code: code.meaning)
def test_code_exists_and_means_what_we_say(code: Code) -> None:
    meaning = dict(known_codes())[code.scheme, code.value]
    assert set(code.meaning.lower().split()) & set(meaning.lower().split())


def test_study_of_two_equal_names_is_refused() -> None:
    ct = testing.ct_study()
    with pytest.raises(FormatError, match="different names"):
        replace(ct, series=(ct.series[0], ct.series[0]))


def test_age_follows_the_date_of_the_study(tmp_path: Path) -> None:
    later = replace(testing.ct_study(), start=EPOCH + timedelta(days=4 * 366))
    assert isinstance(later, Study)
    later.write_dicom(tmp_path / "d")
    data = headers(tmp_path / "d")[0]
    assert (data.PatientBirthDate, data.PatientAge) == ("19480101", "076Y")
