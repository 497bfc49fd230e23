"""A view: a rectangle of a plane in the body, in millimetres; any volume can be sampled on it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.display.planes import PLANES, Plane, canonical, obliquity_deg
from imagingsim.errors import UnknownNameError
from imagingsim.grid import Grid
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

Point = tuple[float, float, float]
ROUNDING = 1e-6


@dataclass(frozen=True)
class View:
    """A rectangle in the body that becomes a picture with square pixels.

    Attributes
    ----------
    centre_mm
        Its middle, LPS mm; the coordinate across the plane is the slice position.
    """

    plane: Plane
    centre_mm: Point
    width_mm: float
    height_mm: float
    pixel_mm: float = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """Number of (rows, columns) of the picture."""
        return (
            max(1, round(self.height_mm / self.pixel_mm)),
            max(1, round(self.width_mm / self.pixel_mm)),
        )

    @property
    def at_mm(self) -> float:
        """Position of the slice along the plane's axis, mm."""
        return self.centre_mm[self.plane.lps_axis]

    def at(self, at_mm: float) -> "View":
        """Return the same rectangle in another slice."""
        centre = list(self.centre_mm)
        centre[self.plane.lps_axis] = at_mm
        return replace(self, centre_mm=(centre[0], centre[1], centre[2]))

    def points_mm(self) -> FloatArray:
        """Return the LPS position of every pixel, shape (rows, columns, 3)."""
        rows, columns = self.shape
        down = (np.arange(rows) - (rows - 1) / 2) * self.pixel_mm
        across = (np.arange(columns) - (columns - 1) / 2) * self.pixel_mm
        points = np.asarray(self.centre_mm) + down[:, None, None] * np.asarray(self.plane.down)
        return points + across[None, :, None] * np.asarray(self.plane.across)

    def pixel(self, point_mm: Point) -> tuple[float, float]:
        """Return the (row, column), fractional, of a point projected onto the view."""
        rows, columns = self.shape
        offset = np.asarray(point_mm) - np.asarray(self.centre_mm)
        row = float(offset @ np.asarray(self.plane.down)) / self.pixel_mm + (rows - 1) / 2
        column = float(offset @ np.asarray(self.plane.across)) / self.pixel_mm + (columns - 1) / 2
        return row, column


def plane_named(name: str) -> Plane:
    """Return ``"axial"``, ``"coronal"`` or ``"sagittal"``."""
    if name not in PLANES:
        raise UnknownNameError.of("plane", name, PLANES)
    return PLANES[name]


def whole_view(
    grid: Grid, plane: str = "axial", *, at_mm: float | None = None, pixel_mm: float = 1.0
) -> View:
    """Return the view that shows a grid from edge to edge; in its middle unless ``at_mm``."""
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in grid.shape])).reshape(3, -1).T
    points = corners @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    low, high = points.min(axis=0), points.max(axis=0)
    middle, size = (low + high) / 2, high - low
    chosen = plane_named(plane)
    width = float(abs(size @ np.asarray(chosen.across)))
    height = float(abs(size @ np.asarray(chosen.down)))
    centre = (float(middle[0]), float(middle[1]), float(middle[2]))
    view = View(chosen, centre, width, height, pixel_mm)
    return view if at_mm is None else view.at(at_mm)


def close_up(
    centre_mm: Point, plane: str = "axial", *, size_mm: float = 160.0, pixel_mm: float = 0.5
) -> View:
    """Return a square view around a point."""
    return View(plane_named(plane), centre_mm, size_mm, size_mm, pixel_mm)


def cut(volume: Volume, view: View) -> npt.NDArray[np.float32]:
    """Return the values of ``volume`` on a view, shape ``view.shape``; outside is its minimum.

    Within the plane it interpolates (labels: nearest); across it takes the nearest slice, so that
    noise is not averaged away.
    """
    index = volume.grid.index(view.points_mm())
    if obliquity_deg(volume.grid) < 1.0:
        normal = np.zeros(3)
        normal[view.plane.lps_axis] = 1.0
        across = int(np.abs(volume.grid.affine[:3, :3].T @ normal).argmax())
        index[..., across] = np.rint(index[..., across])
    order = 0 if volume.quantity == "label" else 1
    box, shifted = _needed(index, volume.grid.shape)
    part = volume.array[box].astype(np.float32)
    outside = 0.0 if volume.quantity == "label" else float(volume.array.min())
    sampled = ndimage.map_coordinates(
        part, np.moveaxis(shifted, -1, 0), order=order, mode="nearest"
    )
    ends = np.array(volume.grid.shape) - 0.5
    within = ((index > -0.5 - ROUNDING) & (index < ends + ROUNDING)).all(axis=-1)
    return np.where(within, sampled, np.float32(outside))


def projection(volume: Volume, view: View) -> npt.NDArray[np.float32]:
    """Return the maximum along the plane's axis on a view (MIP), shape ``view.shape``."""
    display = canonical(volume)
    flat = display.array.max(axis=view.plane.axis, keepdims=True)
    affine = display.grid.affine.copy()
    affine[view.plane.lps_axis, 3] = view.at_mm
    slices, rows, columns = flat.shape
    return cut(Volume(flat, Grid((slices, rows, columns), affine), "MIP", volume.unit), view)


def _needed(index: FloatArray, shape: tuple[int, int, int]) -> tuple[tuple[slice, ...], FloatArray]:
    """Return the box of voxels around ``index``, and the index counted from its corner."""
    flat = index.reshape(-1, 3)
    low = np.clip(np.floor(flat.min(axis=0)).astype(int), 0, np.array(shape) - 1)
    high = np.clip(np.ceil(flat.max(axis=0)).astype(int) + 1, low + 1, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return box, index - low
