"""Sheets that part the folds of a surface."""

import numpy as np
import pytest
from scipy import ndimage

from imagingsim.anatomy.folds import FoldShape, folded, padded
from imagingsim.geometry import Baked
from imagingsim.streams import stream
from imagingsim.units import FloatArray

SHAPE = FoldShape(spacing_mm=11.0, depth_mm=(9.0, 15.0), width_mm=(0.4, 0.8), wander_mm=0.5)
SIZE = (30, 60, 60)
DEPTH = np.broadcast_to((25.0 - np.arange(SIZE[0], dtype=float))[:, None, None], SIZE)
NONE = np.full(SIZE, 1000.0)


def slab(seed: int = 1, drawn: FloatArray = NONE, free: FloatArray = NONE) -> FloatArray:
    """Return the sheets of a flat surface 25 mm above the first slice."""
    return folded(DEPTH, drawn, free, 1.0, SHAPE, stream(seed, "slab"))


def test_sheets_stand_a_gyrus_apart_and_end_in_the_depth() -> None:
    sheets = slab()
    farthest = sheets[20]
    assert 0.25 < np.mean(farthest < 2.0) < 0.65
    assert farthest.max() < 2.5 * SHAPE.spacing_mm
    assert sheets[:3].min() > 2.0  # deeper than the deepest
    upright = np.corrcoef(sheets[21].ravel(), sheets[17].ravel())[0, 1]
    assert upright > 0.6


def test_sheets_that_are_drawn_stay_and_others_run_beside_them() -> None:
    drawn = np.broadcast_to(np.abs(np.arange(60.0) - 30.0) - 0.5, SIZE)
    sheets = slab(drawn=drawn)
    assert (sheets[:, :, 30] < 0).all()
    beside = sheets[20][:, 33:38]
    assert np.mean(beside < 0.0) < 0.05


def test_no_sheets_where_none_may_form() -> None:
    free = np.broadcast_to(np.arange(60.0) - 30.0, SIZE)
    assert slab(free=free)[:, :, :30].min() > 0
    assert slab(free=free)[18:24, :, 42:].min() < 0


def test_two_individuals_fold_differently() -> None:
    one, other = slab(1), slab(2)
    assert np.array_equal(one, slab(1))
    assert np.corrcoef(one[20].ravel(), other[20].ravel())[0, 1] < 0.5


def test_grain_gives_the_direction() -> None:
    shape = FoldShape(11.0, (9.0, 15.0), (0.4, 0.8), 0.2, grain=(1.0, 0.0, 0.0))
    sheets = folded(DEPTH, NONE, NONE, 1.0, shape, stream(1, "slab"))[20]
    across, along = (np.abs(np.diff(sheets, axis=axis)).mean() for axis in (0, 1))
    assert across > 2 * along


def test_a_padded_lattice_has_the_same_values_at_the_same_places() -> None:
    values = ndimage.gaussian_filter(stream(1, "pad").normal(size=(6, 7, 8)), 1.0)
    baked = Baked(values.astype(np.float32), (1.0, 2.0, 3.0), 0.5)
    points = np.array([[2.0, 3.0, 4.0], [3.1, 4.2, 5.3]])
    assert padded(baked, 2.2).at(points) == pytest.approx(baked.at(points), abs=1e-5)
