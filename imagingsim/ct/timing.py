"""When each part of a body is scanned, for bodies that move meanwhile."""

from typing import Final

import numpy as np

from imagingsim.ct.settings import CtSettings
from imagingsim.grid import Grid
from imagingsim.units import FloatArray

COUCH_STEP_S: Final = 1.0
"""Between two turns of a scan whose couch stands still for each (authored: usual)."""


def seen_s(settings: CtSettings, grid: Grid) -> FloatArray:
    """Return when each sub-slice of a sampling grid begins and ends to be seen, (n, 2), s.

    Notes
    -----
    While the couch moves, a slice is made of the half turn nearest to it. While it stands still,
    a slice is made of a whole turn, with those as far away as the beam is wide.
    """
    height_mm = np.arange(grid.shape[0]) * grid.spacing_mm[0]
    if settings.scan_mode == "helical":
        middle = height_mm / settings.feed_mm_s
        half = settings.rotation_time_s / 4.0
        return np.stack([middle - half, middle + half], axis=1)
    block = np.floor(height_mm / settings.total_collimation_mm)
    begins = block * (settings.rotation_time_s + COUCH_STEP_S)
    return np.stack([begins, begins + settings.rotation_time_s], axis=1)


def share_of_end(settings: CtSettings, height_mm: float, angles_rad: FloatArray) -> FloatArray:
    """Return how far each view of a slice lies from the begin (0) to the end (1) of its time.

    Parameters
    ----------
    height_mm
        Of the slice above the first one.
    angles_rad
        (views,) over half a turn.
    """
    if settings.scan_mode == "axial":  # a view is the mean of both halves of the turn
        return 0.25 + 0.5 * angles_rad / np.pi
    half_feed_mm = settings.pitch * settings.total_collimation_mm / 2.0
    return 0.5 + nearest_source_mm(settings, height_mm, angles_rad) / half_feed_mm


def nearest_source_mm(settings: CtSettings, height_mm: float, angles_rad: FloatArray) -> FloatArray:
    """Return where the tube stands along the body, from a slice, when it next sees each view."""
    feed_mm = settings.pitch * settings.total_collimation_mm
    start_mm = feed_mm * angles_rad / (2.0 * np.pi) - height_mm
    return start_mm + np.round(-start_mm / (feed_mm / 2.0)) * feed_mm / 2.0
