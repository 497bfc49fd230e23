"""What holds for every place on a round head and every direction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagingsim.anatomy.sampled import Layer
from imagingsim.anatomy.sites import Place, find
from imagingsim.anatomy.terrain import Terrain, tangents, unit
from imagingsim.units import FloatArray, IntArray

RADIUS_MM = 80.0


def probe(points: FloatArray) -> IntArray:
    """A ball of bone in a skin of 6 mm."""
    radius = np.linalg.norm(points, axis=1)
    return np.where(radius < RADIUS_MM, 2, np.where(radius < RADIUS_MM + 6, 1, 0))


TERRAIN = Terrain(
    probe=probe,
    layers=[Layer("", "", "air"), Layer("s", "skin", "skin"), Layer("b", "skull", "cortical_bone")],
    low_mm=(-100, -100, -100), high_mm=(100, 100, 100), boxes_mm={}, landmarks_mm={}, sites_mm={},
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(azimuth=st.floats(0, 180), elevation=st.floats(-60, 80), left=st.booleans())
def test_every_direction_meets_the_skull_at_its_radius(
    azimuth: float, elevation: float, left: bool
) -> None:
    side = "left" if left else "right"
    place = Place(on="skull.outer", azimuth_deg=azimuth, elevation_deg=elevation, side=side)  # type: ignore[arg-type]
    anchor = find(place, TERRAIN)
    assert np.linalg.norm(anchor.point_mm) == pytest.approx(RADIUS_MM, abs=0.5)
    assert anchor.axes[1] @ unit(anchor.point_mm) > 0.99
    assert anchor.point_mm[0] * (1 if left else -1) > -1.0


@given(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)))
def test_the_axes_of_a_surface_are_square_and_of_length_one(direction: tuple[float, ...]) -> None:
    if np.linalg.norm(direction) < 1e-3:
        return
    normal = unit(np.array(direction))
    horizontal, vertical = tangents(normal)
    axes = np.stack([horizontal, normal, vertical])
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(depth=st.floats(-10, 30))
def test_sinking_moves_a_lesion_by_its_depth(depth: float) -> None:
    place = Place(on="scalp", azimuth_deg=90, elevation_deg=0, side="left", depth_mm=depth)
    assert find(place, TERRAIN).point_mm[0] == pytest.approx(RADIUS_MM + 6 - depth, abs=0.5)
