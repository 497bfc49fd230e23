"""The small functions every kernel is made of; float32 throughout, because that vectorises."""

import math

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.machine import ARRAY, DEEP_MM, FAR_MM, IN, OUT, Batch, Float32

f32 = np.float32
F0 = f32(0.0)
F1 = f32(1.0)
HALF = f32(0.5)
QUARTER = f32(0.25)
TINY = f32(1e-9)


@compiled_inline
def trilinear(tile: Float32, x: f32, y: f32, z: f32) -> f32:
    """Return the periodic 128^3 ``tile`` at lattice coordinates."""
    i = np.int32(x)
    j = np.int32(y)
    k = np.int32(z)
    i -= np.int32(x < f32(i))
    j -= np.int32(y < f32(j))
    k -= np.int32(z < f32(k))
    x -= f32(i)
    y -= f32(j)
    z -= f32(k)
    i0 = i & 127
    i1 = (i + 1) & 127
    j0 = (j & 127) << 7
    j1 = ((j + 1) & 127) << 7
    k0 = (k & 127) << 14
    k1 = ((k + 1) & 127) << 14
    a = tile[k0 + j0 + i0]
    a += (tile[k0 + j0 + i1] - a) * x
    b = tile[k0 + j1 + i0]
    b += (tile[k0 + j1 + i1] - b) * x
    c = tile[k1 + j0 + i0]
    c += (tile[k1 + j0 + i1] - c) * x
    e = tile[k1 + j1 + i0]
    e += (tile[k1 + j1 + i1] - e) * x
    a += (b - a) * y
    c += (e - c) * y
    return a + (c - a) * z


@compiled_inline
def noise(tile: Float32, x: f32, y: f32, z: f32, wavelength_mm: f32, seed: f32) -> f32:
    """Return smooth noise of unit standard deviation whose features are ``wavelength_mm`` wide."""
    s = f32(8.0) / wavelength_mm
    return trilinear(
        tile, x * s + f32(37.1) * seed, y * s + f32(71.7) * seed, z * s + f32(13.3) * seed
    )


@compiled_borrowing
def exponential(x: f32) -> f32:
    """Return about e^x for x <= 0 as (1 + x/64)^64: multiplications only, so it vectorises."""
    t = max(F1 + x * f32(1.0 / 64.0), F0)
    t = t * t
    t = t * t
    t = t * t
    t = t * t
    t = t * t
    return t * t


@compiled_borrowing
def bell(x: f32) -> f32:
    """Return exp(-x^2)."""
    return exponential(-x * x)


@compiled_borrowing
def step(x: f32) -> f32:
    """Return the logistic function, 0 far below zero and 1 far above."""
    return F1 / (F1 + exponential(min(max(-x, f32(-30.0)), f32(30.0))))


@compiled_borrowing
def clip01(x: f32) -> f32:
    """Return ``x`` limited to 0 to 1."""
    return min(max(x, F0), F1)


@compiled_borrowing
def smooth_min(a: f32, b: f32, k: f32) -> f32:
    """Return the smaller of two distances, rounding the crease over ``k`` mm."""
    if k <= F0:
        return min(a, b)
    h = max(k - abs(a - b), F0) / k
    return min(a, b) - h * h * k * QUARTER


@compiled_inline
def blend(batch: Batch, i: int, layer: int, coverage: f32) -> None:
    """Cover point ``i`` with ``layer``; of three layers the two largest stay."""
    if coverage <= F0:
        return
    if coverage >= f32(0.999):
        batch.first[i] = layer
        batch.second[i] = layer
        batch.fraction[i] = F1
        return
    rest = F1 - coverage
    if batch.first[i] == layer:
        batch.fraction[i] = coverage + rest * batch.fraction[i]
        return
    first = rest * batch.fraction[i]
    second = rest * (F1 - batch.fraction[i])
    if batch.second[i] == layer:
        coverage += second
        second = F0
    other = batch.first[i]
    share = first
    if second > first:
        other = batch.second[i]
        share = second
    total = coverage + share
    if coverage >= share:
        batch.first[i] = layer
        batch.second[i] = other
        batch.fraction[i] = coverage / total
    else:
        batch.first[i] = other
        batch.second[i] = layer
        batch.fraction[i] = share / total


@compiled_inline
def spread(batch: Batch, field: int, n: int) -> None:
    """Write down the distances of a field that is OUT or IN."""
    if batch.state[field] == ARRAY:
        return
    value = FAR_MM if batch.state[field] == OUT else DEEP_MM
    for i in range(n):
        batch.fields[field, i] = value
    batch.state[field] = ARRAY


@compiled_inline
def settle(batch: Batch, field: int, n: int, reach: f32, depth: f32) -> None:
    """Note that a field is OUT or IN when it is so at every point."""
    row = batch.fields[field]
    low = row[0]
    high = row[0]
    for i in range(n):
        low = min(low, row[i])
        high = max(high, row[i])
    if low > reach:
        batch.state[field] = OUT
    elif high < -depth:
        batch.state[field] = IN


@compiled_inline
def value_at(batch: Batch, field: int, i: int, outside: f32, inside: f32) -> f32:
    """Return a field at a point, or the value given for a field that is OUT or IN."""
    if batch.state[field] == ARRAY:
        return batch.fields[field, i]
    return outside if batch.state[field] == OUT else inside


@compiled_inline
def box_distance(box: Float32, sphere: Float32) -> f32:
    """Return the least distance from a box to the points in the sphere, mm."""
    dx = max(max(box[0] - sphere[0], sphere[0] - box[1]), F0)
    dy = max(max(box[2] - sphere[1], sphere[1] - box[3]), F0)
    dz = max(max(box[4] - sphere[2], sphere[2] - box[5]), F0)
    return f32(math.sqrt(dx * dx + dy * dy + dz * dz)) - sphere[3]


@compiled_borrowing
def enclose(batch: Batch, n: int) -> None:
    """Put a sphere around the points."""
    cx = HALF * (batch.x[0] + batch.x[n - 1])
    cy = HALF * (batch.y[0] + batch.y[n - 1])
    cz = HALF * (batch.z[0] + batch.z[n - 1])
    farthest = F0
    for i in range(n):
        dx = batch.x[i] - cx
        dy = batch.y[i] - cy
        dz = batch.z[i] - cz
        farthest = max(farthest, dx * dx + dy * dy + dz * dz)
    batch.sphere[0] = cx
    batch.sphere[1] = cy
    batch.sphere[2] = cz
    batch.sphere[3] = f32(math.sqrt(farthest)) + f32(1e-3)


__all__ = [
    "F0", "F1", "HALF", "QUARTER", "TINY", "Float32", "bell", "blend", "box_distance", "clip01",
    "enclose", "exponential", "f32", "noise", "settle", "smooth_min", "spread", "step",
    "trilinear", "value_at",
]  # fmt: skip
