"""From path lengths to images of one series, whatever kind of series it is."""

from collections.abc import Sequence

import numpy as np

from imagingsim.ct.dual_energy import monoenergetic_hu
from imagingsim.ct.geometry import Geometry
from imagingsim.ct.paths import SlicePaths
from imagingsim.ct.reader import DualReader, Reader
from imagingsim.ct.recon import BackProjector
from imagingsim.ct.settings import CtSettings, DualEnergy
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
        self._reader = Reader(settings, geometry, bases)
        self._dual = settings.dual
        self._dual_reader = (
            None if self._dual is None else DualReader(settings, self._dual, geometry, bases)
        )

    def images_hu(self, readings: Sequence[Reading]) -> list[FloatArray]:
        """Return one image per slice, (matrix, matrix), HU."""
        if self._dual is not None:
            return [self._monoenergetic(reading, self._dual) for reading in readings]
        views = [self._reader.views(*reading) for reading in readings]
        images: list[FloatArray] = []
        for first in range(0, len(views), 2):
            images += list(self._back_projector.images_hu(*views[first : first + 2]))
        return images

    def water_and_iodine(self, reading: Reading) -> tuple[FloatArray, FloatArray]:
        """Return a slice of a dual-energy series: water as HU, and iodine in g/cm3."""
        if self._dual_reader is None:
            raise ValueError("Only a series with dual settings knows iodine from water.")
        water, iodine = self._back_projector.images_hu(*self._dual_reader.paths(*reading))
        return water, iodine / 1000.0 + 1.0

    def _monoenergetic(self, reading: Reading, dual: DualEnergy) -> FloatArray:
        return monoenergetic_hu(*self.water_and_iodine(reading), dual.kev)
