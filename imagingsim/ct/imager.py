"""From path lengths to images of one series, whatever kind of series it is."""

from collections.abc import Sequence

import numpy as np

from imagingsim.ct.dual_energy import monoenergetic_hu
from imagingsim.ct.geometry import Geometry
from imagingsim.ct.paths import SlicePaths
from imagingsim.ct.reader import DualReader, Reader
from imagingsim.ct.recon import BackProjector
from imagingsim.ct.settings import CtSettings
from imagingsim.errors import AcquisitionError
from imagingsim.units import FloatArray

Reading = tuple[SlicePaths, np.random.Generator | None, float]
"""Paths of a slice, source of its noise (None: no noise), tube current over the scan's mean."""


class Imager:
    """Makes images of one series; one object serves one thread.

    Parameters
    ----------
    bases
        Which bases of the paths are the native materials and the iodine of this series.
    """

    def __init__(self, settings: CtSettings, geometry: Geometry, bases: tuple[int, ...]) -> None:
        self._back_projector = BackProjector(geometry, settings.kernel)
        self._reader = (
            DualReader(settings, settings.dual, geometry, bases)
            if settings.dual
            else Reader(settings, geometry, bases)
        )

    def images_hu(self, readings: Sequence[Reading]) -> list[FloatArray]:
        """Return one image per slice, (matrix, matrix), HU."""
        if isinstance(self._reader, DualReader):
            kev = self._reader.kev
            return [monoenergetic_hu(*self.water_and_iodine(one), kev) for one in readings]
        views = [self._reader.views(*reading) for reading in readings]
        images: list[FloatArray] = []
        for first in range(0, len(views), 2):
            images += list(self._back_projector.images_hu(*views[first : first + 2]))
        return images

    def water_and_iodine(self, reading: Reading) -> tuple[FloatArray, FloatArray]:
        """Return a slice of a dual-energy series: water as HU, and iodine in g/cm3."""
        if not isinstance(self._reader, DualReader):
            raise AcquisitionError(
                "Only a series with dual settings knows iodine from water. Ask for a second "
                "exposure (dual)."
            )
        water, iodine = self._back_projector.images_hu(*self._reader.paths(*reading))
        return water, iodine / 1000.0 + 1.0
