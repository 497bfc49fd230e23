"""Kernels that combine, move, shape and carve fields."""

import math

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    bell,
    conclude,
    exponential,
    extent,
    f32,
    noise_picked,
    pick,
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
NOISE_PEAK = 3.6
"""Noise of unit deviation is taken to stay below this."""
_PEAK = f32(NOISE_PEAK)
_SLACK_MM = f32(1e-3)
_FELT = f32(65.0)
"""Beyond this `exponential` is zero."""


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
    if mine != ARRAY or its != ARRAY or not _apart(field, other, mode, at, batch, tables):
        spread(batch, field, n)
        _merge(batch.fields[field], batch.fields[other], n, tables.numbers[at, 0], mode)
        batch.low[field], batch.high[field] = extent(batch.fields[field], n)
    conclude(batch, field, tables.numbers[at, REACH], tables.numbers[at, DEPTH])


@compiled_inline
def _apart(field: int, other: int, mode: int, at: int, batch: Batch, tables: Tables) -> bool:
    """Tell whether bounds show what becomes of a field: it stays as it is, or it is OUT."""
    k, reach = tables.numbers[at, 0] + _SLACK_MM, tables.numbers[at, REACH] + _SLACK_MM
    if mode == UNION:
        return batch.low[other] >= batch.high[field] + k
    low, high = batch.low[other], batch.high[other]
    if mode == SUBTRACT:
        low, high = -high, -low
    if low > reach:
        batch.low[field] = max(batch.low[field], low)
        return True
    return high <= batch.low[field] - k


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
    low, high = batch.low[other], batch.high[other]
    if sign < F0:
        low, high = high, low
    batch.low[field] = sign * low + shift
    batch.high[field] = sign * high + shift
    batch.state[field] = ARRAY
    conclude(batch, field, tables.numbers[at, REACH], tables.numbers[at, DEPTH])
    if batch.state[field] == ARRAY:
        for i in range(n):
            batch.fields[field, i] = sign * batch.fields[other, i] + shift


@compiled_inline
def shell(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Write what lies between two distances from the surface of field a."""
    field, other = tables.code[at, 1], tables.code[at, 2]
    inner, outer = tables.numbers[at, 0], tables.numbers[at, 1]
    batch.state[field] = OUT
    if batch.state[other] != ARRAY:
        return
    least = max(batch.low[other] - outer, inner - batch.high[other])
    if least > tables.numbers[at, REACH]:
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
    p = tables.numbers[at]
    row, source = batch.fields[field], batch.fields[other]
    for i in range(n):
        row[i] = source[i]
    if batch.low[other] > p[REACH] + p[1] or batch.high[other] < -p[DEPTH]:
        count = 0
    else:
        count = pick(source, n, -p[DEPTH], p[REACH] + p[1], batch)
    if count > 0:
        _measure_thickness(count, int(p[0]), batch, tables)
        for e in range(count):
            row[batch.places[e]] -= max(batch.spare[3, e], F0)
    settle(batch, field, n, p[REACH], p[DEPTH])


@compiled_borrowing
def _measure_thickness(n: int, at: int, batch: Batch, tables: Tables) -> None:
    """Write base + noise + bumps, thinned where it is thinned, mm, to row 3 of `spare`."""
    e, spare = tables.extra, batch.spare
    value = spare[3]
    octaves, bumps, thinned = int(e[at + 1]), int(e[at + 2]), int(e[at + 3])
    for i in range(n):
        value[i] = e[at]
    at += 4
    for _ in range(octaves):
        noise_picked(n, batch, tables, e[at + 1], e[at + 2], 4)
        for i in range(n):
            value[i] += e[at] * spare[4, i]
        at += 3
    for _ in range(bumps):
        _bulge(n, e[at : at + 7], batch)
        at += 7
    for _ in range(thinned):
        for i in range(n):
            u = (spare[0, i] - e[at + 1]) / e[at + 4]
            v = (spare[1, i] - e[at + 2]) / e[at + 4]
            w = (spare[2, i] - e[at + 3]) / e[at + 4]
            value[i] *= F1 - e[at] * bell(u * u + v * v + w * w)
        at += 5


@compiled_inline
def _bulge(n: int, e: Float32, batch: Batch) -> None:
    """Add a bump, unless it is too far away to be felt."""
    box, spare = batch.box, batch.spare
    u = max(max(box[0] - e[1], e[1] - box[1]), F0) / e[4]
    v = max(max(box[2] - e[2], e[2] - box[3]), F0) / e[5]
    w = max(max(box[4] - e[3], e[3] - box[5]), F0) / e[6]
    if u * u + v * v + w * w > _FELT:
        return
    for i in range(n):
        u = (spare[0, i] - e[1]) / e[4]
        v = (spare[1, i] - e[2]) / e[5]
        w = (spare[2, i] - e[3]) / e[6]
        spare[3, i] += e[0] * exponential(-(u * u + v * v + w * w))


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
    above = min(limit, p[REACH] + _PEAK * p[0])
    below = -min(limit, p[DEPTH] + _PEAK * p[0])
    if batch.low[field] < above and batch.high[field] > below:
        row, spare = batch.fields[field], batch.spare
        count = pick(row, n, below, above, batch)
        for axis in range(3):
            for e in range(count):
                spare[axis, e] *= p[4 + axis]
        noise_picked(count, batch, tables, p[1], p[2], 3)
        if two:
            noise_picked(count, batch, tables, p[1] * HALF, p[2] + f32(1.7), 4)
            for e in range(count):
                spare[3, e] += HALF * spare[4, e]
        for e in range(count):
            d = row[batch.places[e]]
            row[batch.places[e]] = d + bell(d * inverse) * gain * spare[3, e]
        batch.low[field], batch.high[field] = extent(row, n)
    conclude(batch, field, p[REACH], p[DEPTH])


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
    if batch.low[OCCUPIED] > limit:
        return
    spread(batch, field, n)
    row, occupied, spare = batch.fields[field], batch.fields[OCCUPIED], batch.spare
    for i in range(n):
        spare[5, i] = occupied[i] if row[i] < p[REACH] + k else FAR_MM
    count = pick(spare[5], n, -FAR_MM, limit, batch)
    if gap > F0:
        noise_picked(count, batch, tables, f32(22.0), p[2], 3)
    for e in range(count):
        wide = gap
        if gap > F0:
            ripple = f32(0.75) + f32(0.8) * spare[3, e]
            wide = gap * min(max(ripple, f32(0.05)), LARGEST_GAP)
        i = batch.places[e]
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
        occupied[i] = min(occupied[i], row[i] if row[i] < reach else FAR_MM)
    batch.low[OCCUPIED] = min(batch.low[OCCUPIED], batch.low[field])


__all__ = [
    "INTERSECT", "LARGEST_GAP", "NOISE_PEAK", "OCCUPIED", "SUBTRACT", "UNION", "carve", "combine",
    "displace", "fix", "haustra", "offset", "shell", "thicken",
]  # fmt: skip
