"""Kernels of patterns that follow a hull: sulci, folia, and cells of air in bone."""

import math

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    QUARTER,
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
from imagingsim.geometry.machine import DEEP_MM, OUT, PER_MM, Batch, Float32, Float64, Int16, Tables

_MM = f32(1.0 / PER_MM)

_EPS = f32(0.9)


@compiled_borrowing
def cortex(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Fold the inside of a hull: layers b (grey), b+1 (white) and b+2 (fluid in the sulci).

    Sulci are the nodal sheets of two octaves of ripples, taken at the point of the hull that is
    nearest; so gyri look alike in any plane, and the ribbon has one thickness.
    """
    field, extra, layer = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    p = tables.numbers[at]
    frame = tables.loft_frames[int(p[0])]
    w = batch.sphere[4]
    inverse = F1 / w
    for i in range(n):
        d = value_at(batch, field, i, f32(99.0), DEEP_MM)
        cover = min(HALF - d * inverse, F1)
        if cover <= F0:
            continue
        pial = _depth_in_cortex(i, -d, p, frame, batch, tables)
        if extra >= 0:
            pial = min(pial, value_at(batch, extra, i, f32(99.0), DEEP_MM))
        pial = _spare_callosum(i, pial, p, batch)
        ribbon = p[1] + f32(0.1) * p[1] * noise(
            tables.lattice, batch.x[i], batch.y[i], batch.z[i], f32(12.0), f32(55.0)
        )
        grey = clip01(HALF - (pial - ribbon) / (w + HALF))
        blend(batch, i, layer + 1, cover)
        blend(batch, i, layer, cover * grey)
        blend(batch, i, layer + 2, cover * clip01(HALF - pial * inverse))


@compiled_inline
def _spare_callosum(i: int, pial: f32, p: Float32, batch: Batch) -> f32:
    """Keep sulci out of an ellipsoid around the white matter that joins the hemispheres."""
    if p[9] <= F0:
        return pial
    u = (batch.x[i] - p[6]) / p[9]
    v = (batch.y[i] - p[7]) / p[10]
    w = (batch.z[i] - p[8]) / p[11]
    inside = f32(1.25) - (u * u + v * v + w * w)
    if inside > F0 and batch.z[i] > p[12]:
        return max(pial, f32(9.0) * inside + f32(3.2))
    return pial


@compiled_inline
def _depth_in_cortex(
    i: int, depth: f32, p: Float32, frame: Float64, batch: Batch, tables: Tables
) -> f32:
    """Return the distance to the nearest pial surface, negative in a sulcus, mm."""
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    values, tile = tables.loft_values, tables.lattice
    reach = f32(1.5)
    gx = _at(values, frame, x + reach, y, z) - _at(values, frame, x - reach, y, z)
    gy = _at(values, frame, x, y + reach, z) - _at(values, frame, x, y - reach, z)
    gz = _at(values, frame, x, y, z + reach) - _at(values, frame, x, y, z - reach)
    slope = f32(math.sqrt(gx * gx + gy * gy + gz * gz)) + f32(1e-5)
    far = f32(0.92) * min(depth, f32(30.0)) / slope
    ridge = F1 - clip01((slope / (f32(2.0) * reach) - f32(0.65)) / f32(0.25))
    bend = f32(1.6) * (F1 - exponential(-depth / f32(8.0)))
    hx = x + gx * far + bend * noise(tile, x, y, z, f32(17.0), f32(41.0))
    hy = y + gy * far + bend * noise(tile, x, y, z, f32(17.0), f32(43.0))
    hz = z + gz * far + bend * noise(tile, x, y, z, f32(17.0), f32(45.0))
    side = F0 if x > F0 else f32(37.0)
    first = _sheet_mm(tables.ripples, hx, hy, hz, f32(16.0) / p[2], side, F0, f32(0.011))
    second = _sheet_mm(
        tables.ripples, hx, hy, hz, f32(16.0) / p[3], side + f32(50.0), f32(20.0), f32(0.03)
    )
    deep = p[4] + f32(5.5) * noise(tile, hx, hy, hz, f32(30.0), f32(47.0))
    shallow = f32(7.5) + f32(4.0) * noise(tile, hx, hy, hz, f32(18.0), f32(51.0))
    shallow *= min(first / f32(6.0), F1)
    wide = f32(0.35) + f32(1.5) * exponential(-depth / f32(3.5))
    wide += QUARTER * noise(tile, hx, hy, hz, f32(25.0), f32(53.0))
    narrow = f32(0.1) + f32(1.1) * exponential(-depth / f32(2.5))
    a = max(depth - deep, F0)
    b = max(depth - shallow, F0)
    primary = f32(math.sqrt(first * first + a * a)) - wide * p[5]
    secondary = f32(math.sqrt(second * second + b * b)) - narrow * p[5]
    # Where two sides of the hull are equally near, the nearest point jumps: no sulcus there.
    return min(min(primary, secondary) + f32(6.0) * ridge, depth)


@compiled_borrowing
def _sheet_mm(
    tile: Float32, x: f32, y: f32, z: f32, s: f32, shift_x: f32, shift_y: f32, floor: f32
) -> f32:
    """Return the distance to the nearest nodal sheet of the ripples, mm."""
    u, v, w = x * s + shift_x, y * s + shift_y, z * s
    e = _EPS * s
    here = trilinear(tile, u, v, w)
    a = (trilinear(tile, u + e, v, w) - here) / _EPS
    b = (trilinear(tile, u, v + e, w) - here) / _EPS
    c = (trilinear(tile, u, v, w + e) - here) / _EPS
    return abs(here) / f32(math.sqrt(a * a + b * b + c * c + floor))


@compiled_borrowing
def _at(values: Int16, frame: Float64, x: f32, y: f32, z: f32) -> f32:
    """Interpolate a baked solid at one point."""
    s = f32(frame[3])
    u = min(max((x - f32(frame[0])) * s, F0), f32(frame[4] - 1.001))
    v = min(max((y - f32(frame[1])) * s, F0), f32(frame[5] - 1.001))
    w = min(max((z - f32(frame[2])) * s, F0), f32(frame[6] - 1.001))
    i, j, k = int(u), int(v), int(w)
    u -= f32(i)
    v -= f32(j)
    w -= f32(k)
    nx = int(frame[4])
    plane = nx * int(frame[5])
    e = int(frame[7]) + k * plane + j * nx + i
    o = e + plane
    a = f32(values[e])
    b = f32(values[e + nx])
    c = f32(values[o])
    d = f32(values[o + nx])
    a += (f32(values[e + 1]) - a) * u
    b += (f32(values[e + nx + 1]) - b) * u
    c += (f32(values[o + 1]) - c) * u
    d += (f32(values[o + nx + 1]) - d) * u
    a += (b - a) * v
    c += (d - c) * v
    return (a + (c - a) * w) * _MM


@compiled_borrowing
def folia(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Paint leaves around a stalk: layers b (grey), b+1 (white) and b+2 (fluid between)."""
    field, layer = tables.code[at, 1], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    p, tile = tables.numbers[at], tables.lattice
    inverse = F1 / batch.sphere[4]
    for i in range(n):
        d = value_at(batch, field, i, f32(99.0), DEEP_MM)
        cover = min(HALF - d * inverse, F1)
        if cover <= F0:
            continue
        x, y, z = batch.x[i], batch.y[i], batch.z[i]
        u, v, w = (x - p[0]) * p[3], (y - p[1]) * p[4], (z - p[2]) * p[5]
        radius = f32(math.sqrt(u * u + v * v + w * w))
        wave = radius / p[6] * f32(6.2832) + f32(1.6) * noise(tile, x, y, z, f32(14.0), f32(61.0))
        leaf = HALF + HALF * math.cos(wave)
        tree = step(-(noise(tile, x, y, z, f32(8.0), f32(63.0)) - f32(0.4)) / f32(0.2))
        white = F1 if -d >= p[7] else bell((-d - p[7]) / f32(6.0))
        blend(batch, i, layer, cover)
        blend(batch, i, layer + 1, cover * white * (f32(0.55) + f32(0.45) * tree))
        cleft = leaf * leaf * leaf
        blend(batch, i, layer + 2, cover * cleft * cleft * p[8] * exponential(d / f32(5.0)))


@compiled_borrowing
def cells(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Paint cells of air between thin septa: layers b (septa) and b+1 (air)."""
    field, layer = tables.code[at, 1], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    p, tile = tables.numbers[at], tables.lattice
    inverse = F1 / batch.sphere[4]
    for i in range(n):
        cover = min(HALF - value_at(batch, field, i, f32(99.0), DEEP_MM) * inverse, F1)
        if cover <= F0:
            continue
        x, y, z = batch.x[i], batch.y[i], batch.z[i]
        a = abs(noise(tile, x, y, z, p[0], p[2]))
        b = abs(noise(tile, x, y, z, p[0], p[2] + f32(5.1)))
        septum = min(a, b) * p[0] * f32(0.42) - p[1]
        blend(batch, i, layer, cover)
        blend(batch, i, layer + 1, cover * step(septum / f32(0.22)))


__all__ = ["cells", "cortex", "folia"]
