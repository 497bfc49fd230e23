"""The small functions every kernel is made of; float32 throughout, because that vectorises."""

import math

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lanes import LANES, SIDE, bits_of, number_of, read_tile
from imagingsim.geometry.machine import ARRAY, DEEP_MM, FAR_MM, IN, OUT, Batch, Float32, Tables

f32 = np.float32
F0 = f32(0.0)
F1 = f32(1.0)
HALF = f32(0.5)
QUARTER = f32(0.25)
TINY = f32(1e-9)
_SIGN = np.int32(31)
_LAST = np.int32(0x7FFFFFFF)


@compiled_inline
def trilinear(tile: Float32, x: f32, y: f32, z: f32) -> f32:
    """Return the periodic ``tile`` at lattice coordinates."""
    i = np.int32(x)
    j = np.int32(y)
    k = np.int32(z)
    i -= np.int32(x < f32(i))
    j -= np.int32(y < f32(j))
    k -= np.int32(z < f32(k))
    x -= f32(i)
    y -= f32(j)
    z -= f32(k)
    near = ((k & 127) * SIDE + (j & 127)) * SIDE + (i & 127)
    far = near + SIDE * SIDE
    a = tile[near]
    a += (tile[near + 1] - a) * x
    b = tile[near + SIDE]
    b += (tile[near + SIDE + 1] - b) * x
    c = tile[far]
    c += (tile[far + 1] - c) * x
    e = tile[far + SIDE]
    e += (tile[far + SIDE + 1] - e) * x
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
def noise_row(
    tile: Float32, x: Float32, y: Float32, z: Float32, n: int, wavelength_mm: f32, seed: f32,
    out: Float32,
) -> None:  # fmt: skip
    """Write the noise at the first ``n`` points of three rows of coordinates."""
    s = f32(8.0) / wavelength_mm
    u, v, w = f32(37.1) * seed, f32(71.7) * seed, f32(13.3) * seed
    for i in range(0, n, LANES):
        read_tile(tile, x, y, z, i, s, u, v, w, out)


@compiled_inline
def noise_picked(
    n: int, batch: Batch, tables: Tables, wavelength_mm: f32, seed: f32, out: int
) -> None:
    """Write the noise at the points picked to a row of `spare`."""
    spare = batch.spare
    noise_row(tables.lattice, spare[0], spare[1], spare[2], n, wavelength_mm, seed, spare[out])


@compiled_borrowing
def pick(row: Float32, n: int, low: f32, high: f32, batch: Batch) -> int:
    """List the points whose number lies between two others; copy their coordinates to `spare`."""
    count = 0
    for i in range(n):
        batch.places[count] = i
        count += int((row[i] > low) & (row[i] < high))
    for e in range(count):
        i = batch.places[e]
        batch.spare[0, e] = batch.x[i]
        batch.spare[1, e] = batch.y[i]
        batch.spare[2, e] = batch.z[i]
    return count


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
    batch.low[field] = value
    batch.high[field] = value


@compiled_inline
def settle(batch: Batch, field: int, n: int, reach: f32, depth: f32) -> None:
    """Note between what a field lies, and that it is OUT or IN when it is so at every point."""
    batch.low[field], batch.high[field] = extent(batch.fields[field], n)
    conclude(batch, field, reach, depth)


@compiled_inline
def conclude(batch: Batch, field: int, reach: f32, depth: f32) -> None:
    """Note that a field is OUT or IN when its bounds say so."""
    if batch.low[field] > reach:
        batch.state[field] = OUT
    elif batch.high[field] < -depth:
        batch.state[field] = IN


@compiled_borrowing
def extent(row: Float32, n: int) -> tuple[f32, f32]:
    """Return the smallest and largest number of a row.

    Of whole numbers a compiler finds them with vector instructions, of others it does not; with
    the lower bits of negative ones turned over, the bits of numbers stand in the same order.
    """
    low, high = _LAST, -_LAST
    for i in range(n):
        bits = bits_of(row[i])
        bits ^= (bits >> _SIGN) & _LAST
        low = min(low, bits)
        high = max(high, bits)
    low ^= (low >> _SIGN) & _LAST
    high ^= (high >> _SIGN) & _LAST
    return number_of(low), number_of(high)


@compiled_inline
def value_at(batch: Batch, field: int, i: int, outside: f32, inside: f32) -> f32:
    """Return a field at a point, or the value given for a field that is OUT or IN."""
    if batch.state[field] == ARRAY:
        return batch.fields[field, i]
    return outside if batch.state[field] == OUT else inside


@compiled_inline
def fallen(x: f32, y: f32, z: f32, tables: Tables) -> f32:
    """Return how far down a point lies: along gravity from the origin of the document, mm."""
    return x * tables.space[7] + y * tables.space[8] + z * tables.space[9]


@compiled_inline
def apart(a: Float32, b: Float32) -> f32:
    """Return the distance between two boxes, mm."""
    dx = max(max(a[0] - b[1], b[0] - a[1]), F0)
    dy = max(max(a[2] - b[3], b[2] - a[3]), F0)
    dz = max(max(a[4] - b[5], b[4] - a[5]), F0)
    return f32(math.sqrt(dx * dx + dy * dy + dz * dz))


@compiled_borrowing
def enclose(batch: Batch, n: int) -> None:
    """Put a box and a sphere around the points."""
    batch.box[0], batch.box[1] = extent(batch.x, n)
    batch.box[2], batch.box[3] = extent(batch.y, n)
    batch.box[4], batch.box[5] = extent(batch.z, n)
    cx = HALF * (batch.x[0] + batch.x[n - 1])
    cy = HALF * (batch.y[0] + batch.y[n - 1])
    cz = HALF * (batch.z[0] + batch.z[n - 1])
    farthest = np.int32(0)
    for i in range(n):
        dx = batch.x[i] - cx
        dy = batch.y[i] - cy
        dz = batch.z[i] - cz
        farthest = max(farthest, bits_of(dx * dx + dy * dy + dz * dz))
    batch.sphere[0] = cx
    batch.sphere[1] = cy
    batch.sphere[2] = cz
    batch.sphere[3] = f32(math.sqrt(number_of(farthest))) + f32(1e-3)


__all__ = [
    "F0", "F1", "HALF", "QUARTER", "TINY", "Float32", "apart", "bell", "blend", "clip01",
    "conclude", "enclose", "exponential", "extent", "f32", "fallen", "noise", "noise_picked",
    "noise_row", "pick", "settle", "smooth_min", "spread", "step", "trilinear", "value_at",
]  # fmt: skip
