"""Moves of a body: what is bent, stretched and swollen comes back where it was."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imagingsim.anatomy.deformations import Bend, Carry, Girth, Move, Swell, total_shift_mm
from imagingsim.geometry.warping import nodes, shift_at, way_back

SMALL = np.array([-80.0, -80.0, -80.0, 1.0 / 8.0, 21, 21, 21], np.float32)


def moves(degrees: float, girth_mm: float, share: float) -> tuple[Move, ...]:
    return (
        Move(bend=Bend(at_mm=(20.0, 0.0), degrees=degrees, over_mm=90.0)),
        Move(girth=Girth(axis_mm=(0.0, 30.0), from_mm=20.0, to_mm=110.0,
                         profile=((-90.0, 0.0), (0.0, girth_mm), (90.0, 0.0)))),
        Move(swell=Swell(centre_mm=(30.0, 0.0, 20.0), semi_mm=(25.0, 25.0, 30.0), share=share)),
        Move(carry=Carry(centre_mm=(0.0, 0.0, 0.0), semi_mm=(60.0, 60.0, 60.0),
                         shift=(0.0, 2.0, girth_mm * 0.3))),
    )  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(degrees=st.floats(-12.0, 12.0), girth_mm=st.floats(-8.0, 25.0), share=st.floats(-0.15, 0.15))
def test_the_way_back_undoes_the_moves(degrees: float, girth_mm: float, share: float) -> None:
    chosen = moves(degrees, girth_mm, share)
    back = way_back(SMALL, lambda points: total_shift_mm(chosen, points))
    goal = nodes(SMALL)[3:-3, 3:-3, 3:-3].reshape(-1, 3)
    home = goal + back[3:-3, 3:-3, 3:-3].reshape(-1, 3)
    there = home + total_shift_mm(chosen, home)
    assert np.abs(there - goal).max() < 0.3


@settings(max_examples=20, deadline=None)
@given(amount=st.floats(0.1, 2.0))
def test_moves_grow_with_their_amount(amount: float) -> None:
    points = np.random.default_rng(1).uniform(-70.0, 70.0, (200, 3))
    one = total_shift_mm(moves(6.0, 9.0, 0.05), points)
    more = total_shift_mm([move.times(amount) for move in moves(6.0, 9.0, 0.05)], points)
    np.testing.assert_allclose(more, amount * one, atol=1e-9)


def test_nothing_moves_far_from_a_swollen_organ() -> None:
    swell = Swell(centre_mm=(0.0, 0.0, 0.0), semi_mm=(10.0, 20.0, 30.0), share=0.2, fades=1.5)
    assert not swell.shift_mm(np.array([[16.0, 0.0, 0.0], [0.0, 31.0, 0.0]])).any()


def test_the_wall_keeps_its_thickness_when_the_belly_grows() -> None:
    girth = Girth(
        axis_mm=(0.0, 0.0), from_mm=20.0, to_mm=80.0, profile=((-50.0, 10.0), (50.0, 10.0))
    )
    shift = girth.shift_mm(np.array([[0.0, -85.0, 0.0], [0.0, -100.0, 0.0]]))
    np.testing.assert_allclose(shift, [[0.0, -10.0, 0.0]] * 2, atol=1e-9)


def test_a_lattice_gives_its_nodes_back() -> None:
    warp = np.random.default_rng(2).normal(size=21**3 * 3).astype(np.float32)
    found = shift_at(warp, SMALL, nodes(SMALL)[:-1, :-1, :-1])
    np.testing.assert_allclose(found, warp.reshape(21, 21, 21, 3)[:-1, :-1, :-1], atol=1e-4)
