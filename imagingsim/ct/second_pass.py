"""A first image of a slice and its projection, for corrections that need to know what is where."""

import math
from dataclasses import replace
from typing import Final

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.project import Projector
from imagingsim.ct.recon import BackProjector
from imagingsim.units import FloatArray

CHANNELS_PER_PIXEL: Final = 1.4
"""Size of their pixels: 0.77 mm in the body, 0.56 mm in the head, what a standard kernel needs."""


class SecondPass:
    """Reconstructs images and projects them again; one object serves one thread.

    Its images hold all that the views have seen, whatever part of it the scan's images show: an
    arm outside them would otherwise be missing from every projection of them.
    """

    def __init__(self, geometry: Geometry) -> None:
        pixel_mm = CHANNELS_PER_PIXEL * geometry.channel_mm
        side = 2 * math.ceil(geometry.channels * geometry.channel_mm / pixel_mm / 2.0)
        lattice = replace(
            geometry, rows=side, columns=side, pixel_mm=pixel_mm, matrix=side,
            image_pixel_mm=pixel_mm,
        )  # fmt: skip
        self._projector = Projector(lattice)
        self._back_projector = BackProjector(lattice, "standard")

    def image_hu(self, views: FloatArray) -> FloatArray:
        """Return the image of views, (side, side), HU."""
        return self._back_projector.images_hu(views)[0]

    def paths(self, *densities: FloatArray) -> FloatArray:
        """Return the paths through images of densities, g/cm3, (n, views, channels), g/cm2."""
        return self._projector.project(densities)
