"""Expected true coincidences of a sample: projection, blur, attenuation, detection."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imagingsim.pet import projector, resolution
from imagingsim.pet.breathing import BreathingSample, Sampled, breathing
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
    sampled: Sampled,
    activity_bq_ml: FloatArray,
    attenuation_per_mm: FloatArray,
    detected: FloatArray,
    settings: PetSettings,
    *,
    progress: Callable[[float], None] | None = None,
) -> Expected:
    """Return the expected data of a sample.

    Photons are attenuated by the body of the whole breathing cycle, the data are weighted with
    what the correcting CT knows of it.

    Parameters
    ----------
    activity_bq_ml, attenuation_per_mm
        Of each layer.
    detected
        Coincidences per decay and second of one bed, per slice; see `beds.Beds`.
    """
    cycle = breathing(sampled)
    slices = cycle.grid.shape[0]
    blocks = -(-slices // BLOCK)
    trues = np.empty((blocks, VIEWS, BINS, BLOCK), np.float32)
    weight = np.empty_like(trues)
    bounds = np.zeros((blocks, 4), np.int64)
    scale = settings.bed_duration_s * settings.slice_mm * BIN_MM / (_MM3_PER_ML * VIEWS)
    for first in range(0, slices, _CHUNK):
        last = min(slices, first + _CHUNK)
        part = slice(first // BLOCK, -(-last // BLOCK))
        counts = projector.to_blocks((detected[first:last] * scale)[:, None, None])[:, 0]
        maps = _maps(cycle, activity_bq_ml, attenuation_per_mm, first, last, settings)
        inside = projector.bounds(np.maximum(maps.attenuation, maps.known), _BODY_PER_MM)
        bounds[part] = _image_bounds(inside, settings.matrix)
        _project(maps, inside, settings, trues[part], weight[part])
        weight[part] *= counts[:, None]
        trues[part] *= counts[:, None]
        if progress is not None:
            progress(last / slices)
    return Expected(trues, weight, bounds)


@dataclass(frozen=True, eq=False)
class _Maps:
    """Activity, attenuation, and the attenuation the reconstruction knows of."""

    activity: Blocks
    attenuation: Blocks
    known: Blocks


def _maps(
    cycle: BreathingSample,
    activity_bq_ml: FloatArray,
    attenuation_per_mm: FloatArray,
    first: int,
    last: int,
    settings: PetSettings,
) -> _Maps:
    """Return the maps of slices ``first`` to ``last - 1``; activity is blurred along the axis."""
    low, high = max(0, first - _HALO), min(cycle.grid.shape[0], last + _HALO)
    near = cycle.slices(low, high)
    activity = resolution.blur_slices(
        near.property_map(activity_bq_ml),
        settings.ring.resolution_axial_mm,
        settings.slice_mm,
    )
    kept = slice(first - low, last - low)
    attenuation = projector.to_blocks(near.property_map(attenuation_per_mm)[kept])
    known = attenuation
    if not cycle.is_still:
        known = projector.to_blocks(near.corrected_with.property_map(attenuation_per_mm)[kept])
    return _Maps(projector.to_blocks(activity[kept]), attenuation, known)


def _project(
    maps: _Maps, inside: IntArray, settings: PetSettings, trues: Blocks, weight: Blocks
) -> None:
    """Fill ``trues`` with attenuated line integrals of activity, ``weight`` with transmission."""
    geometry = Geometry(VIEWS, BINS, BIN_MM, settings.pixel_mm / OVERSAMPLING)
    views = np.arange(VIEWS)
    geometry.forward(maps.known, inside, views, weight)
    np.exp(-weight, out=weight)
    sharp = geometry.forward(maps.activity, inside, views, np.empty_like(trues))
    kernel = resolution.radial_kernel(settings.ring, BINS, BIN_MM)
    resolution.spread(sharp, views, kernel, trues)
    if maps.known is maps.attenuation:
        trues *= weight
        return
    passed = geometry.forward(maps.attenuation, inside, views, sharp)
    np.exp(-passed, out=passed)
    trues *= passed


def _image_bounds(inside: IntArray, matrix: int) -> IntArray:
    """Return bounds on the image grid, two pixels wider than those on the finer truth grid."""
    result = inside.copy()
    result[:, 0::2] = np.maximum(inside[:, 0::2] // OVERSAMPLING - 2, 0)
    result[:, 1::2] = np.minimum(-(-inside[:, 1::2] // OVERSAMPLING) + 2, matrix)
    result[inside[:, 1] == 0] = 0
    return result
