"""Reformats: a volume of axial slices as slabs of any anatomical plane, averaged or projected.

What a department stores beside the axial slices: coronal and sagittal slices of some thickness,
and maximum or minimum intensity projections of thicker slabs.
"""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from imagingsim.errors import GeometryError
from imagingsim.grid import Grid
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

PlaneName = Literal["axial", "coronal", "sagittal"]
Projection = Literal["mean", "maximum", "minimum"]
Numbers = npt.NDArray[np.number]

AXIS: Final[dict[PlaneName, int]] = {"axial": 0, "coronal": 1, "sagittal": 2}
"""Axis of an axial volume along which the slices of a plane follow each other."""


def reformat(
    volume: Volume, plane: PlaneName, *, thickness_mm: float, interval_mm: float | None = None,
    projection: Projection = "mean",
) -> Volume:  # fmt: skip
    """Return slabs of a volume in another plane, with square pixels.

    Parameters
    ----------
    volume
        Axial slices, feet to head.
    thickness_mm, interval_mm
        Of the slabs, and from one to the next; as far apart as they are thick when not given.
    projection
        What a pixel shows of its slab: the mean, or the brightest or darkest voxel.

    Returns
    -------
    Volume
        Coronal slices run from front to back, sagittal ones from left to right, and both are
        upright: their rows run towards the feet. Whole numbers stay whole.

    Raises
    ------
    GeometryError
        When the volume is not axial, or a thickness or interval is not possible.
    """
    interval_mm = thickness_mm if interval_mm is None else interval_mm
    axis = AXIS[plane]
    _refuse(volume.grid, thickness_mm, interval_mm)
    spacing_mm = volume.grid.spacing_mm[axis]
    count = volume.array.shape[axis]
    centres = _centres(count, spacing_mm, interval_mm)
    slabs = _slabs(
        np.moveaxis(volume.array, axis, 0), centres, thickness_mm / spacing_mm, projection
    )
    if plane == "axial":
        grid = _grid(volume.grid, centres, interval_mm)
        return Volume(_like(slabs, volume.array), grid, volume.quantity, volume.unit)
    upright, pixel_mm = _upright(slabs, volume.grid)
    if plane == "sagittal":
        upright, centres = upright[::-1], centres[::-1]
    grid = _turned(volume.grid, plane, centres, upright.shape, pixel_mm, interval_mm)
    return Volume(_like(upright, volume.array), grid, volume.quantity, volume.unit)


def _refuse(grid: Grid, thickness_mm: float, interval_mm: float) -> None:
    directions = grid.affine[:3, :3] / np.asarray(grid.spacing_mm)
    if not np.allclose(directions, np.eye(3)[::-1], atol=1e-4):
        raise GeometryError(
            "Only axial slices, feet to head, can be reformatted; the axes of this volume are "
            f"{directions.T.round(3).tolist()}. Reformat the axial series."
        )
    if not (0.0 < thickness_mm <= 500.0 and 0.0 < interval_mm <= 500.0):
        raise GeometryError(
            f"A reformat of {thickness_mm:g} mm every {interval_mm:g} mm is not possible; both "
            "must lie between 0 and 500 mm."
        )


def _centres(count: int, spacing_mm: float, interval_mm: float) -> FloatArray:
    """Return the fractional index of each slab's middle; the slabs are centred in the volume."""
    slabs = max(1, int(count * spacing_mm / interval_mm + 1e-6))
    offsets = (np.arange(slabs) - (slabs - 1) / 2.0) * interval_mm / spacing_mm
    return (count - 1) / 2.0 + offsets


def _slabs(array: Numbers, centres: FloatArray, width: float, projection: Projection) -> Numbers:
    """Return one image per slab; ``width`` in voxels."""
    if width <= 1.0:
        return _between(array, centres)
    out = np.empty((len(centres), *array.shape[1:]), dtype=np.float32)
    for image, centre in zip(out, centres, strict=True):
        low, high = centre - width / 2.0, centre + width / 2.0
        first, last = max(0, round(low)), min(len(array) - 1, round(high))
        part = array[first : last + 1]
        if projection == "mean":
            index = np.arange(first, last + 1)
            share = np.clip(np.minimum(high, index + 0.5) - np.maximum(low, index - 0.5), 0, 1)
            image[:] = np.tensordot((share / share.sum()).astype(np.float32), part, axes=1)
        else:
            inner = part[_mostly_within(first, last, low, high)]
            image[:] = inner.max(axis=0) if projection == "maximum" else inner.min(axis=0)
    return out


def _mostly_within(first: int, last: int, low: float, high: float) -> slice:
    """Return which voxels of ``first`` to ``last`` lie in a slab by half at least."""
    start = max(first, int(np.ceil(low - 1e-6)))
    end = min(last, int(np.floor(high + 1e-6)))
    return slice(start - first, max(start, end) - first + 1)


def _between(array: Numbers, places: FloatArray) -> Numbers:
    """Return the images at fractional places along the first axis, float32."""
    places = np.clip(places, 0.0, len(array) - 1.0)
    below = np.minimum(places.astype(np.intp), max(0, len(array) - 2))
    above = np.minimum(below + 1, len(array) - 1)
    share = (places - below).astype(np.float32).reshape(-1, *[1] * (array.ndim - 1))
    return array[below] * (np.float32(1.0) - share) + array[above] * share


def _upright(slabs: Numbers, grid: Grid) -> tuple[Numbers, float]:
    """Return slabs (n, heights, columns) with square pixels, head up, and the pixel's side, mm."""
    pixel_mm = min(grid.spacing_mm[1:])
    height = slabs.shape[1]
    rows = max(1, round(height * grid.spacing_mm[0] / pixel_mm))
    step = pixel_mm / grid.spacing_mm[0]
    places = (height - 1) / 2.0 - (np.arange(rows) - (rows - 1) / 2.0) * step
    return np.moveaxis(_between(np.moveaxis(slabs, 1, 0), places), 0, 1), pixel_mm


def _grid(grid: Grid, centres: FloatArray, interval_mm: float) -> Grid:
    affine = grid.affine.copy()
    affine[:3, 0] *= interval_mm / grid.spacing_mm[0]
    affine[:, 3] = grid.affine @ np.array([centres[0], 0.0, 0.0, 1.0])
    return Grid((len(centres), *grid.shape[1:]), affine)


def _turned(
    grid: Grid, plane: PlaneName, centres: FloatArray, shape: tuple[int, ...], pixel_mm: float,
    interval_mm: float,
) -> Grid:  # fmt: skip
    """Return the grid of upright coronal or sagittal slabs."""
    middle = (grid.shape[0] - 1) / 2.0
    top_index = middle + (shape[1] - 1) / 2.0 * pixel_mm / grid.spacing_mm[0]
    coronal = plane == "coronal"
    origin = (
        grid.position_mm(top_index, centres[0], 0)
        if coronal
        else grid.position_mm(top_index, 0, centres[0])
    )
    along = (0.0, interval_mm, 0.0) if coronal else (-interval_mm, 0.0, 0.0)
    across = (grid.spacing_mm[2], 0.0, 0.0) if coronal else (0.0, grid.spacing_mm[1], 0.0)
    affine = np.eye(4)
    affine[:3] = np.column_stack([along, (0.0, 0.0, -pixel_mm), across, origin])
    return Grid((shape[0], shape[1], shape[2]), affine)


def _like(values: Numbers, original: Numbers) -> Numbers:
    """Return values in the type of the volume they come from."""
    if original.dtype.kind in "iu":
        return np.rint(values).astype(original.dtype)
    return values
