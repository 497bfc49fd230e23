"""Layers for napari: one LPS world in millimetres, positive and axis-aligned scales."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("napari", reason="the viewer is not installed: pip install imagingsim[viewer]")

from imagingsim import testing
from imagingsim.study import Study
from imagingsim_viewer import reader
from imagingsim_viewer.layers import LayerData, study_layers


def place(layer: LayerData, index: tuple[int, int, int]) -> tuple[float, ...]:
    """Return the LPS point of an index of a layer."""
    _, options, _ = layer
    world = np.array(options["translate"]) + np.array(options["scale"]) * index
    return tuple(world[::-1])


def by_name(layers: list[LayerData]) -> dict[str, LayerData]:
    return {layer[1]["name"]: layer for layer in layers}


@pytest.mark.parametrize("study", [testing.mr_study(), testing.petct_study()], ids=lambda s: s.id)
def test_every_voxel_stays_where_the_series_has_it(study: Study) -> None:
    layers = by_name(study_layers(study))
    for series in study.series:
        data, options, _ = layers[series.name]
        assert min(options["scale"]) > 0
        index = (data.shape[0] // 3, data.shape[1] // 2, data.shape[2] // 4)
        there = series.volume.grid.index(np.array(place(layers[series.name], index)))
        factor = study.suv_g_ml(series.name) if series.modality == "PT" else 1.0
        value = series.volume.array[tuple(np.rint(there).astype(int))] * factor
        assert data[index] == pytest.approx(value, rel=1e-5)


def test_truth_is_hidden_until_it_is_asked_for() -> None:
    layers = by_name(study_layers(testing.ct_study()))
    assert not layers["ct_arterial truth"][1]["visible"]
    assert layers["ct_arterial"][1]["visible"]
    assert not layers["ct_portal"][1]["visible"]


def test_pet_is_in_suv_over_the_ct() -> None:
    layers = by_name(study_layers(testing.petct_study()))
    data, options, _ = layers["pet"]
    assert data.max() == pytest.approx(testing.MASS_SUV, rel=1e-4)
    assert options["visible"]
    assert options["contrast_limits"] == (0, 7)
    assert options["colormap"].colors[0, 3] == 0


@pytest.mark.parametrize("make", [testing.ct_study, testing.mr_study, testing.petct_study])
def test_dicom_and_nifti_open_in_the_same_world(make: Callable[[], Study], tmp_path: Path) -> None:
    study = make()
    study.write(tmp_path / "s")
    read = reader.get_reader(str(tmp_path / "s" / "dicom"))
    assert read is not None
    dicom = by_name(read(str(tmp_path / "s" / "dicom")))
    for series in study.series:
        file = tmp_path / "s" / "nifti" / f"{series.name}.nii.gz"
        (nifti,) = reader.read(str(file))
        data, options, kind = dicom[series.name]
        assert kind == nifti[2] == "image"
        np.testing.assert_allclose(options["scale"], nifti[1]["scale"], rtol=1e-5)
        np.testing.assert_allclose(options["translate"], nifti[1]["translate"], atol=1e-3)
        assert np.abs(data - nifti[0].astype(float)).max() <= np.abs(data).max() / 32767


def test_segmentation_opens_with_the_names_of_its_structures(tmp_path: Path) -> None:
    study = testing.ct_study()
    study.write(tmp_path / "s")
    layers = by_name(reader.read(str(tmp_path / "s" / "dicom")))
    data, options, kind = layers["ct_arterial lesions"]
    names = dict(zip(options["features"]["index"], options["features"]["structure"], strict=True))
    assert kind == "labels"
    mass = next(number for number, name in names.items() if name == "lesion_liver_mass")
    centre = np.array(testing.MASS_CENTRE_MM)[::-1]
    index = np.rint((centre - options["translate"]) / options["scale"]).astype(int)
    assert data[tuple(index)] == mass


def test_label_map_in_nifti_opens_as_labels(tmp_path: Path) -> None:
    study = testing.ct_study()
    study.write_nifti(tmp_path / "n")
    ((data, options, kind),) = reader.read(str(tmp_path / "n" / "ct_arterial_labels.nii.gz"))
    assert kind == "labels"
    assert "liver" in options["features"]["structure"]
    assert set(np.unique(data)) >= {testing.LIVER, testing.MASS}


def test_two_visits_open_side_by_side_with_their_dates(tmp_path: Path) -> None:
    testing.ct_study().write_dicom(tmp_path / "dicom" / "01_ct")
    testing.petct_study().write_dicom(tmp_path / "dicom" / "03_petct")
    layers = by_name(reader.read(str(tmp_path / "dicom")))
    assert layers["20200106 ct_arterial"][1]["visible"]
    assert not layers["20200115 pet"][1]["visible"]


def test_a_folder_of_other_files_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_bytes(b"0" * 300)
    assert reader.get_reader(str(tmp_path)) is None
    assert reader.get_reader(str(tmp_path / "x.tif")) is None


def test_reader_takes_a_list_of_paths(tmp_path: Path) -> None:
    testing.ct_study().write_dicom(tmp_path / "d")
    folders = [str(tmp_path / "d" / name) for name in ("ct_arterial", "ct_portal")]
    assert [layer[1]["name"] for layer in reader.read(folders)] == ["ct_arterial", "ct_portal"]


def test_manifest_is_valid_and_its_commands_exist() -> None:
    from npe2 import PluginManifest

    package = Path(reader.__file__).parent
    manifest = PluginManifest.from_file(package / "napari.yaml")
    manifest.validate_imports()
    samples = {sample.key for sample in manifest.contributions.sample_data or []}
    assert samples == {
        "net_72f",
        "porocarcinoma_67m",
        "porocarcinoma_37m",
        "hidradenocarcinoma_45f",
    }


REFERENCES = """
import sys
from qtpy.QtWidgets import QApplication

application = QApplication(["test", "-platform", "offscreen"])
before = sys.getrefcount(None)
for _ in range(500):
    application.processEvents()
assert sys.getrefcount(None) > before - 100
"""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_binding_keeps_its_references_to_none() -> None:
    """PySide6 6.12 loses one reference to None per call on Python 3.11, until Python aborts.

    In a process of its own: a process has one application, and an offscreen one paints nothing.
    """
    subprocess.run([sys.executable, "-c", REFERENCES], check=True)
