"""Echoes of a turbo spin echo train, by extended phase graphs; with inversion, FLAIR.

References
----------
.. [1] Hennig J. J Magn Reson 78 (1988) 397. doi:10.1016/0022-2364(88)90128-X
.. [2] Weigel M. J Magn Reson Imaging 41 (2015) 266. doi:10.1002/jmri.24619
"""

import math

import numpy as np

from imagingsim.jit import compiled
from imagingsim.units import FloatArray, IntArray


def train(
    proton_density: FloatArray,
    t1_ms: FloatArray,
    t2_ms: FloatArray,
    *,
    tr_ms: float,
    ti_ms: float | None = None,
    echo_spacing_ms: float,
    echoes: int,
    refocusing_deg: float,
) -> FloatArray:
    """Return the amplitude of each echo, shape (tissues, echoes), units of water's equilibrium.

    Magnetisation recovers from the end of one train to the next excitation; an inversion
    ``ti_ms`` before the excitation makes it FLAIR. A train that fills a slice by itself starts
    from rest: give an infinite ``tr_ms``.
    """
    rest_ms = tr_ms - echo_spacing_ms * echoes
    start = 1.0 - np.exp(-rest_ms / t1_ms)
    if ti_ms is not None:
        start = 1.0 - 2.0 * np.exp(-ti_ms / t1_ms) + np.exp(-rest_ms / t1_ms)
    result = np.empty((t1_ms.size, echoes))
    for number in range(t1_ms.size):
        result[number] = _echoes(
            float(t1_ms[number]), float(t2_ms[number]), echo_spacing_ms, echoes,
            math.radians(refocusing_deg),
        )  # fmt: skip
    return result * (proton_density * start)[:, None]


def echo_of_line(lines: int, echoes: int, effective: int, *, first: int = 0) -> IntArray:
    """Return which echo fills each phase line, 0..echoes-1, the centre with the effective one.

    The order rises through k-space without a jump, which would ring through the image. Lines
    before ``first`` are not acquired.

    Examples
    --------
    >>> echo_of_line(8, 4, 1).tolist()
    [0, 0, 0, 1, 1, 2, 2, 2]
    """
    line = np.arange(lines)
    centre = lines // 2
    before = effective * (line - first) / max(1, centre - first)
    after = effective + (line - centre) / (lines - centre) * (echoes - 1 - effective)
    order = np.round(np.where(line < centre, before, after))
    return np.clip(order, 0, echoes - 1).astype(np.int64)


@compiled
def _echoes(t1_ms: float, t2_ms: float, spacing_ms: float, echoes: int, angle: float) -> FloatArray:
    """Phase graph of a Carr-Purcell-Meiboom-Gill train started from unit magnetisation.

    The states are real here: all pulses share the axis of the excited magnetisation.
    """
    states = echoes + 2
    dephasing, rephasing, stored = np.zeros(states), np.zeros(states), np.zeros(states)
    dephasing[0] = rephasing[0] = 1.0
    decay1, decay2 = math.exp(-spacing_ms / 2.0 / t1_ms), math.exp(-spacing_ms / 2.0 / t2_ms)
    half_cosine, half_sine = math.cos(angle / 2.0) ** 2, math.sin(angle / 2.0) ** 2
    sine, cosine = math.sin(angle), math.cos(angle)
    result = np.zeros(echoes)
    for echo in range(echoes):
        for half in range(2):
            dephasing *= decay2
            rephasing *= decay2
            stored *= decay1
            for k in range(states - 1, 0, -1):
                dephasing[k] = dephasing[k - 1]
            for k in range(states - 1):
                rephasing[k] = rephasing[k + 1]
            rephasing[states - 1] = 0.0
            dephasing[0] = rephasing[0]
            if half == 0:
                for k in range(states):
                    f, g, z = dephasing[k], rephasing[k], stored[k]
                    dephasing[k] = half_cosine * f + half_sine * g + sine * z
                    rephasing[k] = half_sine * f + half_cosine * g - sine * z
                    stored[k] = -0.5 * sine * f + 0.5 * sine * g + cosine * z
        result[echo] = dephasing[0]
    return result
