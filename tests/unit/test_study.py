"""Study: order, sums, and folders that appear whole or not at all."""

from pathlib import Path

import pytest

from imagingsim import formats, testing
from imagingsim.errors import FormatError, UnknownNameError
from imagingsim.volume import Volume


def test_dose_is_the_sum_over_the_series() -> None:
    expected = testing.CT.effective_dose_msv + testing.PET.effective_dose_msv
    assert testing.petct_study().dose_msv == pytest.approx(expected)


def test_unknown_series_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Known: ct_arterial, ct_portal"):
        testing.ct_study().series_named("ct_late")


def test_a_study_is_written_in_both_formats(tmp_path: Path) -> None:
    folder = testing.ct_study().write(tmp_path / "out")
    assert sorted(p.name for p in (folder / "dicom").iterdir()) == [
        "ct_arterial",
        "ct_portal",
        "seg_ct_arterial",
    ]
    assert (folder / "nifti" / "ct_portal.nii.gz").is_file()


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(FormatError, match="exists and is not overwritten"):
        testing.ct_study().write(tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_force_replaces_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    testing.ct_study().write(tmp_path / "out", force=True)
    assert not (tmp_path / "out" / "old.txt").exists()


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def interrupted_write(folder: Path) -> None:
    with formats.new_folder(folder) as partial:
        (partial / "half.dcm").write_text("half")
        raise KeyboardInterrupt


def test_label_numbers_missing_in_the_table_are_named() -> None:
    labels = testing.ct_study().labels[0].volume
    strange = labels.array.copy()
    strange[0, 0, 0] = 999
    volume = Volume(strange, labels.grid, "label", "1")
    with pytest.raises(ValueError, match="Label 999"):
        formats.label_volume(volume, {}, series="ct")
