"""Bed positions: when each slice is scanned, and how many of its decays are counted."""

import math
from dataclasses import dataclass

import numpy as np

from imagingsim.grid import Grid
from imagingsim.pet.settings import PetSettings
from imagingsim.units import FloatArray, IntArray

_EDGE_SHARE = 0.15
"""Part of the axial field at each end of the scan that is too insensitive to be used."""


@dataclass(frozen=True, eq=False)
class Beds:
    """The table positions of a whole-body scan, feet to head.

    Attributes
    ----------
    starts_s
        Start of each bed after the start of the scan.
    of_slice
        The bed that counts most in each slice.
    detected
        Per slice, true coincidences detected per decay at the activity of scan start and second
        of one bed, summed over the beds that see it: sensitivity, overlap and decay together.
    """

    starts_s: tuple[float, ...]
    of_slice: IntArray
    detected: FloatArray


def plan_beds(settings: PetSettings, whole: Grid, half_life_s: float) -> Beds:
    """Return the beds that cover a grid.

    A ring without septa counts most at its middle and, like a triangle, nothing at its ends; the
    overlap of the beds evens that out in part, and leaves the bands of noise of a whole-body scan.
    """
    field = settings.ring.axial_field_mm
    heights = whole.position_mm(0, 0, 0)[2] + np.arange(whole.shape[0]) * settings.slice_mm
    reach = heights[-1] - heights[0] - (1.0 - 2.0 * _EDGE_SHARE) * field
    count = 1 + max(0, math.ceil(reach / settings.bed_advance_mm - 1e-9))
    numbers = np.arange(count)
    centres = heights.mean() + (numbers - (count - 1) / 2.0) * settings.bed_advance_mm
    distance = np.abs(heights[None, :] - centres[:, None])
    profile = 2.0 * settings.ring.sensitivity * np.clip(1.0 - 2.0 * distance / field, 0.0, None)
    starts = numbers * (settings.bed_duration_s + settings.bed_move_s)
    decay = math.log(2.0) / half_life_s
    during = -math.expm1(-decay * settings.bed_duration_s) / (decay * settings.bed_duration_s)
    detected = (profile * (np.exp(-decay * starts) * during)[:, None]).sum(axis=0)
    return Beds(tuple(float(s) for s in starts), profile.argmax(axis=0), detected)
