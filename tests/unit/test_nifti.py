"""NIfTI files: the same world as DICOM, in RAS."""

import gzip
import json
import zlib
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from imagingsim import formats, testing
from imagingsim.errors import FormatError
from imagingsim.formats.gzipped import write_gzipped


def test_image_comes_back_equal(tmp_path: Path) -> None:
    study = testing.petct_study()
    study.write_nifti(tmp_path / "n")
    for one in study.series:
        read = formats.read_nifti(tmp_path / "n" / f"{one.name}.nii.gz")
        np.testing.assert_array_equal(read.array, formats.stored(one.volume, one.modality).array)
        np.testing.assert_allclose(read.grid.affine, one.volume.grid.affine, atol=1e-5)
        assert (read.quantity, read.unit) == (one.volume.quantity, one.volume.unit)


def test_a_point_on_the_left_is_on_the_negative_side_in_ras(tmp_path: Path) -> None:
    study = testing.ct_study()
    study.write_nifti(tmp_path / "n")
    image = nib.Nifti1Image.from_filename(tmp_path / "n" / "ct_arterial.nii.gz")
    left, posterior, superior = study.series[0].volume.grid.position_mm(3, 5, 7)
    np.testing.assert_allclose(
        image.affine @ (7, 5, 3, 1), (-left, -posterior, superior, 1), atol=1e-4
    )
    assert image.header["qform_code"] == image.header["sform_code"] == 1


def test_label_map_has_its_names_beside_it(tmp_path: Path) -> None:
    study = testing.ct_study()
    study.write_nifti(tmp_path / "n")
    said = json.loads((tmp_path / "n" / "ct_arterial_labels.json").read_text())
    assert said["labels"]["5"] == {"name": "liver", "snomed": "10200004"}
    assert said["labels"]["1000"]["name"] == "lesion_liver_mass"


def test_pet_sidecar_gives_times_from_the_injection(tmp_path: Path) -> None:
    testing.petct_study().write_nifti(tmp_path / "n")
    said = formats.read_sidecar(tmp_path / "n" / "pet.nii.gz")
    assert said["SyntheticData"] is True
    assert (said["InjectionStart"], said["ScanStart"]) == (0, 3600)
    assert said["InjectedRadioactivity"] == 250.0


@pytest.mark.parametrize("size", [0, 1, 1000, 20_000_000])
def test_parallel_gzip_is_ordinary_gzip(tmp_path: Path, size: int) -> None:
    content = np.arange(size, dtype=np.uint32).astype(np.uint8).tobytes()
    write_gzipped(tmp_path / "x.gz", content)
    assert gzip.decompress((tmp_path / "x.gz").read_bytes()) == content
    one_member = zlib.decompressobj(wbits=31)
    assert one_member.decompress((tmp_path / "x.gz").read_bytes()) == content
    assert one_member.eof
    assert not one_member.unused_data


def test_four_axes_are_refused(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((2, 2, 2, 2), np.int16), np.eye(4))
    image.to_filename(tmp_path / "x.nii.gz")
    with pytest.raises(FormatError, match="4 axes"):
        formats.read_nifti(tmp_path / "x.nii.gz")


def test_float_mr_is_scaled_alike_in_both_formats(tmp_path: Path) -> None:
    mr = testing.mr_study()
    volume = replace(mr.series[0].volume, array=mr.series[0].volume.array * 0.001)
    study = replace(mr, series=(replace(mr.series[0], volume=volume),), labels=())
    study.write(tmp_path / "s")
    (dicom,) = formats.read_dicom(tmp_path / "s" / "dicom")
    nifti = formats.read_nifti(tmp_path / "s" / "nifti" / "t1_sagittal.nii.gz")
    assert dicom.volume.array.max() == 4095
    np.testing.assert_array_equal(dicom.volume.array, nifti.array)
