"""Diffusion-weighted echo-planar signal, and the map of the apparent diffusion coefficient.

References
----------
.. [1] Stejskal EO, Tanner JE. J Chem Phys 42 (1965) 288. doi:10.1063/1.1695690
"""

import numpy as np

from imagingsim.units import BoolArray, FloatArray

UNIT_MM2_S = 1e-6


def signal(
    proton_density: FloatArray,
    t1_ms: FloatArray,
    t2_ms: FloatArray,
    adc_mm2_s: FloatArray,
    *,
    tr_ms: float,
    te_ms: float,
    b_value_s_mm2: float,
) -> FloatArray:
    """Return the magnetisation at the spin echo, mean over directions, 0 to 1."""
    recovered = 1.0 - np.exp(-tr_ms / t1_ms)
    return proton_density * recovered * np.exp(-te_ms / t2_ms - b_value_s_mm2 * adc_mm2_s)


def line_decay(t2_ms: FloatArray, t2_star_ms: FloatArray, times_ms: FloatArray) -> FloatArray:
    """Return the weight of each echo-planar line ``times_ms`` from the echo, (tissues, lines).

    The reversible part of the decay is refocused at the echo and grows on both sides; the
    irreversible part is stronger before the echo than after it.
    """
    reversible = np.clip(1.0 / t2_star_ms - 1.0 / t2_ms, 0.0, None)
    away = -np.abs(times_ms)[None, :] * reversible[:, None] - times_ms[None, :] / t2_ms[:, None]
    return np.exp(np.clip(away, -30.0, 2.0))


def adc_map(
    low: FloatArray, high: FloatArray, *, b_value_s_mm2: float, inside: BoolArray
) -> FloatArray:
    """Return the apparent diffusion coefficient of two images, 1e-6 mm2/s, 0 outside."""
    ratio = np.log(np.maximum(low, 1e-9) / np.maximum(high, 1e-9))
    return np.where(inside, np.clip(ratio / b_value_s_mm2 / UNIT_MM2_S, 0.0, 4095.0), 0.0)
