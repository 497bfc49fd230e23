"""Correction for beam hardening in water."""

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from imagingsim.ct.signal import Detector
from imagingsim.units import FloatArray

LONGEST_WATER_G_CM2: Final = 60.0
DEGREE: Final = 6


@dataclass(frozen=True, eq=False)
class WaterCorrection:
    """Turns attenuation into water-equivalent path, channel by channel.

    Attributes
    ----------
    coefficients
        (degree, channels) of the polynomial without constant term, lowest order first, float32.
    limit
        (channels,) attenuation beyond which the polynomial goes on as a straight line, float32.
    slope
        (channels,) of that line, g/cm2, float32.
    """

    coefficients: FloatArray
    limit: FloatArray
    slope: FloatArray


def water_correction(detector: Detector) -> WaterCorrection:
    """Return the correction that makes any path through water read as its length.

    Notes
    -----
    Calibrated as on a scanner, on known thicknesses of water, by a polynomial per channel, since
    the bowtie filter hardens each channel differently. The first basis must be water.

    References
    ----------
    .. [1] Herman GT. Phys Med Biol 24 (1979) 81. doi:10.1088/0031-9155/24/1/008
    """
    water = np.linspace(0.0, LONGEST_WATER_G_CM2, 121)
    signal = detector.signal_kev.astype(np.float64)
    transmitted = np.exp(-np.outer(water, detector.attenuation[0].astype(np.float64)))
    attenuation = np.log(signal.sum(axis=0) / (transmitted @ signal))
    weight = 1.0 / (2.0 + water)
    channels = attenuation.shape[1]
    coefficients = np.empty((DEGREE, channels))
    for channel in range(channels):
        powers = attenuation[:, channel, None] ** np.arange(1, DEGREE + 1)
        coefficients[:, channel] = np.linalg.lstsq(
            powers * weight[:, None], water * weight, rcond=None
        )[0]
    limit = attenuation[-1]
    orders = np.arange(1, DEGREE + 1)[:, None]
    slope = (coefficients * orders * limit ** (orders - 1)).sum(axis=0)
    return WaterCorrection(
        coefficients.astype(np.float32), limit.astype(np.float32), slope.astype(np.float32)
    )


def water_path(attenuation: FloatArray, correction: WaterCorrection) -> FloatArray:
    """Return the water-equivalent path of readings, (views, channels), g/cm2, float32."""
    return _linearise(attenuation, correction.coefficients, correction.limit, correction.slope)


@numba.njit(nogil=True, cache=True, fastmath=True)
def _linearise(
    attenuation: FloatArray, coefficients: FloatArray, limit: FloatArray, slope: FloatArray
) -> FloatArray:
    views, channels = attenuation.shape
    path = np.empty((views, channels), dtype=np.float32)
    for v in range(views):
        for d in range(channels):
            inside = min(attenuation[v, d], limit[d])
            value = coefficients[-1, d] * inside
            for order in range(coefficients.shape[0] - 2, -1, -1):
                value = (value + coefficients[order, d]) * inside
            path[v, d] = value + (attenuation[v, d] - inside) * slope[d]
    return path
