"""Scouts: what lies where, how they are stored, and what they cost."""

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.crosslines import cross_reference
from imagingsim.grid import Box
from imagingsim.series import CtTechnique
from imagingsim.tissue import Tissues
from imagingsim.volume import Volume

BOX = Box((-120.0, 120.0), (-80.0, 80.0), (0.0, 120.0))


@pytest.fixture(scope="module")
def scouts(tissues: Tissues) -> list[tuple[Volume, CtTechnique]]:
    """A body of water with a rod of bone at its left front, across the upper half."""
    grid = ct.scout_grid(BOX, "body")
    points = grid.points_mm()
    x, y, z = np.moveaxis(points, -1, 0)
    body = (x / 110.0) ** 2 + (y / 70.0) ** 2 < 1.0
    rod = body & (np.abs(x - 60.0) < 8.0) & (np.abs(y + 20.0) < 8.0) & (z > 60.0)
    first = np.where(rod, 2, body).astype(np.uint16)
    layers = tuple(Layer(name, name, name) for name in ("air", "water", "cortical_bone"))
    sampled = SampledPhantom(
        grid, layers, first, first, np.full(grid.shape, 255, np.uint8),
        np.zeros(grid.shape, np.int8),
    )  # fmt: skip
    return ct.acquire_scouts(
        sampled, tissues, ("ap", "lateral"), kind="body", dose_region="trunk",
        rngs=[np.random.default_rng(n) for n in range(2)],
    )  # fmt: skip


def brightness(scout: Volume, point: tuple[float, float, float]) -> float:
    """Return the mean around a point of the body as a scout shows it."""
    _, row, column = np.rint(scout.grid.index(np.array(point))).astype(int)
    return float(scout.array[0, row - 2 : row + 3, column - 2 : column + 3].mean())


def test_bone_is_bright_where_it_lies_in_both_views(
    scouts: list[tuple[Volume, CtTechnique]],
) -> None:
    (ap, _), (lateral, _) = scouts
    assert brightness(ap, (60.0, 0.0, 90.0)) > brightness(ap, (60.0, 0.0, 30.0)) + 50.0
    assert brightness(ap, (60.0, 0.0, 90.0)) > brightness(ap, (-60.0, 0.0, 90.0)) + 50.0
    assert brightness(lateral, (0.0, -20.0, 90.0)) > brightness(lateral, (0.0, -20.0, 30.0)) + 50.0
    assert brightness(ap, (0.0, 0.0, 30.0)) > brightness(ap, (-117.0, 0.0, 30.0)) + 300.0


def test_scouts_reach_beyond_the_scan_and_cost_little(
    scouts: list[tuple[Volume, CtTechnique]],
) -> None:
    ap, technique = scouts[0]
    heights = [ap.grid.position_mm(0, row, 0)[2] for row in (0, ap.grid.shape[1] - 1)]
    assert heights == pytest.approx([160.0, -40.0], abs=2.0)
    assert technique.mode == "scout"
    assert 0.03 < technique.ctdi_vol_mgy < 0.3
    assert technique.effective_dose_msv < 0.1
    assert technique.ssde_mgy > technique.ctdi_vol_mgy  # a body of 18 cm of water


def test_slices_are_drawn_on_a_scout_at_their_height(
    scouts: list[tuple[Volume, CtTechnique]],
) -> None:
    asked = ct.CtSettings(
        kvp=120.0, mas=100.0, slice_thickness_mm=5.0, slice_interval_mm=5.0,
        reconstruction_diameter_mm=200.0, kernel="soft", dose_region="trunk",
    )  # fmt: skip
    slices = ct.sampling_grid(asked, BOX)
    for scout, _ in scouts:
        lines = cross_reference(slices, scout.grid)
        assert not np.isnan(lines).any()
        rows = lines[:, 0, 0]
        assert np.allclose(rows, lines[:, 1, 0])
        assert np.diff(rows) == pytest.approx(-slices.spacing_mm[0] / scout.grid.spacing_mm[1])
