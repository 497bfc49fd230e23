"""Bronchi run beside arteries, surface to surface, and end where those are small."""

import numpy as np

from imagingsim.anatomy.companions import beside
from imagingsim.anatomy.ribs import bundle, strayed

_NODES = np.array([[0, 0, 0], [0, 0, -10], [0, 0, -20], [8, 0, -26], [16, 0, -26], [0, 3, -30.0]])
_PARENT = np.array([-1, 0, 1, 2, 3, 2])
_RADIUS = np.array([4.0, 3.8, 3.0, 1.6, 0.6, 2.0])


def _run() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return beside(
        _NODES, _PARENT, _RADIUS, side=np.array([0.0, 1.0, 0.0]), smallest_mm=1.0, share=0.9,
        gap_mm=0.5,
    )  # fmt: skip


def test_a_companion_touches_the_branch_it_runs_beside() -> None:
    """The distance of the axes is both radii and the gap."""
    nodes, _, radius = _run()
    kept = [0, 1, 2, 3, 5]
    away = np.linalg.norm(nodes - _NODES[kept], axis=1)
    np.testing.assert_allclose(away, _RADIUS[kept] + radius + 0.5)
    np.testing.assert_allclose(radius, 0.9 * _RADIUS[kept])


def test_a_companion_ends_where_the_other_becomes_small_and_stays_in_one_piece() -> None:
    """Node 4 is too small; the one after it is renumbered."""
    _, parent, _ = _run()
    np.testing.assert_array_equal(parent, [-1, 0, 1, 2, 2])


def test_a_companion_stays_across_each_branch() -> None:
    """The side turns with the branch, so that both never lie in each other."""
    nodes, parent, _ = _run()
    kept = [0, 1, 2, 3, 5]
    for i in range(1, 5):
        along = _NODES[kept][i] - _NODES[kept][parent[i]]
        assert abs((nodes[i] - _NODES[kept][i]) @ along) < 1e-6 * np.linalg.norm(along)


def test_vessels_run_below_their_rib_and_not_in_it() -> None:
    """The bundle lies a rib's half height and a little more below, inside the outer curve."""
    rib = np.array([[60.0, 60, 100, 6], [90, 20, 90, 6.5], [90, -20, 80, 6]])
    vessels = bundle(rib)
    assert (vessels[:, 2] < rib[:, 2] - rib[:, 3]).all()
    assert (np.hypot(vessels[:, 0], vessels[:, 1] - 5) < np.hypot(rib[:, 0], rib[:, 1] - 5)).all()
    assert (np.diff(vessels[:, 3]) < 0).all()


def test_a_rib_is_no_mirror_image_of_its_fellow_and_still_meets_its_ends() -> None:
    rib = np.column_stack([np.linspace(20.0, 60.0, 20), np.zeros((20, 2)), np.full(20, 5.0)])
    left, right = (strayed(rib, np.random.default_rng(seed)) for seed in (1, 2))
    assert np.abs(left - right)[:, 2].max() > 0.5
    np.testing.assert_allclose(left[[0, -1]], rib[[0, -1]], atol=1e-9)
    assert np.abs(left - rib)[:, 2].max() <= 3.2
