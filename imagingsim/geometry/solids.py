"""Kernels of the solids: each joins one solid to the field it is written to."""

import math

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    TINY,
    bell,
    box_distance,
    f32,
    settle,
    smooth_min,
    spread,
)  # fmt: skip
from imagingsim.geometry.machine import (
    ARRAY,
    BOX,
    DEPTH,
    DISC,
    ELLIPSOID,
    IN,
    MARGIN,
    OUT,
    PER_MM,
    PLANE,
    REACH,
    VERTEBRA,
    Batch,
    Float32,
    Float64,
    Int16,
    Tables,
)  # fmt: skip

_MM = f32(1.0 / PER_MM)


@compiled_inline
def join_loft(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Unite a field with a baked solid, or skip it when the cells' ranges decide."""
    field = tables.code[at, 1]
    frame = tables.loft_frames[tables.code[at, 2]]
    numbers = tables.numbers[at]
    state = _loft_state(batch.sphere, frame, tables.loft_ranges, numbers[MARGIN], numbers[DEPTH])
    if state == OUT or batch.state[field] == IN:
        return
    if state == IN:
        batch.state[field] = IN
        return
    if batch.state[field] == OUT:
        _look_up(batch.fields[field], n, batch, frame, tables.loft_values)
        batch.state[field] = ARRAY
    else:
        _look_up(batch.spare, n, batch, frame, tables.loft_values)
        row = batch.fields[field]
        k = numbers[0]
        for i in range(n):
            row[i] = smooth_min(row[i], batch.spare[i], k)
    settle(batch, field, n, numbers[REACH], numbers[DEPTH])


@compiled_inline
def _loft_state(sphere: Float32, frame: Float64, ranges: Float32, reach: f32, depth: f32) -> int:
    """Return OUT, IN or ARRAY from the smallest and largest distance of the cells touched."""
    q = frame[3] * 0.25
    r = sphere[3]
    mx = int(frame[9])
    my = int(frame[10])
    mz = int(frame[11])
    i0 = math.floor((sphere[0] - r - frame[0]) * q)
    i1 = math.floor((sphere[0] + r - frame[0]) * q)
    j0 = math.floor((sphere[1] - r - frame[1]) * q)
    j1 = math.floor((sphere[1] + r - frame[1]) * q)
    k0 = math.floor((sphere[2] - r - frame[2]) * q)
    k1 = math.floor((sphere[2] + r - frame[2]) * q)
    if i1 < 0 or j1 < 0 or k1 < 0 or i0 >= mx or j0 >= my or k0 >= mz:
        return OUT
    low = f32(1e9)
    high = f32(-1e9)
    base = int(frame[8])
    for k in range(max(k0, 0), min(k1, mz - 1) + 1):
        for j in range(max(j0, 0), min(j1, my - 1) + 1):
            for i in range(max(i0, 0), min(i1, mx - 1) + 1):
                cell = base + (k * my + j) * mx + i
                low = min(low, ranges[cell, 0])
                high = max(high, ranges[cell, 1])
    if low > reach:
        return OUT
    return IN if high < -depth else ARRAY


@compiled_borrowing
def _look_up(out: Float32, n: int, batch: Batch, frame: Float64, values: Int16) -> None:
    """Interpolate a baked solid at every point."""
    s = f32(frame[3])
    ox = f32(frame[0])
    oy = f32(frame[1])
    oz = f32(frame[2])
    nx = np.int32(frame[4])
    ny = np.int32(frame[5])
    plane = np.int32(nx * ny)
    base = np.int32(frame[7])
    top_x = f32(frame[4] - 1.001)
    top_y = f32(frame[5] - 1.001)
    top_z = f32(frame[6] - 1.001)
    for i in range(n):
        u = min(max((batch.x[i] - ox) * s, F0), top_x)
        v = min(max((batch.y[i] - oy) * s, F0), top_y)
        w = min(max((batch.z[i] - oz) * s, F0), top_z)
        iu = np.int32(u)
        iv = np.int32(v)
        iw = np.int32(w)
        u -= f32(iu)
        v -= f32(iv)
        w -= f32(iw)
        e = np.int32(base + (iw * ny + iv) * nx + iu)
        o = np.int32(e + plane)
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
        out[i] = (a + (c - a) * w) * _MM


@compiled_inline
def join_simple(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Unite a field with an ellipsoid, box, half space, vertebral body or disc."""
    operation = tables.code[at, 0]
    field = tables.code[at, 1]
    numbers = tables.numbers[at]
    if batch.state[field] == IN:
        return
    if operation != PLANE and box_distance(tables.bounds[at], batch.sphere) > numbers[MARGIN]:
        return
    spread(batch, field, n)
    row = batch.fields[field]
    if operation == ELLIPSOID:
        _ellipsoid(row, n, batch, numbers)
    elif operation == BOX:
        _box(row, n, batch, numbers)
    elif operation == PLANE:
        _plane(row, n, batch, numbers)
    elif operation == VERTEBRA:
        _vertebra(row, n, batch, numbers)
    elif operation == DISC:
        _disc(row, n, batch, numbers)
    settle(batch, field, n, numbers[REACH], numbers[DEPTH])


@compiled_borrowing
def _ellipsoid(row: Float32, n: int, batch: Batch, p: Float32) -> None:
    ra = F1 / p[12]
    rb = F1 / p[13]
    rc = F1 / p[14]
    k = p[15]
    centre = -min(p[12], min(p[13], p[14]))
    for i in range(n):
        x = batch.x[i] - p[0]
        y = batch.y[i] - p[1]
        z = batch.z[i] - p[2]
        u = (p[3] * x + p[4] * y + p[5] * z) * ra
        v = (p[6] * x + p[7] * y + p[8] * z) * rb
        w = (p[9] * x + p[10] * y + p[11] * z) * rc
        k0 = math.sqrt(u * u + v * v + w * w)
        u *= ra
        v *= rb
        w *= rc
        k1 = math.sqrt(u * u + v * v + w * w) + TINY
        d = k0 * (k0 - F1) / k1 if k0 > f32(1e-3) else centre
        row[i] = smooth_min(row[i], d, k)


@compiled_borrowing
def _box(row: Float32, n: int, batch: Batch, p: Float32) -> None:
    k = p[15]
    r = p[16]
    for i in range(n):
        x = batch.x[i] - p[0]
        y = batch.y[i] - p[1]
        z = batch.z[i] - p[2]
        u = abs(p[3] * x + p[4] * y + p[5] * z) - p[12] + r
        v = abs(p[6] * x + p[7] * y + p[8] * z) - p[13] + r
        w = abs(p[9] * x + p[10] * y + p[11] * z) - p[14] + r
        a = max(u, F0)
        b = max(v, F0)
        c = max(w, F0)
        d = math.sqrt(a * a + b * b + c * c) + min(max(u, max(v, w)), F0) - r
        row[i] = smooth_min(row[i], d, k)


@compiled_borrowing
def _plane(row: Float32, n: int, batch: Batch, p: Float32) -> None:
    for i in range(n):
        d = p[0] * batch.x[i] + p[1] * batch.y[i] + p[2] * batch.z[i] - p[3]
        row[i] = smooth_min(row[i], d, p[4])


@compiled_borrowing
def _vertebra(row: Float32, n: int, batch: Batch, p: Float32) -> None:
    """Join a squared-off elliptic cylinder with a waist and dished end plates."""
    a = p[12]
    b = p[13]
    h = p[14]
    least = min(a, b)
    for i in range(n):
        x = batch.x[i] - p[0]
        y = batch.y[i] - p[1]
        z = batch.z[i] - p[2]
        u = abs(p[3] * x + p[4] * y + p[5] * z)
        v = abs(p[6] * x + p[7] * y + p[8] * z)
        w = abs(p[9] * x + p[10] * y + p[11] * z)
        t = min(w / h, F1)
        waist = F1 - p[17] * (F1 - t * t)
        ring = ((u / (a * waist)) ** f32(2.5) + (v / (b * waist)) ** f32(2.5)) ** f32(0.4)
        side = (ring - F1) * least * waist
        middle = min(u * u / (a * a) + v * v / (b * b), F1)
        lid = w - (h - f32(1.6) * (F1 - middle))
        row[i] = min(row[i], -smooth_min(-side, -lid, f32(2.5)))


@compiled_borrowing
def _disc(row: Float32, n: int, batch: Batch, p: Float32) -> None:
    """Join a squared-off elliptic plate, slightly hollow behind."""
    a = p[12]
    b = p[13]
    h = p[14]
    least = min(a, b)
    for i in range(n):
        x = batch.x[i] - p[0]
        y = batch.y[i] - p[1]
        z = batch.z[i] - p[2]
        u = p[3] * x + p[4] * y + p[5] * z
        v = p[6] * x + p[7] * y + p[8] * z
        w = p[9] * x + p[10] * y + p[11] * z
        deep = b
        if v > F0:
            deep = b * (F1 - f32(0.1) * bell(u / f32(9.0)))
        ring = ((abs(u) / a) ** f32(2.5) + (abs(v) / deep) ** f32(2.5)) ** f32(0.4)
        row[i] = min(row[i], max((ring - F1) * least, abs(w) - h))


__all__ = ["join_loft", "join_simple"]
