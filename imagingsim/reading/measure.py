"""Measures one place in one image: contrast against local noise, values, diameters.

Only pixels decide; the mask says where to look and nothing else.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.grid import Grid
from imagingsim.reading.finding import Measurement
from imagingsim.units import BoolArray, FloatArray, IntArray

MARGIN_MM = 16.0
"""How far around a lesion its surroundings are looked at."""

GAP_MM = 1.5
"""Blurred rim left out between a lesion and its surroundings."""

RING_MM = 9.0
"""Thickness of the surroundings a lesion is compared with."""

LARGEST_SCALE_MM = 20.0
"""Larger lesions are compared at this scale: the eye does not average more."""

FEWEST_VOXELS = 24
CLEAR = 3.0
"""Detectability from which a border can be measured."""

COMMON = 0.2
"""Share of the surroundings from which a tissue counts as one of them."""

QUARTILES_OF_NORMAL = 1.349
"""Distance of the quartiles of a normal distribution, in standard deviations."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A small part of a series around one lesion.

    Attributes
    ----------
    values
        (slices, rows, columns) in the unit that is measured.
    labels
        Label numbers on the same voxels.
    number
        Label of the lesion.
    """

    values: FloatArray
    labels: IntArray
    number: int
    grid: Grid
    series: str
    unit: str

    @property
    def mask(self) -> BoolArray:
        """Where to look."""
        return np.asarray(self.labels == self.number)


def measure(
    patch: Patch, *, own_noise: float, first_lesion: int, at_surface: bool = False
) -> Measurement | None:
    """Measure a patch; None when there is nothing around the lesion to compare it with.

    Parameters
    ----------
    own_noise
        What a reader's eye adds, in the unit of the patch, one standard deviation.
    first_lesion
        Label numbers from here on are lesions and no background.
    at_surface
        Whether it lies in skin or in a canal, where it also stands out against fat or air.
    """
    found = [
        _against(patch, around, own_noise)
        for around in surroundings(patch, first_lesion=first_lesion, every=at_surface)
    ]
    if not found:
        return None
    best = max(found, key=lambda one: one.d_prime)
    clear = [one for one in found if one.d_prime >= CLEAR] or [best]
    tightest = min(clear, key=lambda one: one.diameter_mm)
    return replace(
        best, diameter_mm=tightest.diameter_mm, short_diameter_mm=tightest.short_diameter_mm
    )


def _against(patch: Patch, around: BoolArray, own_noise: float) -> Measurement:
    spacing = patch.grid.spacing_mm
    inside = patch.values[_core(patch.mask, spacing)]
    outside = float(patch.values[around].mean())
    contrast = float(inside.mean()) - outside
    scale_mm = min(_equivalent_diameter_mm(patch), LARGEST_SCALE_MM)
    noise = scale_noise(patch.values, around, spacing, scale_mm)
    noise = float(np.hypot(noise, inside.std() / np.sqrt(inside.size)))
    long_mm, short_mm = _diameters_mm(_visible(patch, outside, contrast), spacing)
    return Measurement(
        series=patch.series,
        unit=patch.unit,
        value=float(inside.mean()),
        value_sd=float(inside.std()),
        contrast=contrast,
        noise=noise,
        d_prime=abs(contrast) / float(np.hypot(noise, own_noise)),
        peak=float(patch.values[patch.mask].max()),
        diameter_mm=long_mm,
        short_diameter_mm=short_mm,
        centre_mm=_centre_mm(patch),
    )


def surroundings(patch: Patch, *, first_lesion: int, every: bool = False) -> list[BoolArray]:
    """Return the voxels a lesion is compared with: a ring of the tissue commonest around it.

    Parameters
    ----------
    every
        Return a ring for each tissue that makes up a fifth of the surroundings, air included.
    """
    distance = ndimage.distance_transform_edt(~patch.mask, sampling=patch.grid.spacing_mm)
    for reach_mm in (RING_MM, MARGIN_MM):
        ring = (distance > GAP_MM) & (distance <= GAP_MM + reach_mm)
        ring &= patch.labels < first_lesion
        hosts = _hosts(patch.labels[ring], every=every)
        chosen = [np.asarray(ring & (patch.labels == host)) for host in hosts]
        if chosen and chosen[0].sum() >= FEWEST_VOXELS:
            return [one for one in chosen if one.sum() >= FEWEST_VOXELS]
    return []


def scale_noise(
    values: FloatArray, where: BoolArray, spacing_mm: tuple[float, float, float], scale_mm: float
) -> float:
    """Return the standard deviation of means over boxes of ``scale_mm`` within a mask.

    It is taken from the quartiles, so that a cortex or a vessel at the edge is no noise.

    Examples
    --------
    Averaging white noise over 3 x 3 x 3 voxels divides it by the root of 27:

    >>> rng = np.random.Generator(np.random.SFC64(1))
    >>> noise = rng.normal(0.0, 10.0, (30, 30, 30))
    >>> around = np.ones(noise.shape, dtype=bool)
    >>> bool(abs(scale_noise(noise, around, (1.0, 1.0, 1.0), 3.0) - 10 / 27**0.5) < 0.4)
    True
    """
    size = tuple(max(1, round(scale_mm / step)) for step in spacing_mm)
    share = ndimage.uniform_filter(where.astype(np.float32), size, mode="constant")
    total = ndimage.uniform_filter(np.where(where, values, 0.0), size, mode="constant")
    full = where & (share > 0.5 * float(share.max()))
    low, high = np.percentile(total[full] / share[full], (25.0, 75.0))
    return float(high - low) / QUARTILES_OF_NORMAL


def _hosts(labels: IntArray, *, every: bool) -> list[int]:
    """Return the commonest label, or all that are common; what has none counts only then."""
    found, counts = np.unique(labels, return_counts=True)
    if not every:
        counts = np.where((found == 0) & (len(found) > 1), 0, counts)
    order = np.argsort(-counts, kind="stable")
    most = len(order) if every else 1
    return [int(found[k]) for k in order[:most] if counts[k] >= COMMON * counts.sum() or not every]


def _core(mask: BoolArray, spacing_mm: tuple[float, float, float]) -> BoolArray:
    """Leave out the blurred rim, if enough remains."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing_mm)[1:-1, 1:-1, 1:-1]
    core = mask & (depth > 1.01 * min(spacing_mm))
    return np.asarray(core if core.sum() >= 8 else mask)


def _visible(patch: Patch, outside: float, contrast: float) -> BoolArray:
    """Return what stands out by more than half the contrast and touches the place looked at."""
    near = ndimage.distance_transform_edt(~patch.mask, sampling=patch.grid.spacing_mm) <= 6.0
    standing_out = near & ((patch.values - outside) * np.sign(contrast) > abs(contrast) / 2)
    parts, count = ndimage.label(standing_out)
    if count == 0:
        return patch.mask
    touching = parts[patch.mask & standing_out]
    if touching.size == 0:
        return patch.mask
    return np.asarray(parts == np.bincount(touching).argmax())


def _diameters_mm(mask: BoolArray, spacing_mm: tuple[float, float, float]) -> tuple[float, float]:
    """Return the longest diameter in a slice, and the longest across it, mm."""
    slices = mask.sum(axis=(1, 2))
    plane = np.argwhere(mask[int(slices.argmax())]) * np.asarray(spacing_mm[1:])
    angles = np.deg2rad(np.arange(0, 180, 5))
    along = plane @ np.stack([np.sin(angles), np.cos(angles)])
    extents = np.ptp(along, axis=0) + float(np.mean(spacing_mm[1:]))
    longest = int(extents.argmax())
    return float(extents[longest]), float(extents[(longest + len(angles) // 2) % len(angles)])


def _equivalent_diameter_mm(patch: Patch) -> float:
    volume_mm3 = float(patch.mask.sum()) * patch.grid.voxel_ml * 1000.0
    return float(np.cbrt(6.0 * volume_mm3 / np.pi))


def _centre_mm(patch: Patch) -> tuple[float, float, float]:
    slice_, row, column = ndimage.center_of_mass(patch.mask)
    return patch.grid.position_mm(slice_, row, column)


def cropped(
    values: npt.NDArray[np.number], box: tuple[slice, ...], margin: tuple[int, int, int]
) -> tuple[slice, slice, slice]:
    """Return a box grown by a margin of voxels, within the array."""
    grown = [
        slice(max(0, side.start - more), min(length, side.stop + more))
        for side, more, length in zip(box, margin, values.shape, strict=True)
    ]
    return grown[0], grown[1], grown[2]
