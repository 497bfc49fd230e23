"""Kernels that turn fields into layers with coverage."""

import math

from imagingsim.geometry.jit import compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    QUARTER,
    bell,
    blend,
    clip01,
    f32,
    fallen,
    noise,
    noise_picked,
    pick,
    spread,
    step,
    trilinear,
    value_at,
)  # fmt: skip
from imagingsim.geometry.machine import ARRAY, IN, OUT, Batch, Float32, Tables


@compiled_inline
def paint(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Cover the inside of a field, grown by an offset, with layer a."""
    field, layer, over = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    state = batch.state[field]
    p = tables.numbers[at]
    strength = p[2]
    inverse = F1 / (batch.sphere[4] * p[1])
    if state == ARRAY:
        state = _painted(batch.low[field] - p[0], batch.high[field] - p[0], inverse)
    if state == OUT:
        return
    if state == IN and over < 0 and strength >= F1 and p[3] <= F0:
        for i in range(n):
            batch.first[i] = layer
            batch.second[i] = layer
            batch.fraction[i] = F1
        return
    for i in range(n):
        coverage = F1
        if state == ARRAY:
            coverage = min(HALF - (batch.fields[field, i] - p[0]) * inverse, F1)
        if coverage > F0:
            coverage *= strength
            if p[3] > F0:
                patch = noise(tables.lattice, batch.x[i], batch.y[i], batch.z[i], p[4], p[5])
                coverage *= clip01(HALF + p[6] + p[3] * patch)
            if over >= 0:
                coverage *= _share(i, batch, tables, over)
            blend(batch, i, layer, coverage)


@compiled_inline
def _painted(low: f32, high: f32, inverse: f32) -> int:
    """Return whether a batch is painted nowhere (OUT), everywhere (IN) or in part (ARRAY)."""
    if HALF - low * inverse <= F0:
        return OUT
    return IN if HALF - high * inverse >= F1 else ARRAY


@compiled_inline
def _share(i: int, batch: Batch, tables: Tables, over: int) -> f32:
    """Return how much of the point belongs to the layers that may be covered."""
    share = F0
    if tables.classes[batch.first[i], over] == 1:
        share += batch.fraction[i]
    if tables.classes[batch.second[i], over] == 1:
        share += F1 - batch.fraction[i]
    return share


@compiled_inline
def halo(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Cover a patchy rim around a field with layer a."""
    field, layer = tables.code[at, 1], tables.code[at, 2]
    if batch.state[field] != ARRAY:
        return
    p = tables.numbers[at]
    w = batch.sphere[4]
    inverse = F1 / w
    row = batch.fields[field]
    count = pick(row, n, f32(-1.5) * w, f32(3.5) * p[0] + w, batch)
    noise_picked(count, batch, tables, p[1], p[2], 3)
    for e in range(count):
        i = batch.places[e]
        thick = max(p[0] * (f32(0.6) + f32(0.8) * batch.spare[3, e]), F0)
        blend(batch, i, layer, min(HALF - (row[i] - thick) * inverse, F1))


@compiled_inline
def fascia(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Cover a thin sheet at some distance around a field, and strands inside it, with layer a."""
    field, layer = tables.code[at, 1], tables.code[at, 2]
    if batch.state[field] != ARRAY:
        return
    p = tables.numbers[at]
    away, seed = p[0], p[1]
    row, spare = batch.fields[field], batch.spare
    for i in range(n):
        spare[5, i] = row[i] if value_at(batch, 0, i, f32(99.0), F0) >= HALF else F0
    count = pick(spare[5], n, HALF, away * f32(2.2), batch)
    noise_picked(count, batch, tables, f32(40.0), seed, 3)
    noise_picked(count, batch, tables, f32(18.0), seed + F1, 4)
    noise_picked(count, batch, tables, f32(20.0), seed + f32(3.0), 5)
    for e in range(count):
        i = batch.places[e]
        radius = away * (F1 + QUARTER * spare[3, e])
        patch = HALF + f32(0.3) * spare[4, e]
        cover = bell((row[i] - radius) / f32(0.7)) * min(max(patch, f32(0.1)), f32(0.8))
        if row[i] < radius:
            cover = max(cover, f32(0.28) * bell(spare[5, e] / f32(0.05)))
        blend(batch, i, layer, cover * f32(0.75))


@compiled_inline
def kidney(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Paint cortex, pyramids around a centre line, and a sinus: layers b, b+1, b+2."""
    field, sinus, layer = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    spread(batch, field, n)
    spread(batch, sinus, n)
    p = tables.numbers[at]
    inverse = F1 / batch.sphere[4]
    for i in range(n):
        d = batch.fields[field, i]
        cover = min(HALF - d * inverse, F1)
        if cover <= F0:
            continue
        s = batch.fields[sinus, i]
        blend(batch, i, layer, cover)
        t = s / (s - d + f32(1e-6))
        half = math.cos(f32(0.0174533) * (f32(10.0) + f32(22.0) * t))
        base = noise(tables.lattice, batch.x[i], batch.y[i], batch.z[i], f32(12.0), p[8])
        cone = step((_nearest_pyramid(i, batch, tables, at) - half) / f32(0.02))
        cone *= step(-(t - f32(0.6) - f32(0.04) * base) / f32(0.03))
        blend(batch, i, layer + 1, cone * cover)
        blend(batch, i, layer + 2, cover * clip01(HALF - s * inverse))


@compiled_inline
def _nearest_pyramid(i: int, batch: Batch, tables: Tables, at: int) -> f32:
    """Return the cosine of the angle to the nearest pyramid's axis."""
    p, e = tables.numbers[at], tables.extra
    x, y, z = batch.x[i] - p[2], batch.y[i] - p[3], batch.z[i] - p[4]
    best = f32(-2.0)
    start = int(p[0])
    for k in range(int(p[1])):
        o = start + 4 * k
        h = e[o + 3]
        u, v, w = x - h * p[5], y - h * p[6], z - h * p[7]
        length = f32(math.sqrt(u * u + v * v + w * w)) + f32(1e-6)
        best = max(best, (u * e[o] + v * e[o + 1] + w * e[o + 2]) / length)
    return best


COLON, STOMACH = 1, 2


@compiled_inline
def hollow(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Paint wall, mucosa, content and gas of a hollow organ: layers b to b+3."""
    field, arc, layer = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    spread(batch, field, n)
    inverse = F1 / batch.sphere[4]
    for i in range(n):
        d = batch.fields[field, i]
        cover = min(HALF - d * inverse, F1)
        if cover <= F0:
            continue
        s = value_at(batch, arc, i, F0, F0)
        wall = _wall_mm(i, s, batch, tables, at)
        blend(batch, i, layer, cover)
        rind = tables.numbers[at, 8]
        blend(batch, i, layer + 1, cover * bell((-d - wall + rind) / rind))
        lumen = clip01(HALF + (-d - wall) * inverse)
        if lumen > F0:
            blend(batch, i, layer + 2, lumen)
            blend(batch, i, layer + 3, lumen * _gas(i, s, -d - wall, batch, tables, at))


@compiled_inline
def _wall_mm(i: int, s: f32, batch: Batch, tables: Tables, at: int) -> f32:
    """Return the thickness of the wall with its folds, mm."""
    p, tile = tables.numbers[at], tables.lattice
    kind, wall, seed, depth = int(p[0]), p[1], p[2], p[5]
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    if kind == COLON:
        return wall if depth <= F0 else wall + depth * _haustral_fold(i, s, batch, tables, at)
    if kind == STOMACH:
        ridge = F1 - min(abs(noise(tile, x, y, z, f32(10.0), seed)) / HALF, F1)
        return wall + depth * ridge * clip01(max((y + f32(70.0)) / f32(50.0), f32(0.1)))
    collapsed = F1 + p[7] * clip01(HALF + f32(1.1) * _content(s, tile, seed))
    if depth <= F0:
        return wall * collapsed
    wave = s * f32(6.2832) / p[6] + f32(2.2) * noise(tile, x, y, z, f32(6.0), seed)
    fold = HALF + HALF * math.sin(wave)
    return (wall + depth * fold * fold) * collapsed


@compiled_inline
def _haustral_fold(i: int, s: f32, batch: Batch, tables: Tables, at: int) -> f32:
    """Return how much of a fold stands at a point: at the waists that `haustra` makes."""
    p, tile = tables.numbers[at], tables.lattice
    seed, period = p[2], p[6]
    phase = s / period + f32(0.35) * trilinear(tile, s * f32(0.02) + seed, f32(0.3), f32(0.7))
    away = (phase - f32(round(phase))) * period
    high = noise(tile, batch.x[i], batch.y[i], batch.z[i], f32(20.0), seed + f32(9.0))
    return clip01(f32(0.7) + f32(0.7) * high) * bell(away / f32(1.7))


@compiled_inline
def _content(s: f32, tile: Float32, seed: f32) -> f32:
    """Return what fills the bowel along its length: slow noise."""
    return trilinear(tile, s * f32(0.045) + seed, f32(3.1), f32(7.7))


@compiled_inline
def _gas(i: int, s: f32, depth: f32, batch: Batch, tables: Tables, at: int) -> f32:
    """Return the share of gas in the lumen, 0 to 1."""
    p, tile = tables.numbers[at], tables.lattice
    kind, seed, level, bias = int(p[0]), p[2], p[3], p[4]
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    down = fallen(x, y, z, tables)
    if kind == STOMACH:
        return step(-(down - level) / f32(0.35))
    if kind == COLON:
        lumps = f32(0.8) * noise(tile, x, y, z, f32(3.6), seed + F1)
        lumps += f32(0.7) * noise(tile, x, y, z, f32(1.6), seed + f32(2.0))
        slow = trilinear(tile, s * f32(0.03) + seed, f32(5.5), f32(1.3))
        bubbles = f32(0.6) * step((lumps - f32(1.7) + f32(0.35) * slow) / f32(0.9))
        ripple = f32(2.0) * noise(tile, x, y, z, f32(12.0), seed + f32(6.0))
        return max(bubbles, step(-(down - level - f32(12.0) * slow - ripple)))
    pocket = trilinear(tile, s * f32(0.014) + seed + f32(20.0), f32(9.1), f32(2.7))
    if pocket <= HALF:
        return F0
    top = bias + f32(45.0) * (min(pocket, f32(1.5)) - f32(1.2))
    return step((depth - HALF) / f32(0.4)) * step(-(down - top) / f32(0.8))


__all__ = ["fascia", "halo", "hollow", "kidney", "paint"]
