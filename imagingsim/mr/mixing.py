"""From layers to pictures of water and fat, one slice at a time.

All phase lines of all layers are written as sums of a few curves, so that a slice costs a few
Fourier transforms however many tissues it holds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import prange

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.jit import compiled_parallel
from imagingsim.mr.sequences import Weights
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray, IntArray

FAT_PER_HU = 1.0 / 150.0
"""A fatty tissue is one fat fraction percent richer for 1.5 HU of texture below its mean."""

WATER_PER_HU = 0.006
"""A tissue without fat holds this part more signal per HU of texture."""

_FATTY = 0.05
_KEPT = 1e-3
Pictures = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Palette:
    """How each layer appears in the pictures.

    Attributes
    ----------
    water
        (layers, curves), coefficients of the basis curves of water.
    curves
        (curves, lines), the basis curves.
    fat_signal
        (layers,), proton density of the layer if it were all fat.
    fat_fraction, fat_per_count, water_per_count
        (layers,), fat fraction, and its and the signal's change per count of texture.
    """

    water: Pictures
    curves: FloatArray
    fat_signal: Pictures
    fat_fraction: Pictures
    fat_per_count: Pictures
    water_per_count: Pictures


def palette(
    sampled: SampledPhantom, tissues: Tissues, names: Sequence[str], weights: Weights
) -> Palette:
    """Return the palette of a sample under a sequence, whose water is that of ``names``."""
    number = {name: index for index, name in enumerate(names)}
    tissue = np.array([number[name] for name in sampled.materials])
    fraction = tissues.array(names, "fat_fraction")[tissue]
    texture_hu = np.array([layer.texture_hu for layer in sampled.layers])
    fatty = fraction >= _FATTY
    coefficients, curves = basis(weights.water)
    return Palette(
        water=coefficients[tissue].astype(np.float32),
        curves=curves,
        fat_signal=tissues.array(names, "proton_density")[tissue].astype(np.float32),
        fat_fraction=fraction.astype(np.float32),
        fat_per_count=np.where(fatty, -FAT_PER_HU * texture_hu, 0.0).astype(np.float32),
        water_per_count=np.where(fatty, 0.0, WATER_PER_HU * texture_hu).astype(np.float32),
    )


def basis(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return coefficients (rows, curves) and orthonormal curves (curves, columns) of a table.

    The curve of the row that is still described worst is added until every row is described to
    one part in a thousand of the largest. Sums are numpy's own, so that the result does not
    depend on the linear algebra library or its threads.
    """
    rest = rows.copy()
    limit = _KEPT**2 * (rows**2).sum(axis=1).max()
    curves: list[FloatArray] = []
    while True:
        size = (rest**2).sum(axis=1)
        worst = int(size.argmax())
        if curves and size[worst] <= limit:
            break
        curve = rest[worst] / math.sqrt(max(float(size[worst]), 1e-300))
        rest = rest - (rest * curve).sum(axis=1)[:, None] * curve
        curves.append(curve)
    found = np.array(curves)
    return np.stack([(rows * curve).sum(axis=1) for curve in found], axis=1), found


def paint(
    sampled: SampledPhantom, palette: Palette, subslices: IntArray, shares: FloatArray
) -> Pictures:
    """Return the pictures of a slice, shape (curves + 1, rows, columns); the last one is fat.

    Parameters
    ----------
    subslices, shares
        Which layers of truth the slice is made of, and their shares, which sum to one.
    """
    out = np.zeros((palette.curves.shape[0] + 1, *sampled.grid.shape[1:]), np.float32)
    for number, share in zip(subslices, shares, strict=True):
        _paint(
            sampled.first[number], sampled.second[number], sampled.fraction[number],
            sampled.texture[number], palette.water, palette.fat_signal, palette.fat_fraction,
            palette.fat_per_count, palette.water_per_count, float(share), out,
        )  # fmt: skip
    return out


@compiled_parallel
def _paint(
    first: IntArray, second: IntArray, fraction: IntArray, texture: IntArray, water: Pictures,
    fat_signal: Pictures, fat_fraction: Pictures, fat_per_count: Pictures,
    water_per_count: Pictures, share: float, out: Pictures,
) -> None:  # fmt: skip
    curves = water.shape[1]
    thickness = np.float32(share)
    for row in prange(first.shape[0]):
        for column in range(first.shape[1]):
            a, b = first[row, column], second[row, column]
            part = fraction[row, column] / np.float32(255.0)
            if fat_signal[a] == 0.0 and fat_signal[b] == 0.0:
                continue
            count = np.float32(texture[row, column])
            fat = min(
                np.float32(1.0), max(np.float32(0.0), fat_fraction[a] + fat_per_count[a] * count)
            )
            scale = thickness * part * (np.float32(1.0) + water_per_count[a] * count)
            other = thickness * (np.float32(1.0) - part)
            wet, wet_other = (
                scale * (np.float32(1.0) - fat),
                other * (np.float32(1.0) - fat_fraction[b]),
            )
            for k in range(curves):
                out[k, row, column] += wet * water[a, k] + wet_other * water[b, k]
            out[curves, row, column] += (
                scale * fat * fat_signal[a] + other * fat_fraction[b] * fat_signal[b]
            )
