"""Kernels of patterns that follow a hull: the cortex, and cells of air in bone."""

from imagingsim.geometry.jit import compiled_borrowing, compiled_inline
from imagingsim.geometry.lookups import (
    F0,
    F1,
    HALF,
    blend,
    clip01,
    f32,
    noise,
    step,
    value_at,
)  # fmt: skip
from imagingsim.geometry.machine import DEEP_MM, OUT, Batch, Float32, Tables


@compiled_borrowing
def cortex(at: int, n: int, batch: Batch, tables: Tables) -> None:
    """Paint a folded hull: layers b (grey), b+1 (white) and b+2 (fluid in the sulci).

    The sulci are a field of their own; the grey matter is a ribbon of one thickness along them and
    along the hull.
    """
    field, sulci, layer = tables.code[at, 1], tables.code[at, 2], tables.code[at, 3]
    if batch.state[field] == OUT:
        return
    p = tables.numbers[at]
    w = batch.sphere[4]
    inverse = F1 / w
    for i in range(n):
        d = value_at(batch, field, i, f32(99.0), DEEP_MM)
        cover = min(HALF - d * inverse, F1)
        if cover <= F0:
            continue
        nearest = value_at(batch, sulci, i, f32(99.0), DEEP_MM) - f32(1.1) * (p[1] - f32(0.4))
        pial = _spare_callosum(i, min(-d - f32(1.5) * p[1], nearest), p, batch)
        ribbon = p[0] + f32(0.1) * p[0] * noise(
            tables.lattice, batch.x[i], batch.y[i], batch.z[i], f32(12.0), f32(55.0)
        )
        grey = clip01(HALF - (pial - ribbon) / (w + HALF))
        blend(batch, i, layer + 1, cover)
        blend(batch, i, layer, cover * grey)
        blend(batch, i, layer + 2, cover * clip01(HALF - pial * inverse))


@compiled_inline
def _spare_callosum(i: int, pial: f32, p: Float32, batch: Batch) -> f32:
    """Let sulci fade inside an ellipsoid around the white matter that joins the hemispheres."""
    if p[5] <= F0 or batch.z[i] <= p[8]:
        return pial
    u = (batch.x[i] - p[2]) / p[5]
    v = (batch.y[i] - p[3]) / p[6]
    w = (batch.z[i] - p[4]) / p[7]
    rim = clip01((batch.z[i] - p[8]) / f32(3.0))
    return pial + f32(14.0) * rim * max(f32(1.25) - (u * u + v * v + w * w), F0)


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


__all__ = ["cells", "cortex"]
