"""Folds of a surface: sheets that stand on it, a gyrus apart, and wind, fork and end.

Sheets are the troughs of rolls that form by themselves (Swift & Hohenberg 1977,
doi:10.1103/PhysRevA.15.319): rolls of one width stand upright on the border of the layer they
form in, run along the troughs that are given, and differ with the random start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from imagingsim.geometry import Baked
from imagingsim.units import FloatArray

_NODES = 3.6
"""Nodes of the lattice of the rolls per distance of two sheets, at least."""
_STEPS = 110
_PACE = 0.35
_GAIN = 0.7
_DAMPING = 3.0
_PULL = 1.6
_STIFFNESS = 9.0
_GRAIN = 6.0
_UPRIGHT = 0.35
"""Share by which rolls are made to stand upright, every few steps."""
_EVERY = 5
_CREST_MM = 4.0


@dataclass(frozen=True)
class FoldShape:
    """How sheets stand; all as in `imagingsim.anatomy.solid_records.Folds`.

    Attributes
    ----------
    spacing_mm
        Distance between two sheets.
    depth_mm
        How deep the shallow and the deep ones go.
    width_mm
        Half the width of a sheet, in the depth and at the mouth.
    wander_mm
        How far they stray from the rolls.
    grain
        Direction along which they run, a unit vector, or zero for none.
    """

    spacing_mm: float
    depth_mm: tuple[float, float]
    width_mm: tuple[float, float]
    wander_mm: float
    grain: tuple[float, float, float] = (0.0, 0.0, 0.0)


def folded(
    depth: FloatArray, drawn: FloatArray, free: FloatArray, step_mm: float, shape: FoldShape,
    rng: np.random.Generator,
) -> FloatArray:  # fmt: skip
    """Return the distance to the nearest sheet, negative in it, mm.

    Parameters
    ----------
    depth
        Distance below the folded surface, negative above it, (z, y, x), mm.
    drawn
        Distance to the sheets that are given, (z, y, x), mm.
    free
        Distance to where no sheets may form, (z, y, x), mm.
    step_mm
        Distance between nodes.
    """
    every = max(int(shape.spacing_mm / _NODES / step_mm), 1)
    coarse = (slice(None, None, every),) * 3
    growth = _growth(depth[coarse], free[coarse], shape)
    rolls = _rolls(depth[coarse], drawn[coarse], growth, step_mm * every, shape, rng)
    nodes = np.indices(depth.shape, dtype=np.float32) / np.float32(every)
    for axis in range(3):
        nodes[axis] += (
            shape.wander_mm / (step_mm * every)
            * _blurred(depth.shape, 0.45 * shape.spacing_mm / step_mm, rng)
        )  # fmt: skip
    fine = ndimage.map_coordinates(rolls, nodes, order=3, mode="nearest")
    per_turn = shape.spacing_mm / (2.0 * np.pi)
    slope = np.sqrt(sum(g**2 for g in np.gradient(fine, step_mm))) * per_turn
    across = np.arctan2(slope, -fine) * per_turn
    across += _CREST_MM * np.clip(0.55 - np.hypot(slope, fine), 0.0, None)
    low, high = shape.depth_mm
    share = 0.5 + 0.5 * np.tanh(_blurred(depth.shape, 0.7 * shape.spacing_mm / step_mm, rng))
    beyond = np.maximum(depth - (low + (high - low) * share), 0.0)
    inner, mouth = shape.width_mm
    width = inner + (mouth - inner) * np.exp(-np.maximum(depth, 0.0) / (0.25 * shape.spacing_mm))
    wider = np.clip(_blurred(depth.shape, 0.6 * shape.spacing_mm / step_mm, rng), -2.0, 2.0)
    sheets = np.hypot(across, beyond) - width * (1.0 + 0.35 * wider)
    sheets += np.maximum(3.0 - free, 0.0)
    out: FloatArray = np.minimum(sheets, drawn).astype(np.float32)
    return out


def padded(baked: Baked, pad_mm: float) -> Baked:
    """Return a lattice widened on all sides by the values at its border."""
    more = int(np.ceil(pad_mm / baked.step_mm))
    x, y, z = (v - more * baked.step_mm for v in baked.origin_mm)
    return Baked(np.pad(baked.values, more, mode="edge"), (x, y, z), baked.step_mm)


def _growth(depth: FloatArray, free: FloatArray, shape: FoldShape) -> FloatArray:
    """Return how fast rolls grow: only in the layer that is folded."""
    above = 0.45 * shape.spacing_mm
    layer = np.clip((depth + above) / (0.25 * shape.spacing_mm), 0.0, 1.0)
    layer *= np.clip((shape.depth_mm[1] + 2.0 * above - depth) / above, 0.0, 1.0)
    layer *= np.clip(free / (0.25 * shape.spacing_mm), 0.0, 1.0)
    out: FloatArray = _GAIN * layer - _DAMPING * (1.0 - layer)
    return out


def _rolls(
    depth: FloatArray, drawn: FloatArray, growth: FloatArray, step_mm: float, shape: FoldShape,
    rng: np.random.Generator,
) -> FloatArray:  # fmt: skip
    """Return rolls of unit height, troughs on the sheets that are given."""
    sizes = tuple(fft.next_fast_len(n, real=True) for n in depth.shape)
    room = [(0, full - n) for full, n in zip(sizes, depth.shape, strict=True)]
    linear = _stiffness(sizes, step_mm, shape)
    growth = np.pad(growth, room, constant_values=-_DAMPING)
    pull = np.exp(-((np.maximum(drawn, 0.0) / (0.2 * shape.spacing_mm)) ** 2))
    pull = _PULL * np.pad(pull, room)
    below = depth > 0.3 * shape.spacing_mm
    above = ndimage.distance_transform_edt(below, return_distances=False, return_indices=True)
    kept = tuple(slice(0, n) for n in depth.shape)
    gain = 1.0 + _PACE * (growth - pull)
    pull *= _PACE
    u = rng.normal(0.0, 0.3, sizes)
    for turn in range(_STEPS):
        if turn % _EVERY == 0:
            upright = ndimage.gaussian_filter(u[kept][tuple(above)], 0.8)
            u[kept] += _UPRIGHT * (upright - u[kept]) * below
        u = u * (gain - _PACE * u * u) - pull
        u = fft.irfftn(fft.rfftn(u, overwrite_x=True) * linear, sizes, overwrite_x=True)
    out: FloatArray = u[kept] / np.sqrt(4.0 / 3.0 * _GAIN)
    return out


def _stiffness(sizes: tuple[int, ...], step_mm: float, shape: FoldShape) -> FloatArray:
    """Return by how much each wave is damped in a step: least at the width of a roll."""
    waves = [2.0 * np.pi * fft.fftfreq(n, step_mm) for n in sizes[:2]]
    waves.append(2.0 * np.pi * fft.rfftfreq(sizes[2], step_mm))
    z, y, x = (k * shape.spacing_mm / (2.0 * np.pi) for k in np.meshgrid(*waves, indexing="ij"))
    a, b, c = shape.grain
    off = x**2 + y**2 + z**2 - 1.0
    out: FloatArray = 1.0 / (
        1.0 + _PACE * (_STIFFNESS * off**2 + _GRAIN * (a * x + b * y + c * z) ** 2)
    )
    return out


def _blurred(shape: tuple[int, ...], width: float, rng: np.random.Generator) -> FloatArray:
    """Return smooth noise of unit standard deviation; ``width`` in nodes."""
    every = max(int(width / 2.0), 1)
    coarse = [n // every + 4 for n in shape]
    rough = ndimage.gaussian_filter(rng.normal(size=coarse), width / every)
    fine = ndimage.zoom(rough / rough.std(), every, order=1) if every > 1 else rough / rough.std()
    out: FloatArray = fine[tuple(slice(0, n) for n in shape)]
    return out


__all__ = ["FoldShape", "folded", "padded"]
