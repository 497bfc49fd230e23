"""A grid says where voxels lie, and refuses what is not a lattice."""

import numpy as np
import pytest

from imagingsim.errors import GeometryError
from imagingsim.grid import Grid
from imagingsim.volume import Volume

GRID = Grid.axial((3, 4, 5), (2.0, 1.0, 0.5), (-10.0, -20.0, 30.0))


def test_axial_axes_run_superior_posterior_left() -> None:
    assert GRID.position_mm(1, 0, 0) == (-10.0, -20.0, 32.0)
    assert GRID.position_mm(0, 1, 0) == (-10.0, -19.0, 30.0)
    assert GRID.position_mm(0, 0, 1) == (-9.5, -20.0, 30.0)
    assert GRID.spacing_mm == (2.0, 1.0, 0.5)
    assert GRID.voxel_ml == pytest.approx(0.001)


def test_index_inverts_position() -> None:
    assert GRID.index(np.array(GRID.position_mm(2, 1.5, 3))) == pytest.approx([2, 1.5, 3])


def test_points_agree_with_positions() -> None:
    assert GRID.points_mm()[2, 3, 4] == pytest.approx(GRID.position_mm(2, 3, 4))


def test_a_slab_keeps_its_place() -> None:
    assert GRID.slab(1, 3).position_mm(0, 0, 0) == GRID.position_mm(1, 0, 0)


@pytest.mark.parametrize("affine", [np.zeros((4, 4)), np.eye(3), np.eye(4) * 2])
def test_a_degenerate_affine_is_refused(affine: np.ndarray) -> None:
    with pytest.raises(GeometryError):
        Grid((2, 2, 2), affine)


def test_a_volume_must_fit_its_grid_and_cannot_be_written() -> None:
    with pytest.raises(GeometryError, match="does not fit"):
        Volume(np.zeros((2, 2, 2)), GRID, "CT number", "HU")
    volume = Volume(np.zeros(GRID.shape), GRID, "CT number", "HU")
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1
