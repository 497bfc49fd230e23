"""Kernels of the solids: each joins one solid to the field it is written to."""

import math

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lanes import LANES, read_short, read_solid
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    TINY,
    apart,
    bell,
    f32,
    settle,
    smooth_min,
    spread,
)  # fmt: skip
from imagingsim.geometry.machine import (
    ARRAY,
    BOX,
    CELL,
    DEPTH,
    DISC,
    ELLIPSOID,
    IN,
    MARGIN,
    OUT,
    PER_MM,
    PLANE,
    REACH,
    SMOOTH,
    VERTEBRA,
    Batch,
    Float32,
    Float64,
    Tables,
)  # fmt: skip

_MM = f32(1.0 / PER_MM)
_SLACK_MM = f32(1e-3)
_PER_CELL = 1.0 / CELL
_MOST = 40_000


@compiled_inline
def join_loft(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Unite a field with a baked solid, or skip it when the cells' ranges decide."""
    field = tables.code[at, 1]
    if batch.state[field] == IN:
        return
    loft, numbers = tables.code[at, 2], tables.numbers[at]
    frame, values = tables.loft_frames[loft], tables.loft_places[loft, 0]
    k, reach = numbers[0], felt(at, field, batch, tables)
    state = _loft_state(batch.box, frame, tables.loft_places[loft, 1], reach, numbers[DEPTH])
    if state == OUT:
        return
    if state == IN:
        batch.state[field] = IN
        return
    if batch.state[field] == OUT:
        _look_up(batch.fields[field], n, batch, frame, values)
        batch.state[field] = ARRAY
    else:
        _look_up(batch.spare[0], n, batch, frame, values)
        row = batch.fields[field]
        for i in range(n):
            row[i] = smooth_min(row[i], batch.spare[0, i], k)
    settle(batch, field, n, numbers[REACH], numbers[DEPTH])


@compiled_inline
def felt(at: int, field: int, batch: Batch, tables: Tables) -> f32:
    """Return from which distance on a solid changes nothing in the field it joins, mm."""
    margin = tables.numbers[at, MARGIN]
    if batch.state[field] != ARRAY:
        return margin
    return min(margin, batch.high[field] + tables.numbers[at, SMOOTH] + _SLACK_MM)


@compiled_borrowing
def _loft_state(box: Float32, frame: Float64, ranges: int, reach: f32, depth: f32) -> int:
    """Return OUT, IN or ARRAY from the smallest and largest distance of the cells touched."""
    q = frame[3] * _PER_CELL
    mx, my, mz = int(frame[7]), int(frame[8]), int(frame[9])
    i0, i1 = math.floor((box[0] - frame[0]) * q), math.floor((box[1] - frame[0]) * q)
    j0, j1 = math.floor((box[2] - frame[1]) * q), math.floor((box[3] - frame[1]) * q)
    k0, k1 = math.floor((box[4] - frame[2]) * q), math.floor((box[5] - frame[2]) * q)
    if i1 < 0 or j1 < 0 or k1 < 0 or i0 >= mx or j0 >= my or k0 >= mz:
        return OUT
    low, high = np.int32(_MOST), np.int32(-_MOST)
    for k in range(max(k0, 0), min(k1, mz - 1) + 1):
        for j in range(max(j0, 0), min(j1, my - 1) + 1):
            row = (k * my + j) * mx
            for cell in range(row + max(i0, 0), row + min(i1, mx - 1) + 1):
                low = min(low, np.int32(read_short(ranges, 2 * cell)))
                high = max(high, np.int32(read_short(ranges, 2 * cell + 1)))
    if f32(low) * _MM > reach:
        return OUT
    return IN if f32(high) * _MM < -depth else ARRAY


@compiled_borrowing
def _look_up(out: Float32, n: int, batch: Batch, frame: Float64, values: int) -> None:
    """Interpolate a baked solid at every point."""
    low_x, low_y, low_z, scale = f32(frame[0]), f32(frame[1]), f32(frame[2]), f32(frame[3])
    nx, ny, nz = np.int32(frame[4]), np.int32(frame[5]), np.int32(frame[6])
    for i in range(0, n, LANES):
        read_solid(
            values, batch.x, batch.y, batch.z, i, low_x, low_y, low_z, scale, nx, ny, nz, out
        )


@compiled_inline
def join_simple(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Unite a field with an ellipsoid, box, half space, vertebral body or disc."""
    operation = tables.code[at, 0]
    field = tables.code[at, 1]
    numbers = tables.numbers[at]
    if batch.state[field] == IN:
        return
    if _beyond(at, field, batch, tables):
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


@compiled_inline
def _beyond(at: int, field: int, batch: Batch, tables: Tables) -> bool:
    """Tell whether a solid needs no look at the points, because it is far away or all around."""
    reach = felt(at, field, batch, tables)
    if tables.code[at, 0] != PLANE:
        return bool(apart(tables.bounds[at], batch.box) > reach)
    low, high = _plane_span(tables.numbers[at], batch.box)
    if low > reach:
        return True
    if high < -tables.numbers[at, DEPTH]:
        batch.state[field] = IN
        return True
    return False


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


@compiled_inline
def _plane_span(p: Float32, box: Float32) -> tuple[f32, f32]:
    """Return the least and greatest distance to a half space in a box, with a little to spare."""
    middle = p[0] * (box[0] + box[1]) + p[1] * (box[2] + box[3]) + p[2] * (box[4] + box[5])
    size = abs(p[0]) * (box[1] - box[0]) + abs(p[1]) * (box[3] - box[2])
    size += abs(p[2]) * (box[5] - box[4])
    away = HALF * middle - p[3]
    return away - HALF * size - _SLACK_MM, away + HALF * size + _SLACK_MM


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


__all__ = ["felt", "join_loft", "join_simple"]
