"""By how much a dense material hardens the beam more than the water it stands for."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import ndimage

from imagingsim.ct.correct import WaterCorrection, water_path
from imagingsim.ct.signal import Detector
from imagingsim.units import FloatArray

LONGEST_WATER_G_CM2: Final = 60.0
REFERENCE_G_CM2: Final = 20.0
"""Water behind which a first trace of the material reads right."""

_STEPS = 60


@dataclass(frozen=True, eq=False)
class Hardening:
    """What is missing from a water-corrected reading behind water and one dense material.

    Attributes
    ----------
    water_g_per_g
        Water that reads like one gram of the material, at its first trace.
    water_step, step
        Steps of the table, g/cm2 of water and of the material.
    missing
        (water, material) g/cm2 of water to add.
    """

    water_g_per_g: float
    water_step: float
    step: float
    missing: FloatArray

    @classmethod
    def of(cls, detector: Detector, water: WaterCorrection, longest_g_cm2: float) -> "Hardening":
        """Return the table of a detector whose bases are water and the material.

        Notes
        -----
        The table holds by how much a water-corrected reading falls short of what it would be if
        the material hardened the beam no more than at its first trace behind 20 cm of water [1]_.

        References
        ----------
        .. [1] Joseph PM, Spital RD. J Comput Assist Tomogr 2 (1978) 100.
           doi:10.1097/00004728-197801000-00017
        """
        waters = np.linspace(0.0, LONGEST_WATER_G_CM2, _STEPS + 1)
        dense = np.linspace(0.0, longest_g_cm2, _STEPS + 1)
        read = _water_equivalent(detector, water, waters, dense)
        row = int(np.argmin(np.abs(waters - REFERENCE_G_CM2)))
        ratio = float((read[row, 1] - read[row, 0]) / dense[1])
        missing = waters[:, None] + ratio * dense - read
        return cls(ratio, float(waters[1]), float(dense[1]), missing - missing[:, :1])

    def added(self, views: FloatArray, path: FloatArray) -> FloatArray:
        """Return what to add to views, (views, channels), g/cm2 of water.

        Parameters
        ----------
        path
            (views, channels) g/cm2 of the material on each ray.
        """
        rest = np.clip(views - path * self.water_g_per_g, 0.0, None)
        where = np.stack([rest / self.water_step, path / self.step])
        added: FloatArray = ndimage.map_coordinates(self.missing, where, order=1, mode="nearest")
        return added


def _water_equivalent(
    detector: Detector, water: WaterCorrection, waters: FloatArray, dense: FloatArray
) -> FloatArray:
    """Return what the central channel reads behind water and the material, corrected."""
    middle = detector.air_kev.size // 2
    signal = detector.signal_kev[:, middle].astype(np.float64)
    mu_water, mu_dense = detector.attenuation[:2].astype(np.float64)
    exponent = waters[:, None, None] * mu_water + dense[:, None] * mu_dense
    attenuation = np.log(signal.sum() / (np.exp(-exponent) @ signal))
    one = WaterCorrection(
        *(part[..., middle : middle + 1] for part in (water.coefficients, water.limit, water.slope))
    )
    flat = attenuation.reshape(-1, 1).astype(np.float32)
    return water_path(flat, one).reshape(attenuation.shape).astype(np.float64)
