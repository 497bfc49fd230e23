"""Kernels that bring points to the document's space."""

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lanes import read_shift
from imagingsim.geometry.lookups import F0, enclose, f32
from imagingsim.geometry.machine import Batch, Float32, Float64, Int32, Tables

_EDGE = f32(1.001)


@compiled_inline
def enter(space: int, n: int, batch: Batch) -> None:
    """Work in the document's space (0) or in the patient's (1)."""
    source = batch.body if space == 0 else batch.patient
    for i in range(n):
        batch.x[i] = source[0, i]
        batch.y[i] = source[1, i]
        batch.z[i] = source[2, i]
    enclose(batch, n)


@compiled_borrowing
def place(n: int, batch: Batch, tables: Tables) -> None:
    """Take the patient's points to the document's space, and enter it."""
    space = tables.space
    if tables.state_frame[4] > F0:
        _shift(n, batch.patient, tables.state, tables.state_frame, batch.spare[0])
    for axis in range(3):
        for i in range(n):
            batch.body[axis, i] = batch.patient[axis, i] * space[axis]
            batch.patient[axis, i] *= space[3]
    _shift(n, batch.body, tables.warp, tables.warp_frame, batch.spare[0])
    enter(0, n, batch)


@compiled_borrowing
def _shift(n: int, points: Float32, table: Float32, frame: Float32, four: Float32) -> None:
    """Add to points the shift found for them on a lattice; beyond it, that at its edge."""
    nx, ny, nz = np.int32(frame[4]), np.int32(frame[5]), np.int32(frame[6])
    row, plane = np.int32(nx * 3), np.int32(nx * ny * 3)
    top_x, top_y, top_z = f32(nx) - _EDGE, f32(ny) - _EDGE, f32(nz) - _EDGE
    for i in range(n):
        u = min(max((points[0, i] - frame[0]) * frame[3], F0), top_x)
        v = min(max((points[1, i] - frame[1]) * frame[3], F0), top_y)
        w = min(max((points[2, i] - frame[2]) * frame[3], F0), top_z)
        a, b, c = np.int32(u), np.int32(v), np.int32(w)
        node = np.int32(c * plane + b * row + a * 3)
        read_shift(table, node, row, plane, u - f32(a), v - f32(b), w - f32(c), 0, four)
        points[0, i] += four[0]
        points[1, i] += four[1]
        points[2, i] += four[2]


@compiled_borrowing
def brick_points(brick: Int32, size: Int32, affine: Float64, batch: Batch) -> int:
    """Write the patient points of a brick; indices may lie outside the grid."""
    n = 0
    for k in range(size[0]):
        s = float(brick[0] + k)
        for j in range(size[1]):
            r = float(brick[1] + j)
            for i in range(size[2]):
                c = float(brick[2] + i)
                for axis in range(3):
                    batch.patient[axis, n] = (
                        affine[axis, 0] * s + affine[axis, 1] * r
                        + affine[axis, 2] * c + affine[axis, 3]
                    )  # fmt: skip
                n += 1
    return n


@compiled_borrowing
def listed_points(points: Float64, start: int, n: int, batch: Batch) -> int:
    """Write some points of a list."""
    for i in range(n):
        for axis in range(3):
            batch.patient[axis, i] = points[start + i, axis]
    return n


@compiled_borrowing
def lattice_points(brick: Int32, size: Int32, affine: Float64, batch: Batch) -> int:
    """Write the document's points of a brick of a lattice, and enter that space."""
    step = f32(affine[0, 2])
    n = 0
    for k in range(brick[0], brick[0] + size[0]):
        for j in range(brick[1], brick[1] + size[1]):
            for i in range(brick[2], brick[2] + size[2]):
                batch.body[0, n] = f32(affine[0, 3]) + f32(i) * step
                batch.body[1, n] = f32(affine[1, 3]) + f32(j) * step
                batch.body[2, n] = f32(affine[2, 3]) + f32(k) * step
                n += 1
    enter(0, n, batch)
    return n


__all__ = ["brick_points", "enter", "lattice_points", "listed_points", "place"]
