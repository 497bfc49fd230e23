"""MR images against what the physics says they must show."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imagingsim import mr
from imagingsim.anatomy import Layer, SampledPhantom
from imagingsim.content import library
from imagingsim.grid import Box, Grid
from imagingsim.mr.susceptibility import dipole_field_ppm, distort
from imagingsim.series import Subject
from imagingsim.streams import stream
from imagingsim.tissue import Quantity, Tissues, read_tissues
from imagingsim.units import BoolArray, FloatArray

ADULT = Subject("adult", "Adult", "female", 50.0, 60.0, 1.65)
BOX = Box((-64.0, 64.0), (-64.0, 64.0), (-6.0, 6.0))


@pytest.fixture(scope="module")
def tissues() -> Tissues:
    return read_tissues(library())


def settings(**changes: Any) -> mr.MrSettings:
    usual: dict[str, Any] = {
        "sequence": "spin_echo", "field_t": 3.0, "tr_ms": 550.0, "te_ms": 10.0,
        "bandwidth_hz": 220.0, "slice_thickness_mm": 4.0, "slice_spacing_mm": 4.0,
        "field_of_view_mm": (128.0, 128.0), "matrix": (128, 128), "reconstruction": (128, 128),
    }  # fmt: skip
    return mr.MrSettings(**{**usual, **changes})


def discs(asked: mr.MrSettings, *parts: tuple[str, float, float]) -> SampledPhantom:
    """Coaxial cylinders of (material, radius, left) along the body, painted in order."""
    grid = mr.sampling_grid(asked, BOX)
    x, y, _ = np.moveaxis(grid.points_mm(), -1, 0)
    layers = [Layer("air", "air", "air")]
    first = np.zeros(grid.shape, np.uint16)
    for material, radius_mm, left_mm in parts:
        first[np.hypot(x - left_mm, y) < radius_mm] = len(layers)
        layers.append(Layer(material, material, material))
    whole = np.full(grid.shape, 255, np.uint8)
    return SampledPhantom(grid, tuple(layers), first, first, whole, np.zeros(grid.shape, np.int8))


def image(sampled: SampledPhantom, tissues: Tissues, asked: mr.MrSettings) -> FloatArray:
    volume, _ = mr.acquire(sampled, tissues, asked, subject=ADULT, rng=stream(1, "mr"))
    return volume.array[1].astype(float)


def within(asked: mr.MrSettings, radius_mm: float, left_mm: float = 0.0) -> BoolArray:
    rows, columns = np.indices(asked.reconstruction)
    step = asked.field_of_view_mm[0] / asked.reconstruction[0]
    middle = (asked.reconstruction[0] - 1) / 2
    return np.hypot((columns - middle) * step - left_mm, (rows - middle) * step) < radius_mm


@pytest.mark.parametrize(
    ("changes", "order"),
    [
        ({}, ("white_matter", "grey_matter", "csf")),
        (
            {"sequence": "turbo_spin_echo", "tr_ms": 5000.0, "te_ms": 100.0,
             "echo_train_length": 16},
            ("csf", "grey_matter", "white_matter"),
        ),
        (
            {"sequence": "flair", "tr_ms": 9000.0, "te_ms": 120.0, "ti_ms": 2500.0,
             "echo_train_length": 20},
            ("grey_matter", "white_matter", "csf"),
        ),
    ],
)  # fmt: skip
def test_brain_tissues_are_in_their_usual_order(
    changes: dict[str, Any], order: tuple[str, ...], tissues: Tissues
) -> None:
    asked = settings(**changes)
    parts = [(name, 15.0, 35.0 * (number - 1)) for number, name in enumerate(order)]
    picture = image(discs(asked, *parts), tissues, asked)
    greys = [picture[within(asked, 10.0, left)].mean() for _, _, left in parts]
    assert greys[0] > 1.04 * greys[1] > 1.04**2 * greys[2]


def test_gadolinium_brightens_a_tumour_on_t1(tissues: Tissues) -> None:
    plain = settings()
    given = replace(plain, gadolinium=mr.Gadolinium(phase="delayed", delay_s=300.0))
    sampled = discs(plain, ("tumour_porocarcinoma", 30.0, 0.0))
    before, after = (image(sampled, tissues, s)[within(plain, 20.0)].mean() for s in (plain, given))
    assert 1.4 < after / before < 3.0


@pytest.mark.parametrize(("field_t", "bandwidth_hz"), [(1.5, 100.0), (3.0, 100.0), (3.0, 220.0)])
def test_fat_is_displaced_by_its_chemical_shift(
    field_t: float, bandwidth_hz: float, tissues: Tissues
) -> None:
    asked = settings(field_t=field_t, bandwidth_hz=bandwidth_hz)
    pure = tissues.derive("fat", "subcutaneous_fat", {"fat_fraction": Quantity(1.0, "test")})
    picture = image(discs(asked, ("fat", 30.0, 0.0)), pure, asked)
    picture = np.where(picture > 0.3 * picture.max(), picture, 0.0)
    centre = (picture.sum(axis=0) * np.arange(128)).sum() / picture.sum() - 63.5
    expected = -3.45e-6 * 42.577e6 * field_t / bandwidth_hz
    assert centre == pytest.approx(expected, abs=0.1)


def test_half_fat_half_water_vanishes_out_of_phase(tissues: Tissues) -> None:
    in_phase = settings(sequence="gradient_echo", field_t=1.5, tr_ms=165.0, te_ms=4.6,
                        flip_angle_deg=30.0, bandwidth_hz=2000.0)  # fmt: skip
    opposed = replace(in_phase, te_ms=2.3)
    sampled = discs(in_phase, ("red_marrow", 40.0, 0.0))
    together, against = (
        image(sampled, tissues, s)[within(in_phase, 25.0)].mean() for s in (in_phase, opposed)
    )
    assert against < 0.4 * together


def test_the_background_is_rayleigh_noise(tissues: Tissues) -> None:
    asked = settings(matrix=(128, 128), slice_thickness_mm=0.5, slice_spacing_mm=0.5)
    volume, _ = mr.acquire(
        discs(asked, ("muscle", 20.0, 0.0)), tissues, asked, subject=ADULT, rng=stream(1, "mr")
    )
    background = volume.array[:, ~within(asked, 50.0)].astype(float)
    assert background.mean() / background.std() == pytest.approx(1.913, abs=0.05)


def test_four_averages_halve_the_noise(tissues: Tissues) -> None:
    asked = settings(slice_thickness_mm=1.0, slice_spacing_mm=4.0)
    sampled = discs(asked, ("muscle", 50.0, 0.0))
    spreads = [
        image(sampled, tissues, s)[within(asked, 15.0)].std()
        for s in (asked, replace(asked, averages=4.0))
    ]
    assert spreads[0] / spreads[1] == pytest.approx(2.0, rel=0.15)


def test_the_diffusion_map_reads_the_coefficient_of_the_table(tissues: Tissues) -> None:
    asked = settings(
        sequence="diffusion_map", tr_ms=5000.0, te_ms=76.0, b_value_s_mm2=1000.0, averages=4.0,
        matrix=(64, 64), reconstruction=(64, 64), echo_spacing_ms=0.35,
    )  # fmt: skip
    sampled = discs(asked, ("grey_matter", 45.0, 0.0))
    reading = image(sampled, tissues, asked)[within(asked, 25.0)].mean()
    assert reading == pytest.approx(1e3 * tissues["grey_matter"].value("adc"), rel=0.05)


def test_the_field_of_a_sphere_is_that_of_a_dipole() -> None:
    side, radius = 48, 5.0
    grid = Grid.axial((side, side, side), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    z, y, x = np.indices(grid.shape) - (side - 1) / 2.0
    distance = np.sqrt(x**2 + y**2 + z**2)
    sphere = np.clip(radius + 0.5 - distance, 0.0, 1.0)
    field = dipole_field_ppm(100.0 * sphere, grid)
    outside = (distance > 2 * radius) & (distance < 4 * radius)
    exact = 100.0 / 3.0 * (radius / distance) ** 3 * (3 * (z / distance) ** 2 - 1)
    error = np.sqrt(np.mean((field - exact)[outside] ** 2))
    assert error < 0.05 * np.abs(exact[outside]).max()


def _void(tissues: Tissues, asked: mr.MrSettings, metal: str = "titanium") -> int:
    sampled = discs(asked, ("muscle", 50.0, 0.0), (metal, 1.2, 0.0))
    picture = image(sampled, tissues, asked)
    usual = np.median(picture[within(asked, 40.0)])
    return int((picture[within(asked, 40.0)] < 0.5 * usual).sum())


def test_a_titanium_screw_makes_its_void_and_a_plastic_one_does_not(tissues: Tissues) -> None:
    gradient = settings(sequence="gradient_echo", tr_ms=650.0, te_ms=20.0, flip_angle_deg=20.0)
    plastic = tissues.derive("plastic", "titanium", {"susceptibility": Quantity(-9.05, "as water")})
    late = _void(tissues, gradient)
    assert late > 1.5 * _void(tissues, replace(gradient, te_ms=5.0))
    assert late > _void(tissues, replace(gradient, field_t=1.5))
    assert late > 2 * _void(tissues, settings())
    assert _void(plastic, gradient, "plastic") <= 9


def test_texture_below_the_mean_is_fat_in_muscle(tissues: Tissues) -> None:
    asked = settings()
    plain = discs(asked, ("muscle", 40.0, 0.0))
    layers = (plain.layers[0], replace(plain.layers[1], texture_hu=1.0))
    fatty = replace(plain, layers=layers, texture=np.full(plain.grid.shape, -60, np.int8))
    lean, rich = (image(s, tissues, asked)[within(asked, 25.0)].mean() for s in (plain, fatty))
    assert rich > 1.3 * lean


def test_the_same_seed_gives_the_same_bytes(tissues: Tissues) -> None:
    asked = settings()
    sampled = discs(asked, ("muscle", 40.0, 0.0))
    one, two = (
        mr.acquire(sampled, tissues, asked, subject=ADULT, rng=stream(1, "mr"), threads=threads)[
            0
        ].array
        for threads in (1, 2)
    )
    assert np.array_equal(one, two)


def test_an_object_lies_where_it_is(tissues: Tissues) -> None:
    asked = settings(matrix=(64, 80), reconstruction=(144, 128))
    picture = image(discs(asked, ("csf", 20.0, 10.0)), tissues, replace(asked, tr_ms=5000.0))
    picture = np.where(picture > 0.3 * picture.max(), picture, 0.0)
    rows, columns = (picture.sum(axis=axis) for axis in (1, 0))
    at_row = (rows * np.arange(144)).sum() / rows.sum()
    at_column = (columns * np.arange(128)).sum() / columns.sum()
    grid = mr.image_grid(asked, mr.sampling_grid(asked, BOX))
    assert grid.position_mm(1, at_row, at_column)[:2] == pytest.approx((10.0, 0.0), abs=0.15)


def test_a_stretching_field_leaves_no_holes_and_loses_no_signal() -> None:
    picture = np.ones((1, 3, 64), np.complex64)
    shift = np.zeros((3, 64), np.float32)
    shift[:, 20:44] = 1.5 * np.arange(-12, 12)
    bent = distort(
        picture, shift, np.zeros_like(shift), echo_s=0.0, pixels_per_hz=1.0, along_columns=True,
        slice_hz=500.0,
    )  # fmt: skip
    assert np.abs(bent).sum() == pytest.approx(3 * 64.0, rel=0.01)
    inner = np.abs(bent[0, 0, 22:42])
    assert inner.max() < 1.3 * inner.min()
