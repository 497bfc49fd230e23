"""Runs a program over batches of points.

Bricks are anchored on the lattice of the world, not on the grid asked for, and every point is
computed from its own index, so neither the shape of the grid nor the number of threads changes a
byte. There is one kernel for all kinds of points, because compiling the program's kernels into
it takes half a minute.
"""

from imagingsim.geometry.brain_kernels import cells, cortex
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
from imagingsim.geometry.jit import compiled_borrowing, compiled_inline, compiled_threaded
from imagingsim.geometry.lookups import F0, apart, spread
from imagingsim.geometry.machine import (
    BATCH,
    BLOCK,
    CARVE,
    COMBINE,
    CORTEX,
    DISPLACE,
    ELLIPSOID,
    FASCIA,
    FIX,
    GRID,
    HALO,
    HAUSTRA,
    HOLLOW,
    KIDNEY,
    LATTICE,
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
    Job,
    Result,
    Tables,
)  # fmt: skip
from imagingsim.geometry.paint_kernels import fascia, halo, hollow, kidney, paint
from imagingsim.geometry.placing import brick_points, enter, lattice_points, listed_points, place
from imagingsim.geometry.solids import join_loft, join_simple
from imagingsim.geometry.texture_kernels import shade
from imagingsim.geometry.tube_kernels import join_tube
from imagingsim.geometry.writing import clear, write_brick, write_field, write_list, write_merged


@compiled_inline
def _execute(operation: int, at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Run one instruction."""
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
    elif operation == SPACE:
        enter(tables.code[at, 2], n, batch)


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
    else:
        cells(at, n, batch, tables)


@compiled_borrowing
def _list_blocks(box: Float32, batch: Batch, tables: Tables) -> int:
    """List the blocks near a box that do not wait until they are read; return how many."""
    count = 0
    for block in range(tables.blocks.shape[0]):
        batch.listed[count] = block
        if tables.blocks[block, 2] == 0 and apart(tables.block_bounds[block], box) <= F0:
            count += 1
    return count


@compiled_borrowing
def _run_program(n: int, count: int, batch: Batch, tables: Tables) -> bool:
    """Run the blocks listed on one batch; tell whether anything was near it."""
    for field in range(batch.state.shape[0]):
        batch.state[field] = OUT
    for block in range(tables.blocks.shape[0]):
        batch.done[block] = 0
    touched = False
    for e in range(count):
        block = batch.listed[e]
        if apart(tables.block_bounds[block], batch.box) <= F0:
            touched = True
            _run_block(block, n, batch, tables)
    return touched


@compiled_inline
def _run_block(block: int, n: int, batch: Batch, tables: Tables) -> None:
    """Run a block, and before an instruction that reads a block which waited, that one."""
    code, waiting = tables.code, batch.waiting
    at, last = tables.blocks[block, 0], tables.blocks[block, 1]
    depth = 0
    while at < last or depth > 0:
        if at >= last:
            depth -= 1
            at, last = waiting[depth, 0], waiting[depth, 1]
            continue
        need = code[at, 4]
        if need >= 0 and batch.done[need] == 0:
            batch.done[need] = 1
            if apart(tables.block_bounds[need], batch.box) <= F0:
                waiting[depth, 0], waiting[depth, 1] = at, last
                depth += 1
                at, last = tables.blocks[need, 0], tables.blocks[need, 1]
            continue
        operation = code[at, 0]
        if operation == BLOCK and apart(tables.bounds[at], batch.box) > F0:
            at = code[at, 3]
            continue
        _execute(operation, at, n, batch, tables)
        leave = code[at, 5]
        at = leave if leave >= 0 and batch.state[code[at, 1]] == OUT else at + 1


@compiled_borrowing
def _points(b: int, job: Job, batch: Batch, tables: Tables) -> int:
    """Write the points of a batch; return how many."""
    if job.kind == LATTICE:
        return lattice_points(job.bricks[b], job.size, job.affine, batch)
    if job.kind == GRID:
        n = brick_points(job.bricks[b], job.size, job.affine, batch)
    else:
        n = listed_points(job.points, job.bricks[b, 0], job.bricks[b, 1], batch)
    place(n, batch, tables)
    return n


@compiled_borrowing
def _write(b: int, n: int, job: Job, batch: Batch, result: Result) -> None:
    """Write what was found in a batch."""
    if job.kind == GRID:
        if job.parts[0] * job.parts[1] * job.parts[2] == 1:
            write_brick(job.bricks[b], job.size, job.shape, batch, result)
        else:
            write_merged(job.bricks[b], job, batch, result)
    elif job.kind == LATTICE:
        spread(batch, job.field, n)
        write_field(job.bricks[b], job.size, job.shape, batch.fields[job.field], result)
    else:
        write_list(job.bricks[b, 0], n, batch, result)


@compiled_threaded
def run_groups(
    start: int, stop: int, job: Job, tables: Tables, batch: Batch, result: Result
) -> None:
    """Evaluate some groups of batches."""
    for g in range(start, stop):
        count = _list_blocks(job.boxes[g], batch, tables)
        for b in range(job.groups[g, 0], job.groups[g, 1]):
            n = BATCH
            clear(n, batch)
            if count > 0 or job.kind != GRID:
                n = _points(b, job, batch, tables)
                if _run_program(n, count, batch, tables) and job.kind != LATTICE:
                    shade(n, batch, tables)
            _write(b, n, job, batch, result)


__all__ = ["run_groups"]
