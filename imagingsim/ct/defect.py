"""Channels of the detector that are dead or read too much or too little: they make rings."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.settings import ChannelDefect
from imagingsim.ct.signal import LEAST_SIGNAL_KEV, Detector
from imagingsim.units import FloatArray


@dataclass(frozen=True)
class Defects:
    """What defective channels do to readings.

    A channel measures rays on one side of the axis during one half of a turn, and those on the
    other side during the other half. Rebinning gives each ray the mean of both halves, so both
    sides see half of the defect.

    Attributes
    ----------
    shifts
        (channel, what is added to its attenuation).
    dead
        (channel, what a dead channel reads).
    """

    shifts: tuple[tuple[int, float], ...]
    dead: tuple[tuple[int, float], ...]

    @classmethod
    def of(
        cls, defects: Iterable[ChannelDefect], geometry: Geometry, detector: Detector
    ) -> "Defects":
        """Find the channels; what lies outside the rays that are measured has no effect."""
        shifts, dead = [], []
        for one in defects:
            for channel in _channels(one.offset_mm, geometry):
                if one.gain == 0.0:
                    dead.append((channel, math.log(detector.air_kev[channel] / LEAST_SIGNAL_KEV)))
                else:
                    shifts.append((channel, -0.5 * math.log(one.gain)))
        return cls(tuple(shifts), tuple(dead))

    def seen(self, attenuation: FloatArray) -> FloatArray:
        """Return the attenuation, (views, channels), as it is read; changed in place."""
        for channel, shift in self.shifts:
            attenuation[:, channel] += np.float32(shift)
        for channel, dark in self.dead:
            attenuation[:, channel] = 0.5 * (attenuation[:, channel] + np.float32(dark))
        return attenuation


def _channels(offset_mm: float, geometry: Geometry) -> tuple[int, ...]:
    """Return the channels at a distance from the axis, one on each side."""
    middle = (geometry.channels - 1) / 2.0
    nearest = {round(middle + side * offset_mm / geometry.channel_mm) for side in (-1, 1)}
    return tuple(sorted(channel for channel in nearest if 0 <= channel < geometry.channels))
