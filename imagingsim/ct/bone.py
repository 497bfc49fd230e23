"""Second-order correction of beam hardening: bone beside water."""

from typing import Final

import numpy as np

from imagingsim.ct.hardening import Hardening
from imagingsim.ct.second_pass import SecondPass
from imagingsim.units import FloatArray

BONE_HU: Final = (200.0, 500.0)
"""Below nothing of a pixel is bone, above all of it (authored: brain and contrast lie below)."""

LONGEST_BONE_G_CM2: Final = 12.0


def without_bone_hardening(
    views: FloatArray, second: SecondPass, hardening: Hardening
) -> FloatArray:
    """Return views, (views, channels) g/cm2 of water, as if bone did not harden the beam.

    Parameters
    ----------
    hardening
        That of hydroxyapatite.
    """
    image = second.image_hu(views)
    share = np.clip((image - BONE_HU[0]) / (BONE_HU[1] - BONE_HU[0]), 0.0, 1.0)
    bone = (share * image / (1000.0 * hardening.water_g_per_g)).astype(np.float32)
    if not bone.any():
        return views
    (path,) = second.paths(bone)
    return (views + hardening.added(views, np.clip(path, 0.0, None))).astype(np.float32)
