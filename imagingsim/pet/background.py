"""Scattered and random coincidences: a smooth floor under the true ones.

Scatter is the true sinogram blurred broadly across rays, directions and slices and scaled to the
scanner's scatter fraction; randoms are flat in each slice. Both are linear in the true counts and
known exactly to the reconstruction, so that they add noise but no bias.

References
----------
.. [1] Bailey DL, Meikle SR. Phys Med Biol 39 (1994) 411. doi:10.1088/0031-9155/39/3/009
"""

import numpy as np
from scipy import ndimage

from imagingsim.pet.projector import Blocks
from imagingsim.pet.settings import BIN_MM, Scanner
from imagingsim.units import FloatArray

_COARSE = 8
_SCATTER_RADIAL_MM = 55.0
_SCATTER_AXIAL_MM = 60.0
_SCATTER_VIEWS = 16.0
_RANDOMS_AXIAL_MM = 80.0


def coarse(trues: Blocks) -> FloatArray:
    """Return the mean of 8 x 8 bins, shape (blocks x slices of a block, views / 8, bins / 8)."""
    blocks, views, bins, side = trues.shape
    shape = (blocks, views // _COARSE, _COARSE, bins // _COARSE, _COARSE, side)
    small = trues.reshape(shape).mean(axis=(2, 4))
    return small.transpose(0, 3, 1, 2).reshape(blocks * side, views // _COARSE, bins // _COARSE)


def background(trues: Blocks, slices: int, scanner: Scanner, slice_mm: float) -> FloatArray:
    """Return scattered plus random counts per bin, shape as of `coarse`.

    Beyond the first and last of the ``slices`` the body is taken to continue.
    """
    small = coarse(trues)
    padding = small.shape[0] - slices
    small = small[:slices]
    widths = (
        _SCATTER_AXIAL_MM / slice_mm,
        _SCATTER_VIEWS / _COARSE,
        _SCATTER_RADIAL_MM / (_COARSE * BIN_MM),
    )
    share = scanner.scatter_fraction / (1.0 - scanner.scatter_fraction)
    scatter = share * ndimage.gaussian_filter(small, widths, mode=("nearest", "wrap", "constant"))
    mean = small.mean(axis=(1, 2))
    randoms = ndimage.gaussian_filter1d(mean, _RANDOMS_AXIAL_MM / slice_mm, mode="nearest")
    total = scatter + scanner.randoms_fraction * randoms[:, None, None]
    return np.pad(total, ((0, padding), (0, 0), (0, 0)))


def fine(small: FloatArray, side: int) -> Blocks:
    """Return coarse counts (slices, views, bins) as sinogram blocks of full size."""
    full = ndimage.zoom(small, (1, _COARSE, _COARSE), order=1, mode="nearest", grid_mode=True)
    blocks = full.reshape(-1, side, *full.shape[1:]).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(blocks, dtype=np.float32)
