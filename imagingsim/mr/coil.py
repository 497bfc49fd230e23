"""Receive coils: an uneven brightness that the scanner corrects in part, and their noise.

References
----------
.. [1] Roemer PB et al. Magn Reson Med 16 (1990) 192. doi:10.1002/mrm.1910160203
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from imagingsim.grid import Grid
from imagingsim.mr.settings import MrSettings
from imagingsim.units import FloatArray, IntArray

_ELEMENTS = 8
_COARSE = 8
_REMAINING = 0.35
"""Share of the coil's unevenness, as an exponent, that prescan correction leaves."""


@dataclass(frozen=True)
class Coil:
    """An array of loops on an ellipse around the field's centre.

    Attributes
    ----------
    half_width_mm, half_depth_mm
        Semi-axes of the ellipse, left-right and front-back.
    signal_to_noise
        Of the whole equilibrium magnetisation of water at 3 T, for a voxel of 3.0625 mm3, 256
        lines and columns at 220 Hz per pixel, one average.
    """

    half_width_mm: float
    half_depth_mm: float
    loop_mm: float
    signal_to_noise: float


COILS: Final = {
    "head": Coil(125.0, 140.0, 90.0, 260.0),
    "body": Coil(230.0, 160.0, 130.0, 75.0),
}


def brightness(settings: MrSettings, grid: Grid) -> npt.NDArray[np.float32]:
    """Return the receive profile on a grid, about 1 on average, shape (slices, rows, columns)."""
    counts = [max(2, n // _COARSE) for n in grid.shape[1:]]
    places = [np.linspace(0, n - 1, m) for n, m in zip(grid.shape[1:], counts, strict=True)]
    index = np.stack(np.meshgrid(np.arange(grid.shape[0]), *places, indexing="ij"), axis=-1)
    points = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    middle = np.array(grid.position_mm(*((n - 1) / 2.0 for n in grid.shape)))
    profile = _profile(COILS[settings.coil], points - middle)
    rows, columns = (_between(n, m) for n, m in zip(grid.shape[1:], counts, strict=True))
    low, share = rows
    profile = profile[:, low] * (1 - share[:, None]) + profile[:, low + 1] * share[:, None]
    low, share = columns
    profile = profile[..., low] * (1 - share) + profile[..., low + 1] * share
    return profile.astype(np.float32)


def _profile(coil: Coil, from_middle_mm: FloatArray) -> FloatArray:
    """Return the corrected root of the summed squares of the loops' fields, mean 1."""
    x, y, z = np.moveaxis(from_middle_mm, -1, 0)
    total = np.zeros(x.shape)
    for number in range(_ELEMENTS):
        angle = 2.0 * math.pi * (number + 0.3) / _ELEMENTS
        near = (x - coil.half_width_mm * math.cos(angle)) ** 2
        near = near + (y - coil.half_depth_mm * math.sin(angle)) ** 2 + (0.35 * z) ** 2
        total += (1.0 + near / coil.loop_mm**2) ** -3.0
    profile = np.sqrt(total) ** _REMAINING
    return profile / profile.mean()


def _between(size: int, coarse: int) -> tuple[IntArray, FloatArray]:
    """Return the lower coarse neighbour of each pixel, and the share of the upper one."""
    place = np.linspace(0, coarse - 1, size)
    low = np.minimum(place.astype(np.int64), coarse - 2)
    return low, place - low


def noise_sigma(settings: MrSettings, slices: int) -> float:
    """Return the noise of the real and imaginary image at the acquired resolution, water = 1."""
    rows, columns = settings.matrix
    lines = rows * columns / 256.0**2 * settings.partial_fourier * settings.averages
    if settings.is_volume:
        lines *= slices
    reference = COILS[settings.coil].signal_to_noise * settings.field_t / 3.0
    size = settings.voxel_mm3 / 3.0625
    return 1.0 / (reference * size * math.sqrt(lines * 220.0 / settings.bandwidth_hz))
