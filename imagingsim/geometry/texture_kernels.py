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
    noise,
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
    Int32,
    Tables,
)  # fmt: skip

_T = f32(127.0)


@compiled_borrowing
def shade(n: int, touched: bool, batch: Batch, tables: Tables) -> None:
    """Write the texture counts of every point; none where nothing was near."""
    for i in range(n):
        layer = batch.first[i]
        kind = tables.textures[layer]
        batch.texture[i] = 0
        if touched:
            _settle_second(i, layer, batch, tables)
        if kind == PLAIN or not touched:
            continue
        value = _simple(i, kind, tables.texture_numbers[layer], batch, tables)
        if kind >= MARBLED:
            value += _patterned(i, kind, layer, batch, tables)
        if batch.first[i] != layer:
            continue
        counts = value * tables.texture_scale[layer]
        batch.texture[i] = int(min(max(counts, -_T), _T))


@compiled_inline
def _settle_second(i: int, first: int, batch: Batch, tables: Tables) -> None:
    """Where the second layer is a layered wall that is fat here, say so."""
    second = batch.second[i]
    if second != first and tables.textures[second] == WALL_SHEETS:
        f = tables.texture_fields[second]
        if _sheets(i, tables.texture_numbers[second], f, batch, tables) > HALF:
            batch.second[i] = f[2]


@compiled_inline
def _simple(i: int, kind: int, p: Float32, batch: Batch, tables: Tables) -> f32:
    """Return two octaves of noise, HU: amplitudes p0 and p2, wavelengths p1 and p3, seed p4."""
    tile = tables.lattice
    x, y, z = batch.x[i] * p[5], batch.y[i] * p[6], batch.z[i] * p[7]
    value = F0
    if p[0] != F0:
        value += p[0] * noise(tile, x, y, z, p[1], p[4])
    if p[2] != F0:
        value += p[2] * noise(tile, x, y, z, p[3], p[4] + f32(5.3))
    if kind == FAT_SEPTA:
        ridge = noise(tile, x, y, z * f32(0.6), p[9], p[4] + f32(7.0))
        if abs(ridge) < f32(0.25):
            patch = noise(tile, x, y, z, p[9] * f32(3.0), p[4] + f32(9.0))
            value += p[8] * bell(ridge / f32(0.09)) * clip01(f32(0.35) + f32(0.6) * patch)
    return value


@compiled_inline
def _patterned(i: int, kind: int, layer: int, batch: Batch, tables: Tables) -> f32:
    """Return the rest of a patterned texture, HU, or blend its second tissue in."""
    p = tables.texture_numbers[layer]
    f = tables.texture_fields[layer]
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    if kind == MARBLED:
        blend(batch, i, f[2], _streaks(x, y, z, p, tables))
    elif kind == LOBULATED:
        depth = min(value_at(batch, f[0], i, F0, f32(-30.0)), F0)
        ridge = noise(tables.lattice, x, y, z, p[9], p[4] + f32(1.3))
        patch = noise(tables.lattice, x, y, z, p[9] * f32(2.5), p[4] + f32(3.3))
        cleft = bell(ridge / f32(0.16)) * clip01(p[8] + f32(0.45) * patch)
        blend(batch, i, f[2], f32(0.65) * cleft * exponential(depth / f32(9.0)))
    elif kind == WALL_SHEETS:
        blend(batch, i, f[2], _sheets(i, p, f, batch, tables))
    elif kind == LUNG:
        depth = min(value_at(batch, f[0], i, F0, f32(-30.0)), F0)
        rind = exponential(depth * f32(0.2)) * step((y - p[10]) / f32(10.0))
        return p[8] * (y - p[11]) + p[9] * rind
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
        return step((y - level) / f32(5.0)) * (f32(12.0) + f32(7.0) * food)
    elif kind == BOWEL_FLUID:
        s = value_at(batch, f[0], i, F0, F0)
        slow = trilinear(tables.lattice, s * f32(0.045) + p[9], f32(3.1), f32(7.7))
        return p[8] * clip01(HALF + f32(1.1) * slow)
    return F0


@compiled_inline
def _streaks(x: f32, y: f32, z: f32, p: Float32, tables: Tables) -> f32:
    """Return the share of fat between the fibres of a muscle that run along z."""
    tile = tables.lattice
    bent = x + f32(4.5) * noise(tile, x, y, z, f32(24.0), p[4])
    ridge = noise(tile, bent, y * f32(0.55), z * f32(0.15), p[9] * f32(0.8), p[4] + f32(3.0))
    if abs(ridge) >= f32(0.3):
        return F0
    patch = noise(tile, x, y, z * f32(0.3), p[9] * f32(2.2), p[4] + f32(6.0))
    return p[8] * bell(ridge / f32(0.1)) * clip01(p[10] + f32(0.7) * patch)


@compiled_inline
def _sheets(i: int, p: Float32, f: Int32, batch: Batch, tables: Tables) -> f32:
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
