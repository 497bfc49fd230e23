"""Gives the batches of a job to threads."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from imagingsim.geometry.interpreter import run_groups
from imagingsim.geometry.machine import (
    BATCH,
    GRID,
    LATTICE,
    LIST,
    Float32,
    Float64,
    Int32,
    Int64,
    Job,
    Result,
    Tables,
    scratch,
)  # fmt: skip
from imagingsim.units import FloatArray, IntArray

_GROUP = 4
_SHARES = 16
_NO_POINTS = np.zeros((0, 3))


def run(
    job: Job, tables: Tables, fields: int, width_mm: float, result: Result, *, threads: int
) -> None:
    """Evaluate a job on some threads; each takes a few groups at a time until none is left."""
    count = len(job.groups)
    share = max(1, count // (threads * _SHARES))
    starts = itertools.count(0, share)

    def work() -> None:
        batch = scratch(tables, fields, width_mm)
        while (start := next(starts)) < count:
            run_groups(start, min(start + share, count), job, tables, batch, result)

    if threads == 1 or count == 1:
        work()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()


def grid_job(
    affine: FloatArray, shape: tuple[int, ...], bricks: IntArray, size: Sequence[int] | IntArray,
    tables: Tables, *, parts: Sequence[int] | IntArray = (1, 1, 1),
) -> Job:  # fmt: skip
    """Return the job of a patient's grid; ``affine``, ``bricks`` and ``size`` of its points.

    Parameters
    ----------
    shape
        Of the grid: its voxels are made of ``parts`` points along each axis.
    """
    bricks, groups = _grouped(bricks.astype(np.int32), size)
    low, high = _corners(bricks, groups, size)
    centre = 0.5 * (low + high) @ affine[:3, :3].T + affine[:3, 3]
    half = 0.5 * (high - low) @ np.abs(affine[:3, :3]).T
    boxes = _in_document(centre - half, centre + half, tables)
    return Job(
        GRID, bricks, groups, boxes, np.array(size, np.int32), np.array(shape, np.int32),
        np.array(parts, np.int32), affine.astype(np.float64), _NO_POINTS, 0,
    )  # fmt: skip


def list_job(points_mm: Float64, tables: Tables) -> Job:
    """Return the job of a list of points, LPS mm, shape (n, 3)."""
    starts = np.arange(0, len(points_mm), BATCH)
    counts = np.minimum(BATCH, len(points_mm) - starts)
    bricks = np.stack([starts, counts, np.zeros_like(starts)], axis=1).astype(np.int32)
    low = np.minimum.reduceat(points_mm, starts) if len(starts) else np.zeros((0, 3))
    high = np.maximum.reduceat(points_mm, starts) if len(starts) else np.zeros((0, 3))
    return Job(
        LIST, bricks, _one_each(bricks), _in_document(low, high, tables), np.zeros(3, np.int32),
        np.zeros(3, np.int32), np.ones(3, np.int32), np.eye(4), points_mm, 0,
    )  # fmt: skip


def lattice_job(field: int, first_mm: FloatArray, step_mm: float, shape: tuple[int, ...]) -> Job:
    """Return the job of a field on a lattice of the document, shape (z, y, x)."""
    size = (8, 8, 8)
    axes = [np.arange(0, n, s) for n, s in zip(shape, size, strict=True)]
    mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    bricks, groups = _grouped(mesh.reshape(-1, 3).astype(np.int32), size)
    low, high = (corner[:, ::-1] * step_mm + first_mm for corner in _corners(bricks, groups, size))
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[::-1] * step_mm
    affine[:3, 3] = first_mm
    return Job(
        LATTICE, bricks, groups, _rows(low, high), np.array(size, np.int32),
        np.array(shape, np.int32), np.ones(3, np.int32), affine, _NO_POINTS, field,
    )  # fmt: skip


def result(shape: tuple[int, ...] = (0, 0, 0), distances: Float32 | None = None) -> Result:
    """Return arrays of a shape to fill, and perhaps one for distances."""
    return Result(
        np.empty(shape, np.uint16), np.empty(shape, np.uint16), np.empty(shape, np.uint8),
        np.empty(shape, np.int8),
        np.empty((0, 0, 0), np.float32) if distances is None else distances,
    )  # fmt: skip


def _grouped(bricks: Int32, size: Sequence[int] | IntArray) -> tuple[Int32, Int64]:
    """Return bricks with neighbours together, and from where to where each group goes."""
    cell = (bricks - bricks.min(axis=0)) // (np.array(size) * _GROUP)
    order = np.lexsort((*bricks.T[::-1], *cell.T[::-1]))
    new = np.flatnonzero(np.diff(cell[order], axis=0).any(axis=1)) + 1
    edges = np.concatenate([[0], new, [len(bricks)]])
    groups = np.stack([edges[:-1], edges[1:]], axis=1)
    return np.ascontiguousarray(bricks[order]), groups.astype(np.int64)


def _one_each(bricks: Int32) -> Int64:
    return np.stack([np.arange(len(bricks)), np.arange(len(bricks)) + 1], axis=1).astype(np.int64)


def _corners(
    bricks: Int32, groups: Int64, size: Sequence[int] | IntArray
) -> tuple[IntArray, IntArray]:
    """Return the lowest and highest index in each group."""
    low = np.minimum.reduceat(bricks, groups[:, 0])
    return low, np.maximum.reduceat(bricks, groups[:, 0]) + (np.array(size) - 1)


def _in_document(low: FloatArray, high: FloatArray, tables: Tables) -> Float32:
    """Return boxes of the patient in the document's space, with all that warps may add."""
    space, most = tables.space[:3], tables.space[4:7]
    return _rows(low * space - most, high * space + most)


def _rows(low: FloatArray, high: FloatArray) -> Float32:
    """Return boxes as rows x low, x high, y low, ..., a hair wider."""
    boxes = np.stack([low - 0.01, high + 0.01], axis=-1)
    return np.ascontiguousarray(boxes.reshape(-1, 6), dtype=np.float32)


__all__ = ["grid_job", "lattice_job", "list_job", "result", "run"]
