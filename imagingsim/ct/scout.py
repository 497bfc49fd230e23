"""Scouts: projections of the body while the couch moves under a tube that stands still.

Rays are parallel in both directions, so a scout is not magnified across the couch as a real one
is. Vendors flatten thick parts and sharpen edges before they store a scout; so does this one, and
its numbers have no unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import ndimage

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.correct import water_correction, water_path
from imagingsim.ct.couch import couch_paths
from imagingsim.ct.dose import dose
from imagingsim.ct.geometry import Geometry
from imagingsim.ct.limits import SCAN_FIELD_MM
from imagingsim.ct.materials import NATIVE, native_densities
from imagingsim.ct.paths import WHOLE
from imagingsim.ct.planes import density_planes
from imagingsim.ct.settings import Bowtie, CtSettings, DoseRegion
from imagingsim.ct.signal import attenuation_views, detector
from imagingsim.grid import Box, Grid
from imagingsim.series import CtTechnique
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

ScoutView = Literal["ap", "lateral"]

KVP: Final = 120.0
CURRENT_MA: Final = 35.0
SLIT_MM: Final = 3.6
SPEED_MM_S: Final = 100.0
"""A usual topogram: 35 mA, six rows of 0.6 mm, 100 mm/s; 0.1 mGy (vendors' defaults)."""

BEYOND_MM: Final = 40.0
"""How much further than the scan a scout reaches at both ends."""

PIXEL_MM: Final = {"body": 1.5, "head": 1.0}
FLATTENED: Final = (0.6, 30.0)
"""Share of the coarse shape that is taken off, and its width in mm (authored: lung, mediastinum
and abdomen show in one window, as on vendors' scouts)."""

SHARPENED: Final = (0.8, 1.6)
STORED_PER_CM: Final = 70.0
LOWEST: Final = -1000.0
"""What a scout stores for air, and by how much a cm of water raises it."""


def scout_grid(box: Box, kind: Bowtie) -> Grid:
    """Return the grid on which a body is sampled for scouts of a scan that covers ``box``."""
    pixel_mm = PIXEL_MM[kind]
    low = (box.left_mm[0], box.posterior_mm[0], box.superior_mm[0] - BEYOND_MM)
    high = (box.left_mm[1], box.posterior_mm[1], box.superior_mm[1] + BEYOND_MM)
    columns, rows, slices = (
        int(np.ceil((b - a) / pixel_mm)) for a, b in zip(low, high, strict=True)
    )
    origin = (low[0] + pixel_mm / 2.0, low[1] + pixel_mm / 2.0, low[2] + pixel_mm / 2.0)
    return Grid.axial((slices, rows, columns), (pixel_mm,) * 3, origin)


def acquire_scouts(
    sampled: SampledPhantom, tissues: Tissues, views: Sequence[ScoutView], *, kind: Bowtie,
    dose_region: DoseRegion, rngs: Sequence[np.random.Generator],
) -> list[tuple[Volume, CtTechnique]]:  # fmt: skip
    """Return scouts of a body sampled on `scout_grid`, and what the scanner recorded.

    Each is a volume of one slice through the axis, its rows running towards the feet: a coronal
    one for ``"ap"``, a sagittal one with the front on the left for ``"lateral"``.
    """
    bench = _Bench.of(sampled, kind, dose_region)
    lines = _lines(sampled, tissues)
    technique = bench.technique(lines["ap"][0])
    return [
        (bench.volume(view, bench.picture(view, lines[view], rng)), technique)
        for view, rng in zip(views, rngs, strict=True)
    ]


def _lines(sampled: SampledPhantom, tissues: Tissues) -> dict[ScoutView, FloatArray]:
    """Return the path of each ray through the native bases, (bases, slices, channels), g/cm2."""
    densities = np.ascontiguousarray(native_densities(tissues, sampled.materials).T)
    texture = np.array([layer.texture_hu for layer in sampled.layers], dtype=np.float32)
    slices, rows, columns = sampled.grid.shape
    along_y = np.empty((len(NATIVE), slices, columns), dtype=np.float32)
    along_x = np.empty((len(NATIVE), slices, rows), dtype=np.float32)
    for k in range(slices):
        part = slice(k, k + 1)
        planes = density_planes(
            sampled.first[part], sampled.second[part], sampled.fraction[part],
            sampled.texture[part], WHOLE, densities, texture,
        )  # fmt: skip
        along_y[:, k], along_x[:, k] = planes.sum(axis=1), planes.sum(axis=2)
    _, dy, dx = sampled.grid.spacing_mm
    return {"ap": along_y * np.float32(dy / 10.0), "lateral": along_x * np.float32(dx / 10.0)}


@dataclass(frozen=True, eq=False)
class _Bench:
    """The scanner with its tube standing still."""

    sampled: SampledPhantom
    settings: CtSettings

    @classmethod
    def of(cls, sampled: SampledPhantom, kind: Bowtie, dose_region: DoseRegion) -> "_Bench":
        pixel_mm = sampled.grid.spacing_mm[0]
        settings = CtSettings(
            kvp=KVP, mas=CURRENT_MA * SLIT_MM / SPEED_MM_S, slice_thickness_mm=pixel_mm,
            slice_interval_mm=pixel_mm, reconstruction_diameter_mm=SCAN_FIELD_MM, kernel="soft",
            dose_region=dose_region, total_collimation_mm=SLIT_MM, bowtie=kind,
        )  # fmt: skip
        return cls(sampled, settings)

    def picture(self, view: ScoutView, lines: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return what is stored of a view, (heights from the head down, channels)."""
        geometry = self._geometry(view)
        reader = detector(self.settings, geometry, NATIVE, devices=True)
        lines = lines.copy()
        lines[0] += couch_paths(self.settings.bowtie, geometry, self.sampled)[-1]
        normals = rng.standard_normal(lines.shape[1:], dtype=np.float32)
        read = attenuation_views(lines, np.arange(len(NATIVE)), reader, normals)
        water_cm = water_path(read, water_correction(reader))[::-1]
        return np.clip(np.rint(_processed(water_cm, geometry.pixel_mm)), -1024, 3071)

    def volume(self, view: ScoutView, picture: FloatArray) -> Volume:
        """Return a picture where it lies: in a plane through the axis."""
        grid = self.sampled.grid
        top, (_, rows, columns) = grid.shape[0] - 1, grid.shape
        pixel_mm = grid.spacing_mm[0]
        affine = np.eye(4)
        if view == "ap":
            origin = grid.position_mm(top, (rows - 1) / 2.0, 0)
            axes = [(0.0, pixel_mm, 0.0), (0.0, 0.0, -pixel_mm), (pixel_mm, 0.0, 0.0)]
        else:
            origin = grid.position_mm(top, 0, (columns - 1) / 2.0)
            axes = [(-pixel_mm, 0.0, 0.0), (0.0, 0.0, -pixel_mm), (0.0, pixel_mm, 0.0)]
        affine[:3] = np.column_stack([*axes, origin])
        stored = picture.astype(np.int16)[None]
        return Volume(stored, Grid((1, *stored.shape[1:]), affine), "scout", "1")

    def technique(self, water_cm: FloatArray) -> CtTechnique:
        """Return what the scanner records; ``water_cm`` are the paths of the view from above."""
        length_mm = self.sampled.grid.shape[0] * self.sampled.grid.spacing_mm[0]
        areas_cm2 = water_cm.sum(axis=1, dtype=np.float64) * self.sampled.grid.spacing_mm[2] / 10.0
        diameters_cm = 2.0 * np.sqrt(np.clip(areas_cm2, 0.01, None) / np.pi)
        given = dose(self.settings, imaged_mm=length_mm, water_diameters_cm=diameters_cm)
        seconds = length_mm / SPEED_MM_S
        return CtTechnique(
            kvp=KVP, tube_current_ma=CURRENT_MA, exposure_time_ms=1000.0 * seconds,
            exposure_mas=CURRENT_MA * seconds,
            slice_thickness_mm=self.sampled.grid.spacing_mm[0], kernel="scout", pitch=1.0,
            total_collimation_mm=SLIT_MM, reconstruction_diameter_mm=SCAN_FIELD_MM,
            ctdi_vol_mgy=given.ctdi_vol_mgy, ctdi_phantom_cm=given.ctdi_phantom_cm,
            scan_length_mm=given.scan_length_mm, dlp_mgy_cm=given.dlp_mgy_cm,
            ssde_mgy=given.ssde_mgy, effective_dose_msv=given.effective_dose_msv,
            effective_dose_icrp_103_msv=given.effective_dose_icrp_103_msv,
            effective_dose_uncertainty=given.effective_dose_uncertainty,
            metal_artefact_reduction=False, mode="scout",
        )  # fmt: skip

    def _geometry(self, view: ScoutView) -> Geometry:
        """Return the rays of a view, as many as pixels; the last view of two is the lateral."""
        _, rows, columns = self.sampled.grid.shape
        pixel_mm = self.sampled.grid.spacing_mm[0]
        return Geometry(
            rows=rows, columns=columns, pixel_mm=pixel_mm, views=1 if view == "ap" else 2,
            channels=columns if view == "ap" else rows, channel_mm=pixel_mm, matrix=512,
            image_pixel_mm=pixel_mm,
        )  # fmt: skip


def _processed(water_cm: FloatArray, pixel_mm: float) -> FloatArray:
    """Return the picture as it is stored: thick parts flattened, edges sharpened."""
    share, width_mm = FLATTENED
    coarse = ndimage.gaussian_filter(water_cm, width_mm / pixel_mm, mode="nearest")
    gain, fine_mm = SHARPENED
    fine = water_cm - ndimage.gaussian_filter(water_cm, fine_mm / pixel_mm)
    return LOWEST + STORED_PER_CM * (water_cm - share * coarse + gain * fine)
