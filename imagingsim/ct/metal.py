"""Reduction of metal artefacts: first the hardening of the beam, then the readings it starved.

Cement and thin metal still let a readable beam through; what is wrong with it is that it is
harder than water made it, and that is undone as for bone [1]_. Behind long metal next to nothing
arrives: there readings are filled in from a prior image, normalised [2]_. Both are mixed ray by
ray.

References
----------
.. [1] Joseph PM, Spital RD. J Comput Assist Tomogr 2 (1978) 100.
   doi:10.1097/00004728-197801000-00017
.. [2] Meyer E, Raupach R, Lell M, Schmidt B, Kachelriess M. Med Phys 37 (2010) 5482.
   doi:10.1118/1.3484090
"""

from typing import Final

import numpy as np
from scipy import ndimage

from imagingsim.ct.hardening import Hardening
from imagingsim.ct.second_pass import SecondPass
from imagingsim.units import BoolArray, FloatArray

METAL_HU: Final = 2200.0
"""Above it a pixel is metal or cement (authored: dense cortical bone reads up to 1900)."""

RIM_PIXELS: Final = 2
"""How far its blurred rim reaches."""

LONGEST_METAL_G_CM2: Final = 16.0
"""Of titanium, whose table serves cement too: behind paths that read alike the two harden the
beam alike, within a tenth up to 12 g/cm2 of water."""

PASSES: Final = 2
"""The first image shows too little metal, for its readings are too low; the second hardly."""

STARVED_G_CM2: Final = (20.0, 30.0)
"""Metal in water's measure below which a reading is kept, and above which it is filled in
(authored: the best of both beside pedicle screws in 33 cm of abdomen)."""

TRACE_G_CM2: Final = 0.3
"""Rays through less metal anchor the filling (authored: 3 mm of water)."""

SOFT_HU: Final = (-500.0, 150.0)
"""Between these the prior is made of soft tissue and fat."""

FAT_HU: Final = -30.0
"""Below it soft tissue counts as fat."""

PRIOR_HU: Final = (-1000.0, -100.0, 45.0)
"""What air, fat and soft tissue read in the prior."""

_LEAST_G_CM2 = 0.5


def without_metal(views: FloatArray, second: SecondPass, hardening: Hardening) -> FloatArray:
    """Return views, (views, channels) g/cm2 of water, without most of what metal did to them.

    Parameters
    ----------
    hardening
        That of titanium.
    """
    image = second.image_hu(views)
    if not (image > METAL_HU).any():
        return views
    current = views
    for _ in range(PASSES):
        (path,) = second.paths(_metal(image) / hardening.water_g_per_g)
        current = views + hardening.added(views, np.clip(path, 0.0, None))
        image = second.image_hu(current)
    return _filled(current, image, second).astype(np.float32)


def _metal(image_hu: FloatArray) -> FloatArray:
    """Return what metal adds to soft tissue, its rim included, in water's measure, g/cm3."""
    return np.where(_region(image_hu), np.clip(image_hu - PRIOR_HU[2], 0.0, None), 0.0) / 1000.0


def _region(image_hu: FloatArray) -> BoolArray:
    region: BoolArray = ndimage.binary_dilation(image_hu > METAL_HU, iterations=RIM_PIXELS)
    return region


def _filled(views: FloatArray, image_hu: FloatArray, second: SecondPass) -> FloatArray:
    """Return views in which starved rays are interpolated, over what a prior image expects."""
    prior = _prior_hu(image_hu, _region(image_hu)) / 1000.0 + 1.0
    own, expected = second.paths(_metal(image_hu), prior)
    low, high = STARVED_G_CM2
    share = np.clip((own - low) / (high - low), 0.0, 1.0)
    if not share.any():
        return views
    expected = np.maximum(expected, _LEAST_G_CM2)
    filled = _bridged(views / expected, own > TRACE_G_CM2) * expected + own
    return views + share * (filled - views)


def _bridged(views: FloatArray, trace: BoolArray) -> FloatArray:
    """Return views with each gap filled by a straight line along the channels."""
    filled = views.copy()
    channels = np.arange(views.shape[1])
    for view, gap in zip(filled, trace, strict=True):
        if gap.any() and not gap.all():
            view[gap] = np.interp(channels[gap], channels[~gap], view[~gap])
    return filled


def _prior_hu(image_hu: FloatArray, metal: BoolArray) -> FloatArray:
    """Return an image of air, fat and soft tissue as even classes; bone stays as it is."""
    without = np.where(metal, PRIOR_HU[2], image_hu)
    smooth = ndimage.gaussian_filter(without, 1.5)
    soft = np.where(smooth < FAT_HU, PRIOR_HU[1], PRIOR_HU[2])
    classes = np.where(smooth < SOFT_HU[0], PRIOR_HU[0], soft)
    return np.where(smooth > SOFT_HU[1], without, classes)
