"""What a reader measures in a region: mean, spread, SUV, length."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagingsim.errors import GeometryError
from imagingsim.grid import Grid
from imagingsim.units import BoolArray, FloatArray
from imagingsim.volume import Volume

PEAK_RADIUS_MM = 6.204
"""Radius of the 1 mL sphere of SUVpeak (PERCIST: Wahl RL et al., J Nucl Med 50 (2009) 122S)."""

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Statistics:
    """Of the voxels of a region; in the unit of its volume."""

    voxels: int
    mean: float
    sd: float
    minimum: float
    maximum: float


def mask_statistics(volume: Volume, mask: BoolArray) -> Statistics:
    """Return the statistics of the voxels where ``mask`` is true."""
    if mask.shape != volume.grid.shape:
        raise GeometryError(f"A mask of {mask.shape} does not fit an image of {volume.grid.shape}.")
    return _statistics(volume.array[mask])


def sphere_statistics(volume: Volume, centre_mm: Point, radius_mm: float) -> Statistics:
    """Return the statistics of the voxels whose centres lie in a sphere, LPS mm."""
    box, inside = _sphere(volume.grid, centre_mm, radius_mm)
    return _statistics(volume.array[box][inside])


def suv(volume: Volume, suv_g_ml: float) -> Volume:
    """Return a PET in Bq/mL as body-weight SUV."""
    array = volume.array * np.float32(suv_g_ml)
    return Volume(array.astype(np.float32), volume.grid, "SUV", "g/mL")


def suv_peak(volume: Volume, centre_mm: Point, search_radius_mm: float) -> float:
    """Return the largest mean of a 1 mL sphere centred within a search sphere."""
    box, inside = _sphere(volume.grid, centre_mm, search_radius_mm)
    corner = np.array([part.start for part in box])
    centres = np.argwhere(inside) + corner
    hottest = np.argsort(volume.array[box][inside])[::-1][:50]
    return max(
        sphere_statistics(volume, volume.grid.position_mm(*centres[n]), PEAK_RADIUS_MM).mean
        for n in hottest
    )


def length_mm(points_mm: FloatArray) -> float:
    """Return the length of a line through points, shape (n, 3), mm."""
    return float(np.linalg.norm(np.diff(np.asarray(points_mm), axis=0), axis=1).sum())


def centre_of(labels: Volume, number: int) -> Point:
    """Return the centre of mass of a label, LPS mm."""
    where = np.argwhere(labels.array == number)
    if not len(where):
        raise GeometryError(f"Label {number} does not occur in this label map.")
    return labels.grid.position_mm(*where.mean(axis=0))


def _sphere(grid: Grid, centre_mm: Point, radius_mm: float) -> tuple[tuple[slice, ...], BoolArray]:
    """Return the box of indices around a sphere, and which voxels of it lie inside."""
    middle = grid.index(np.array(centre_mm))
    reach = radius_mm * np.linalg.norm(np.linalg.inv(grid.affine)[:3, :3], axis=1)
    low = np.maximum(np.floor(middle - reach).astype(int), 0)
    high = np.minimum(np.ceil(middle + reach).astype(int) + 1, grid.shape)
    if (high <= low).any():
        raise GeometryError(
            f"The sphere of {radius_mm:g} mm around {centre_mm} lies outside the image."
        )
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    indices = np.stack(np.meshgrid(*[np.arange(a, b) for a, b in zip(low, high, strict=True)],
                                   indexing="ij"), axis=-1)  # fmt: skip
    offsets_mm = (indices - middle) @ grid.affine[:3, :3].T
    inside = np.asarray((offsets_mm**2).sum(axis=-1) <= radius_mm**2)
    if not inside.any():
        inside.flat[int(np.argmin((offsets_mm**2).sum(axis=-1)))] = True
    return box, inside


def _statistics(values: npt.NDArray[np.number]) -> Statistics:
    if not values.size:
        raise GeometryError("The region holds no voxel of the image.")
    real = values.astype(np.float64)
    return Statistics(
        int(real.size), float(real.mean()), float(real.std()), float(real.min()), float(real.max())
    )
