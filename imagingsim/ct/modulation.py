"""Automatic tube current: more where the body is thick, around it and along it."""

from typing import Final

import numpy as np

from imagingsim.ct.target import Target
from imagingsim.units import FloatArray

WATER_CM2_G: Final = 0.19
"""Attenuation of water for a hardened 120 kVp spectrum."""

AROUND: Final = (0.35, 2.8)
"""Lowest and highest tube current over that of a mean view."""

ALONG: Final = (0.4, 2.2)
"""Lowest and highest tube current over the mean of the scan (authored: generators and vendors'
limits keep the range of a scan within five)."""

STRENGTH: Final = 0.5
"""Share of the evenly noisy compensation that is asked for (authored: between 0, a constant
current, and 1, constant noise, vendors' middle settings)."""

_STRIDE = 4


def around_body(water_paths: FloatArray) -> FloatArray:
    """Return the tube current of each view over the mean, (views,), float32.

    Parameters
    ----------
    water_paths
        (views, channels) path through water, g/cm2.

    Notes
    -----
    The current rises with the square root of the attenuation along the thickest ray, which gives
    the least noise for a dose [1]_, within what a generator can follow.

    References
    ----------
    .. [1] Gies M, Kalender WA, Wolf H, Suess C, Madsen MT. Med Phys 26 (1999) 2235.
       doi:10.1118/1.598779
    """
    thickest = water_paths.max(axis=1)
    current = np.exp(0.5 * WATER_CM2_G * (thickest - thickest.mean()))
    current = np.clip(current, *AROUND)
    return (current / current.mean()).astype(np.float32)


def along_body(diameters_cm: FloatArray) -> FloatArray:
    """Return the tube current of each slice over the mean of the scan, (slices,).

    The current follows the water-equivalent diameter, so that thick slices are not so noisy.
    """
    wanted = np.exp(STRENGTH * WATER_CM2_G * (diameters_cm - diameters_cm.mean()))
    current = np.clip(wanted / wanted.mean(), *ALONG)
    return current / current.mean()


def water_diameters_cm(target: Target) -> FloatArray:
    """Return the water-equivalent diameter of each slice as a scout shows it, (slices,)."""
    grid, plan = target.sampled.grid, target.plan
    water = target.densities[:, 0]
    cell_cm2 = grid.spacing_mm[1] * grid.spacing_mm[2] * _STRIDE**2 / 100.0
    middle = [plan.start(k) + plan.width // 2 for k in range(plan.count)]
    thinned = target.sampled.first[middle, ::_STRIDE, ::_STRIDE]
    areas = water[thinned].sum(axis=(1, 2), dtype=np.float64) * cell_cm2
    return 2.0 * np.sqrt(np.clip(areas, 0.01, None) / np.pi)
