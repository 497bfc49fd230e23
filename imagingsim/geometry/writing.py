"""Kernels that write what a batch found to the arrays asked for."""

import math

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import F1, HALF, f32
from imagingsim.geometry.machine import Batch, Float32, Int32, Job, Result

_FULL = 255
_MIX, _STIR, _BITS = 2654435761, 2246822519, 0xFFFFFFFF
_UNSEEN = np.int64(1 << 40)


@compiled_borrowing
def clear(n: int, batch: Batch) -> None:
    """Say that the points are air."""
    for i in range(n):
        batch.first[i] = 0
        batch.second[i] = 0
        batch.fraction[i] = F1
        batch.texture[i] = 0


@compiled_borrowing
def write_brick(brick: Int32, size: Int32, shape: Int32, batch: Batch, result: Result) -> None:
    """Write the part of a brick that lies in the grid."""
    from_x, to_x = max(brick[2], 0), min(brick[2] + size[2], shape[2])
    for k in range(max(brick[0], 0), min(brick[0] + size[0], shape[0])):
        for j in range(max(brick[1], 0), min(brick[1] + size[1], shape[1])):
            n = ((k - brick[0]) * size[1] + j - brick[1]) * size[2] - brick[2]
            for i in range(from_x, to_x):
                result.first[k, j, i] = batch.first[n + i]
                result.second[k, j, i] = batch.second[n + i]
                result.fraction[k, j, i] = int(batch.fraction[n + i] * f32(255.0) + HALF)
                result.texture[k, j, i] = batch.texture[n + i]


@compiled_borrowing
def write_merged(brick: Int32, job: Job, batch: Batch, result: Result) -> None:
    """Write the voxels of a brick that lie in the grid, each made of several points.

    A voxel keeps two layers: the largest as it is, and one of the others, which gets what is left.
    Of several others each gets its turn as often as its shares demand, so that over the voxels of a
    brick no layer loses or gains any volume. Voxels outside the grid are gone through too, so that
    the turns do not depend on what part of a brick is asked for.
    """
    parts, size, shape = job.parts, job.size, job.shape
    whole = parts[0] * parts[1] * parts[2]
    seed = -1
    for layer in range(batch.debts.shape[0]):
        batch.debts[layer] = _UNSEEN
    for c in range(size[0] // parts[0]):
        k = brick[0] // parts[0] + c
        for b in range(size[1] // parts[1]):
            j = brick[1] // parts[1] + b
            for a in range(size[2] // parts[2]):
                i = brick[2] // parts[2] + a
                start = (c * parts[0] * size[1] + b * parts[1]) * size[2] + a * parts[2]
                count = _gather(start, job, batch)
                best = _largest(count, batch)
                first, mine = batch.owner[best], batch.places[best]
                other = best
                if count == 2:
                    other = 1 - best
                elif count > 2:
                    seed = _mixed(count, batch) if seed < 0 else seed
                    other = _whose_turn(best, whole * _FULL - mine, count, seed, batch)
                if 0 <= k < shape[0] and 0 <= j < shape[1] and 0 <= i < shape[2]:
                    result.first[k, j, i] = first
                    result.second[k, j, i] = batch.owner[other]
                    result.fraction[k, j, i] = (mine + whole // 2) // whole
                    result.texture[k, j, i] = _mean_texture(first, start, job, batch)


@compiled_inline
def _gather(start: int, job: Job, batch: Batch) -> int:
    """Sum up, in 255ths, what the points of a voxel are made of; return how many layers.

    The layers go to `Batch.owner`, their shares to `Batch.places`.
    """
    count = 0
    for c in range(job.parts[0]):
        for b in range(job.parts[1]):
            for a in range(job.parts[2]):
                n = start + (c * job.size[1] + b) * job.size[2] + a
                mine = int(batch.fraction[n] * f32(255.0) + HALF)
                count = _add(int(batch.first[n]), mine, count, batch)
                count = _add(int(batch.second[n]), _FULL - mine, count, batch)
    return count


@compiled_inline
def _add(layer: int, share: int, count: int, batch: Batch) -> int:
    """Add a share to that of its layer; return how many layers there are."""
    if share == 0:
        return count
    for e in range(count):
        if batch.owner[e] == layer:
            batch.places[e] += share
            return count
    batch.owner[count], batch.places[count] = layer, share
    return count + 1


@compiled_inline
def _largest(count: int, batch: Batch) -> int:
    """Return the place of the largest share."""
    best = 0
    for e in range(1, count):
        if batch.places[e] > batch.places[best]:
            best = e
    return best


@compiled_inline
def _mixed(count: int, batch: Batch) -> int:
    """Return a number of 32 bits that depends on what a voxel is made of."""
    mixed = 0
    for e in range(count):
        mixed = ((mixed ^ (batch.owner[e] * _STIR + batch.places[e])) * _MIX) & _BITS
        mixed ^= mixed >> 15
    return mixed


@compiled_inline
def _whose_turn(best: int, rest: int, count: int, seed: int, batch: Batch) -> int:
    """Return which layer stands for all but the largest, and note what the others are owed.

    What a layer is owed at first is drawn by lot between half a turn too much and too little.
    """
    turn, most = best, -_UNSEEN
    for e in range(count):
        if e == best:
            continue
        layer = batch.owner[e]
        if batch.debts[layer] == _UNSEEN:
            lot = ((seed ^ (layer * _STIR)) * _MIX) & _BITS
            batch.debts[layer] = (((lot >> 12) & 0xFFFF) * rest >> 16) - rest // 2
        batch.debts[layer] += batch.places[e]
        if batch.debts[layer] > most:
            turn, most = e, batch.debts[layer]
    batch.debts[batch.owner[turn]] -= rest
    return turn


@compiled_inline
def _mean_texture(layer: int, start: int, job: Job, batch: Batch) -> int:
    """Return the mean texture of the points of a voxel that are mostly of a layer."""
    total, count = 0, 0
    for c in range(job.parts[0]):
        for b in range(job.parts[1]):
            for a in range(job.parts[2]):
                n = start + (c * job.size[1] + b) * job.size[2] + a
                if batch.first[n] == layer:
                    total += batch.texture[n]
                    count += 1
    return math.floor(total / count + 0.5) if count > 0 else 0


@compiled_borrowing
def write_list(start: int, n: int, batch: Batch, result: Result) -> None:
    """Write the first layers of some points of a list."""
    for i in range(n):
        result.first[0, 0, start + i] = batch.first[i]


@compiled_borrowing
def write_field(brick: Int32, size: Int32, shape: Int32, row: Float32, result: Result) -> None:
    """Write the distances of a brick of a lattice."""
    n = 0
    for k in range(brick[0], brick[0] + size[0]):
        for j in range(brick[1], brick[1] + size[1]):
            for i in range(brick[2], brick[2] + size[2]):
                if k < shape[0] and j < shape[1] and i < shape[2]:
                    result.distances[k, j, i] = row[n]
                n += 1


__all__ = ["clear", "write_brick", "write_field", "write_list", "write_merged"]
