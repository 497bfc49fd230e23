"""What an MR scanner is asked for, and the grids that follow from it."""

import math
from typing import Final, Literal

import numpy as np

from imagingsim.content import record
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid

Sequence = Literal[
    "spin_echo", "turbo_spin_echo", "flair", "gradient_echo", "diffusion", "diffusion_map"
]
Plane = Literal["axial", "sagittal", "coronal"]

_TRUTH_SIZES: Final = (64, 80, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 640, 800)
_TRUTH_PER_PIXEL = 1.25
_SUBSLICE_MM = 2.25
_VOLUME_TR_MS = 20.0
_DIRECTIONS: Final[dict[str, tuple[tuple[float, ...], ...]]] = {
    # Of slices, rows and columns: columns to the left or back, rows to the back or down.
    "axial": ((0, 0, 1), (0, 1, 0), (1, 0, 0)),
    "sagittal": ((-1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "coronal": ((0, 1, 0), (0, 0, -1), (1, 0, 0)),
}


@record
class Gadolinium:
    """A gadolinium contrast medium in the patient while the series is taken."""

    phase: Literal["arterial", "portal_venous", "delayed"]
    delay_s: float
    agent: Literal["gadobutrol"] = "gadobutrol"
    dose_mmol_kg: float = 0.1
    rate_ml_s: float = 2.0

    def __post_init__(self) -> None:
        """Refuse doses nobody gives."""
        _within("dose_mmol_kg", self.dose_mmol_kg, 0.01, 0.3)
        _within("delay_s", self.delay_s, 0.0, 3600.0)
        _within("rate_ml_s", self.rate_ml_s, 0.1, 10.0)


@record
class MrSettings:
    """One MR series.

    Attributes
    ----------
    echo_spacing_ms
        Time between refocusing pulses, or between the lines of an echo-planar train as seen by
        the phase direction (that is, divided by any parallel acceleration).
    field_of_view_mm, matrix, reconstruction
        Extent, acquired pixels and displayed pixels along (rows, columns).
    phase_encoding
        The array axis along which phase is encoded.
    bandwidth_hz
        Readout bandwidth per acquired pixel.
    partial_fourier
        Acquired part of the phase-encoding lines.
    slice_spacing_mm
        Distance between slice centres.
    b_value_s_mm2
        Diffusion weighting; of a diffusion map, the higher of its two (the lower is 0).
    """

    sequence: Sequence
    field_t: float
    tr_ms: float
    te_ms: float
    bandwidth_hz: float
    slice_thickness_mm: float
    slice_spacing_mm: float
    field_of_view_mm: tuple[float, float]
    matrix: tuple[int, int]
    reconstruction: tuple[int, int]
    plane: Plane = "axial"
    coil: Literal["head", "body"] = "head"
    ti_ms: float | None = None
    flip_angle_deg: float = 90.0
    echo_train_length: int = 1
    echo_spacing_ms: float = 10.0
    averages: float = 1.0
    phase_encoding: Literal["rows", "columns"] = "rows"
    partial_fourier: float = 1.0
    fat_suppression: bool = False
    b_value_s_mm2: float | None = None
    gadolinium: Gadolinium | None = None

    def __post_init__(self) -> None:
        """Refuse what the scanner cannot do."""
        if self.field_t not in (1.5, 3.0):
            raise AcquisitionError(f"field_t must be 1.5 or 3.0, got {self.field_t:g}.")
        _within("te_ms", self.te_ms, 0.5, self.tr_ms)
        _within("tr_ms", self.tr_ms, 2.0, 20_000.0)
        _within("flip_angle_deg", self.flip_angle_deg, 1.0, 180.0)
        _within("bandwidth_hz", self.bandwidth_hz, 20.0, 5_000.0)
        _within("partial_fourier", self.partial_fourier, 0.55, 1.0)
        _within("slice_thickness_mm", self.slice_thickness_mm, 0.5, 12.0)
        _within("slice_spacing_mm", self.slice_spacing_mm, 0.5, 24.0)
        _within("averages", self.averages, 0.5, 32.0)
        for name, sizes in (("matrix", self.matrix), ("reconstruction", self.reconstruction)):
            for size in sizes:
                _within(name, size, 16, 640)
        for side in self.field_of_view_mm:
            _within("field_of_view_mm", side, 50.0, 500.0)
        self._check_sequence()

    def _check_sequence(self) -> None:
        if self.sequence == "flair" and self.ti_ms is None:
            raise AcquisitionError("A flair series needs ti_ms, e.g. 2500 at 3 T.")
        if self.sequence.startswith("diffusion") and self.b_value_s_mm2 is None:
            raise AcquisitionError(f"A {self.sequence} series needs b_value_s_mm2, e.g. 800.")
        train = self.echo_train_length * self.echo_spacing_ms
        if self.sequence in ("turbo_spin_echo", "flair") and not (
            self.echo_spacing_ms <= self.te_ms <= train < self.tr_ms
        ):
            raise AcquisitionError(
                f"te_ms ({self.te_ms:g}) must lie within the echo train, {self.echo_spacing_ms:g} "
                f"to {train:g} ms, and the train within tr_ms ({self.tr_ms:g})."
            )

    @property
    def phase_lines(self) -> int:
        """Phase-encoding lines of full k-space."""
        return self.matrix[0 if self.phase_encoding == "rows" else 1]

    @property
    def missing_lines(self) -> int:
        """Phase-encoding lines left out at the beginning of k-space."""
        return int(self.phase_lines * (1.0 - self.partial_fourier))

    @property
    def single_shot(self) -> bool:
        """Whether one echo train fills a slice."""
        return self.echo_train_length >= self.phase_lines - self.missing_lines

    @property
    def is_volume(self) -> bool:
        """Whether all slices are excited together and encoded in a third direction."""
        return self.sequence == "gradient_echo" and self.tr_ms < _VOLUME_TR_MS

    @property
    def subslices(self) -> int:
        """Layers of truth through one slice spacing."""
        return max(2, math.ceil(self.slice_spacing_mm / _SUBSLICE_MM - 1e-9))

    @property
    def truth_shape(self) -> tuple[int, int]:
        """Truth pixels along rows and columns: a quarter more than acquired, or more."""
        rows, columns = (
            next(n for n in _TRUTH_SIZES if n >= _TRUTH_PER_PIXEL * size) for size in self.matrix
        )
        return rows, columns

    @property
    def voxel_mm3(self) -> float:
        """Volume of an acquired voxel."""
        rows, columns = (
            side / size for side, size in zip(self.field_of_view_mm, self.matrix, strict=True)
        )
        return rows * columns * self.slice_thickness_mm


def _within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside the scanner's range."""
    if not low <= value <= high:
        raise AcquisitionError(f"{name} must lie between {low:g} and {high:g}, got {value:g}.")


def sampling_grid(settings: MrSettings, box: Box) -> Grid:
    """Return the grid on which the phantom must be sampled to image ``box``.

    The field is centred on the box; slices cover the box along their normal, each made of
    `MrSettings.subslices` layers of truth.
    """
    directions = np.array(_DIRECTIONS[settings.plane])
    normal = int(np.abs(directions[0]).argmax())
    low, high = box.sides_mm[normal]
    slices = max(1, math.ceil((high - low) / settings.slice_spacing_mm - 1e-6))
    layers = settings.subslices
    steps = (
        settings.slice_spacing_mm / layers,
        *(s / n for s, n in zip(settings.field_of_view_mm, settings.truth_shape, strict=True)),
    )
    return _centred((slices * layers, *settings.truth_shape), steps, directions, box)


def image_grid(settings: MrSettings, sampling: Grid) -> Grid:
    """Return the grid of the image of a sampling grid."""
    return slice_grid(settings, sampling, settings.reconstruction)


def slice_grid(settings: MrSettings, sampling: Grid, pixels: tuple[int, int]) -> Grid:
    """Return the grid of the slices of a sampling grid with a number of (rows, columns)."""
    shape = (sampling.shape[0] // settings.subslices, *pixels)
    ratio = np.array([t / n for t, n in zip(sampling.shape, shape, strict=True)])
    affine = sampling.affine.copy()
    affine[:, :3] *= ratio
    affine[:, 3] = sampling.affine @ np.array([*((ratio - 1.0) / 2.0), 1.0])
    return Grid(shape, affine)


def share_sample(a: MrSettings, b: MrSettings) -> bool:
    """Tell whether one sample serves two series of the same box."""
    keys = [
        (s.plane, s.field_of_view_mm, s.truth_shape, s.slice_spacing_mm, s.subslices)
        for s in (a, b)
    ]
    return keys[0] == keys[1]


def _centred(
    shape: tuple[int, int, int],
    steps_mm: tuple[float, ...],
    directions: np.typing.NDArray[np.floating],
    box: Box,
) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = (directions * np.array(steps_mm)[:, None]).T
    middle = (np.array(shape) - 1.0) / 2.0
    affine[:3, 3] = np.array(box.centre_mm) - affine[:3, :3] @ middle
    return Grid(shape, affine)
