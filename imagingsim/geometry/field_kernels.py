"""Kernels that combine, move, shape and carve fields."""

import math

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    bell,
    exponential,
    f32,
    noise,
    settle,
    smooth_min,
    spread,
    trilinear,
)  # fmt: skip
from imagingsim.geometry.machine import (
    ARRAY,
    DEPTH,
    FAR_MM,
    IN,
    OUT,
    REACH,
    Batch,
    Float32,
    Tables,
)  # fmt: skip

UNION, SUBTRACT, INTERSECT = 0, 1, 2
OCCUPIED = 0
"""The field of everything that is already fixed."""
LARGEST_GAP = f32(2.2)
"""A noisy gap is at most this many times its nominal width."""


@compiled_inline
def combine(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Unite a field with field a, subtract a from it, or intersect the two."""
    field, other, mode = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    mine, its = batch.state[field], batch.state[other]
    if mode == UNION:
        if its == OUT or mine == IN:
            return
        if its == IN:
            batch.state[field] = IN
            return
    else:
        nothing = OUT if mode == SUBTRACT else IN
        if mine == OUT or its == nothing:
            return
        if its != ARRAY:
            batch.state[field] = OUT
            return
    spread(batch, field, n)
    _merge(batch.fields[field], batch.fields[other], n, tables.numbers[at, 0], mode)
    settle(batch, field, n, tables.numbers[at, REACH], tables.numbers[at, DEPTH])


@compiled_borrowing
def _merge(row: Float32, other: Float32, n: int, k: f32, mode: int) -> None:
    if mode == UNION:
        for i in range(n):
            row[i] = smooth_min(row[i], other[i], k)
    elif mode == SUBTRACT:
        for i in range(n):
            row[i] = -smooth_min(-row[i], other[i], k)
    else:
        for i in range(n):
            row[i] = -smooth_min(-row[i], -other[i], k)


@compiled_inline
def offset(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Write field a, times +1 or -1, plus a distance."""
    field, other = tables.code[at, 1], tables.code[at, 2]
    sign, shift = tables.numbers[at, 0], tables.numbers[at, 1]
    state = batch.state[other]
    if state != ARRAY:
        batch.state[field] = state if sign > F0 else IN - state
        return
    for i in range(n):
        batch.fields[field, i] = sign * batch.fields[other, i] + shift
    batch.state[field] = ARRAY
    settle(batch, field, n, tables.numbers[at, REACH], tables.numbers[at, DEPTH])


@compiled_inline
def shell(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Write what lies between two distances from the surface of field a."""
    field, other = tables.code[at, 1], tables.code[at, 2]
    inner, outer = tables.numbers[at, 0], tables.numbers[at, 1]
    batch.state[field] = OUT
    if batch.state[other] != ARRAY:
        return
    for i in range(n):
        d = batch.fields[other, i]
        batch.fields[field, i] = max(d - outer, inner - d)
    batch.state[field] = ARRAY
    settle(batch, field, n, tables.numbers[at, REACH], tables.numbers[at, DEPTH])


@compiled_inline
def thicken(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Write field a grown by a thickness that varies from place to place."""
    field, other = tables.code[at, 1], tables.code[at, 2]
    batch.state[field] = batch.state[other]
    if batch.state[other] != ARRAY:
        return
    start = int(tables.numbers[at, 0])
    for i in range(n):
        grown = _thickness(i, start, batch, tables)
        batch.fields[field, i] = batch.fields[other, i] - grown
    settle(batch, field, n, tables.numbers[at, REACH], tables.numbers[at, DEPTH])


@compiled_inline
def _thickness(i: int, at: int, batch: Batch, tables: Tables) -> f32:
    """Return base + noise + bumps, thinned where it is thinned, mm."""
    e = tables.extra
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    value = e[at]
    octaves, bumps, thinned = int(e[at + 1]), int(e[at + 2]), int(e[at + 3])
    at += 4
    for _ in range(octaves):
        value += e[at] * noise(tables.lattice, x, y, z, e[at + 1], e[at + 2])
        at += 3
    for _ in range(bumps):
        u = (x - e[at + 1]) / e[at + 4]
        v = (y - e[at + 2]) / e[at + 5]
        w = (z - e[at + 3]) / e[at + 6]
        value += e[at] * exponential(-(u * u + v * v + w * w))
        at += 7
    for _ in range(thinned):
        u = (x - e[at + 1]) / e[at + 4]
        v = (y - e[at + 2]) / e[at + 4]
        w = (z - e[at + 3]) / e[at + 4]
        value *= F1 - e[at] * bell(u * u + v * v + w * w)
        at += 5
    return max(value, F0)


@compiled_inline
def displace(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Roughen a surface with one or two octaves of noise, fading away from it."""
    field = tables.code[at, 1]
    if batch.state[field] != ARRAY:
        return
    p = tables.numbers[at]
    fade_mm = f32(2.0) * p[0] + f32(2.0)
    limit = f32(2.5) * fade_mm
    inverse = F1 / fade_mm
    two = p[3] > F1
    gain = p[0] / f32(1.1180340) if two else p[0]
    row = batch.fields[field]
    for i in range(n):
        d = row[i]
        if -limit < d < limit:
            x, y, z = batch.x[i] * p[4], batch.y[i] * p[5], batch.z[i] * p[6]
            t = noise(tables.lattice, x, y, z, p[1], p[2])
            if two:
                t += HALF * noise(tables.lattice, x, y, z, p[1] * HALF, p[2] + f32(1.7))
            row[i] = d + bell(d * inverse) * gain * t
    settle(batch, field, n, p[REACH], p[DEPTH])


@compiled_borrowing
def haustra(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Sack a tube between folds, and pull it in along three bands."""
    field, arc, angle = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    if batch.state[field] != ARRAY or batch.state[arc] != ARRAY:
        return
    p = tables.numbers[at]
    row = batch.fields[field]
    for i in range(n):
        d = row[i]
        if f32(-30.0) <= d <= f32(12.0):
            s = batch.fields[arc, i]
            wander = trilinear(tables.lattice, s * f32(0.02) + p[2], f32(0.3), f32(0.7))
            phase = s / p[0] + f32(0.35) * wander
            sack = math.sqrt(abs(math.sin(f32(3.14159) * phase)) + f32(1e-4))
            turn = f32(3.0) * batch.fields[angle, i] + HALF * math.sin(s * f32(0.02))
            band = HALF + HALF * math.cos(turn)
            row[i] = d - p[1] * (sack - f32(0.75)) + f32(1.6) * band * band
    settle(batch, field, n, p[REACH], p[DEPTH])


@compiled_inline
def carve(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Keep a small noisy gap to everything that is already fixed."""
    field = tables.code[at, 1]
    p = tables.numbers[at]
    if batch.state[field] == OUT or batch.state[OCCUPIED] == OUT:
        return
    if batch.state[OCCUPIED] == IN:
        batch.state[field] = OUT
        return
    gap, k = p[0], p[1]
    limit = max(gap * LARGEST_GAP, gap) + k
    occupied = batch.fields[OCCUPIED]
    least = FAR_MM
    for i in range(n):
        least = min(least, occupied[i])
    if least > limit:
        return
    spread(batch, field, n)
    row = batch.fields[field]
    for i in range(n):
        if occupied[i] <= limit and row[i] < p[REACH] + k:
            wide = gap
            if gap > F0:
                ripple = noise(tables.lattice, batch.x[i], batch.y[i], batch.z[i], f32(22.0), p[2])
                wide = gap * min(max(f32(0.75) + f32(0.8) * ripple, f32(0.05)), LARGEST_GAP)
            row[i] = -smooth_min(-row[i], occupied[i] - wide, k)
    settle(batch, field, n, p[REACH], p[DEPTH])


@compiled_inline
def fix(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Add a field to what is fixed."""
    field = tables.code[at, 1]
    reach = tables.numbers[at, REACH]
    if batch.state[field] == OUT or batch.state[OCCUPIED] == IN:
        return
    if batch.state[field] == IN:
        batch.state[OCCUPIED] = IN
        return
    spread(batch, OCCUPIED, n)
    row, occupied = batch.fields[field], batch.fields[OCCUPIED]
    for i in range(n):
        if row[i] < reach:
            occupied[i] = min(occupied[i], row[i])


__all__ = [
    "INTERSECT", "LARGEST_GAP", "OCCUPIED", "SUBTRACT", "UNION", "carve", "combine", "displace",
    "fix", "haustra", "offset", "shell", "thicken",
]  # fmt: skip
