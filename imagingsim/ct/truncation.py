"""Bodies wider than the scan field: what every view lacks is continued as a cylinder of water.

Without it the ramp filter takes the cut for an edge, and the rim shines. With it the rim is still
too bright, and CT numbers fall towards the inside, as on scanners.

References
----------
.. [1] Hsieh J, Chao E, Thibault J et al. Med Phys 31 (2004) 2385. doi:10.1118/1.1776673
"""

import math
from typing import Final

import numpy as np

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.limits import SCAN_FIELD_MM
from imagingsim.units import FloatArray

ORDINARY_MM: Final = 25.0
EXTENDED_MM: Final = 150.0
"""How far a view is continued on each side: for an image of the scan field, as much as takes the
worst off the rim (authored: the usual short roll-off); for an image beyond it, where the body
goes on, as far as bodies reach."""

FITTED_MM: Final = 9.0
"""Over how much of its edge a view's height and slope are taken."""

LEAST_G_CM2: Final = 0.5
"""A view that ends lower is not cut off."""


def spare_channels(geometry: Geometry) -> int:
    """Return how many channels are added on each side before reconstruction."""
    if not geometry.truncated:
        return 0
    beyond = geometry.matrix * geometry.image_pixel_mm > SCAN_FIELD_MM
    return math.ceil((EXTENDED_MM if beyond else ORDINARY_MM) / geometry.channel_mm)


def extended(views: FloatArray, spare: int, channel_mm: float) -> FloatArray:
    """Return views with ``spare`` channels more on each side.

    Parameters
    ----------
    views
        (views, channels) path through water, g/cm2.

    Returns
    -------
    FloatArray
        (views, channels + 2 spare), float32; ``views`` itself when nothing is spare.
    """
    if spare == 0:
        return views
    right = _continued(views, spare, channel_mm)
    left = _continued(views[:, ::-1], spare, channel_mm)[:, ::-1]
    return np.hstack([left, views, right]).astype(np.float32)


def _continued(views: FloatArray, spare: int, channel_mm: float) -> FloatArray:
    """Return what follows the last channel of each view, (views, spare), g/cm2.

    A cylinder of water has the chord p = 2 sqrt(R2 - d2) at the distance d from its axis; the
    height and the slope of the edge give d = -p p'/4 and R. An edge that still rises is
    continued as if it stood on the axis.
    """
    count = max(4, round(FITTED_MM / channel_mm))
    offsets_cm = (np.arange(count) - (count - 1)) * channel_mm / 10.0
    slope, height = np.polyfit(offsets_cm, views[:, -count:].T.astype(np.float64), 1)
    height = np.clip(height, 0.0, None)
    from_axis_cm = np.clip(-height * slope / 4.0, 0.0, None)
    squared = (height / 2.0) ** 2 + from_axis_cm**2
    beyond_cm = np.arange(1, spare + 1) * channel_mm / 10.0
    chord = 2.0 * np.sqrt(
        np.clip(squared[:, None] - (from_axis_cm[:, None] + beyond_cm) ** 2, 0.0, None)
    )
    fading = np.cos(np.pi / 2.0 * np.arange(1, spare + 1) / (spare + 1)) ** 0.5
    return np.where(height[:, None] > LEAST_G_CM2, chord * fading, 0.0)
