"""Measures truth and image at a lesion, for the second reader's expectations."""

from fnmatch import fnmatchcase

import numpy as np
from scipy import ndimage

from imagingsim.anatomy import Case, ResolvedLesion, SampledPhantom, sample, sample_points
from imagingsim.grid import Grid
from imagingsim.units import BoolArray

MARGIN_MM = 30.0


def matches(name: str, patterns: str) -> bool:
    """Tell whether ``name`` fits one of several patterns joined by ``|``."""
    return any(fnmatchcase(name, pattern) for pattern in patterns.split("|"))


def lesions(case: Case, timepoint: str, patterns: str) -> list[ResolvedLesion]:
    return [item for item in case.lesions_at(timepoint) if matches(item.id, patterns)]


def around(
    case: Case, timepoint: str, lesion: ResolvedLesion, spacing_mm: float = 1.0
) -> SampledPhantom:
    """Sample the phantom in a box that holds the lesion and ``MARGIN_MM`` around it."""
    half = np.asarray(lesion.extents_mm) / 2.0 + MARGIN_MM
    low = np.asarray(lesion.centre_mm) - half
    count = np.ceil(2.0 * half / spacing_mm).astype(int) + 1
    grid = Grid.axial((count[2], count[1], count[0]), (spacing_mm,) * 3, (low[0], low[1], low[2]))
    return sample(case.phantom(timepoint), grid)


def of_label(sampled: SampledPhantom, patterns: str) -> BoolArray:
    chosen = np.array([matches(layer.label, patterns) for layer in sampled.layers])
    return chosen[sampled.main_layer()]


def of_material(sampled: SampledPhantom, material: str) -> BoolArray:
    """Return where a material, or a case's own variety of it, holds most of the voxel."""
    chosen = np.array([layer.material.split(".")[0] == material for layer in sampled.layers])
    return chosen[sampled.main_layer()]


def outside(sampled: SampledPhantom) -> BoolArray:
    return sampled.main_layer() == 0


def distance_mm(sampled: SampledPhantom, mask: BoolArray, other: BoolArray) -> float:
    """Return the least distance from ``mask`` to ``other``, mm; infinite when one is empty."""
    if not mask.any() or not other.any():
        return float("inf")
    field = ndimage.distance_transform_edt(~other, sampling=sampled.grid.spacing_mm)
    return float(field[mask].min())


def axes_mm(sampled: SampledPhantom, mask: BoolArray) -> np.ndarray:
    """Return a mask's extents along its three principal axes, longest first, mm."""
    points = np.argwhere(mask) * np.array(sampled.grid.spacing_mm)
    if len(points) < 4:
        return np.zeros(3)
    centred = points - points.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov(centred.T))
    along = centred @ directions
    extents = np.ptp(along, axis=0) + sampled.grid.spacing_mm[0]
    return np.sort(extents)[::-1]


def centroid_mm(sampled: SampledPhantom, mask: BoolArray) -> np.ndarray:
    index = np.argwhere(mask).mean(axis=0)
    return np.asarray(sampled.grid.position_mm(*index))


def body_height_mm(case: Case, timepoint: str, vertebra: str) -> float:
    """Return the height of the middle of a vertebral body, whatever fills it, mm."""
    centre = np.asarray(case.terrain.sites_mm[f"{vertebra}.body"])
    step = 0.5
    grid = Grid.axial((100, 17, 21), (step, 1.0, 1.0), tuple(centre - (10.0, 8.0, 25.0)))
    sampled = sample(case.phantom(timepoint), grid)
    bone = of_label(sampled, f"{vertebra}|lesion_cement*")
    return float(np.median(bone.sum(axis=0)) * step)


def skull_thickness_ratio(case: Case, timepoint: str, lesion: ResolvedLesion) -> float:
    """Return the skull's thickness under a scalp lesion over that at its mirror image."""
    centre, inwards = np.asarray(lesion.centre_mm), -np.asarray(lesion.normal_mm)
    mirror = np.array([-1.0, 1.0, 1.0])
    here = _bone_along(case, timepoint, centre, inwards)
    return here / _bone_along(case, timepoint, centre * mirror, inwards * mirror)


def _bone_along(case: Case, timepoint: str, start: np.ndarray, direction: np.ndarray) -> float:
    """Return how much skull a bundle of rays meets within 40 mm, mean, mm."""
    step = 0.25
    phantom = case.phantom(timepoint)
    way = np.arange(0.0, 40.0, step)[:, np.newaxis] * direction
    sideways = np.cross(direction, (0.0, 0.0, 1.0))
    upwards = np.cross(direction, sideways)
    offsets = [a * sideways + b * upwards for a in (-4.0, 0.0, 4.0) for b in (-4.0, 0.0, 4.0)]
    points = np.concatenate([start + offset + way for offset in offsets])
    skull = np.array([matches(layer.label, "*_bone*|skull*") for layer in phantom.layers])
    return float(skull[sample_points(phantom, points)].sum() * step / len(offsets))
