"""What a PET scanner is asked for, and the grids that follow from it."""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from imagingsim.content import record
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid

OVERSAMPLING = 2
"""Truth pixels along one side of an image pixel: finer than what is reconstructed."""

VIEWS = 168
BINS = 400
BIN_MM = 2.0


@dataclass(frozen=True)
class Scanner:
    """A PET scanner by its NEMA NU 2 figures.

    Attributes
    ----------
    axial_field_mm
        Length of the detector ring.
    sensitivity
        Detected true coincidences per decay inside the field, mean over the field; dimensionless.
    resolution_mm, resolution_20cm_mm, resolution_axial_mm
        Width (FWHM) of a point at the centre, at 20 cm from it, and along the axis.
    scatter_fraction
        Scattered over scattered and true coincidences.
    randoms_fraction
        Random over true coincidences at the usual activity.

    References
    ----------
    .. [1] Discovery MI, 4 rings: Hsu DFC et al. J Nucl Med 58 (2017) 1511.
    .. [2] Biograph mCT Flow: Rausch I et al. EJNMMI Phys 2 (2015) 26.
    .. [3] Discovery 690: Bettinardi V et al. Med Phys 38 (2011) 5394.
    """

    axial_field_mm: float
    sensitivity: float
    resolution_mm: float
    resolution_20cm_mm: float
    resolution_axial_mm: float
    scatter_fraction: float
    randoms_fraction: float


SCANNERS: Final[dict[str, Scanner]] = {
    "ring_16cm": Scanner(157.0, 0.033, 4.7, 5.8, 5.6, 0.37, 0.8),
    "ring_20cm": Scanner(200.0, 0.048, 4.3, 5.8, 4.7, 0.38, 0.8),
    "ring_22cm": Scanner(221.0, 0.030, 4.33, 5.55, 4.7, 0.335, 0.8),
}


@record
class PetSettings:
    """One PET series.

    Attributes
    ----------
    tracer
        The tissue property ``<tracer>_suv`` holds its uptake.
    activity_mbq_per_kg
        Injected activity per body weight.
    uptake_s
        From injection to the start of the scan; whole seconds.
    bed_advance_mm
        How far the table moves between beds; less than the scanner's axial field.
    point_spread
        Whether the reconstruction models the detector's blur.
    filter_mm
        Width (FWHM) of the Gaussian filter after reconstruction; 0 for none.
    attenuation_series
        Name of the CT series used for attenuation correction.
    """

    tracer: Literal["fdg"] = "fdg"
    activity_mbq_per_kg: float = 4.0
    uptake_s: float = 3600.0
    bed_duration_s: float = 120.0
    bed_advance_mm: float = 130.0
    bed_move_s: float = 3.0
    scanner: Literal["ring_16cm", "ring_20cm", "ring_22cm"] = "ring_20cm"
    matrix: int = 200
    pixel_mm: float = 4.0
    slice_mm: float = 4.0
    iterations: int = 3
    subsets: int = 21
    point_spread: bool = True
    filter_mm: float = 5.0
    attenuation_series: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the scanner cannot do."""
        _within("activity_mbq_per_kg", self.activity_mbq_per_kg, 0.1, 20.0)
        _within("uptake_s", self.uptake_s, 0.0, 6 * 3600.0)
        _within("bed_duration_s", self.bed_duration_s, 10.0, 1800.0)
        _within("bed_move_s", self.bed_move_s, 0.0, 60.0)
        _within("bed_advance_mm", self.bed_advance_mm, 20.0, 0.9 * self.ring.axial_field_mm)
        _within("slice_mm", self.slice_mm, 1.0, 10.0)
        _within("iterations", self.iterations, 1, 20)
        _within("filter_mm", self.filter_mm, 0.0, 15.0)
        _within("field of view (matrix x pixel_mm)", self.matrix * self.pixel_mm, 100.0, 800.0)
        if VIEWS % self.subsets:
            known = [n for n in range(1, VIEWS) if VIEWS % n == 0 and VIEWS // n >= 4]
            raise AcquisitionError(
                f"subsets must divide the {VIEWS} views evenly, got {self.subsets}. Use one of "
                f"{', '.join(str(n) for n in known)}."
            )

    @property
    def ring(self) -> Scanner:
        """The scanner's figures."""
        return SCANNERS[self.scanner]


def _within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside the scanner's range."""
    if not low <= value <= high:
        raise AcquisitionError(f"{name} must lie between {low:g} and {high:g}, got {value:g}.")


def sampling_grid(settings: PetSettings, box: Box) -> Grid:
    """Return the grid on which the phantom must be sampled to scan ``box``.

    In-plane it covers the whole field of view, centred on the box.

    Examples
    --------
    >>> grid = sampling_grid(PetSettings(), Box((-200, 200), (-150, 100), (0, 40)))
    >>> grid.shape, grid.position_mm(0, 0, 0)
    ((10, 400, 400), (-399.0, -424.0, 2.0))
    """
    low, high = box.superior_mm
    slices = max(1, math.ceil((high - low) / settings.slice_mm - 1e-6))
    side = settings.matrix * OVERSAMPLING
    pixel = settings.pixel_mm / OVERSAMPLING
    left, posterior, _ = box.centre_mm
    reach = (side - 1) / 2.0 * pixel
    origin = (left - reach, posterior - reach, low + settings.slice_mm / 2.0)
    return Grid.axial((slices, side, side), (settings.slice_mm, pixel, pixel), origin)


def image_grid(settings: PetSettings, sampling: Grid) -> Grid:
    """Return the grid of the reconstructed image of a sampling grid."""
    x, y, z = sampling.position_mm(0, 0, 0)
    shift = (OVERSAMPLING - 1) / 2.0 * sampling.spacing_mm[1]
    shape = (sampling.shape[0], settings.matrix, settings.matrix)
    spacing = (settings.slice_mm, settings.pixel_mm, settings.pixel_mm)
    return Grid.axial(shape, spacing, (x + shift, y + shift, z))


def slab(whole: Grid, low_mm: float, high_mm: float, *, margin_mm: float = 60.0) -> Grid:
    """Return the slices of a sampling grid around the heights ``low_mm`` to ``high_mm``."""
    first, last = (whole.index(np.array([0.0, 0.0, z]))[0] for z in (low_mm, high_mm))
    margin = margin_mm / whole.spacing_mm[0]
    start = min(max(0, math.floor(first - margin)), whole.shape[0] - 1)
    return whole.slab(start, max(start + 1, min(whole.shape[0], math.ceil(last + margin) + 1)))
