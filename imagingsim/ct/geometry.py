"""The scanner's geometry: which rays are measured, and on which grid a body must be sampled.

Rays are parallel, as after the rebinning that every scanner does; cone angle is not modelled.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from imagingsim.ct.limits import SCAN_FIELD_MM, check
from imagingsim.ct.settings import CtSettings
from imagingsim.ct.tables import attenuation_cm2_g
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid
from imagingsim.units import FloatArray

SOURCE_TO_AXIS_MM: Final = 570.0
SOURCE_TO_DETECTOR_MM: Final = 1040.0
DETECTOR_ROW_MM: Final = 0.6
"""Height of one detector element, at the axis."""

COUCH_REACH_MM: Final = {"body": SCAN_FIELD_MM, "head": 340.0}
"""Diameter of the circle about the axis that holds couch or head rest, at its usual height."""

CHANNEL_MM: Final = {"body": 0.55, "head": 0.40}
"""Width of one detector element, at the axis."""

ALUMINIUM_G_CM3: Final = 2.70
BOWTIE_RADIUS_MM: Final = {"body": 160.0, "head": 90.0}
BOWTIE_SHARE: Final = 0.55
"""Part of the missing water path that the filter makes up for."""

BOWTIE_LIMIT_MM: Final = 28.0
SUBSLICE_MM: Final = 2.0
"""Thickest sub-slice that a body is sampled on."""


@dataclass(frozen=True)
class Geometry:
    """The lattice a body is sampled on in each slice, the rays, and the image.

    Attributes
    ----------
    rows, columns, pixel_mm
        Of the sampled slice; its centre lies on the axis of rotation.
    views
        Parallel projections over 180 degrees.
    channels, channel_mm
        Rays of a view and the distance between them, at the axis.
    matrix, image_pixel_mm
        Of the reconstructed square image.
    truncated
        Lattice or image reach beyond the rays, which are all that the detector holds.
    """

    rows: int
    columns: int
    pixel_mm: float
    views: int
    channels: int
    channel_mm: float
    matrix: int
    image_pixel_mm: float
    truncated: bool = False

    @property
    def angles_rad(self) -> FloatArray:
        """Direction of each view's channels from the patient's left towards posterior."""
        return np.arange(self.views) * (np.pi / self.views)

    @property
    def channel_positions_mm(self) -> FloatArray:
        """Signed distance of each ray from the axis."""
        return (np.arange(self.channels) - (self.channels - 1) / 2.0) * self.channel_mm


def geometry(settings: CtSettings, rows: int, columns: int, pixel_mm: float) -> Geometry:
    """Return the geometry that measures a sampled slice with ``settings``.

    Rays beyond body, couch and image are left out; the detector holds none beyond its field.
    """
    channel_mm = CHANNEL_MM[settings.bowtie]
    wanted_mm = max(rows * pixel_mm, columns * pixel_mm, settings.reconstruction_diameter_mm)
    couch_mm = COUCH_REACH_MM[settings.bowtie] if settings.couch else 0.0
    side_mm = min(max(wanted_mm, couch_mm), SCAN_FIELD_MM)
    return Geometry(
        rows=rows,
        columns=columns,
        pixel_mm=pixel_mm,
        views=settings.views,
        channels=2 * math.ceil(side_mm / channel_mm / 2.0),
        channel_mm=channel_mm,
        matrix=settings.matrix,
        image_pixel_mm=settings.pixel_mm,
        truncated=wanted_mm > SCAN_FIELD_MM + channel_mm,
    )


def bowtie_g_cm2(kind: str, positions_mm: FloatArray) -> FloatArray:
    """Return the aluminium that each ray of the bowtie filter crosses, g/cm2.

    It makes up for part of the path that a water cylinder lacks towards its edge.
    """
    radius_mm = BOWTIE_RADIUS_MM[kind]
    water_mm = 2.0 * np.sqrt(np.clip(radius_mm**2 - np.asarray(positions_mm) ** 2, 0.0, None))
    at_65_kev = np.array([65.0])
    ratio = attenuation_cm2_g("water", at_65_kev) / (
        attenuation_cm2_g("aluminium", at_65_kev) * ALUMINIUM_G_CM3
    )
    thickness_mm = (2.0 * radius_mm - water_mm) * ratio * BOWTIE_SHARE
    return np.minimum(thickness_mm, BOWTIE_LIMIT_MM) / 10.0 * ALUMINIUM_G_CM3


def subslices(settings: CtSettings) -> int:
    """Return into how many sub-slices one slice interval is divided."""
    return math.ceil(settings.slice_interval_mm / SUBSLICE_MM - 1e-6)


def sampling_grid(settings: CtSettings, box: Box) -> Grid:
    """Return the grid on which a body must be sampled to be scanned with ``settings``.

    Parameters
    ----------
    box
        In the plane the whole body, arms included, for what lies outside the image attenuates
        too; along the body what the images shall cover. Its centre is the axis of rotation.

    Returns
    -------
    Grid
        Pixels of the image's size, and sub-slices that `acquire` averages to the slice thickness.
    """
    check(settings)
    left, posterior, superior = ((high - low) for low, high in box.sides_mm)
    pixel_mm = settings.pixel_mm
    columns, rows = (2 * math.ceil(side_mm / pixel_mm / 2.0) for side_mm in (left, posterior))
    parts = subslices(settings)
    step_mm = settings.slice_interval_mm / parts
    slices = max(1, math.ceil(superior / settings.slice_interval_mm - 1e-6))
    count = slices * parts + 2 * _overlap(settings, step_mm)
    x, y, _ = box.centre_mm
    first_z = box.superior_mm[0] + (0.5 - _overlap(settings, step_mm)) * step_mm
    return Grid.axial(
        (count, rows, columns),
        (step_mm, pixel_mm, pixel_mm),
        (x - (columns - 1) / 2.0 * pixel_mm, y - (rows - 1) / 2.0 * pixel_mm, first_z),
    )


def _overlap(settings: CtSettings, step_mm: float) -> int:
    """Return how many sub-slices beyond the box a thick overlapping slice needs on each side."""
    beyond_mm = (settings.slice_thickness_mm - settings.slice_interval_mm) / 2.0
    if settings.scan_mode == "helical":
        beyond_mm += DETECTOR_ROW_MM
    return math.ceil(beyond_mm / step_mm - 1e-6)


@dataclass(frozen=True, eq=False)
class SlicePlan:
    """Which sub-slices make up each slice.

    Attributes
    ----------
    count
        Number of slices.
    parts
        Sub-slices from one slice to the next.
    step_mm
        From one sub-slice to the next.
    weights
        (n,) share of each sub-slice, from the first one the slice touches; sums to 1. While the
        couch moves the shares differ from view to view: see `spiral`.
    first_centre
        Fractional sub-slice index of the first slice's centre.
    """

    count: int
    parts: int
    step_mm: float
    weights: FloatArray
    first_centre: float

    @property
    def width(self) -> int:
        """How many sub-slices a slice touches."""
        return len(self.weights)

    @property
    def offsets_mm(self) -> FloatArray:
        """Where the sub-slices that a slice touches lie from its centre, (width,)."""
        return (np.arange(self.width) - (self.width - 1) / 2.0) * self.step_mm

    def start(self, slice_: int) -> int:
        """Return the first sub-slice of a slice."""
        return slice_ * self.parts


def slice_plan(settings: CtSettings, grid: Grid) -> SlicePlan:
    """Return how the sub-slices of ``grid`` make up slices.

    Raises
    ------
    AcquisitionError
        When the grid is not the one of `sampling_grid`.
    """
    parts = subslices(settings)
    step_mm = settings.slice_interval_mm / parts
    dz, dy, dx = grid.spacing_mm
    wanted = (step_mm, settings.pixel_mm, settings.pixel_mm)
    extra = _overlap(settings, step_mm)
    count = (grid.shape[0] - 2 * extra) // parts
    if not np.allclose((dz, dy, dx), wanted, rtol=1e-4) or count < 1:
        raise AcquisitionError(
            f"The body is sampled at {dz:.3f} x {dy:.3f} x {dx:.3f} mm on {grid.shape[0]} slices; "
            f"this CT needs {wanted[0]:.3f} x {wanted[1]:.3f} x {wanted[2]:.3f} mm and at least "
            f"{parts + 2 * extra}. Sample it on ct.sampling_grid(settings, box)."
        )
    width = parts + 2 * extra
    centre = (width - 1) / 2.0
    edges = np.abs(np.arange(width) - centre)
    half = settings.slice_thickness_mm / step_mm / 2.0
    weights = np.clip(half + 0.5 - edges, 0.0, 1.0)
    return SlicePlan(count, parts, step_mm, weights / weights.sum(), centre)


def image_grid(settings: CtSettings, sampled: Grid) -> Grid:
    """Return the grid of the images made from a body sampled on ``sampled``."""
    plan = slice_plan(settings, sampled)
    _, rows, columns = sampled.shape
    x, y, z = sampled.position_mm(plan.first_centre, (rows - 1) / 2.0, (columns - 1) / 2.0)
    half_mm = (settings.matrix - 1) / 2.0 * settings.pixel_mm
    return Grid.axial(
        (plan.count, settings.matrix, settings.matrix),
        (settings.slice_interval_mm, settings.pixel_mm, settings.pixel_mm),
        (x - half_mm, y - half_mm, z),
    )
