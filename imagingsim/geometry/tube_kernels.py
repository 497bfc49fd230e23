"""Kernels of swept tubes and trees: many tapered segments, of which few are near a batch."""

import math

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    QUARTER,
    TINY,
    apart,
    f32,
    settle,
    spread,
)  # fmt: skip
from imagingsim.geometry.machine import ARRAY, DEPTH, IN, MARGIN, REACH, Batch, Float32, Tables
from imagingsim.geometry.solids import felt

# Columns of a segment: start, direction, 1 / length^2, radius, its change, two axes of the
# section, arc length, its change, largest and smallest radius.
_INVERSE, _RADIUS, _TAPER, _U, _V, _ARC, _LARGEST, _SMALLEST = 6, 7, 8, 9, 12, 15, 17, 18


@compiled_inline
def join_tube(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Unite a field with a tube; fields a and b, if any, get arc length and angle."""
    field = tables.code[at, 1]
    arc = tables.code[at, 2]
    numbers = tables.numbers[at]
    if batch.state[field] == IN:
        return
    margin = numbers[MARGIN] if arc >= 0 else felt(at, field, batch, tables)
    if apart(tables.bounds[at], batch.box) > margin:
        return
    count = _pick(batch, tables.segments, tables.clusters, numbers, margin)
    if count == 0:
        return
    spread(batch, field, n)
    if arc >= 0:
        _sweep_with_arc(field, arc, tables.code[at, 3], n, count, batch, tables.segments)
    elif numbers[1] == F1:
        _sweep_round(batch.fields[field], n, count, batch, tables.segments, numbers[0])
    else:
        _sweep_oval(batch.fields[field], n, count, batch, tables.segments, numbers)
    settle(batch, field, n, numbers[REACH], numbers[DEPTH])


@compiled_borrowing
def _pick(batch: Batch, segments: Float32, clusters: Float32, numbers: Float32, margin: f32) -> int:
    """List the segments that can matter to the batch, in order; return how many."""
    sphere, box = batch.sphere, batch.box
    count = 0
    best = f32(1e9)
    for c in range(int(numbers[2]), int(numbers[3])):
        dx = max(max(box[0] - clusters[c, 0], clusters[c, 0] - box[1]), F0)
        dy = max(max(box[2] - clusters[c, 1], clusters[c, 1] - box[3]), F0)
        dz = max(max(box[4] - clusters[c, 2], clusters[c, 2] - box[5]), F0)
        far = clusters[c, 3] + margin
        if dx * dx + dy * dy + dz * dz > far * far:
            continue
        for s in range(int(clusters[c, 4]), int(clusters[c, 5])):
            p = segments[s]
            x = sphere[0] - p[0]
            y = sphere[1] - p[1]
            z = sphere[2] - p[2]
            t = min(max((x * p[3] + y * p[4] + z * p[5]) * p[_INVERSE], F0), F1)
            x -= t * p[3]
            y -= t * p[4]
            z -= t * p[5]
            q = f32(math.sqrt(x * x + y * y + z * z))
            least = q - p[_LARGEST] - sphere[3]
            if least > margin:
                continue
            best = min(best, q - p[_SMALLEST] + sphere[3])
            batch.picked[count] = s
            batch.lower[count] = least
            count += 1
    best += f32(3.0) * numbers[0]
    kept = 0
    for e in range(count):
        if batch.lower[e] <= best:
            batch.picked[kept] = batch.picked[e]
            kept += 1
    return kept


@compiled_borrowing
def _sweep_round(row: Float32, n: int, count: int, batch: Batch, segments: Float32, k: f32) -> None:
    for e in range(count):
        p = segments[batch.picked[e]]
        ax, ay, az, bx, by, bz = p[0], p[1], p[2], p[3], p[4], p[5]
        inverse, radius, taper = p[_INVERSE], p[_RADIUS], p[_TAPER]
        if k <= F0:
            for i in range(n):
                x = batch.x[i] - ax
                y = batch.y[i] - ay
                z = batch.z[i] - az
                t = min(max((x * bx + y * by + z * bz) * inverse, F0), F1)
                x -= t * bx
                y -= t * by
                z -= t * bz
                d = f32(math.sqrt(x * x + y * y + z * z)) - radius - t * taper
                row[i] = min(row[i], d)
        else:
            for i in range(n):
                x = batch.x[i] - ax
                y = batch.y[i] - ay
                z = batch.z[i] - az
                t = min(max((x * bx + y * by + z * bz) * inverse, F0), F1)
                x -= t * bx
                y -= t * by
                z -= t * bz
                d = f32(math.sqrt(x * x + y * y + z * z)) - radius - t * taper
                h = max(k - abs(d - row[i]), F0) / k
                row[i] = min(row[i], d) - h * h * k * QUARTER


@compiled_borrowing
def _sweep_oval(
    row: Float32, n: int, count: int, batch: Batch, segments: Float32, numbers: Float32
) -> None:
    k = max(numbers[0], f32(1e-4))
    aspect = numbers[1]
    for e in range(count):
        p = segments[batch.picked[e]]
        ax, ay, az, bx, by, bz = p[0], p[1], p[2], p[3], p[4], p[5]
        ux, uy, uz, vx, vy, vz = p[_U], p[_U + 1], p[_U + 2], p[_V], p[_V + 1], p[_V + 2]
        inverse, radius, taper = p[_INVERSE], p[_RADIUS], p[_TAPER]
        scale = f32(math.sqrt(inverse))
        tx, ty, tz = bx * scale, by * scale, bz * scale
        for i in range(n):
            x = batch.x[i] - ax
            y = batch.y[i] - ay
            z = batch.z[i] - az
            t = min(max((x * bx + y * by + z * bz) * inverse, F0), F1)
            x -= t * bx
            y -= t * by
            z -= t * bz
            r = radius + t * taper
            rb = r * aspect
            rc = min(r, rb)
            beyond = f32(math.sqrt(x * x + y * y + z * z)) - max(r, rb)
            cu = (x * ux + y * uy + z * uz) / r
            cv = (x * vx + y * vy + z * vz) / rb
            ct = (x * tx + y * ty + z * tz) / rc
            k0 = f32(math.sqrt(cu * cu + cv * cv + ct * ct))
            cu /= r
            cv /= rb
            ct /= rc
            k1 = f32(math.sqrt(cu * cu + cv * cv + ct * ct)) + TINY
            d = k0 * (k0 - F1) / k1
            d = -rc if k0 < f32(1e-4) else max(d, beyond)
            h = max(k - abs(d - row[i]), F0) / k
            row[i] = min(row[i], d) - h * h * k * QUARTER


@compiled_borrowing
def _sweep_with_arc(
    field: int, arc: int, angle: int, n: int, count: int, batch: Batch, segments: Float32
) -> None:
    """Unite with a round tube, and note where along it and around it each point lies."""
    row = batch.fields[field]
    nearest = batch.fields[arc]
    along = batch.fields[angle]
    for i in range(n):
        nearest[i] = f32(-1.0)
        along[i] = F0
    for e in range(count):
        s = f32(batch.picked[e])
        p = segments[batch.picked[e]]
        ax, ay, az, bx, by, bz = p[0], p[1], p[2], p[3], p[4], p[5]
        inverse, radius, taper = p[_INVERSE], p[_RADIUS], p[_TAPER]
        for i in range(n):
            x = batch.x[i] - ax
            y = batch.y[i] - ay
            z = batch.z[i] - az
            t = min(max((x * bx + y * by + z * bz) * inverse, F0), F1)
            x -= t * bx
            y -= t * by
            z -= t * bz
            d = f32(math.sqrt(x * x + y * y + z * z)) - radius - t * taper
            closer = d < row[i]
            nearest[i] = s if closer else nearest[i]
            along[i] = t if closer else along[i]
            row[i] = d if closer else row[i]
    for i in range(n):
        _place_on_tube(i, nearest, along, batch, segments)
    batch.state[arc] = ARRAY
    batch.state[angle] = ARRAY


@compiled_inline
def _place_on_tube(
    i: int, nearest: Float32, along: Float32, batch: Batch, segments: Float32
) -> None:
    """Turn (segment, share of it) into (arc length mm, angle around the axis)."""
    if nearest[i] < F0:
        nearest[i] = F0
        return
    p = segments[int(nearest[i])]
    t = along[i]
    x = batch.x[i] - p[0] - t * p[3]
    y = batch.y[i] - p[1] - t * p[4]
    z = batch.z[i] - p[2] - t * p[5]
    nearest[i] = p[_ARC] + t * p[_ARC + 1]
    along[i] = math.atan2(
        x * p[_V] + y * p[_V + 1] + z * p[_V + 2], x * p[_U] + y * p[_U + 1] + z * p[_U + 2]
    )


__all__ = ["join_tube"]
