"""Cameras of the observer: one slice of a body, with and without noise, by our own scanners."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy import ndimage

from imagingsim import ct, mr, pet
from imagingsim.anatomy import SampledPhantom
from imagingsim.ct.imager import Imager
from imagingsim.ct.paths import PathFinder, SlicePaths
from imagingsim.ct.project import Projector
from imagingsim.ct.target import target_of
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid
from imagingsim.scan.protocol import SeriesRequest
from imagingsim.scan.visit import Visit
from imagingsim.streams import stream
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray

PIXELS = 64
"""Pixels along one side of what an observer looks at."""

NEAR_MM = 20.0
"""How far a slab of PET reaches beyond its slice: what smooths across slices."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One slice as the cameras give it, with where its pixels lie."""

    image: FloatArray
    grid: Grid
    slice_: int

    def around(self, point_mm: Sequence[float], side_mm: float) -> FloatArray:
        """Return a square of PIXELS x PIXELS about a point, interpolated."""
        _, row, column = self.grid.index(np.asarray(point_mm, dtype=float))
        steps = (np.arange(PIXELS) - (PIXELS - 1) / 2) * side_mm / PIXELS
        rows = row + steps[:, None] / self.grid.spacing_mm[1] + 0 * steps
        columns = column + steps / self.grid.spacing_mm[2] + 0 * steps[:, None]
        return ndimage.map_coordinates(self.image, [rows, columns], order=1, mode="nearest")


class Camera(Protocol):
    """Makes the slice of any sample on one lattice, by the series of a recipe."""

    def shot(
        self, sampled: SampledPhantom, series: int, *, dose: float, reduced: bool, seed: int
    ) -> Shot:
        """Return the slice as one series shows it; seed 0: without noise."""


class CtCamera:
    """The scanner is built once; every sample only has its path lengths found.

    Parameters
    ----------
    sampled
        The first sample; all others share its layers and the size of its slices.
    """

    def __init__(
        self, sampled: SampledPhantom, tissues: Tissues, settings: Sequence[ct.CtSettings],
        visit: Visit,
    ) -> None:  # fmt: skip
        self._settings = tuple(settings)
        self._target, self._bases = target_of(sampled, tissues, self._settings, visit.subject)
        self._projector = Projector(self._target.geometry)
        self._imagers: dict[tuple[int, float, bool], Imager] = {}
        self._paths: tuple[SampledPhantom, SlicePaths] | None = None

    def shot(
        self, sampled: SampledPhantom, series: int, *, dose: float, reduced: bool, seed: int
    ) -> Shot:
        """Return one image, HU."""
        imager = self._imager(series, dose, reduced)
        rng = stream(seed, f"series {series}") if seed else None
        (image,) = imager.images_hu([(self._paths_of(sampled), rng, 1.0)])
        return Shot(image, self._grid(sampled), 0)

    def _paths_of(self, sampled: SampledPhantom) -> SlicePaths:
        if self._paths is None or self._paths[0] is not sampled:
            target = replace(self._target, sampled=sampled)
            (found,) = PathFinder(target, self._projector).slices(range(1))
            self._paths = sampled, found
        return self._paths[1]

    def _imager(self, series: int, dose: float, reduced: bool) -> Imager:
        key = series, dose, reduced
        if key not in self._imagers:
            one = self._settings[series]
            asked = replace(one, mas=one.mas * dose, metal_reduction=reduced)
            self._imagers[key] = Imager(asked, self._target.geometry, self._bases[series])
        return self._imagers[key]

    def _grid(self, sampled: SampledPhantom) -> Grid:
        first, lattice = self._settings[0], sampled.grid
        x, y, z = lattice.position_mm(*((n - 1) / 2 for n in lattice.shape))
        half = (first.matrix - 1) / 2 * first.pixel_mm
        return Grid.axial(
            (1, first.matrix, first.matrix),
            (lattice.spacing_mm[0], first.pixel_mm, first.pixel_mm), (x - half, y - half, z),
        )  # fmt: skip


class MrCamera:
    """An MR slice; the noise of a seed is the same with and without a lesion."""

    def __init__(
        self, sampled: SampledPhantom, tissues: Tissues, settings: Sequence[mr.MrSettings],
        visit: Visit,
    ) -> None:  # fmt: skip
        self._tissues, self._settings, self._visit = tissues, tuple(settings), visit

    def shot(
        self, sampled: SampledPhantom, series: int, *, dose: float, reduced: bool, seed: int
    ) -> Shot:
        """Return one image."""
        volume, _ = mr.acquire(
            sampled, self._tissues, self._settings[series], subject=self._visit.subject,
            rng=stream(seed, f"series {series}"),
        )  # fmt: skip
        return Shot(volume.array[0].astype(np.float32), volume.grid, 0)


class PetCamera:
    """A PET slice out of a slab."""

    def __init__(
        self, sampled: SampledPhantom, tissues: Tissues, settings: Sequence[pet.PetSettings],
        visit: Visit,
    ) -> None:  # fmt: skip
        self._tissues, self._settings, self._visit = tissues, settings[0], visit

    def shot(
        self, sampled: SampledPhantom, series: int, *, dose: float, reduced: bool, seed: int
    ) -> Shot:
        """Return one image, kBq/mL."""
        volume, _ = pet.acquire(
            sampled, self._tissues, self._settings, subject=self._visit.subject,
            rng=stream(seed, f"series {series}"),
        )  # fmt: skip
        middle = volume.grid.shape[0] // 2
        return Shot(volume.array[middle] / 1000.0, volume.grid, middle)


def grid_of(visit: Visit, request: SeriesRequest, height_mm: float) -> Grid:
    """Return the grid on which a body is sampled for the slice at a height."""
    box = visit.box(request)

    def slab(thickness_mm: float) -> Box:
        half = thickness_mm / 2
        return Box(box.left_mm, box.posterior_mm, (height_mm - half, height_mm + half))

    if request.ct is not None:
        return ct.sampling_grid(request.ct, slab(0.98 * request.ct.slice_interval_mm))
    if request.mr is not None:
        return mr.sampling_grid(request.mr, slab(0.98 * request.mr.slice_spacing_mm))
    if request.pet is not None:
        return pet.sampling_grid(request.pet, slab(2 * NEAR_MM))
    raise AcquisitionError(f"{request.name} is neither CT, MR nor PET.")


def camera_of(
    visit: Visit, requests: Sequence[SeriesRequest], sampled: SampledPhantom, tissues: Tissues
) -> Camera:
    """Return the camera that makes some series of one sample."""
    if requests[0].ct is not None:
        return CtCamera(sampled, tissues, [one.ct for one in requests if one.ct], visit)
    if requests[0].mr is not None:
        return MrCamera(sampled, tissues, [one.mr for one in requests if one.mr], visit)
    return PetCamera(sampled, tissues, [one.pet for one in requests if one.pet], visit)
