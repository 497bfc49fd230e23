"""MR: settings, grids, k-space bookkeeping, technique, tables."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imagingsim import mr
from imagingsim.content import library
from imagingsim.grid import Box
from imagingsim.mr import kspace
from imagingsim.mr.technique import technique
from imagingsim.mr.turbo_spin_echo import echo_of_line
from imagingsim.series import Subject
from imagingsim.tissue import Tissues, read_tissues

BOX = Box((-60.0, 60.0), (-80.0, 70.0), (500.0, 640.0))
ADULT = Subject("adult", "Adult", "female", 50.0, 60.0, 1.65)


def settings(**changes: Any) -> mr.MrSettings:
    usual: dict[str, Any] = {
        "sequence": "spin_echo", "field_t": 3.0, "tr_ms": 550.0, "te_ms": 10.0,
        "bandwidth_hz": 220.0, "slice_thickness_mm": 4.0, "slice_spacing_mm": 4.4,
        "field_of_view_mm": (240.0, 200.0), "matrix": (128, 96), "reconstruction": (256, 192),
    }  # fmt: skip
    return mr.MrSettings(**{**usual, **changes})


@pytest.fixture(scope="module")
def tissues() -> Tissues:
    return read_tissues(library())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"te_ms": 600.0}, "te_ms must lie between 0.5 and 550"),
        ({"field_t": 2.0}, "field_t must be 1.5 or 3.0, got 2"),
        ({"sequence": "flair"}, "needs ti_ms"),
        ({"sequence": "diffusion"}, "needs b_value_s_mm2"),
        ({"sequence": "turbo_spin_echo", "te_ms": 90.0}, "within the echo train, 10 to 10 ms"),
    ],
)
def test_what_the_scanner_cannot_do_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings(**changes)


@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal"])
def test_truth_and_image_share_their_middle_with_the_box(plane: str) -> None:
    asked = settings(plane=plane)
    truth = mr.sampling_grid(asked, BOX)
    image = mr.image_grid(asked, truth)
    for grid in (truth, image):
        middle = grid.position_mm(*((n - 1) / 2 for n in grid.shape))
        assert middle == pytest.approx(BOX.centre_mm)
    assert image.shape[1:] == asked.reconstruction
    assert image.spacing_mm[0] == pytest.approx(4.4)


@pytest.mark.parametrize(
    ("plane", "rows_go", "columns_go"),
    [
        ("axial", (0, 1, 0), (1, 0, 0)),
        ("sagittal", (0, 0, -1), (0, 1, 0)),
        ("coronal", (0, 0, -1), (1, 0, 0)),
    ],
)
def test_planes_are_shown_as_radiologists_hang_them(
    plane: str, rows_go: tuple[int, ...], columns_go: tuple[int, ...]
) -> None:
    affine = mr.sampling_grid(settings(plane=plane), BOX).affine[:3, :3]
    directions = affine / np.linalg.norm(affine, axis=0)
    assert directions[:, 1] == pytest.approx(rows_go)
    assert directions[:, 2] == pytest.approx(columns_go)
    assert np.linalg.det(directions[:, ::-1]) == pytest.approx(1.0)


def test_series_of_one_geometry_share_their_sample() -> None:
    t2 = settings(sequence="turbo_spin_echo", te_ms=80.0, echo_train_length=10, tr_ms=4000.0)
    assert mr.share_sample(settings(), t2)
    assert not mr.share_sample(settings(), settings(plane="sagittal"))


def test_the_effective_echo_fills_the_middle_of_kspace() -> None:
    order = echo_of_line(256, 16, 9)
    assert order[128] == 9
    assert np.abs(np.diff(order)).max() <= 1


def test_a_half_acquired_kspace_starts_with_the_first_echo() -> None:
    order = echo_of_line(192, 116, 19, first=77)
    assert order[77] == 0
    assert order[96] == 19
    assert order[-1] <= 115


def test_a_picture_survives_kspace() -> None:
    picture = np.random.default_rng(0).random((1, 32, 24)).astype(np.float32)
    data = kspace.encode(picture, (32, 24))
    assert kspace.decode(data[0], (32, 24)).real == pytest.approx(picture[0], abs=1e-5)


def test_missing_lines_of_a_real_picture_are_its_mirror() -> None:
    picture = np.random.default_rng(0).random((1, 32, 24)).astype(np.float32)
    data = kspace.encode(picture, (32, 24))[0]
    holes = data.copy()
    holes[1:12] = 0.0
    filled = kspace.complete(holes, 12)
    assert filled[1:, 1:] == pytest.approx(data[1:, 1:], abs=1e-6)


def test_a_tenth_of_a_millimole_per_kilogram_is_six_millilitres_at_60_kg() -> None:
    given = mr.Gadolinium(phase="delayed", delay_s=300.0)
    record = technique(settings(gadolinium=given), 30, ADULT)
    assert record.contrast is not None
    assert record.contrast.volume_ml == pytest.approx(6.0)
    assert record.acquisition_time_s == pytest.approx(550e-3 * 128)


def test_fat_suppression_and_inversion_are_written_down() -> None:
    flair = settings(
        sequence="flair", tr_ms=9000.0, te_ms=120.0, ti_ms=2500.0, echo_train_length=20
    )
    record = technique(replace(flair, fat_suppression=True), 30, ADULT)
    assert record.scanning_sequence == ("SE", "IR")
    assert record.scan_options == ("FS",)


def of_bodies(tissues: Tissues) -> list[str]:
    """Return the tissues bodies are made of: all but the plastics of test objects."""
    rows = library().text("phantoms/tissues/test_objects.csv").splitlines()[1:]
    return sorted(set(tissues.by_name) - {row.split(",")[0] for row in rows})


def test_every_tissue_has_its_magnetic_tracer_and_acoustic_properties(tissues: Tissues) -> None:
    needed = (
        "proton_density", "t1_1p5t", "t1_3t", "t2", "t2_star_1p5t", "adc", "fat_fraction",
        "susceptibility", "fdg_suv", "sound_speed", "acoustic_attenuation",
        "acoustic_impedance", "scatterer_strength",
    )  # fmt: skip
    missing = [
        f"{name}: {value}"
        for name in of_bodies(tissues)
        for value in needed
        if value not in tissues[name].values
    ]
    assert missing == []


def test_relaxation_times_are_in_their_order(tissues: Tissues) -> None:
    for name in of_bodies(tissues):
        t1, t2, t2_star = (tissues[name].value(p) for p in ("t1_1p5t", "t2", "t2_star_1p5t"))
        assert t1 >= t2 >= t2_star, name
        assert tissues[name].value("t1_3t") >= 0.95 * t1, name
