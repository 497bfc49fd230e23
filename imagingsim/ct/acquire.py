"""A CT scan of a sampled body: project, read, correct, reconstruct, slice by slice.

The path lengths through water, bone and devices are computed once and serve every series of the
scan; a phase of contrast adds the path through its iodine. Each slice of each series has a random
generator of its own, so that the number of threads never changes a pixel.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.contrast import contrast
from imagingsim.ct.dose import dose
from imagingsim.ct.geometry import image_grid
from imagingsim.ct.imager import Imager
from imagingsim.ct.limits import check
from imagingsim.ct.modulation import along_body, water_diameters_cm
from imagingsim.ct.paths import PathFinder
from imagingsim.ct.recon import stored_hu
from imagingsim.ct.settings import CtSettings, share_sample
from imagingsim.ct.target import Target, target_of
from imagingsim.errors import AcquisitionError
from imagingsim.series import CtTechnique, Subject
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray, IntArray
from imagingsim.volume import Volume

BATCH = 6
"""Slices per unit of work: even, as two real images fill one complex transform; neighbours share
their sub-slices."""

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
    progress: Progress | None = None, later: SampledPhantom | None = None,
) -> list[tuple[Volume, CtTechnique]]:  # fmt: skip
    """Return several series of one body, which share every path length that does not differ.

    Parameters
    ----------
    settings
        All must agree in `share_sample`; see `acquire` for the rest.
    sampled, later
        A body that moves: each sub-slice as it is when it begins and when it ends to be seen
        (`timing.seen_s`). Views in between see a mixture of both.
    """
    for one in settings:
        check(one)
    if len(rngs) != len(settings) or not all(share_sample(settings[0], s) for s in settings):
        raise AcquisitionError(
            "Series acquired together need one generator each and the same slices, views, "
            "bowtie and image matrix. Acquire the others on their own."
        )
    scan = _Scan.of(sampled, later, tissues, settings, subject, rngs)
    workers = threads or os.cpu_count() or 1
    chains: SimpleQueue[_Chain] = SimpleQueue()
    for _ in range(workers):
        chains.put(_Chain(scan))
    count = scan.target.plan.count
    starts = range(0, count, BATCH)

    def work(start: int) -> None:
        chain = chains.get()
        try:
            chain.run(range(start, min(start + BATCH, count)))
        finally:
            chains.put(chain)

    with ThreadPoolExecutor(workers) as pool:
        for done, _ in enumerate(pool.map(work, starts), start=1):
            if progress:
                progress(done / len(starts))
    return [_series(scan, index, subject) for index in range(len(settings))]


@dataclass(frozen=True, eq=False)
class _Scan:
    """What every thread reads, and what it fills in."""

    target: Target
    settings: tuple[CtSettings, ...]
    bases_of_series: tuple[tuple[int, ...], ...]
    water_diameters_cm: FloatArray
    current: FloatArray
    noise: tuple[tuple[np.random.Generator, ...], ...]
    images: tuple[IntArray, ...]

    @classmethod
    def of(
        cls, sampled: SampledPhantom, later: SampledPhantom | None, tissues: Tissues,
        settings: Sequence[CtSettings], subject: Subject, rngs: Sequence[np.random.Generator],
    ) -> "_Scan":  # fmt: skip
        target, bases_of_series = target_of(sampled, tissues, settings, subject, later)
        count, matrix = target.plan.count, settings[0].matrix
        diameters_cm = water_diameters_cm(target)
        return cls(
            target=target,
            settings=tuple(settings),
            bases_of_series=bases_of_series,
            water_diameters_cm=diameters_cm,
            current=along_body(diameters_cm),
            noise=tuple(tuple(rng.spawn(count)) for rng in rngs),
            images=tuple(np.empty((count, matrix, matrix), dtype=np.int16) for _ in settings),
        )


class _Chain:
    """The scanner of one thread: everything that is made once and used for many slices."""

    def __init__(self, scan: _Scan) -> None:
        self.scan = scan
        self.paths = PathFinder(scan.target)
        self.imagers = [
            Imager(settings, scan.target.geometry, bases)
            for settings, bases in zip(scan.settings, scan.bases_of_series, strict=True)
        ]

    def run(self, slices: range) -> None:
        """Fill in the images of some slices, for every series."""
        paths = self.paths.slices(slices)
        for index, imager in enumerate(self.imagers):
            readings = [
                (path, self.scan.noise[index][k], float(self.scan.current[k]))
                for k, path in zip(slices, paths, strict=True)
            ]
            for k, image in zip(slices, imager.images_hu(readings), strict=True):
                self.scan.images[index][k] = stored_hu(image)


def _series(scan: _Scan, index: int, subject: Subject) -> tuple[Volume, CtTechnique]:
    settings = scan.settings[index]
    grid = image_grid(settings, scan.target.sampled.grid)
    volume = Volume(scan.images[index], grid, "CT number", "HU")
    given = dose(
        settings,
        imaged_mm=scan.target.plan.count * settings.slice_interval_mm,
        water_diameters_cm=scan.water_diameters_cm,
        current=scan.current if settings.tube_modulation else None,
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
        effective_dose_icrp_103_msv=given.effective_dose_icrp_103_msv,
        effective_dose_uncertainty=given.effective_dose_uncertainty,
        metal_artefact_reduction=settings.metal_reduction,
        contrast=contrast(settings, subject),
        mode=settings.scan_mode,
        added_filter=settings.added_filter,
    )
