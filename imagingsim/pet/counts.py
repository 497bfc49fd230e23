"""Expected true coincidences of a sample: projection, blur, attenuation, detection."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.grid import Grid
from imagingsim.pet import projector, resolution
from imagingsim.pet.projector import BLOCK, Blocks, Geometry
from imagingsim.pet.settings import BIN_MM, BINS, OVERSAMPLING, VIEWS, PetSettings
from imagingsim.units import FloatArray, IntArray

_CHUNK = 4 * BLOCK
_HALO = 3
_BODY_PER_MM = 0.0005
"""Attenuation above which a voxel belongs to the body; inflated lung has four times as much."""

_MM3_PER_ML = 1000.0


@dataclass(frozen=True, eq=False)
class Expected:
    """Expected data of a scan, as sinogram blocks.

    Attributes
    ----------
    trues
        True coincidences of each bin.
    weight
        True coincidences of each bin per unit line integral (Bq/mL times mm).
    bounds
        Rectangle around the body on the image grid, per block.
    """

    trues: Blocks
    weight: Blocks
    bounds: IntArray


def expect(
    sampled: SampledPhantom,
    activity_bq_ml: FloatArray,
    attenuation_per_mm: FloatArray,
    detected: FloatArray,
    settings: PetSettings,
    *,
    progress: Callable[[float], None] | None = None,
) -> Expected:
    """Return the expected data of a sample.

    Parameters
    ----------
    activity_bq_ml, attenuation_per_mm
        Of each layer.
    detected
        Coincidences per decay and second of one bed, per slice; see `beds.Beds`.
    """
    slices = sampled.grid.shape[0]
    blocks = -(-slices // BLOCK)
    trues = np.empty((blocks, VIEWS, BINS, BLOCK), np.float32)
    weight = np.empty_like(trues)
    bounds = np.zeros((blocks, 4), np.int64)
    scale = settings.bed_duration_s * settings.slice_mm * BIN_MM / (_MM3_PER_ML * VIEWS)
    for first in range(0, slices, _CHUNK):
        last = min(slices, first + _CHUNK)
        part = slice(first // BLOCK, -(-last // BLOCK))
        counts = projector.to_blocks((detected[first:last] * scale)[:, None, None])[:, 0]
        activity, attenuation = _maps(
            sampled, activity_bq_ml, attenuation_per_mm, first, last, settings
        )
        inside = projector.bounds(attenuation, _BODY_PER_MM)
        bounds[part] = _image_bounds(inside, settings.matrix)
        _project(activity, attenuation, inside, settings, trues[part], weight[part])
        weight[part] *= counts[:, None]
        trues[part] *= weight[part]
        if progress is not None:
            progress(last / slices)
    return Expected(trues, weight, bounds)


def _maps(
    sampled: SampledPhantom,
    activity_bq_ml: FloatArray,
    attenuation_per_mm: FloatArray,
    first: int,
    last: int,
    settings: PetSettings,
) -> tuple[Blocks, Blocks]:
    """Return axially blurred activity, and attenuation, of slices ``first`` to ``last - 1``."""
    low, high = max(0, first - _HALO), min(sampled.grid.shape[0], last + _HALO)
    near = _slices(sampled, low, high)
    activity = resolution.blur_slices(
        near.property_map(activity_bq_ml),
        settings.ring.resolution_axial_mm,
        settings.slice_mm,
    )
    attenuation = near.property_map(attenuation_per_mm)
    kept = slice(first - low, last - low)
    return projector.to_blocks(activity[kept]), projector.to_blocks(attenuation[kept])


def _slices(sampled: SampledPhantom, first: int, last: int) -> SampledPhantom:
    grid: Grid = sampled.grid.slab(first, last)
    return dataclasses.replace(
        sampled,
        grid=grid,
        first=sampled.first[first:last],
        second=sampled.second[first:last],
        fraction=sampled.fraction[first:last],
        texture=sampled.texture[first:last],
    )


def _project(
    activity: Blocks,
    attenuation: Blocks,
    inside: IntArray,
    settings: PetSettings,
    trues: Blocks,
    weight: Blocks,
) -> None:
    """Fill ``trues`` with blurred line integrals of activity, ``weight`` with transmission."""
    geometry = Geometry(VIEWS, BINS, BIN_MM, settings.pixel_mm / OVERSAMPLING)
    views = np.arange(VIEWS)
    geometry.forward(attenuation, inside, views, weight)
    np.exp(-weight, out=weight)
    sharp = geometry.forward(activity, inside, views, np.empty_like(trues))
    kernel = resolution.radial_kernel(settings.ring, BINS, BIN_MM)
    resolution.spread(sharp, views, kernel, trues)


def _image_bounds(inside: IntArray, matrix: int) -> IntArray:
    """Return bounds on the image grid, two pixels wider than those on the finer truth grid."""
    result = inside.copy()
    result[:, 0::2] = np.maximum(inside[:, 0::2] // OVERSAMPLING - 2, 0)
    result[:, 1::2] = np.minimum(-(-inside[:, 1::2] // OVERSAMPLING) + 2, matrix)
    result[inside[:, 1] == 0] = 0
    return result
