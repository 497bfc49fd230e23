"""What the moving couch does to a slice."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingsim import ct
from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.ct.geometry import sampling_grid, slice_plan
from imagingsim.ct.modulation import along_body
from imagingsim.ct.spiral import spiral_weights
from imagingsim.grid import Box
from imagingsim.series import Subject
from imagingsim.tissue import Tissues

Settings = Callable[..., ct.CtSettings]
BOX = Box((-100.0, 100.0), (-100.0, 100.0), (0.0, 60.0))
ANGLES = np.arange(90) * np.pi / 90


def asked(thickness_mm: float, pitch: float) -> ct.CtSettings:
    return ct.CtSettings(
        kvp=120.0, mas=100.0, slice_thickness_mm=thickness_mm, slice_interval_mm=thickness_mm,
        reconstruction_diameter_mm=300.0, kernel="soft", dose_region="trunk", pitch=pitch,
        matrix=64,
    )  # fmt: skip


@given(
    thickness=st.sampled_from([0.6, 1.0, 1.5, 3.0, 5.0]),
    pitch=st.floats(0.3, 1.5),
    slice_=st.integers(0, 11),
)
def test_every_view_weighs_one_and_is_centred(thickness: float, pitch: float, slice_: int) -> None:
    settings = asked(thickness, pitch)
    plan = slice_plan(settings, sampling_grid(settings, BOX))
    weights = spiral_weights(settings, plan, slice_, ANGLES)
    assert weights.min() >= 0.0
    assert weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(weights @ plan.offsets_mm).max() < 0.05


@pytest.mark.parametrize("thickness", [3.0, 5.0])
def test_a_thick_slice_is_as_thick_as_asked(thickness: float) -> None:
    settings = asked(thickness, 1.0)
    plan = slice_plan(settings, sampling_grid(settings, BOX))
    mean = spiral_weights(settings, plan, 4, ANGLES).mean(axis=0)
    width = np.sqrt(12.0 * (mean @ plan.offsets_mm**2 + plan.step_mm**2 / 12.0))
    assert width == pytest.approx(thickness, rel=0.2)


def plate(settings: ct.CtSettings) -> SampledPhantom:
    """Return a cylinder of water with a plate of bone that ends across the body."""
    grid = sampling_grid(settings, BOX)
    points = grid.points_mm()
    body = np.hypot(points[..., 0], points[..., 1]) < 90.0
    bone = body & (np.abs(points[..., 0]) < 40.0) & (np.abs(points[..., 1] - 30.0) < 8.0)
    first = np.where(bone & (points[..., 2] < 30.0), 2, body).astype(np.uint16)
    materials = ("air", "water", "cortical_bone")
    layers = tuple(Layer(name, name, name) for name in materials)
    full = np.full(grid.shape, 255, np.uint8)
    return SampledPhantom(grid, layers, first, first, full, np.zeros(grid.shape, np.int8))


def test_an_edge_across_the_body_shows_windmills_while_the_couch_moves(
    tissues: Tissues, subject: Subject
) -> None:
    def rough(mode: str) -> float:
        settings = ct.CtSettings(
            kvp=120.0, mas=800.0, slice_thickness_mm=0.6, slice_interval_mm=0.6,
            reconstruction_diameter_mm=220.0, kernel="soft", dose_region="trunk", pitch=1.4,
            matrix=128, views=360, couch=False, total_collimation_mm=4.8, rotation_time_s=1.0,
            scan_mode=mode,  # type: ignore[arg-type]
        )  # fmt: skip
        raw = ct.RawScan(plate(settings), tissues, [settings], subject=subject)
        water = raw.image(raw.slices // 2, noise=False)[30:60, 49:79]
        return float(water.std())

    assert rough("helical") > 2.0 * rough("axial")


def test_the_tube_gives_more_where_the_body_is_thick() -> None:
    current = along_body(np.array([20.0, 24.0, 30.0, 34.0]))
    assert current.mean() == pytest.approx(1.0)
    assert np.all(np.diff(current) > 0.0)
    assert current.max() / current.min() < 6.0
