"""From path lengths to corrected views: what the scanner reads, and what it makes of it."""

import dataclasses
from functools import cached_property
from typing import Final

import numpy as np

from imagingsim.ct.bone import LONGEST_BONE_G_CM2, without_bone_hardening
from imagingsim.ct.correct import WaterCorrection, water_correction, water_path
from imagingsim.ct.defect import Defects
from imagingsim.ct.dual_energy import Decomposition
from imagingsim.ct.geometry import Geometry
from imagingsim.ct.hardening import Hardening
from imagingsim.ct.iterative import shrunk_noise
from imagingsim.ct.materials import DEVICES, NATIVE
from imagingsim.ct.metal import LONGEST_METAL_G_CM2, without_metal
from imagingsim.ct.modulation import around_body
from imagingsim.ct.paths import SlicePaths
from imagingsim.ct.second_pass import SecondPass
from imagingsim.ct.settings import CtSettings, DualEnergy
from imagingsim.ct.signal import Detector, attenuation_views, detector
from imagingsim.units import FloatArray

_DEVICE_BASES: Final = tuple(NATIVE.index(name) for name in DEVICES)


class Reader:
    """Reads the slices of one series; one object serves one thread.

    Parameters
    ----------
    bases
        Which bases of the paths are the native materials and the iodine of this series.
    """

    def __init__(self, settings: CtSettings, geometry: Geometry, bases: tuple[int, ...]) -> None:
        self.settings = settings
        self._bases = bases
        self.detectors = {
            devices: detector(settings, geometry, (*NATIVE, "iodine"), devices=devices)
            for devices in (False, True)
        }
        self._defects = Defects.of(settings.defects, geometry, self.detectors[False])
        bone, metal = settings.bone_correction, settings.metal_reduction
        self._second = SecondPass(geometry) if bone or metal else None
        self._bone = self._hardening("hydroxyapatite", LONGEST_BONE_G_CM2) if bone else None
        self._metal = self._hardening("titanium", LONGEST_METAL_G_CM2) if metal else None

    @cached_property
    def _water(self) -> WaterCorrection:
        """The correction for water, which dual energy does without."""
        return water_correction(self.detectors[False])

    def _hardening(self, material: str, longest_g_cm2: float) -> Hardening:
        """Return what a material misses behind water as this series reads it."""
        detector = self.detectors[material in DEVICES]
        pair = np.array([NATIVE.index("water"), NATIVE.index(material)])
        return Hardening.of(detector.rows(pair), self._water, longest_g_cm2)

    def views(
        self, paths: SlicePaths, rng: np.random.Generator | None, current: float
    ) -> FloatArray:
        """Return the corrected views of a slice, (views, channels), g/cm2 of water.

        Parameters
        ----------
        rng
            Source of the noise; without it there is none.
        current
            Tube current of this slice over the mean of the scan.
        """
        attenuation = self.attenuation(paths, rng, current)
        return self._again(water_path(attenuation, self._water))

    def attenuation(
        self, paths: SlicePaths, rng: np.random.Generator | None, current: float
    ) -> FloatArray:
        """Return the logarithmic attenuation that is read, (views, channels), uncorrected."""
        reader, planes = self._reading(paths)
        noise = None
        if rng is not None:
            normals = rng.standard_normal(paths.lines.shape[1:], dtype=np.float32)
            noise = shrunk_noise(normals, self.settings.iterative_strength)
        tube = self._tube(paths, current)
        return self._defects.seen(attenuation_views(paths.lines, planes, reader, noise, tube))

    def _reading(self, paths: SlicePaths) -> tuple[Detector, np.ndarray]:
        """Return the detector for the bases that occur, and the plane of each of them."""
        devices = any(basis in paths.plane_of for basis in _DEVICE_BASES)
        rows = [row for row, basis in enumerate(self._bases) if basis in paths.plane_of]
        planes = [paths.plane_of[self._bases[row]] for row in rows]
        return self.detectors[devices].rows(np.array(rows)), np.array(planes)

    def _tube(self, paths: SlicePaths, current: float) -> FloatArray | None:
        """Return the tube current of each view over the mean of the scan."""
        if not self.settings.tube_modulation:
            return None
        return (around_body(paths.lines[0]) * np.float32(current)).astype(np.float32)

    def _again(self, views: FloatArray) -> FloatArray:
        """Return views corrected with the help of the image they give."""
        if self._second is None:
            return views
        if self._bone is not None:
            views = without_bone_hardening(views, self._second, self._bone)
        if self._metal is not None:
            views = without_metal(views, self._second, self._metal)
        return views


class DualReader:
    """Reads the slices of a dual-energy series; one object serves one thread."""

    def __init__(
        self, settings: CtSettings, dual: DualEnergy, geometry: Geometry, bases: tuple[int, ...]
    ) -> None:
        high = dataclasses.replace(
            settings, kvp=dual.kvp, mas=dual.mas, added_filter=dual.added_filter, dual=None
        )
        self._readers = [Reader(one, geometry, bases) for one in (settings, high)]
        self.kev = dual.kev
        self._decomposition = Decomposition.of(*(r.detectors[False] for r in self._readers))

    def paths(
        self, paths: SlicePaths, rng: np.random.Generator | None, current: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return the paths of a slice through water and iodine, g/cm2, (views, channels) each."""
        low, high = (reader.attenuation(paths, rng, current) for reader in self._readers)
        return self._decomposition.paths(low, high)
