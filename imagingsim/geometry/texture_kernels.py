"""Kernels of the material pass: the texture of each point, once, after all geometry.

Streaks of another tissue (fat in muscle, sheets in a body wall, clefts in a gland) are blended in
as a layer of their own, so that every modality sees them as that tissue.
"""

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    bell,
    blend,
    clip01,
    exponential,
    f32,
    fallen,
    noise,
    noise_picked,
    noise_row,
    step,
    trilinear,
    value_at,
)  # fmt: skip
from imagingsim.geometry.machine import (
    BOWEL_FLUID,
    FAT_SEPTA,
    LOBULATED,
    LUNG,
    MARBLED,
    PLAIN,
    STOMACH_FOOD,
    TRABECULAR,
    WALL_SHEETS,
    Batch,
    Float32,
    Int64,
    Tables,
)  # fmt: skip

_T = f32(127.0)


@compiled_borrowing
def shade(n: int, batch: Batch, tables: Tables) -> None:
    """Write the texture counts of every point, layer by layer."""
    owner = batch.owner
    for i in range(n):
        layer = int(batch.first[i])
        _settle_second(i, layer, batch, tables)
        owner[i] = layer if tables.textures[layer] != PLAIN else -1
    for start in range(n):
        layer = owner[start]
        if layer >= 0:
            _shade_layer(_take(layer, start, n, batch), layer, batch, tables)


@compiled_borrowing
def _take(layer: int, start: int, n: int, batch: Batch) -> int:
    """List the points of a layer and take them off; return how many."""
    count = 0
    for i in range(start, n):
        batch.places[count] = i
        mine = batch.owner[i] == layer
        count += int(mine)
        batch.owner[i] = -1 if mine else batch.owner[i]
    return count


@compiled_borrowing
def _shade_layer(n: int, layer: int, batch: Batch, tables: Tables) -> None:
    """Write the texture counts of the points listed, all of one layer."""
    kind, p, value = tables.textures[layer], tables.texture_numbers[layer], batch.spare[3]
    _coordinates(n, p[5], p[6], p[7], batch)
    _octaves(n, p, batch, tables)
    if kind == FAT_SEPTA:
        _septa(n, p, batch, tables)
    elif kind == MARBLED:
        _streaks(n, p, tables.texture_fields[layer, 2], batch, tables)
    elif kind > MARBLED:
        for e in range(n):
            value[e] += _patterned(batch.places[e], kind, layer, batch, tables)
    for e in range(n):
        i = batch.places[e]
        if batch.first[i] == layer:
            counts = value[e] * tables.texture_scale[layer]
            batch.texture[i] = int(min(max(counts, -_T), _T))


@compiled_inline
def _coordinates(n: int, x: f32, y: f32, z: f32, batch: Batch) -> None:
    """Write the coordinates of the points listed, stretched, to `spare`."""
    for e in range(n):
        i = batch.places[e]
        batch.spare[0, e] = batch.x[i] * x
        batch.spare[1, e] = batch.y[i] * y
        batch.spare[2, e] = batch.z[i] * z


@compiled_inline
def _octaves(n: int, p: Float32, batch: Batch, tables: Tables) -> None:
    """Write two octaves of noise, HU: amplitudes p0 and p2, wavelengths p1 and p3, seed p4."""
    value, found = batch.spare[3], batch.spare[4]
    for e in range(n):
        value[e] = F0
    if p[0] != F0:
        noise_picked(n, batch, tables, p[1], p[4], 4)
        for e in range(n):
            value[e] += p[0] * found[e]
    if p[2] != F0:
        noise_picked(n, batch, tables, p[3], p[4] + f32(5.3), 4)
        for e in range(n):
            value[e] += p[2] * found[e]


@compiled_inline
def _septa(n: int, p: Float32, batch: Batch, tables: Tables) -> None:
    """Add the septa between lobules of fat, HU."""
    tile, spare = tables.lattice, batch.spare
    for e in range(n):
        spare[5, e] = spare[2, e] * f32(0.6)
    noise_row(tile, spare[0], spare[1], spare[5], n, p[9], p[4] + f32(7.0), spare[4])
    for e in range(n):
        ridge = spare[4, e]
        if abs(ridge) < f32(0.25):
            x, y, z = spare[0, e], spare[1, e], spare[2, e]
            patch = noise(tile, x, y, z, p[9] * f32(3.0), p[4] + f32(9.0))
            share = clip01(f32(0.35) + f32(0.6) * patch)
            spare[3, e] += p[8] * bell(ridge / f32(0.09)) * share


@compiled_inline
def _streaks(n: int, p: Float32, fat: int, batch: Batch, tables: Tables) -> None:
    """Blend in the fat between the fibres of a muscle that run along z."""
    tile, spare = tables.lattice, batch.spare
    _coordinates(n, F1, F1, F1, batch)
    noise_picked(n, batch, tables, f32(24.0), p[4], 4)
    for e in range(n):
        spare[5, e] = spare[0, e] + f32(4.5) * spare[4, e]
        spare[6, e] = spare[1, e] * f32(0.55)
        spare[7, e] = spare[2, e] * f32(0.15)
    wave = p[9] * f32(0.8)
    noise_row(tile, spare[5], spare[6], spare[7], n, wave, p[4] + f32(3.0), spare[4])
    for e in range(n):
        ridge = spare[4, e]
        if abs(ridge) < f32(0.3):
            x, y, z = spare[0, e], spare[1, e], spare[2, e] * f32(0.3)
            patch = noise(tile, x, y, z, p[9] * f32(2.2), p[4] + f32(6.0))
            share = p[8] * bell(ridge / f32(0.1)) * clip01(p[10] + f32(0.7) * patch)
            blend(batch, batch.places[e], fat, share)


@compiled_inline
def _settle_second(i: int, first: int, batch: Batch, tables: Tables) -> None:
    """Where the second layer is a layered wall that is fat here, say so."""
    second = batch.second[i]
    if second != first and tables.textures[second] == WALL_SHEETS:
        f = tables.texture_fields[second]
        if _sheets(i, tables.texture_numbers[second], f, batch, tables) > HALF:
            batch.second[i] = f[2]


@compiled_inline
def _patterned(i: int, kind: int, layer: int, batch: Batch, tables: Tables) -> f32:
    """Return the rest of a patterned texture, HU, or blend its second tissue in."""
    p = tables.texture_numbers[layer]
    f = tables.texture_fields[layer]
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    if kind == LOBULATED:
        depth = min(value_at(batch, f[0], i, F0, f32(-30.0)), F0)
        ridge = noise(tables.lattice, x, y, z, p[9], p[4] + f32(1.3))
        patch = noise(tables.lattice, x, y, z, p[9] * f32(2.5), p[4] + f32(3.3))
        cleft = bell(ridge / f32(0.16)) * clip01(p[8] + f32(0.45) * patch)
        blend(batch, i, f[2], f32(0.65) * cleft * exponential(depth / f32(9.0)))
    elif kind == WALL_SHEETS:
        blend(batch, i, f[2], _sheets(i, p, f, batch, tables))
    elif kind == LUNG:
        depth = min(value_at(batch, f[0], i, F0, f32(-30.0)), F0)
        down = fallen(x, y, z, tables)
        rind = exponential(depth * f32(0.2)) * step((down - p[10]) / f32(10.0))
        return p[8] * (down - p[11]) + p[9] * rind
    elif kind == TRABECULAR:
        s = f32(16.0) / p[9]
        return p[8] * trilinear(
            tables.ripples, x * s * f32(0.9) + p[4], y * s * f32(0.9), z * s * f32(0.45)
        )
    elif kind == STOMACH_FOOD:
        level = (
            p[8] + f32(26.0) + f32(9.0) * noise(tables.lattice, x, y, z, f32(30.0), p[4] + f32(6.0))
        )
        food = noise(tables.lattice, x, y, z, f32(7.0), p[4] + f32(4.0))
        food += f32(0.6) * noise(tables.lattice, x, y, z, f32(3.5), p[4] + f32(9.0))
        down = fallen(x, y, z, tables)
        return step((down - level) / f32(5.0)) * (f32(12.0) + f32(7.0) * food)
    elif kind == BOWEL_FLUID:
        s = value_at(batch, f[0], i, F0, F0)
        slow = trilinear(tables.lattice, s * f32(0.045) + p[9], f32(3.1), f32(7.7))
        return p[8] * clip01(HALF + f32(1.1) * slow)
    return F0


@compiled_inline
def _sheets(i: int, p: Float32, f: Int64, batch: Batch, tables: Tables) -> f32:
    """Return the share of fat in a wall of layered muscle between two surfaces."""
    tile = tables.lattice
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    outer = value_at(batch, f[0], i, F0, f32(-45.0))
    inner = value_at(batch, f[1], i, f32(45.0), f32(-45.0))
    if inner <= f32(-2.0):
        return F0
    thick = inner - outer
    u = clip01(-outer / (thick + f32(1e-6)))
    a = noise(tile, x, y, z, f32(30.0), p[4] + f32(1.0))
    fat = F0
    side = step((abs(x) - p[9]) / f32(4.0)) * step(-(y - f32(40.0)) / f32(6.0))
    if side > f32(0.01):
        b = noise(tile, x, y, z, f32(30.0), p[4] + f32(4.0))
        below = step(-(z - p[8]) / f32(8.0))
        one = (u - f32(0.36) - f32(0.022) * b) * thick
        two = (u - f32(0.68) - f32(0.022) * a) * thick
        rib = (u - f32(0.4) - f32(0.03) * b) * thick
        three_layers = bell(one / f32(0.75)) * clip01(f32(0.55) + f32(0.45) * a)
        three_layers += bell(two / f32(0.65)) * clip01(f32(0.45) + HALF * b)
        two_layers = bell(rib) * clip01(f32(0.65) + f32(0.4) * a)
        fat = min(F1, side * (below * three_layers + (F1 - below) * two_layers))
    if y > f32(14.0) + f32(0.1) * z:
        far = abs(x)
        sheet = f32(1.6) + f32(9.5) * step((far - f32(84.0)) / f32(7.0))
        sheet += f32(30.0) * step((far - f32(112.0)) / f32(3.5))
        deep = clip01(HALF - outer - sheet * (F1 + f32(0.12) * a))
        fat += (F1 - fat) * deep
    return fat


__all__ = ["shade"]
