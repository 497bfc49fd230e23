"""Two tube voltages of one body: how much water and iodine each ray crossed, and images of both."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numba
import numpy as np

from imagingsim.ct.signal import Detector
from imagingsim.ct.tables import attenuation_cm2_g
from imagingsim.units import FloatArray

DEGREE: Final = 4
WATER_G_CM2: Final = 55.0
IODINE_G_CM2: Final = 0.12
"""Longest paths the decomposition is calibrated for."""

POWERS: Final = tuple(
    (low, high) for low, high in product(range(DEGREE + 1), repeat=2) if 0 < low + high <= DEGREE
)
"""Exponents of the two attenuations in each term of the polynomials."""

_WATER, _IODINE = 0, -1


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Turns two attenuations into paths through water and iodine, channel by channel [1]_.

    Attributes
    ----------
    coefficients
        (2, terms, channels) of the polynomials for water and iodine, float32.

    References
    ----------
    .. [1] Alvarez RE, Macovski A. Phys Med Biol 21 (1976) 733. doi:10.1088/0031-9155/21/5/002
    """

    coefficients: FloatArray

    @classmethod
    def of(cls, low: Detector, high: Detector) -> "Decomposition":
        """Calibrate on known paths; the first basis is water, the last iodine."""
        water = np.linspace(0.0, WATER_G_CM2, 34)
        iodine = np.linspace(0.0, IODINE_G_CM2, 13)
        paths = np.stack(np.meshgrid(water, iodine, indexing="ij"), axis=-1).reshape(-1, 2)
        read = [_attenuation(one, paths) for one in (low, high)]
        weight = 1.0 / (2.0 + paths[:, 0])
        out = np.empty((2, len(POWERS), read[0].shape[1]))
        for channel in range(out.shape[2]):
            a, b = (one[:, channel] for one in read)
            terms = np.stack([a**i * b**j for i, j in POWERS], axis=1)
            solved = np.linalg.lstsq(terms * weight[:, None], paths * weight[:, None], rcond=None)
            out[:, :, channel] = solved[0].T
        return cls(out.astype(np.float32))

    def paths(self, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the paths through water and iodine, g/cm2, each (views, channels)."""
        water, iodine = _solve(low, high, self.coefficients, np.array(POWERS))
        return water, iodine


def monoenergetic_hu(water_hu: FloatArray, iodine_g_cm3: FloatArray, kev: float) -> FloatArray:
    """Return the CT numbers that photons of one energy would give.

    Parameters
    ----------
    water_hu
        Image of the density of water, as (density - 1) x 1000.
    """
    energy = np.array([kev])
    ratio = attenuation_cm2_g("iodine", energy) / attenuation_cm2_g("water", energy)
    return water_hu + 1000.0 * iodine_g_cm3 * ratio


def _attenuation(detector: Detector, paths: FloatArray) -> FloatArray:
    """Return what every channel reads behind paths through water and iodine, (paths, channels)."""
    mu = detector.attenuation[[_WATER, _IODINE]].astype(np.float64)
    signal = detector.signal_kev.astype(np.float64)
    return np.log(signal.sum(axis=0) / (np.exp(-paths @ mu) @ signal))


@numba.njit(nogil=True, cache=True, fastmath=True)
def _solve(
    low: FloatArray, high: FloatArray, coefficients: FloatArray, powers: FloatArray
) -> tuple[FloatArray, FloatArray]:
    views, channels = low.shape
    water = np.zeros((views, channels), dtype=np.float32)
    iodine = np.zeros((views, channels), dtype=np.float32)
    term = np.empty(channels, dtype=np.float32)
    for v in range(views):
        for k in range(powers.shape[0]):
            term[:] = 1.0
            for _ in range(powers[k, 0]):
                term *= low[v]
            for _ in range(powers[k, 1]):
                term *= high[v]
            for d in range(channels):
                water[v, d] += coefficients[0, k, d] * term[d]
                iodine[v, d] += coefficients[1, k, d] * term[d]
    return water, iodine
