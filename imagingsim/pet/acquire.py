"""A PET scan from sample to image."""

from collections.abc import Callable

import numba
import numpy as np
from scipy import ndimage

from imagingsim.errors import AcquisitionError
from imagingsim.grid import Grid
from imagingsim.pet import background, materials, osem, projector, resolution
from imagingsim.pet.beds import Beds, plan_beds
from imagingsim.pet.breathing import Sampled
from imagingsim.pet.counts import Expected, expect
from imagingsim.pet.noise import Keys, add_counting_noise, slice_keys
from imagingsim.pet.projector import BLOCK, Blocks, Geometry
from imagingsim.pet.settings import BIN_MM, BINS, VIEWS, PetSettings, image_grid
from imagingsim.series import PetTechnique, Subject
from imagingsim.tissue import Tissues
from imagingsim.units import F18_HALF_LIFE_S, FloatArray
from imagingsim.volume import Volume

MSV_PER_MBQ = 0.019
"""Effective dose of FDG in adults (ICRP Publication 128, 2015)."""

POSITRON_FRACTION = 0.967
"""Of fluorine-18 (DDEP, LNE-LNHB)."""

_CHUNK_BLOCKS = 4
Hear = Callable[[float], None]


def acquire(
    sampled: Sampled,
    tissues: Tissues,
    settings: PetSettings,
    *,
    subject: Subject,
    rng: np.random.Generator,
    whole: Grid | None = None,
    threads: int | None = None,
    progress: Hear | None = None,
) -> tuple[Volume, PetTechnique]:
    """Scan a sample.

    Parameters
    ----------
    sampled
        The phantom on `sampling_grid`, or on a slab of it, still or breathing.
    rng
        Fresh generator of the series; decides the noise of every slice of ``whole``.
    whole
        The grid of the whole scan when ``sampled`` is a slab of it.
    progress
        Called with the part done, 0 to 1.

    Returns
    -------
    Volume
        float32, Bq/mL, corrected for decay to the start of the scan.
    PetTechnique
        What the scanner records.
    """
    if threads is not None:
        numba.set_num_threads(threads)
    hear = progress or _nothing
    whole = whole or sampled.grid
    beds = plan_beds(settings, whole, F18_HALF_LIFE_S)
    first = first_slice(whole, sampled.grid)
    keys = slice_keys(rng, first, sampled.grid.shape[0])
    scale = materials.bq_ml_per_suv(settings, subject)
    expected = expect(
        sampled,
        materials.uptake(sampled, tissues, settings) * scale,
        materials.attenuation_per_mm(sampled, tissues),
        beds.detected[first : first + sampled.grid.shape[0]],
        settings,
        progress=lambda done: hear(0.3 * done),
    )
    floor = background.background(expected.trues, keys.size, settings.ring, settings.slice_mm)
    array = image(expected, floor, keys, settings, start=scale, progress=hear)
    grid = image_grid(settings, sampled.grid)
    of_slice = beds.of_slice[first : first + grid.shape[0]]
    volume = Volume(array, grid, "activity concentration", "Bq/mL")
    return volume, _technique(settings, subject, beds, tuple(int(n) for n in of_slice))


def first_slice(whole: Grid, part: Grid) -> int:
    """Return where a slab starts in the whole grid."""
    index = whole.index(np.array(part.position_mm(0, 0, 0)))
    first = round(float(index[0]))
    fits = first >= 0 and first + part.shape[0] <= whole.shape[0]
    if not fits or np.abs(index - (first, 0, 0)).max() > 1e-3:
        raise AcquisitionError(
            "The sample is not a slab of the whole scan's grid. "
            "Take its grid from pet.slab(pet.sampling_grid(settings, box), low_mm, high_mm)."
        )
    return first


def image(
    expected: Expected,
    floor: FloatArray,
    keys: Keys,
    settings: PetSettings,
    *,
    start: float,
    progress: Hear | None = None,
) -> FloatArray:
    """Return the filtered image of one noisy realisation, (slices, rows, columns), Bq/mL.

    Parameters
    ----------
    floor
        Scattered and random counts from `background.background`.
    start
        First guess of the image, Bq/mL.
    """
    geometry = Geometry(VIEWS, BINS, BIN_MM, settings.pixel_mm)
    kernel = resolution.radial_kernel(settings.ring, BINS, BIN_MM)
    parts = []
    blocks = expected.trues.shape[0]
    for low in range(0, blocks, _CHUNK_BLOCKS):
        part = slice(low, min(blocks, low + _CHUNK_BLOCKS))
        slices = slice(part.start * BLOCK, part.stop * BLOCK)
        additive = background.fine(floor[slices], BLOCK)
        counts: Blocks = expected.trues[part] + additive
        add_counting_noise(counts, keys[slices])
        model = osem.Model(
            geometry,
            expected.weight[part],
            additive,
            expected.bounds[part],
            kernel if settings.point_spread else None,
        )
        blocks_of_image = osem.reconstruct(
            counts, model, rows=settings.matrix, iterations=settings.iterations,
            subsets=settings.subsets, start=start,
        )  # fmt: skip
        parts.append(projector.from_blocks(blocks_of_image, BLOCK * counts.shape[0]))
        if progress is not None:
            progress(0.3 + 0.7 * part.stop / blocks)
    return _filtered(np.concatenate(parts)[: keys.size], settings)


def _filtered(array: FloatArray, settings: PetSettings) -> FloatArray:
    sigma_mm = settings.filter_mm / resolution.FWHM_PER_SIGMA
    sigma = [sigma_mm / side for side in (settings.slice_mm, settings.pixel_mm, settings.pixel_mm)]
    return ndimage.gaussian_filter(array, sigma, mode="nearest", truncate=3.0)


def _technique(
    settings: PetSettings, subject: Subject, beds: Beds, of_slice: tuple[int, ...]
) -> PetTechnique:
    injected = materials.injected_bq(settings, subject)
    return PetTechnique(
        tracer=settings.tracer,
        nuclide="18F",
        half_life_s=F18_HALF_LIFE_S,
        positron_fraction=POSITRON_FRACTION,
        injected_bq=injected,
        uptake_s=settings.uptake_s,
        bed_duration_s=settings.bed_duration_s,
        bed_starts_s=beds.starts_s,
        bed_of_slice=of_slice,
        algorithm="OSEM+PSF" if settings.point_spread else "OSEM",
        iterations=settings.iterations,
        subsets=settings.subsets,
        filter_fwhm_mm=settings.filter_mm,
        scatter_fraction=settings.ring.scatter_fraction,
        slice_thickness_mm=settings.slice_mm,
        effective_dose_msv=MSV_PER_MBQ * injected / 1e6,
        attenuation_series=settings.attenuation_series,
    )


def suv_g_ml(technique: PetTechnique, subject: Subject) -> float:
    """Return the factor from Bq/mL to body-weight SUV of a volume of this series."""
    remaining = 2.0 ** (-technique.uptake_s / technique.half_life_s)
    return subject.weight_kg * 1000.0 / (technique.injected_bq * remaining)


def _nothing(_: float) -> None:
    """Hear nothing."""
