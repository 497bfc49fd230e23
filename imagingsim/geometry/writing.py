"""Kernels that write what a batch found to the arrays asked for."""

from imagingsim.geometry.jit import compiled_borrowing
from imagingsim.geometry.lookups import F1, HALF, f32
from imagingsim.geometry.machine import Batch, Float32, Int32, Result


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


__all__ = ["clear", "write_brick", "write_field", "write_list"]
