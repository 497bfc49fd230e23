"""How metal bends the field, and what that does to a slice.

Only strongly magnetic layers are looked at (implants); the weaker steps between air, bone and
tissue are left out so far.

References
----------
.. [1] Marques JP, Bowtell R. Concepts Magn Reson B 25 (2005) 65. doi:10.1002/cmr.b.20034
.. [2] Schenck JF. Med Phys 23 (1996) 815. doi:10.1118/1.597854
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy import ndimage

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.grid import Grid
from imagingsim.jit import compiled
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray

WATER_PPM = -9.05
_METAL_PPM = 20.0
_REACH_MM = 45.0
_EDGE_PIXELS = 1.0
"""Edges of metal are rounded by this many truth pixels, or their steps would show in the field."""


@dataclass(frozen=True, eq=False)
class FieldMap:
    """Offset of the field near metal, ppm, on part of a sample's grid."""

    ppm: npt.NDArray[np.float32]
    start: tuple[int, int, int]

    def layer(self, number: int) -> npt.NDArray[np.float32] | None:
        """Return the offsets of one layer of truth, or None where there is no metal near."""
        inside = number - self.start[0]
        return self.ppm[inside] if 0 <= inside < self.ppm.shape[0] else None

    def slope(self, number: int) -> npt.NDArray[np.float32]:
        """Return how the offset changes from layer to layer, ppm per layer of truth."""
        inside = number - self.start[0]
        low, high = max(0, inside - 1), min(self.ppm.shape[0] - 1, inside + 1)
        return (self.ppm[high] - self.ppm[low]) / np.float32(max(1, high - low))


def field_map(sampled: SampledPhantom, tissues: Tissues) -> FieldMap | None:
    """Return the field around the metal of a sample, or None without metal."""
    excess = tissues.array(sampled.materials, "susceptibility") - WATER_PPM
    excess = np.where(np.abs(excess) > _METAL_PPM, excess, 0.0)
    if not excess.any():
        return None
    is_metal = excess != 0.0
    places = np.argwhere(is_metal[sampled.first] | is_metal[sampled.second])
    if not places.size:
        return None
    reach = np.ceil(_REACH_MM / np.array(sampled.grid.spacing_mm)).astype(int)
    low = np.maximum(places.min(axis=0) - reach, 0)
    high = np.minimum(places.max(axis=0) + reach + 1, sampled.grid.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    part = sampled.fraction[box].astype(np.float32) / np.float32(255.0)
    values = excess.astype(np.float32)
    source = part * values[sampled.first[box]] + (1 - part) * values[sampled.second[box]]
    smooth = ndimage.gaussian_filter(source, (0.0, _EDGE_PIXELS, _EDGE_PIXELS))
    ppm = dipole_field_ppm(smooth, sampled.grid)
    return FieldMap(ppm, (int(low[0]), int(low[1]), int(low[2])))


def dipole_field_ppm(excess_ppm: FloatArray, grid: Grid) -> npt.NDArray[np.float32]:
    """Return the field offset of susceptibilities on the spacing and direction of a grid, ppm.

    The main field points along the body. The box is padded to twice its size, so that its
    periodic images are far.
    """
    spacing = grid.spacing_mm
    along = grid.affine[2, :3] / np.array(spacing)
    sizes = [scipy.fft.next_fast_len(2 * n) for n in excess_ppm.shape]
    waves = [np.fft.fftfreq(sizes[0], spacing[0]), np.fft.fftfreq(sizes[1], spacing[1])]
    waves.append(np.fft.rfftfreq(sizes[2], spacing[2]))
    k0, k1, k2 = np.meshgrid(
        *(wave.astype(np.float32) for wave in waves), indexing="ij", sparse=True
    )
    along = along.astype(np.float32)
    squared = k0**2 + k1**2 + k2**2
    squared[0, 0, 0] = 1.0
    kernel = np.float32(1.0 / 3.0) - (along[0] * k0 + along[1] * k1 + along[2] * k2) ** 2 / squared
    kernel[0, 0, 0] = 0.0
    spectrum = scipy.fft.rfftn(excess_ppm.astype(np.float32), s=sizes, workers=2)
    spectrum *= kernel
    field = scipy.fft.irfftn(spectrum, s=sizes, workers=2)
    return field[tuple(slice(0, n) for n in excess_ppm.shape)].astype(np.float32)


def distort(
    pictures: npt.NDArray[np.complex64],
    offset_hz: FloatArray,
    through_hz: FloatArray,
    *,
    echo_s: float,
    pixels_per_hz: float,
    along_columns: bool,
    slice_hz: float,
) -> npt.NDArray[np.complex64]:
    """Return the pictures of one layer of truth as a bent field encodes them.

    Parameters
    ----------
    pictures
        (curves, rows, columns).
    offset_hz, through_hz
        Field offset, and its change from layer to layer.
    echo_s
        Time of free dephasing before the echo; 0 for spin echoes.
    pixels_per_hz
        Displacement along the encoding direction, truth pixels per Hz.
    slice_hz
        Bandwidth of the slice-selective pulse over one layer of truth; where the field changes
        faster than that, spins are selected elsewhere or not at all.

    Notes
    -----
    Displaced spins pile up where they land. Inside one truth voxel, spins dephase by the field's
    change across it: the Gaussian that agrees with the sinc of a box for small changes.
    """
    factor = (1.0 / (1.0 + np.abs(through_hz) / slice_hz)).astype(np.complex64)
    if echo_s > 0.0:
        across = [*np.gradient(offset_hz), through_hz]
        for change in across:
            factor *= np.exp(-((math.pi * echo_s * change) ** 2) / 6.0)
        factor *= np.exp(2j * np.pi * offset_hz * echo_s)
    moved = pictures * factor
    shift = offset_hz * pixels_per_hz
    perpendicular = 0 if along_columns else 1
    spread = np.abs(np.gradient(shift, axis=perpendicular)) + np.abs(through_hz * pixels_per_hz)
    if not along_columns:
        moved, shift, spread = moved.swapaxes(1, 2), shift.T, spread.T
    out = np.zeros(moved.shape, np.complex64)
    moved, shift, spread = (np.ascontiguousarray(part) for part in (moved, shift, spread))
    _displace(moved, shift, spread, out)
    return out if along_columns else out.swapaxes(1, 2)


@compiled
def _displace(
    pictures: npt.NDArray[np.complex64],
    shift: FloatArray,
    spread: FloatArray,
    out: npt.NDArray[np.complex64],
) -> None:
    """Spread each pixel over where the frequencies inside it put it along the last axis.

    Neighbours share the edge between them, so that a stretched stretch has no holes; ``spread``
    widens that by the frequencies that differ across the other axes of the pixel.
    """
    curves, rows, columns = pictures.shape
    for row in range(rows):
        for column in range(columns):
            here = shift[row, column]
            left = column - 0.5 + 0.5 * (here + shift[row, max(0, column - 1)])
            right = column + 0.5 + 0.5 * (here + shift[row, min(columns - 1, column + 1)])
            middle, half = (
                0.5 * (left + right),
                0.5 * (max(1.0, abs(right - left)) + spread[row, column]),
            )
            first = max(0, math.floor(middle - half + 0.5))
            last = min(columns - 1, math.floor(middle + half + 0.5))
            for target in range(first, last + 1):
                covered = min(middle + half, target + 0.5) - max(middle - half, target - 0.5)
                share = np.float32(max(0.0, covered) / (2.0 * half))
                for k in range(curves):
                    out[k, row, target] += pictures[k, row, column] * share
