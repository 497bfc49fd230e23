"""Normalised reduction of metal artefacts: readings behind metal are filled in from a prior."""

from typing import Final

import numpy as np
from scipy import ndimage

from imagingsim.ct.second_pass import SecondPass
from imagingsim.units import BoolArray, FloatArray

METAL_HU: Final = 2200.0
"""Above it a pixel is metal or cement (authored: dense cortical bone reads up to 1900)."""

TRACE_G_CM2: Final = 0.08
"""Rays with a longer path through a mask of density 1 g/cm3 are replaced (authored: 0.8 mm)."""

SOFT_HU: Final = (-500.0, 150.0)
"""Between these the prior is made of soft tissue and fat."""

FAT_HU: Final = -30.0
"""Below it soft tissue counts as fat."""

PRIOR_HU: Final = (-1000.0, -100.0, 45.0)
"""What air, fat and soft tissue read in the prior."""

_LEAST_G_CM2 = 0.5


def without_metal(views: FloatArray, second: SecondPass) -> FloatArray:
    """Return views, (views, channels) g/cm2 of water, without what metal did to them.

    The views are divided by those of a prior image before they are interpolated across the
    metal's shadow, so that edges of bone and body go on behind it [1]_. The metal itself is put
    back as its own projection.

    References
    ----------
    .. [1] Meyer E, Raupach R, Lell M, Schmidt B, Kachelriess M. Med Phys 37 (2010) 5482.
       doi:10.1118/1.3484090
    """
    image = second.image_hu(views)
    metal = image > METAL_HU
    if not metal.any():
        return views
    (path,) = second.paths(metal.astype(np.float32))
    trace = path > TRACE_G_CM2
    first = second.image_hu(_bridged(views, trace))
    prior = _prior_hu(np.where(metal, PRIOR_HU[2], first))
    (expected,) = second.paths((prior / 1000.0 + 1.0).astype(np.float32))
    expected = np.maximum(expected, _LEAST_G_CM2)
    filled = _bridged(views / expected, trace) * expected
    (own,) = second.paths(np.where(metal, image - PRIOR_HU[2], 0.0).astype(np.float32) / 1000.0)
    return np.where(trace, filled + own, views).astype(np.float32)


def _bridged(views: FloatArray, trace: BoolArray) -> FloatArray:
    """Return views with each gap filled by a straight line along the channels."""
    filled = views.copy()
    channels = np.arange(views.shape[1])
    for view, gap in zip(filled, trace, strict=True):
        if gap.any() and not gap.all():
            view[gap] = np.interp(channels[gap], channels[~gap], view[~gap])
    return filled


def _prior_hu(image_hu: FloatArray) -> FloatArray:
    """Return an image of air, fat and soft tissue as even classes; bone stays as it is."""
    smooth = ndimage.gaussian_filter(image_hu, 1.5)
    soft = np.where(smooth < FAT_HU, PRIOR_HU[1], PRIOR_HU[2])
    classes = np.where(smooth < SOFT_HU[0], PRIOR_HU[0], soft)
    return np.where(smooth > SOFT_HU[1], image_hu, classes)
