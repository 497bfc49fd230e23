"""Kernels of patterns that follow a hull: sulci, folia, and cells of air in bone."""

import math

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    QUARTER,
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
    nearest; so gyri look alike in any plane, and the ribbon has one thickness. Sulci with a name
    come as a field of their own, and keep the others at a distance.
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
            named = value_at(batch, extra, i, f32(99.0), DEEP_MM) - f32(1.1) * (p[5] - f32(0.4))
            pial = min(pial + f32(3.0) * clip01(F1 - named / f32(6.0)), named)
        pial = _spare_callosum(i, min(pial, -d - f32(1.5) * p[5]), p, batch)
        ribbon = p[1] + f32(0.1) * p[1] * noise(
            tables.lattice, batch.x[i], batch.y[i], batch.z[i], f32(12.0), f32(55.0)
        )
        grey = clip01(HALF - (pial - ribbon) / (w + HALF))
        blend(batch, i, layer + 1, cover)
        blend(batch, i, layer, cover * grey)
        blend(batch, i, layer + 2, cover * clip01(HALF - pial * inverse))


@compiled_inline
def _spare_callosum(i: int, pial: f32, p: Float32, batch: Batch) -> f32:
    """Let sulci fade inside an ellipsoid around the white matter that joins the hemispheres."""
    if p[9] <= F0 or batch.z[i] <= p[12]:
        return pial
    u = (batch.x[i] - p[6]) / p[9]
    v = (batch.y[i] - p[7]) / p[10]
    w = (batch.z[i] - p[8]) / p[11]
    rim = clip01((batch.z[i] - p[12]) / f32(3.0))
    return pial + f32(14.0) * rim * max(f32(1.25) - (u * u + v * v + w * w), F0)


@compiled_inline
def _depth_in_cortex(
    i: int, depth: f32, p: Float32, frame: Float64, batch: Batch, tables: Tables
) -> f32:
    """Return the distance to the nearest sulcus, negative in it, mm."""
    x, y, z = batch.x[i], batch.y[i], batch.z[i]
    values, tile = tables.loft_values, tables.lattice
    reach = f32(3.0)
    gx = _at(values, frame, x + reach, y, z) - _at(values, frame, x - reach, y, z)
    gy = _at(values, frame, x, y + reach, z) - _at(values, frame, x, y - reach, z)
    gz = _at(values, frame, x, y, z + reach) - _at(values, frame, x, y, z - reach)
    slope = f32(math.sqrt(gx * gx + gy * gy + gz * gz)) + f32(1e-5)
    far = f32(0.92) * min(depth, f32(30.0)) / slope
    inwards = f32(-10.0) / slope
    deeper = _at(values, frame, x + gx * inwards, y + gy * inwards, z + gz * inwards)
    bend = f32(1.6) * (F1 - exponential(-depth / f32(8.0)))
    hx = x + gx * far + bend * noise(tile, x, y, z, f32(17.0), f32(41.0))
    hy = y + gy * far + bend * noise(tile, x, y, z, f32(17.0), f32(43.0))
    hz = z + gz * far + bend * noise(tile, x, y, z, f32(17.0), f32(45.0))
    side = F0 if x > F0 else f32(37.0)
    first = _sheet_mm(tables.ripples, hx, hy, hz, f32(16.0) / p[2], side, F0, f32(0.011))
    second = _sheet_mm(
        tables.ripples, hx, hy, hz, f32(16.0) / p[3], side + f32(50.0), f32(20.0), f32(0.03)
    )
    deep = p[4] + f32(4.5) * noise(tile, hx, hy, hz, f32(30.0), f32(47.0))
    shallow = f32(6.0) + f32(4.0) * noise(tile, hx, hy, hz, f32(18.0), f32(51.0))
    shallow *= min(first / f32(6.0), F1)
    wide = f32(0.35) + f32(1.5) * exponential(-depth / f32(3.5))
    wide += QUARTER * noise(tile, hx, hy, hz, f32(25.0), f32(53.0))
    narrow = f32(0.1) + f32(1.1) * exponential(-depth / f32(2.5))
    a = max(depth - deep, F0)
    b = max(depth - shallow, F0)
    primary = f32(math.sqrt(first * first + a * a)) - wide * p[5]
    secondary = f32(math.sqrt(second * second + b * b)) - narrow * p[5]
    # Sulci from two sides do not meet: they fade towards the middle of a lobe, where the nearest
    # point of the hull jumps from one side to the other.
    middle = clip01((depth + deeper + f32(6.5)) * f32(0.1))
    crease = F1 - clip01((slope / (f32(2.0) * reach) - f32(0.4)) / f32(0.5))
    return min(primary, secondary) + f32(4.2) * middle + f32(2.5) * crease


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
    """Paint the leaves of the cerebellum: layers b (grey), b+1 (white) and b+2 (fluid between).

    Fissures are sheets through a transverse axis: lines from side to side in axial and coronal
    planes, and the tree of life in sagittal ones. Every fifth is deep and parts two lobules.
    """
    field, layer = tables.code[at, 1], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    p, tile = tables.numbers[at], tables.lattice
    w = batch.sphere[4]
    inverse = F1 / w
    for i in range(n):
        d = value_at(batch, field, i, f32(99.0), DEEP_MM)
        cover = min(HALF - d * inverse, F1)
        if cover <= F0:
            continue
        pial = min(_depth_in_folia(i, -d, p, tile, batch), -d)
        grey = clip01(HALF - (pial - p[4]) / (w + HALF))
        blend(batch, i, layer + 1, cover)
        blend(batch, i, layer, cover * grey)
        blend(batch, i, layer + 2, cover * clip01(HALF - pial * inverse))


@compiled_inline
def _depth_in_folia(i: int, depth: f32, p: Float32, tile: Float32, batch: Batch) -> f32:
    """Return the distance to the nearest fissure, negative in it, mm."""
    x, y, z = batch.x[i] - p[0], batch.y[i], batch.z[i]
    back = y - p[1] + f32(0.006) * x * x
    up = z - p[2]
    radius = f32(math.sqrt(back * back + up * up)) + f32(0.1)
    leaves = f32(40.0) / p[3]
    turn = f32(math.atan2(up, back)) * leaves
    turn += f32(0.8) * noise(tile, x, y, z, f32(28.0), f32(61.0))
    turn += f32(0.25) * noise(tile, x, y, z, f32(9.0), f32(63.0))
    width = p[3] * radius * f32(0.025)
    minor = abs(turn - f32(round(turn))) * width
    lobule = turn * f32(0.2)
    major = abs(lobule - f32(round(lobule))) * f32(5.0) * width
    deep = p[5] + f32(4.0) * noise(tile, x, y, z, f32(25.0), f32(65.0))
    shallow = f32(4.5) + f32(1.5) * noise(tile, x, y, z, f32(12.0), f32(67.0))
    a = max(depth - deep, F0)
    b = max(depth - shallow, F0)
    open_mm = f32(0.12) + f32(0.7) * exponential(-depth / f32(2.0))
    first = f32(math.sqrt(major * major + a * a)) - f32(1.4) * open_mm * p[6]
    second = f32(math.sqrt(minor * minor + b * b)) - open_mm * p[6]
    return min(first, second) + HALF * max(f32(14.0) - radius, F0)


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
