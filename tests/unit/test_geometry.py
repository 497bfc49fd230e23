"""Solids, lofts, tubes and trees, each on its own."""

from collections.abc import Callable

import numpy as np
import pytest

from imagingsim.errors import GeometryError
from imagingsim.geometry import (
    Baked,
    Program,
    Step,
    Surroundings,
    bake_loft,
    branched,
    cell_ranges,
    closed_spline,
    followed,
    gradient_lattice,
    in_256ths,
    open_spline,
    redistance,
    ripple_lattice,
    swept,
)  # fmt: skip
from imagingsim.geometry import machine as m
from imagingsim.geometry.evaluation import field_values
from imagingsim.geometry.field_kernels import INTERSECT, SUBTRACT, UNION
from imagingsim.geometry.lanes import SIDE
from imagingsim.geometry.trees import grow_tree
from imagingsim.geometry.warping import warp_lattice
from imagingsim.streams import stream
from imagingsim.units import FloatArray

AROUND = Surroundings(
    np.zeros(SIDE**3, np.float32), np.zeros(SIDE**3, np.float32),
    *warp_lattice(
        np.zeros(SIDE**3, np.float32), amplitude_mm=0.0, wavelength_mm=80.0, seed=1.0,
        profile=np.zeros((0, 2)),
    ),
)  # fmt: skip
BOX = np.array([[-20.0, 20.0]] * 3)


def ball(field: int, radius: float, x: float = 0.0) -> Step:
    numbers = (x, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, radius, radius, radius, 0.0)
    box = np.array([[x - radius, x + radius], [-radius, radius], [-radius, radius]])
    return Step(m.ELLIPSOID, field, -1, -1, tuple(map(float, numbers)), box)


def values(*steps: Step, fields: int = 4) -> Baked:
    program = Program(steps=list(steps), fields=fields)
    return field_values(program, 1, BOX, 0.0, 1.0, AROUND, band_mm=10.0)


def centre_distance(x: float = 0.0) -> FloatArray:
    z, y, c = np.meshgrid(*[np.arange(-20.0, 21.0)] * 3, indexing="ij")
    return np.sqrt((c - x) ** 2 + y**2 + z**2)


def near(baked: Baked, true: FloatArray) -> FloatArray:
    band = np.abs(true) < 9.0
    return np.abs(baked.values - true)[band]


def test_a_ball_knows_its_distance() -> None:
    assert near(values(ball(1, 8.0)), centre_distance() - 8.0).max() < 1e-3


def test_a_union_is_the_smaller_distance() -> None:
    both = values(ball(1, 6.0, -5.0), ball(2, 6.0, 5.0), Step(m.COMBINE, 1, 2, UNION, (0.0,)))
    true = np.minimum(centre_distance(-5.0), centre_distance(5.0)) - 6.0
    assert near(both, true).max() < 1e-3


def test_subtracting_a_ball_leaves_a_crescent() -> None:
    cut = values(ball(1, 8.0), ball(2, 6.0, 5.0), Step(m.COMBINE, 1, 2, SUBTRACT, (0.0,)))
    true = np.maximum(centre_distance() - 8.0, 6.0 - centre_distance(5.0))
    assert near(cut, true).max() < 1e-3


def test_intersecting_two_balls_leaves_a_lens() -> None:
    lens = values(ball(1, 8.0, -4.0), ball(2, 8.0, 4.0), Step(m.COMBINE, 1, 2, INTERSECT, (0.0,)))
    true = np.maximum(centre_distance(-4.0), centre_distance(4.0)) - 8.0
    assert near(lens, true).max() < 1e-3


def test_a_shell_lies_between_two_distances() -> None:
    shell = values(ball(2, 8.0), Step(m.SHELL, 1, 2, -1, (-2.0, 3.0)))
    d = centre_distance() - 8.0
    assert near(shell, np.maximum(d - 3.0, -2.0 - d)).max() < 1e-3


def test_a_straight_tube_is_a_cylinder() -> None:
    tube = swept(np.array([[0, 0, -40, 5.0], [0, 0, 40, 5.0]]))
    program = Program(fields=2)
    first, last = program.add_tube(tube)
    program.add(Step(m.TUBE, 1, -1, -1, (0.0, 1.0, float(first), float(last)), tube.box_mm))
    found = field_values(program, 1, BOX, 0.0, 1.0, AROUND, band_mm=10.0)
    _, y, x = np.meshgrid(*[np.arange(-20.0, 21.0)] * 3, indexing="ij")
    assert near(found, np.hypot(x, y) - 5.0).max() < 1e-3


def test_a_flat_tube_ends_where_it_is_wide() -> None:
    """Beside its edge the distance grows as far as one goes, also off its plane."""
    tube = swept(np.array([[0, 0, -40, 6.0], [0, 0, 40, 6.0]]), aspect=0.05, up=(1.0, 0.0, 0.0))
    program = Program(fields=2)
    first, last = program.add_tube(tube)
    program.add(Step(m.TUBE, 1, -1, -1, (0.0, 0.05, float(first), float(last)), tube.box_mm))
    found = field_values(program, 1, BOX, 0.0, 1.0, AROUND, band_mm=20.0)
    at = found.at(np.array([[12.0, 0.0, 0.0], [12.0, 3.0, 0.0], [0.0, 3.0, 0.0]]))
    assert at == pytest.approx([6.0, np.hypot(12, 3) - 6, 2.7], abs=0.05)


def test_a_wandering_tube_strays_across_its_flat_side_only() -> None:
    points = np.array([[0, 0, z, 5.0] for z in range(0, 200, 10)], float)
    plain = swept(points, up=(1.0, 0.0, 0.0))
    strays = swept(points, up=(1.0, 0.0, 0.0), wander_mm=2.0, rng=stream(1, "wander"))
    away = strays.start_mm - plain.start_mm
    assert 0.8 < away[:, 1].std() < 3.0
    assert np.abs(away[:, [0, 2]]).max() < 1e-9


def test_a_loft_of_equal_circles_is_a_cylinder() -> None:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = 15.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    baked = bake_loft({-20.0: ring, 0.0: ring, 20.0: ring}, step_mm=1.0, pad_mm=6.0)
    points = np.array([[15.0, 0, 0], [0, -12.0, 5.0], [18.0, 0, -5.0]])
    assert baked.at(points) == pytest.approx([0.0, -3.0, 3.0], abs=0.15)


def test_a_loft_of_one_contour_is_refused() -> None:
    with pytest.raises(GeometryError, match="two heights or more"):
        bake_loft({0.0: np.zeros((4, 2))}, step_mm=1.0, pad_mm=4.0)


def test_a_sheet_that_shifts_by_more_than_its_thickness_is_followed() -> None:
    """Half way between two heights a thin sheet stands half way, instead of vanishing."""
    low = np.array([[-20.0, -2.0], [20.0, -2.0], [20.0, 2.0], [-20.0, 2.0]])
    levels = {0.0: low, 20.0: np.roll(low, 1, axis=0) + np.array([0.0, 12.0])}
    middle = np.array([[0.0, 6.0, 10.0]])
    assert bake_loft(levels, step_mm=1.0, pad_mm=4.0).at(middle)[0] > 0.0
    sheet = bake_loft(followed(levels, apart_mm=2.0), step_mm=1.0, pad_mm=4.0)
    assert sheet.at(middle)[0] < -1.0


def test_a_turned_loft_stands_where_its_frame_does() -> None:
    ring = np.array([[-5.0, -5], [5, -5], [5, 5], [-5, 5]])
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])  # the loft's z axis is the body's x axis
    baked = bake_loft(
        {0.0: ring, 30.0: ring}, step_mm=1.0, pad_mm=4.0, rotation=turn, origin_mm=np.ones(3)
    )
    inside = baked.at(np.array([[16.0, 1.0, 1.0], [1.0, 16.0, 1.0]]))
    assert inside[0] < -3.0
    assert inside[1] > 3.0


def test_redistancing_a_squashed_ball_gives_true_distances() -> None:
    d = centre_distance() - 10.0
    squashed = Baked((d * (1.0 + 0.05 * np.abs(d))).astype(np.float32), (-20, -20, -20), 1.0)
    error = np.abs(redistance(squashed).values - d)
    assert error[np.abs(d) < 8.0].max() < 0.5
    assert error[np.abs(d) < 8.0].mean() < 0.1


def test_the_range_of_a_cell_bounds_everything_in_it() -> None:
    rng = stream(1, "test")
    values = in_256ths(rng.normal(size=(9, 14, 11)))
    cells = cell_ranges(values)
    assert cells.shape == (4, 7, 5, 2)
    part = values[2:5, 8:11, 8:11]
    assert cells[1, 4, 4].tolist() == [part.min(), part.max()]


def test_a_mirrored_table_is_the_mirror_image() -> None:
    baked = Baked(np.arange(24, dtype=np.float32).reshape(2, 3, 4), (1.0, 0.0, 0.0), 2.0)
    assert baked.mirrored().at(np.array([[-3.0, 2.0, 0.0]])) == baked.at(
        np.array([[3.0, 2.0, 0.0]])
    )


def test_splines_pass_through_their_points() -> None:
    points = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    assert closed_spline(points, 8)[::2] == pytest.approx(points)
    assert open_spline(points, 5)[::5] == pytest.approx(points)


def test_a_tree_reaches_every_tip_and_thickens_towards_the_root() -> None:
    rng = stream(1, "tree")
    tips = rng.uniform(-20, 20, size=(40, 3)) + np.array([0, 0, 40])
    nodes, parent, radius = grow_tree(np.array([[0.0, 0, 0], [0, 0, 10]]), tips, rng)
    distance = np.linalg.norm(nodes[:, None] - tips[None], axis=-1).min(axis=0)
    assert distance.max() < 1e-9
    child = np.flatnonzero(parent >= 0)
    assert (radius[parent[child]] >= radius[child] - 1e-9).all()
    assert len(branched(nodes, parent, radius).start_mm) == len(nodes) - 1
    tapering = grow_tree(np.array([[0.0, 0, 0], [0, 0, 10]]), tips, stream(1, "taper"), taper_mm=5)
    assert (tapering[2][tapering[1][1:]] > tapering[2][1:]).all()  # between branchings too


@pytest.mark.parametrize("make", [gradient_lattice, ripple_lattice])
def test_a_noise_tile_has_unit_deviation_and_no_seam(
    make: Callable[[np.random.Generator], FloatArray],
) -> None:
    closed = make(stream(1, "tile")).reshape(SIDE, SIDE, SIDE)
    assert all((closed.take(0, axis) == closed.take(-1, axis)).all() for axis in range(3))
    tile = closed[:-1, :-1, :-1]
    assert tile.std() == pytest.approx(1.0, abs=1e-3)
    inside = np.abs(np.diff(tile, axis=0)).mean()
    across = np.abs(tile[0] - tile[-1]).mean()
    assert across == pytest.approx(inside, rel=0.25)
