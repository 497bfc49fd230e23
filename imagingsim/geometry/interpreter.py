"""Runs a program over batches of points, on all threads.

The bodies of the parallel loops hold calls only: numba takes a counter that is raised inside one
for a sum over all threads. Bricks are anchored on the lattice of the world, not on the grid asked
for, and every point is computed from its own index, so neither the shape of the grid nor the
number of threads changes a byte.
"""

import numpy as np
from numba import prange

from imagingsim.geometry.brain_kernels import cells, cortex, folia
from imagingsim.geometry.field_kernels import (
    carve,
    combine,
    displace,
    fix,
    haustra,
    offset,
    shell,
    thicken,
)  # fmt: skip
from imagingsim.geometry.jit import (
    compiled,
    compiled_borrowing,
    compiled_inline,
    compiled_parallel,
)
from imagingsim.geometry.lookups import F0, F1, HALF, box_distance, enclose, f32
from imagingsim.geometry.machine import (
    ARRAY,
    BATCH,
    BLOCK,
    CARVE,
    COMBINE,
    CORTEX,
    DEEP_MM,
    DISPLACE,
    ELLIPSOID,
    FAR_MM,
    FASCIA,
    FIX,
    FOLIA,
    HALO,
    HAUSTRA,
    HOLLOW,
    KIDNEY,
    LOFT,
    OFFSET,
    OUT,
    PAINT,
    SHELL,
    SPACE,
    THICKEN,
    TUBE,
    Batch,
    Float32,
    Float64,
    Int8,
    Int32,
    Tables,
    UInt8,
    UInt16,
)  # fmt: skip
from imagingsim.geometry.paint_kernels import fascia, halo, hollow, kidney, paint
from imagingsim.geometry.solids import join_loft, join_simple
from imagingsim.geometry.texture_kernels import shade
from imagingsim.geometry.tube_kernels import join_tube


@compiled_inline
def _execute(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Run one instruction."""
    operation = tables.code[at, 0]
    if operation >= PAINT:
        _execute_paint(operation, at, n, batch, tables)
    elif operation >= COMBINE:
        _execute_field(operation, at, n, batch, tables)
    elif operation == LOFT:
        join_loft(at, n, batch, tables)
    elif operation == TUBE:
        join_tube(at, n, batch, tables)
    elif operation >= ELLIPSOID:
        join_simple(at, n, batch, tables)


@compiled_inline
def _execute_field(operation: int, at: int, n: int, batch: Batch, tables: Tables) -> None:
    if operation == COMBINE:
        combine(at, n, batch, tables)
    elif operation == OFFSET:
        offset(at, n, batch, tables)
    elif operation == SHELL:
        shell(at, n, batch, tables)
    elif operation == THICKEN:
        thicken(at, n, batch, tables)
    elif operation == DISPLACE:
        displace(at, n, batch, tables)
    elif operation == HAUSTRA:
        haustra(at, n, batch, tables)
    elif operation == CARVE:
        carve(at, n, batch, tables)
    elif operation == FIX:
        fix(at, n, batch, tables)


@compiled_inline
def _execute_paint(operation: int, at: int, n: int, batch: Batch, tables: Tables) -> None:
    if operation == PAINT:
        paint(at, n, batch, tables)
    elif operation == HALO:
        halo(at, n, batch, tables)
    elif operation == KIDNEY:
        kidney(at, n, batch, tables)
    elif operation == HOLLOW:
        hollow(at, n, batch, tables)
    elif operation == FASCIA:
        fascia(at, n, batch, tables)
    elif operation == CORTEX:
        cortex(at, n, batch, tables)
    elif operation == FOLIA:
        folia(at, n, batch, tables)
    else:
        cells(at, n, batch, tables)


@compiled_borrowing
def _run_program(n: int, batch: Batch, tables: Tables) -> bool:
    """Run all instructions on one batch; tell whether anything was near it."""
    code = tables.code
    for field in range(batch.state.shape[0]):
        batch.state[field] = OUT
    for i in range(n):
        batch.first[i] = 0
        batch.second[i] = 0
        batch.fraction[i] = F1
    touched = False
    at = 0
    while at < code.shape[0]:
        operation = code[at, 0]
        if operation == BLOCK:
            if box_distance(tables.bounds[at], batch.sphere) > F0:
                at = code[at, 3]
                continue
            touched = True
        elif operation == SPACE:
            _enter(code[at, 2], n, batch)
        else:
            _execute(at, n, batch, tables)
        at += 1
    return touched


@compiled_inline
def _enter(space: int, n: int, batch: Batch) -> None:
    """Work in the document's space (0) or in the patient's (1)."""
    source = batch.body if space == 0 else batch.patient
    for i in range(n):
        batch.x[i] = source[0, i]
        batch.y[i] = source[1, i]
        batch.z[i] = source[2, i]
    enclose(batch, n)


@compiled_borrowing
def _place(n: int, batch: Batch, tables: Tables) -> None:
    """Take the patient's points to the document's space, and enter it."""
    frame, warp, space = tables.warp_frame, tables.warp, tables.space
    nx, ny, nz = int(frame[4]), int(frame[5]), int(frame[6])
    for i in range(n):
        x = batch.patient[0, i] * space[0]
        y = batch.patient[1, i] * space[1]
        z = batch.patient[2, i] * space[2]
        u = min(max((x - frame[0]) * frame[3], F0), f32(nx) - f32(1.001))
        v = min(max((y - frame[1]) * frame[3], F0), f32(ny) - f32(1.001))
        w = min(max((z - frame[2]) * frame[3], F0), f32(nz) - f32(1.001))
        a, b, c = np.int32(u), np.int32(v), np.int32(w)
        u -= f32(a)
        v -= f32(b)
        w -= f32(c)
        near = ((c * ny + b) * nx + a) * 3
        far = near + nx * ny * 3
        for axis in range(3):
            e, o = near + axis, far + axis
            p = warp[e] + (warp[e + 3] - warp[e]) * u
            q = warp[e + nx * 3] + (warp[e + nx * 3 + 3] - warp[e + nx * 3]) * u
            r = warp[o] + (warp[o + 3] - warp[o]) * u
            s = warp[o + nx * 3] + (warp[o + nx * 3 + 3] - warp[o + nx * 3]) * u
            p += (q - p) * v
            r += (s - r) * v
            batch.body[axis, i] = p + (r - p) * w
        batch.body[0, i] += x
        batch.body[1, i] += y
        batch.body[2, i] += z
        batch.patient[0, i] *= space[3]
        batch.patient[1, i] *= space[3]
        batch.patient[2, i] *= space[3]
    _enter(0, n, batch)


@compiled
def _scratch(fields: int, segments: int, width_mm: f32) -> Batch:
    """Make the scratch of one thread."""
    sphere = np.zeros(5, np.float32)
    sphere[4] = width_mm
    return Batch(
        np.empty(BATCH, np.float32), np.empty(BATCH, np.float32), np.empty(BATCH, np.float32),
        np.empty((3, BATCH), np.float32), np.empty((3, BATCH), np.float32), sphere,
        np.empty((fields, BATCH), np.float32), np.zeros(fields, np.uint8),
        np.empty(BATCH, np.uint16), np.empty(BATCH, np.uint16), np.empty(BATCH, np.float32),
        np.zeros(BATCH, np.int8), np.empty(BATCH, np.float32),
        np.empty(segments, np.int32), np.empty(segments, np.float32),
    )  # fmt: skip


@compiled_borrowing
def _brick_points(brick: Int32, size: Int32, shape: Int32, affine: Float64, batch: Batch) -> int:
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


@compiled_parallel
def sample_bricks(
    threads: int, bricks: Int32, size: Int32, shape: Int32, affine: Float64, width_mm: f32,
    fields: int, tables: Tables, first: UInt16, second: UInt16, fraction: UInt8, texture: Int8,
) -> None:  # fmt: skip
    """Fill the four arrays of a grid, brick by brick.

    Parameters
    ----------
    bricks
        (bricks, 3): first (slice, row, column) of each.
    size, shape
        (3,): of a brick (at most `BATCH` points), and of the grid.
    affine
        (4, 4): from (slice, row, column, 1) to LPS mm.
    width_mm
        Over how far a surface is blurred: about the size of a voxel, in the document's space.
    """
    for thread in prange(threads):
        batch = _scratch(fields, tables.segments.shape[0] + 1, width_mm)
        for b in range(thread, bricks.shape[0], threads):
            n = _brick_points(bricks[b], size, shape, affine, batch)
            _place(n, batch, tables)
            touched = _run_program(n, batch, tables)
            shade(n, touched, batch, tables)
            _write_brick(bricks[b], size, shape, batch, first, second, fraction, texture)


@compiled_borrowing
def _write_brick(
    brick: Int32, size: Int32, shape: Int32, batch: Batch, first: UInt16, second: UInt16,
    fraction: UInt8, texture: Int8,
) -> None:  # fmt: skip
    n = 0
    for k in range(brick[0], brick[0] + size[0]):
        for j in range(brick[1], brick[1] + size[1]):
            for i in range(brick[2], brick[2] + size[2]):
                if 0 <= k < shape[0] and 0 <= j < shape[1] and 0 <= i < shape[2]:
                    first[k, j, i] = batch.first[n]
                    second[k, j, i] = batch.second[n]
                    fraction[k, j, i] = int(batch.fraction[n] * f32(255.0) + HALF)
                    texture[k, j, i] = batch.texture[n]
                n += 1


@compiled_parallel
def sample_list(
    threads: int, points: Float64, width_mm: f32, fields: int, tables: Tables, first: UInt16
) -> None:
    """Write the first layer at any points, shape (points, 3), LPS mm."""
    batches = (points.shape[0] + BATCH - 1) // BATCH
    for thread in prange(threads):
        batch = _scratch(fields, tables.segments.shape[0] + 1, width_mm)
        for b in range(thread, batches, threads):
            start = b * BATCH
            n = min(BATCH, points.shape[0] - start)
            _load(points, start, n, batch)
            _place(n, batch, tables)
            touched = _run_program(n, batch, tables)
            shade(n, touched, batch, tables)
            _store(first, start, n, batch)


@compiled_borrowing
def _load(points: Float64, start: int, n: int, batch: Batch) -> None:
    for i in range(n):
        for axis in range(3):
            batch.patient[axis, i] = points[start + i, axis]


@compiled_borrowing
def _store(first: UInt16, start: int, n: int, batch: Batch) -> None:
    for i in range(n):
        first[start + i] = batch.first[i]


@compiled_parallel
def evaluate_field(
    threads: int, field: int, origin: Float32, step_mm: f32, shape: Int32, fields: int,
    tables: Tables, out: Float32,
) -> None:  # fmt: skip
    """Write the distances of one field on a lattice of the document's space, mm."""
    side = 8
    ny, nx = -(-shape[1] // side), -(-shape[2] // side)
    count = -(-shape[0] // side) * ny * nx
    for thread in prange(threads):
        batch = _scratch(fields, tables.segments.shape[0] + 1, F1)
        for b in range(thread, count, threads):
            k0, j0, i0 = b // (ny * nx) * side, b // nx % ny * side, b % nx * side
            n = _lattice_points(k0, j0, i0, origin, step_mm, batch)
            _enter(0, n, batch)
            _run_program(n, batch, tables)
            _write_field(field, k0, j0, i0, batch, out)


@compiled_borrowing
def _lattice_points(k0: int, j0: int, i0: int, origin: Float32, step_mm: f32, batch: Batch) -> int:
    """Write the document's points of a cube of eight nodes a side."""
    n = 0
    for k in range(k0, k0 + 8):
        for j in range(j0, j0 + 8):
            for i in range(i0, i0 + 8):
                batch.body[0, n] = origin[0] + f32(i) * step_mm
                batch.body[1, n] = origin[1] + f32(j) * step_mm
                batch.body[2, n] = origin[2] + f32(k) * step_mm
                n += 1
    return n


@compiled_borrowing
def _write_field(field: int, k0: int, j0: int, i0: int, batch: Batch, out: Float32) -> None:
    state = batch.state[field]
    n = 0
    for k in range(k0, k0 + 8):
        for j in range(j0, j0 + 8):
            for i in range(i0, i0 + 8):
                if k < out.shape[0] and j < out.shape[1] and i < out.shape[2]:
                    value = FAR_MM if state == OUT else DEEP_MM
                    if state == ARRAY:
                        value = batch.fields[field, n]
                    out[k, j, i] = value
                n += 1


__all__ = ["evaluate_field", "sample_bricks", "sample_list"]
