"""Patients who do not lie on their back: where their images lie, and what DICOM says of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from imagingsim import testing
from imagingsim.anatomy import BodyState
from imagingsim.content import load, structure
from imagingsim.labels import LabelVolume
from imagingsim.scan.ct_series import turned
from imagingsim.scan.protocol import AcquisitionProtocol, _problems
from imagingsim.series import CtTechnique, Position
from imagingsim.study import Study


def lying(position: Position) -> Study:
    """Return the study of a patient who was scanned in a position, in the patient's directions."""
    plain, turn = testing.ct_study(), BodyState(position=position).turn
    series = []
    for one in plain.series:
        assert isinstance(one.technique, CtTechnique)
        technique = replace(one.technique, position=position)
        series.append(turned(turn, replace(one, technique=technique)))
    labels: list[LabelVolume] = [turned(turn, truth) for truth in plain.labels]
    return replace(plain, series=tuple(series), labels=tuple(labels))


@pytest.mark.parametrize(
    ("position", "code", "orientation"),
    [
        ("supine", "HFS", [1, 0, 0, 0, 1, 0]),
        ("prone", "HFP", [-1, 0, 0, 0, -1, 0]),
        ("decubitus_left", "HFDL", [0, -1, 0, 1, 0, 0]),
        ("decubitus_right", "HFDR", [0, 1, 0, -1, 0, 0]),
    ],
)
def test_rows_run_along_the_room_and_down_to_the_couch(
    tmp_path: Path, position: Position, code: str, orientation: list[int]
) -> None:
    """PS3.3 C.7.3.1.1.2: what is down in the picture is what the patient lies on."""
    study = lying(position)
    study.write_dicom(tmp_path / "out")
    first = pydicom.dcmread(tmp_path / "out" / "ct_portal" / "0001.dcm")
    assert first.PatientPosition == code
    assert [float(value) for value in first.ImageOrientationPatient] == pytest.approx(orientation)
    down = np.array(first.ImageOrientationPatient[3:], dtype=float)
    assert down == pytest.approx(np.array(BodyState(position=position).gravity))


def test_truth_and_image_stay_on_one_grid() -> None:
    study = lying("prone")
    truth = study.labels[0].volume.grid
    assert truth.affine == pytest.approx(study.series_named("ct_arterial").volume.grid.affine)


PRONE_MR = """title: T
body_part: ABDOMEN
position: prone
coverage: {from: vertebrae_T12, to: vertebrae_L2}
scouts: [ap]
series:
  - name: ct
    description: CT
    reformats: [{plane: coronal, thickness_mm: 3}, {plane: coronal, thickness_mm: 5}]
    ct: {kvp: 120, mas: 0, slice_thickness_mm: 3, slice_interval_mm: 3,
         reconstruction_diameter_mm: 380, kernel: soft, dose_region: trunk,
         bolus: {rate_ml_s: 30, delay_s: 40}, phase: delayed}
  - {name: none, description: Nothing}
sources: [{about: a, authored: b}]
"""


def test_what_an_acquisition_cannot_be_is_said_with_its_line() -> None:
    document = load(PRONE_MR, where="p.yaml")
    found = sorted(_problems(structure(document, AcquisitionProtocol), document))
    assert len(found) == 5
    assert any(one.startswith("p.yaml:3: position: only CT is taken prone") for one in found)
    assert any(one.startswith("p.yaml:7: series.0.name: the name 'ct_coronal'") for one in found)
    assert any(one.startswith("p.yaml:10: series.0.ct.mas: mas is 0 mAs") for one in found)
    assert any("p.yaml:12: series.0.ct.bolus.rate_ml_s: bolus.rate_ml_s is 30" in o for o in found)
    assert any("p.yaml:13: series.1: give exactly one of ct, mr and pet" in one for one in found)
