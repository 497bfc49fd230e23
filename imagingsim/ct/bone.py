"""Second-order correction of beam hardening: bone beside water."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import ndimage

from imagingsim.ct.correct import WaterCorrection, water_path
from imagingsim.ct.second_pass import SecondPass
from imagingsim.ct.signal import Detector
from imagingsim.units import FloatArray

BONE_HU: Final = (200.0, 500.0)
"""Below nothing of a pixel is bone, above all of it (authored: brain and contrast lie below)."""

LONGEST_BONE_G_CM2: Final = 12.0
LONGEST_WATER_G_CM2: Final = 60.0
_REFERENCE_G_CM2 = 20.0


@dataclass(frozen=True, eq=False)
class BoneCorrection:
    """What is missing from a reading behind water and bone, from their paths.

    Attributes
    ----------
    bone_per_hu
        Density of hydroxyapatite per HU above water in a pixel of bone, g/cm3.
    water_step, bone_step
        Steps of the table, g/cm2.
    missing
        (water, bone) g/cm2 of water to add.
    """

    bone_per_hu: float
    water_step: float
    bone_step: float
    missing: FloatArray

    @classmethod
    def of(cls, detector: Detector, water: WaterCorrection) -> "BoneCorrection":
        """Return the correction of a detector whose first bases are water and hydroxyapatite.

        Notes
        -----
        The table holds by how much a water-corrected reading falls short of what it would be if
        bone hardened the beam no more than at its first trace behind 20 cm of water [1]_.

        References
        ----------
        .. [1] Joseph PM, Spital RD. J Comput Assist Tomogr 2 (1978) 100.
           doi:10.1097/00004728-197801000-00017
        """
        paths = np.linspace(0.0, LONGEST_WATER_G_CM2, 61)
        bones = np.linspace(0.0, LONGEST_BONE_G_CM2, 49)
        read = _water_equivalent(detector, water, paths, bones)
        row = int(np.argmin(np.abs(paths - _REFERENCE_G_CM2)))
        ratio = (read[row, 1] - read[row, 0]) / bones[1]
        missing = paths[:, None] + ratio * bones - read
        return cls(1.0 / (1000.0 * ratio), paths[1], bones[1], missing - missing[:, :1])

    def corrected(self, views: FloatArray, second: SecondPass) -> FloatArray:
        """Return views, (views, channels) g/cm2 of water, as if bone did not harden the beam."""
        image = second.image_hu(views)
        share = np.clip((image - BONE_HU[0]) / (BONE_HU[1] - BONE_HU[0]), 0.0, 1.0)
        bone = (share * image * self.bone_per_hu).astype(np.float32)
        if not bone.any():
            return views
        (path,) = second.paths(bone)
        path = np.clip(path, 0.0, None)
        rest = np.clip(views - path / (1000.0 * self.bone_per_hu), 0.0, None)
        where = np.stack([rest / self.water_step, path / self.bone_step])
        added = ndimage.map_coordinates(self.missing, where, order=1, mode="nearest")
        return (views + added).astype(np.float32)


def _water_equivalent(
    detector: Detector, water: WaterCorrection, paths: FloatArray, bones: FloatArray
) -> FloatArray:
    """Return what the central channel reads behind water and hydroxyapatite, corrected."""
    middle = detector.air_kev.size // 2
    signal = detector.signal_kev[:, middle].astype(np.float64)
    mu_water, mu_bone = detector.attenuation[:2].astype(np.float64)
    exponent = paths[:, None, None] * mu_water + bones[:, None] * mu_bone
    attenuation = np.log(signal.sum() / (np.exp(-exponent) @ signal))
    one = WaterCorrection(
        *(part[..., middle : middle + 1] for part in (water.coefficients, water.limit, water.slope))
    )
    flat = attenuation.reshape(-1, 1).astype(np.float32)
    return water_path(flat, one).reshape(attenuation.shape).astype(np.float64)
