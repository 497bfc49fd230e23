"""Sampling: the same bytes however it is asked for."""

import numpy as np
import pytest

from imagingsim.anatomy import Body, Phantom, SampledPhantom, sample, sample_points
from imagingsim.anatomy.compiler import expand
from imagingsim.anatomy.layers import read_textures
from imagingsim.anatomy.records import BodyRecord, Region, Warp
from imagingsim.anatomy.sampling import _bricks
from imagingsim.content import library, parse
from imagingsim.errors import GeometryError
from imagingsim.grid import Grid
from imagingsim.survey import organ_volumes
from imagingsim.survey.scouting import layer_volumes_ml
from imagingsim.units import IntArray

BODY = """
anatomy: imagingsim.anatomy/1
structures:
  - id: trunk
    solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [60, 40, 70]}}]
    displace: [{amplitude_mm: 0.8, wavelength_mm: 20, octaves: 2}]
    layers:
      - {material: skin}
      - {inset_mm: 2, material: subcutaneous_fat}
      - {inset_mm: 8, material: muscle}
  - id: bone
    rank: 10
    solid:
      - tube: {points: [[0, 20, -60, 7], [3, 16, 0, 8], [0, 20, 60, 7]], aspect: 1.4, up: [1, 0, 0]}
      - subtract: {box: {centre_mm: [0, 26, 0], half_mm: [3, 3, 40]}, smooth_mm: 2}
    layers: [{material: cortical_bone}, {inset_mm: 1.2, material: trabecular_bone}]
    fix: true
  - id: organ_{side}
    mirror: true
    rank: 40
    solid:
      - loft:
          levels:
            -30: [[10, -20], [35, -20], [35, 10], [10, 10]]
            30: [[12, -18], [30, -15], [32, 5], [8, 12]]
    inside: [{field: trunk, margin_mm: 9, smooth_mm: 3}]
    gap: {mm: 1, smooth_mm: 3}
    halo: {mm: 1}
    material: liver
"""


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    region = parse(BODY, Region, where="test.yaml")
    record = BodyRecord(title="test", warp=Warp())
    textures = read_textures(library())
    return Phantom(Body("test", record, tuple(expand(region.structures)), textures, {}))


def _arrays(sampled: SampledPhantom) -> tuple[IntArray, ...]:
    return sampled.first, sampled.second, sampled.fraction, sampled.texture


def _same(a: SampledPhantom, b: SampledPhantom) -> bool:
    return all(bool((x == y).all()) for x, y in zip(_arrays(a), _arrays(b), strict=True))


GRID = Grid.axial((37, 60, 81), (2.0, 1.5, 1.6), (-65.0, -45.0, -37.0))


@pytest.mark.parametrize(("first", "last"), [(0, 9), (5, 22), (17, 37), (20, 21)])
def test_a_slab_equals_the_whole_volume_byte_for_byte(
    phantom: Phantom, first: int, last: int
) -> None:
    whole = sample(phantom, GRID)
    slab = sample(phantom, GRID.slab(first, last))
    assert all(
        (x == y[first:last]).all() for x, y in zip(_arrays(slab), _arrays(whole), strict=True)
    )


def test_the_number_of_threads_changes_no_byte(phantom: Phantom) -> None:
    assert _same(sample(phantom, GRID, threads=1), sample(phantom, GRID, threads=3))


def test_points_give_the_layers_of_the_voxels_at_the_same_place(phantom: Phantom) -> None:
    sampled = sample(phantom, GRID)
    points = GRID.points_mm().reshape(-1, 3)
    found = sample_points(phantom, points, width_mm=1.15).reshape(GRID.shape)
    assert (found == sampled.first).all()


def test_an_oblique_grid_sees_the_same_body(phantom: Phantom) -> None:
    turn = np.radians(30.0)
    affine = np.eye(4)
    affine[:3, :3] = 1.5 * np.array(
        [[0, np.sin(turn), np.cos(turn)], [0, np.cos(turn), -np.sin(turn)], [1, 0, 0]]
    )
    affine[:3, 3] = -50.0, -40.0, -30.0
    grid = Grid((30, 60, 60), affine)
    found = sample_points(phantom, grid.points_mm().reshape(-1, 3), width_mm=1.15)
    assert (found.reshape(grid.shape) == sample(phantom, grid).first).all()


def test_organs_keep_their_volume_in_coarse_voxels_down_to_thin_walls(phantom: Phantom) -> None:
    corner = np.array([64.0, 44.0, 76.0])
    for organ in organ_volumes(phantom, -corner, corner):
        assert abs(organ.worst_percent) < 2.0, organ
    walls = layer_volumes_ml(sample(phantom, cube(4.0))) / layer_volumes_ml(
        sample(phantom, cube(1.0))
    )
    assert walls[1:] == pytest.approx(1.0, abs=0.06)


def test_a_slab_of_coarse_voxels_equals_the_whole_byte_for_byte(phantom: Phantom) -> None:
    whole, grid = sample(phantom, cube(4.0)), cube(4.0)
    slab = sample(phantom, grid.slab(7, 18))
    assert all((x == y[7:18]).all() for x, y in zip(_arrays(slab), _arrays(whole), strict=True))


def cube(spacing_mm: float) -> Grid:
    n = round(152 / spacing_mm)
    return Grid.axial((n, n, n), (spacing_mm,) * 3, (spacing_mm / 2.0 - 76.0,) * 3)


def test_every_material_has_its_place(phantom: Phantom) -> None:
    sampled = sample(phantom, GRID)
    materials = {sampled.layers[i].material for i in np.unique(sampled.first)}
    assert {"air", "skin", "subcutaneous_fat", "muscle", "cortical_bone", "liver"} <= materials


def test_left_and_right_organs_weigh_about_the_same(phantom: Phantom) -> None:
    sampled = sample(phantom, GRID)
    left, right = sampled.volume_ml("organ_left"), sampled.volume_ml("organ_right")
    assert left == pytest.approx(right, rel=0.1)
    assert left > 10.0


def test_an_added_structure_leaves_the_rest_as_it_was(phantom: Phantom) -> None:
    mass = {
        "id": "mass", "label": "lesion_mass", "rank": 85, "frame": "world",
        "solid": [{"ellipsoid": {"centre_mm": [20, 0, 0], "semi_mm": [5, 5, 5]}}],
        "material": "tumour_net_liver", "over": ["liver"],
    }  # fmt: skip
    before = sample(phantom, GRID)
    after = sample(Phantom(phantom.body, (mass,)), GRID)
    assert after.volume_ml("lesion_mass") == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.1)
    far = np.linalg.norm(GRID.points_mm() - [20, 0, 0], axis=-1) > 8.0
    for x, y in zip(_arrays(before), _arrays(after), strict=True):
        assert (x[far] == y[far]).all()


def test_a_mass_painted_over_liver_stays_in_the_liver(phantom: Phantom) -> None:
    mass = {
        "id": "mass", "rank": 85, "over": ["liver"], "material": "tumour_net_liver",
        "solid": [{"ellipsoid": {"centre_mm": [40, 0, 0], "semi_mm": [10, 10, 10]}}],
    }  # fmt: skip
    before = sample(phantom, GRID)
    names = np.array([layer.material for layer in before.layers])
    liver = (names[before.first] == "liver") | (names[before.second] == "liver")
    inside = sample(Phantom(phantom.body, (mass,)), GRID).mask("mass")
    assert inside.any()
    assert (inside & ~liver).sum() <= 2  # voxels of three tissues keep the larger two


def test_a_point_that_is_no_number_is_refused(phantom: Phantom) -> None:
    with pytest.raises(GeometryError, match="1 of 2 points"):
        sample_points(phantom, np.array([[0.0, 0.0, 0.0], [np.nan, 0.0, 0.0]]))


def test_bricks_cover_the_grid_and_share_the_lattice_of_the_world() -> None:
    size = np.array((8, 8, 8))
    a, b = _bricks(GRID, size), _bricks(GRID.slab(3, 20), size)
    assert {(z - 3) % 8 for z in a[:, 0]} == {z % 8 for z in b[:, 0]}
    assert a[:, 0].min() <= 0
    assert a[:, 0].max() + 8 >= GRID.shape[0]
