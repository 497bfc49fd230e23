"""Independent programs read our DICOM as we meant it: dciodvfy, dcm2niix, SimpleITK."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from imagingsim import formats, testing
from imagingsim.study import Study

STUDIES = {"ct": testing.ct_study, "mr": testing.mr_study, "petct": testing.petct_study}


@pytest.fixture(scope="module", params=STUDIES)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, Path]:
    study = STUDIES[str(request.param)]()
    return study, study.write(tmp_path_factory.mktemp(study.id) / "study")


def program(name: str) -> str:
    """Return a program installed beside this Python, or on the path."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: pip install 'imagingsim[test]'")
    return found


def test_validator_finds_neither_errors_nor_warnings(written: tuple[Study, Path]) -> None:
    _, folder = written
    validator = program("dciodvfy")
    for series in (folder / "dicom").iterdir():
        files = sorted(series.iterdir())
        for file in {files[0], files[-1]}:
            done = subprocess.run([validator, file], capture_output=True, text=True, check=False)
            said = done.stdout + done.stderr
            assert not re.findall(r"^(?:Error|Abort|Warning) - .*", said, re.MULTILINE), file


def test_validator_accepts_scouts_and_reformats(tmp_path: Path) -> None:
    """Vendors' own terms for reformats are the one thing it does not know."""
    study = testing.ct_study_with_scout_and_reformat()
    study.write_dicom(tmp_path / "study")
    validator = program("dciodvfy")
    for name, known in (("scout_ap", ()), ("ct_portal_coronal", ("<MPR> for value 3",))):
        file = tmp_path / "study" / name / "0001.dcm"
        done = subprocess.run([validator, file], capture_output=True, text=True, check=False)
        said = re.findall(r"^(?:Error|Abort|Warning) - .*", done.stdout + done.stderr, re.MULTILINE)
        assert [one for one in said if not any(term in one for term in known)] == []


def test_dcm2niix_makes_our_nifti_of_our_dicom(written: tuple[Study, Path], tmp_path: Path) -> None:
    study, folder = written
    converter = program("dcm2niix")
    for series in study.series:
        source = folder / "dicom" / series.name
        command: list[str | Path] = [
            converter,
            "-b",
            "n",
            "-z",
            "n",
            "-f",
            series.name,
            "-o",
            tmp_path,
            source,
        ]
        subprocess.run(command, capture_output=True, check=True)
        (made,) = tmp_path.glob(f"{series.name}*.nii")
        theirs = nib.as_closest_canonical(nib.Nifti1Image.from_filename(made))
        file = folder / "nifti" / f"{series.name}.nii.gz"
        ours = nib.as_closest_canonical(nib.Nifti1Image.from_filename(file))
        np.testing.assert_allclose(theirs.affine, ours.affine, atol=1e-3)
        wanted = np.asarray(ours.dataobj, dtype=float)
        found = np.asarray(theirs.dataobj, dtype=float)
        assert np.abs(found - wanted).max() <= quantisation(series.modality, wanted)


def test_simpleitk_sees_the_same_body(written: tuple[Study, Path]) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="pip install 'imagingsim[test]'")
    study, folder = written
    for series in study.series:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder / "dicom" / series.name)))
        image = reader.Execute()
        stored = formats.stored(series.volume, series.modality)
        for index in ((0, 0, 0), (7, 11, 5), tuple(n - 1 for n in stored.grid.shape)):
            point = stored.grid.position_mm(*index)
            theirs = image.TransformPhysicalPointToIndex(point)
            np.testing.assert_allclose(
                image.TransformIndexToPhysicalPoint(theirs), point, atol=1e-6
            )
            value = float(stored.array[tuple(index)])
            tolerance = quantisation(series.modality, stored.array)
            assert image[theirs] == pytest.approx(value, abs=tolerance)


def quantisation(modality: str, values: np.ndarray) -> float:
    """Return the largest step between stored values."""
    return float(np.max(values)) / 32767 if modality == "PT" else 0.0
