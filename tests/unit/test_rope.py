"""A rope that is folded into a space: the small bowel."""

import numpy as np
import pytest

from imagingsim.geometry.trees import fold_rope
from imagingsim.units import FloatArray

RADIUS_MM, STEP_MM, HALF_MM = 5.0, 4.0, 40.0
ENDS = np.array([[-25.0, 0.0, 0.0], [25.0, 0.0, 0.0]])


def folded(*, end_fixed: bool) -> FloatArray:
    """Return a rope of 300 mm, wound loosely, after it has settled in a ball."""
    t = np.linspace(0.0, 1.0, 61)[:, np.newaxis]
    start = ENDS[0] + t * (ENDS[1] - ENDS[0])
    start = start + 12.0 * np.sin(np.pi * t) * np.hstack(
        [np.sin(9 * t), np.cos(9 * t), np.sin(7 * t)]
    )
    axis = np.arange(-60.0, 61.0, STEP_MM)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    ball = (np.sqrt(x * x + y * y + z * z) - HALF_MM).astype(np.float32)
    return fold_rope(
        start, np.full(61, RADIUS_MM), ball, axis[[0, 0, 0]], STEP_MM, np.random.default_rng(3),
        rest_mm=5.0, iterations=1500, end_fixed=end_fixed,
    )  # fmt: skip


def test_a_rope_whose_end_is_fixed_keeps_both_ends() -> None:
    assert folded(end_fixed=True)[[0, -1]] == pytest.approx(ENDS)


def test_a_free_end_wanders() -> None:
    assert np.linalg.norm(folded(end_fixed=False)[-1] - ENDS[1]) > 1.0


def test_a_folded_rope_neither_leaves_its_space_nor_crosses_itself() -> None:
    rope = folded(end_fixed=True)
    assert np.linalg.norm(rope, axis=1).max() < HALF_MM - RADIUS_MM + 2.0
    apart = np.linalg.norm(rope[:, np.newaxis] - rope, axis=-1)
    i, j = np.triu_indices(len(rope), k=6)
    assert apart[i, j].min() > 2.0 * RADIUS_MM * 0.8
