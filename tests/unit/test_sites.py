import numpy as np
import pytest

from imagingsim.anatomy.sampled import Layer
from imagingsim.anatomy.sites import Offset, Place, find
from imagingsim.anatomy.terrain import Terrain
from imagingsim.content import parse
from imagingsim.errors import ContentError, GeometryError, UnknownNameError
from imagingsim.units import FloatArray, IntArray

LAYERS = [
    Layer("", "", "air"),
    Layer("skin", "skin", "skin"),
    Layer("skull", "skull", "cortical_bone"),
    Layer("brain", "brain", "white_matter"),
    Layer("trunk", "fat", "visceral_fat"),
    Layer("rib", "rib_right_7", "cortical_bone"),
    Layer("ghost", "ghost", "muscle"),
]
ALL = ((-160.0, -110.0, -210.0), (160.0, 110.0, 200.0))
BOXES = {layer.label: ALL for layer in LAYERS}
HEAD_MM = np.array([0.0, 0.0, 100.0])


def probe(points: FloatArray) -> IntArray:
    """A round head (skull 70-77 mm, skin to 84) on a trunk of fat that holds one half hoop."""
    x, y, z = np.asarray(points).T
    found = np.zeros(len(x), dtype=np.int64)
    found[(np.hypot(x / 150, y / 100) < 1) & (z > -200) & (z < 0)] = 4
    away = np.hypot(np.hypot(x, y) - 80.0, z + 100.0)
    found[(away < 6) & (x < 0)] = 5
    radius = np.linalg.norm(points - HEAD_MM, axis=1)
    for limit, layer in ((84, 1), (77, 2), (70, 3)):
        found[radius < limit] = layer
    return found


@pytest.fixture(scope="module")
def terrain() -> Terrain:
    return Terrain(
        probe=probe, layers=LAYERS, low_mm=(-160, -110, -210), high_mm=(160, 110, 200),
        boxes_mm=BOXES, landmarks_mm={"middle": -100.0},
        sites_mm={
            "pancreas_head": (-30.0, -20.0, -60.0), "lymph_node.neck_II.left": (90.0, 0.0, -20.0),
        },
        head_mm=(0.0, 0.0, 100.0),
    )  # fmt: skip


def place(text: str) -> Place:
    return parse(text, Place, where="case.yaml")


@pytest.mark.parametrize(
    ("surface", "radius_mm"), [("skull.outer", 77.0), ("scalp", 84.0), ("skull.inner", 70.0)]
)
def test_a_place_on_the_head_lies_on_its_surface_in_the_direction_named(
    terrain: Terrain, surface: str, radius_mm: float
) -> None:
    anchor = find(Place(on=surface, azimuth_deg=155, elevation_deg=10, side="left"), terrain)
    away = anchor.point_mm - HEAD_MM
    assert np.linalg.norm(away) == pytest.approx(radius_mm, abs=0.3)
    assert away[0] > 0, "left"
    assert away[1] > 0, "behind"
    assert np.degrees(np.arcsin(away[2] / np.linalg.norm(away))) == pytest.approx(10, abs=0.5)


def test_the_normal_of_a_round_head_points_away_from_its_middle(terrain: Terrain) -> None:
    anchor = find(Place(on="skull.outer", azimuth_deg=60, elevation_deg=40, side="right"), terrain)
    away = anchor.point_mm - HEAD_MM
    assert anchor.axes[1] @ away / np.linalg.norm(away) > 0.999


def test_depth_sinks_a_lesion_along_the_normal(terrain: Terrain) -> None:
    on_skin = Place(on="scalp", azimuth_deg=90, elevation_deg=0, side="left")
    deep = Place(on="scalp", azimuth_deg=90, elevation_deg=0, side="left", depth_mm=10)
    shift = find(on_skin, terrain).point_mm - find(deep, terrain).point_mm
    assert shift == pytest.approx([10, 0, 0], abs=0.2)


def test_a_site_of_the_body_is_where_the_body_says(terrain: Terrain) -> None:
    assert find(place("in: pancreas_head"), terrain).point_mm == pytest.approx([-30, -20, -60])


def test_a_structure_is_met_at_its_deepest_point(terrain: Terrain) -> None:
    assert find(place("in: brain"), terrain).point_mm == pytest.approx(HEAD_MM, abs=3.5)


def test_a_fraction_of_a_structure_goes_right_to_left_and_feet_to_head(terrain: Terrain) -> None:
    low = find(place("{in: brain, at: {left: 0.1, superior: 0.5}}"), terrain).point_mm
    high = find(place("{in: brain, at: {left: 0.9, superior: 0.5}}"), terrain).point_mm
    assert low[0] < -40 < 40 < high[0]
    assert terrain.label_at(low)[0] == terrain.label_at(high)[0] == "brain"


def test_s_goes_along_a_rib_from_its_posterior_end(terrain: Terrain) -> None:
    start = find(Place(on="rib_right_7", s=0.05), terrain)
    side = find(Place(on="rib_right_7", s=0.5), terrain)
    end = find(Place(on="rib_right_7", s=0.95), terrain)
    assert start.point_mm[1] > 60
    assert side.point_mm == pytest.approx([-80, 0, -100], abs=4)
    assert end.point_mm[1] < -60
    assert side.axes[1] == pytest.approx([-1, 0, 0], abs=0.1), "outward"


def test_a_place_on_the_skin_is_where_the_ray_leaves_the_body(terrain: Terrain) -> None:
    anchor = find(Place(on="skin", level="middle", angle_deg=180, side="left"), terrain)
    assert anchor.point_mm == pytest.approx([0, 100, -100], abs=1)
    assert anchor.axes[1] == pytest.approx([0, 1, 0], abs=0.05)


def test_skin_over_a_structure_faces_the_way_asked(terrain: Terrain) -> None:
    above = Place(on="skin", over="pancreas_head", facing="anterior", offset_mm=Offset(left=30))
    assert find(above, terrain).point_mm == pytest.approx([0, -100, -60], abs=1)


def test_a_node_is_moved_to_the_fat_near_its_station(terrain: Terrain) -> None:
    anchor = find(place("{in: lymph_node, station: neck_II, side: left}"), terrain)
    assert terrain.material_at(anchor.point_mm)[0] == "visceral_fat"
    assert np.linalg.norm(anchor.point_mm - [90, 0, -20]) < 15


def test_an_unknown_site_lists_the_known_ones(terrain: Terrain) -> None:
    with pytest.raises(
        UnknownNameError, match=r"No anatomical site named 'spleen'. Known: .*brain"
    ):
        find(place("in: spleen"), terrain)


def test_an_unknown_station_lists_the_known_ones(terrain: Terrain) -> None:
    with pytest.raises(UnknownNameError, match=r"Known: neck_II.left"):
        find(place("{in: lymph_node, station: neck_III, side: left}"), terrain)


def test_an_unknown_landmark_lists_the_known_ones(terrain: Terrain) -> None:
    with pytest.raises(UnknownNameError, match=r"No landmark named 'vertebrae_T6'. Known: middle"):
        find(Place(on="skin", level="vertebrae_T6", angle_deg=0, side="left"), terrain)


def test_a_declared_but_hidden_structure_is_told_from_an_unknown_one(terrain: Terrain) -> None:
    with pytest.raises(GeometryError, match="nowhere visible"):
        find(place("in: ghost"), terrain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{in: liver, on: skin}", "either `in` or `on`"),
        ("{on: skull.outer, side: left}", "needs azimuth_deg and elevation_deg"),
        ("{in: lymph_node}", "needs station"),
        ("{on: rib_right_8}", "needs s"),
        ("{on: skin, over: femur_left}", "needs facing"),
    ],
)
def test_a_place_that_says_too_little_says_what_it_needs(text: str, message: str) -> None:
    with pytest.raises(ContentError, match=f"case.yaml:1: .*{message}"):
        parse(text, Place, where="case.yaml")
