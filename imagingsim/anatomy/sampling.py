"""Sampling a phantom: on any grid, or at any points."""

import numba
import numpy as np

from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.errors import GeometryError
from imagingsim.geometry.machine import Int32
from imagingsim.geometry.running import grid_job, list_job, result, run
from imagingsim.grid import Grid
from imagingsim.units import FloatArray, IntArray

_BLUR = 1.15
_FINE_MM = 1.0
"""Surfaces are blurred over this much at most, whatever the voxel: a blur as wide as a coarse voxel
makes vessels, walls and ribs larger."""
_PART_MM = 2.5
"""Voxels that are longer are made of two points along that side."""
_COARSE_MM = 3.0
_ANCHOR = 0.3719


def sample(phantom: Phantom, grid: Grid, *, threads: int | None = None) -> SampledPhantom:
    """Return what every voxel of a grid is made of.

    Any grid does: oblique, one slice, coarse; organs keep their volumes. A slab of a grid gives the
    same bytes as the whole, and so does any number of threads. (A grid of one single slice is
    evaluated in flat bricks, for speed; there a coverage may differ by one 255th.)
    """
    spacing = np.array(grid.spacing_mm)
    width = min(float(spacing[1:].mean()), _FINE_MM) * _BLUR * phantom.surroundings.lengths
    parts = np.where(spacing > _PART_MM, 2, 1)
    size = _brick(grid, spacing / parts, parts)
    tables, filled = phantom.tables(width), result(shape=grid.shape)
    job = grid_job(
        phantom.turned(_point_affine(grid, parts)), grid.shape, _bricks(grid, size) * parts,
        size * parts, tables, parts=parts,
    )  # fmt: skip
    threads = threads or numba.get_num_threads()
    run(job, tables, phantom.fields, width, filled, threads=threads)
    return SampledPhantom(
        grid, phantom.layers, filled.first, filled.second, filled.fraction, filled.texture,
        phantom.numbers,
    )  # fmt: skip


def sample_points(phantom: Phantom, points_mm: FloatArray, *, width_mm: float = 0.5) -> IntArray:
    """Return the index of the layer at points, LPS mm, shape (n, 3) to (n,)."""
    points = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
    bad = int((~np.isfinite(points).all(axis=1)).sum())
    if bad:
        raise GeometryError(f"{bad} of {len(points)} points are no numbers; leave them out.")
    width = width_mm * phantom.surroundings.lengths
    tables = phantom.tables(width)
    filled = result(shape=(1, 1, len(points)))
    job = list_job(np.ascontiguousarray(points @ phantom.turn.T), tables)
    run(job, tables, phantom.fields, width, filled, threads=numba.get_num_threads())
    return filled.first[0, 0]


def _point_affine(grid: Grid, parts: IntArray) -> FloatArray:
    """Return the way from the index of a point to mm; each voxel is made of ``parts`` points."""
    affine = grid.affine.copy()
    affine[:3, :3] /= parts
    affine[:, 3] = grid.affine @ np.array([*(0.5 / parts - 0.5), 1.0])
    return affine


def _brick(grid: Grid, step_mm: FloatArray, parts: IntArray) -> IntArray:
    """Return the voxels of a brick: compact, but flat for one slice and small for coarse points."""
    if grid.shape[0] == 1:
        points = (1, 16, 32) if parts[0] == 1 else (2, 16, 16)
    else:
        points = (4, 4, 4) if step_mm.max() >= _COARSE_MM else (8, 8, 8)
    return np.array(points) // parts


def _bricks(grid: Grid, size: IntArray) -> Int32:
    """Return the first index of every brick; bricks are anchored on the lattice of the world."""
    home = np.linalg.inv(grid.affine[:3, :3]) @ grid.affine[:3, 3]
    phase = np.floor(home + _ANCHOR).astype(np.int64) % size
    axes = [np.arange(-int(p), n, s) for p, n, s in zip(phase, grid.shape, size, strict=True)]
    mesh = np.meshgrid(*axes, indexing="ij")
    return np.stack(mesh, axis=-1).reshape(-1, 3).astype(np.int32)
