"""A CT scan of a sampled body: project, read, correct, reconstruct, slice by slice.

The path lengths through water, bone and devices are computed once and serve every series of the
scan; a phase of contrast adds the path through its iodine. Two slices make one batch, the unit
of work; each slice of each series has a random generator of its own, so that the number of
threads never changes a pixel.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.contrast import contrast, iodine_given_mg_kg
from imagingsim.ct.correct import water_correction, water_path
from imagingsim.ct.couch import couch_paths
from imagingsim.ct.dose import dose
from imagingsim.ct.geometry import Geometry, SlicePlan, geometry, image_grid, slice_plan
from imagingsim.ct.iterative import shrunk_noise
from imagingsim.ct.materials import DEVICES, NATIVE, iodine_density, native_densities
from imagingsim.ct.planes import density_planes
from imagingsim.ct.project import Projector
from imagingsim.ct.recon import BackProjector
from imagingsim.ct.settings import CtSettings, check
from imagingsim.ct.signal import Detector, attenuation_views, detector, tube_modulation
from imagingsim.errors import AcquisitionError
from imagingsim.series import CtTechnique, Subject
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray, IntArray
from imagingsim.volume import Volume

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""CT numbers are stored in 12 bits."""

BATCH = 2
"""Slices per unit of work: two real images fill one complex transform."""

Progress = Callable[[float], None]


def acquire(
    sampled: SampledPhantom, tissues: Tissues, settings: CtSettings, *, subject: Subject,
    rng: np.random.Generator, threads: int | None = None, progress: Progress | None = None,
) -> tuple[Volume, CtTechnique]:  # fmt: skip
    """Return the CT of a body sampled on `sampling_grid`, and what the scanner recorded.

    Parameters
    ----------
    sampled
        The body on the grid of ``sampling_grid(settings, box)``.
    rng
        Source of the noise.
    threads
        How many slices are worked on at once; default: all processors. Never changes a pixel.
    progress
        Called with the fraction done.

    Raises
    ------
    AcquisitionError
        When the settings are outside the scanner's range or the grid is not theirs.
    """
    return acquire_phases(
        sampled, tissues, [settings], subject=subject, rngs=[rng], threads=threads,
        progress=progress,
    )[0]  # fmt: skip


def acquire_phases(
    sampled: SampledPhantom, tissues: Tissues, settings: Sequence[CtSettings], *,
    subject: Subject, rngs: Sequence[np.random.Generator], threads: int | None = None,
    progress: Progress | None = None,
) -> list[tuple[Volume, CtTechnique]]:  # fmt: skip
    """Return several series of one body, which share every path length that does not differ.

    All must agree in `share_sample`; see `acquire` for the rest.
    """
    for one in settings:
        check(one)
    if len(rngs) != len(settings) or not all(share_sample(settings[0], s) for s in settings):
        raise AcquisitionError(
            "Series acquired together need one generator each and the same slices, views, "
            "bowtie and image matrix. Acquire the others on their own."
        )
    scan = _Scan.of(sampled, tissues, settings, subject, rngs)
    workers = threads or os.cpu_count() or 1
    chains: SimpleQueue[_Chain] = SimpleQueue()
    for _ in range(workers):
        chains.put(_Chain(scan))
    starts = range(0, scan.plan.count, BATCH)

    def work(start: int) -> None:
        chain = chains.get()
        try:
            chain.run(range(start, min(start + BATCH, scan.plan.count)))
        finally:
            chains.put(chain)

    with ThreadPoolExecutor(workers) as pool:
        for done, _ in enumerate(pool.map(work, starts), start=1):
            if progress:
                progress(done / len(starts))
    return [_series(scan, index, subject) for index in range(len(settings))]


def share_sample(first: CtSettings, second: CtSettings) -> bool:
    """Tell whether one sampled body, and one call of `acquire_phases`, serves both series."""
    return all(
        getattr(first, name) == getattr(second, name)
        for name in (
            "slice_thickness_mm", "slice_interval_mm", "reconstruction_diameter_mm", "matrix",
            "views", "bowtie", "couch",
        )
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Scan:
    """What every thread reads, and the images it fills in."""

    sampled: SampledPhantom
    settings: tuple[CtSettings, ...]
    plan: SlicePlan
    geometry: Geometry
    densities: FloatArray
    texture_hu: FloatArray
    couch: FloatArray | None
    iodine_of_series: tuple[int, ...]
    noise: tuple[tuple[np.random.Generator, ...], ...]
    images: tuple[IntArray, ...]
    water_area_cm2: FloatArray

    @classmethod
    def of(
        cls, sampled: SampledPhantom, tissues: Tissues, settings: Sequence[CtSettings],
        subject: Subject, rngs: Sequence[np.random.Generator],
    ) -> "_Scan":  # fmt: skip
        plan = slice_plan(settings[0], sampled.grid)
        materials = [layer.material for layer in sampled.layers]
        iodine, iodine_of_series = _iodine(tissues, materials, settings, subject)
        densities = np.vstack([native_densities(tissues, materials), iodine])
        shape = (plan.count, settings[0].matrix, settings[0].matrix)
        rays = geometry(settings[0], *sampled.grid.shape[1:], settings[0].pixel_mm)
        couch = couch_paths(settings[0].bowtie, rays, sampled) if settings[0].couch else None
        return cls(
            sampled=sampled,
            settings=tuple(settings),
            plan=plan,
            geometry=rays,
            couch=couch,
            densities=np.ascontiguousarray(densities.T),
            texture_hu=np.array([layer.texture_hu for layer in sampled.layers], dtype=np.float32),
            iodine_of_series=iodine_of_series,
            noise=tuple(tuple(rng.spawn(plan.count)) for rng in rngs),
            images=tuple(np.empty(shape, dtype=np.int16) for _ in settings),
            water_area_cm2=np.empty((len(settings), plan.count)),
        )


def _iodine(
    tissues: Tissues, materials: Sequence[str], settings: Sequence[CtSettings], subject: Subject
) -> tuple[FloatArray, tuple[int, ...]]:
    """Return one row of iodine densities per different phase and dose, and each series' plane."""
    keys = [(one.phase, iodine_given_mg_kg(one, subject)) for one in settings]
    different = list(dict.fromkeys(keys))
    rows = [
        iodine_density(tissues, materials, phase=phase, iodine_mg_kg=given)
        for phase, given in different
    ]
    return np.stack(rows), tuple(len(NATIVE) + different.index(key) for key in keys)


class _Chain:
    """The scanner of one thread: plans, detectors and corrections, made once."""

    def __init__(self, scan: _Scan) -> None:
        self.scan = scan
        self.projector = Projector(scan.geometry)
        kernels = dict.fromkeys(one.kernel for one in scan.settings)
        self.back_projectors = {kernel: BackProjector(scan.geometry, kernel) for kernel in kernels}
        self.detectors: dict[tuple[int, bool], Detector] = {}
        self.corrections = [
            water_correction(self._detector(index, devices=False))
            for index in range(len(scan.settings))
        ]

    def run(self, slices: range) -> None:
        """Fill in the images of some slices, for every series."""
        paths, planes_of_slice = self._paths(slices)
        for index, settings in enumerate(self.scan.settings):
            views = [
                self._views(index, slice_, paths, planes)
                for slice_, planes in zip(slices, planes_of_slice, strict=True)
            ]
            images = self.back_projectors[settings.kernel].images_hu(*views)
            stored = np.clip(np.rint(images), LOWEST_HU, HIGHEST_HU)
            self.scan.images[index][slices.start : slices.stop] = stored

    def _paths(self, slices: range) -> tuple[FloatArray, list[dict[int, int]]]:
        """Return the path lengths of every basis that occurs, and where each slice's are."""
        found: list[FloatArray] = []
        where: list[dict[int, int]] = []
        for slice_ in slices:
            planes = _planes(self.scan, slice_)
            # Water is always read, even in a slice of air.
            present = [k for k in range(len(planes)) if k == 0 or planes[k].any()]
            where.append({k: len(found) + n for n, k in enumerate(present)})
            found += [planes[k] for k in present]
        paths = self.projector.project(np.stack(found))
        if self.scan.couch is not None:
            for plane_of in where:
                paths[plane_of[0]] += self.scan.couch
        return paths, where

    def _views(
        self, index: int, slice_: int, paths: FloatArray, planes: dict[int, int]
    ) -> FloatArray:
        """Return the corrected views of one slice of one series."""
        bases = _bases(self.scan.iodine_of_series[index])
        devices = any(k in planes for k in _DEVICE_PLANES)
        which = [(row, planes[k]) for row, k in enumerate(bases) if k in planes]
        reader = self._detector(index, devices=devices)
        rows = np.array([row for row, _ in which])
        normals = self.scan.noise[index][slice_].standard_normal(paths.shape[1:], dtype=np.float32)
        noise = shrunk_noise(normals, self.scan.settings[index].iterative_strength)
        modulated = self.scan.settings[index].tube_modulation
        tube = tube_modulation(paths[planes[0]]) if modulated else None
        attenuation = attenuation_views(
            paths, np.array([plane for _, plane in which]), _rows(reader, rows), noise, tube
        )
        corrected = water_path(attenuation, self.corrections[index])
        area_cm2 = (
            corrected.sum(dtype=np.float64) * self.scan.geometry.channel_mm / 10.0 / len(corrected)
        )
        self.scan.water_area_cm2[index, slice_] = area_cm2
        return corrected

    def _detector(self, index: int, *, devices: bool) -> Detector:
        if (index, devices) not in self.detectors:
            self.detectors[index, devices] = detector(
                self.scan.settings[index], self.scan.geometry, (*NATIVE, "iodine"), devices=devices
            )
        return self.detectors[index, devices]


_DEVICE_PLANES = tuple(NATIVE.index(name) for name in DEVICES)


def _bases(iodine_plane: int) -> tuple[int, ...]:
    """Return the plane of each basis of a detector: the native ones and a phase's iodine."""
    return (*range(len(NATIVE)), iodine_plane)


def _rows(whole: Detector, rows: IntArray) -> Detector:
    """Return the detector for some of its bases."""
    return Detector(
        np.ascontiguousarray(whole.attenuation[rows]), whole.signal_kev, whole.variance_kev2,
        whole.air_kev, whole.electronic_kev2,
    )  # fmt: skip


def _planes(scan: _Scan, slice_: int) -> FloatArray:
    first = scan.plan.start(slice_)
    part = slice(first, first + len(scan.plan.weights))
    sampled = scan.sampled
    return density_planes(
        sampled.first[part], sampled.second[part], sampled.fraction[part], sampled.texture[part],
        scan.plan.weights, scan.densities, scan.texture_hu,
    )  # fmt: skip


def _series(scan: _Scan, index: int, subject: Subject) -> tuple[Volume, CtTechnique]:
    settings = scan.settings[index]
    volume = Volume(scan.images[index], image_grid(settings, scan.sampled.grid), "CT number", "HU")
    diameters_cm = 2.0 * np.sqrt(np.clip(scan.water_area_cm2[index], 0.0, None) / np.pi)
    given = dose(
        settings,
        imaged_mm=scan.plan.count * settings.slice_interval_mm,
        water_diameter_cm=float(diameters_cm.mean()),
    )
    return volume, CtTechnique(
        kvp=settings.kvp,
        tube_current_ma=settings.mas / settings.rotation_time_s,
        exposure_time_ms=settings.rotation_time_s * 1000.0,
        exposure_mas=settings.mas,
        slice_thickness_mm=settings.slice_thickness_mm,
        kernel=settings.kernel,
        pitch=settings.pitch,
        total_collimation_mm=settings.total_collimation_mm,
        reconstruction_diameter_mm=settings.reconstruction_diameter_mm,
        ctdi_vol_mgy=given.ctdi_vol_mgy,
        ctdi_phantom_cm=given.ctdi_phantom_cm,
        scan_length_mm=given.scan_length_mm,
        dlp_mgy_cm=given.dlp_mgy_cm,
        ssde_mgy=given.ssde_mgy,
        effective_dose_msv=given.effective_dose_msv,
        metal_artefact_reduction=False,
        contrast=contrast(settings, subject),
    )
