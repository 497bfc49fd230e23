"""Density planes of one slice, averaged over the slice's thickness."""

import numba
import numpy as np

from imagingsim.units import FloatArray, IntArray


@numba.njit(nogil=True, cache=True, fastmath=True)
def density_planes(
    first: IntArray,
    second: IntArray,
    fraction: IntArray,
    texture: IntArray,
    weights: FloatArray,
    densities: FloatArray,
    texture_hu: FloatArray,
) -> FloatArray:
    """Return the mean density of every basis material over the sub-slices of a slice.

    Parameters
    ----------
    first, second, fraction, texture
        (sub-slices, rows, columns) of a sampled phantom: two layers, the first one's share in
        255ths, and the counts of its texture.
    weights
        (sub-slices,) share of each in the slice.
    densities
        (layers, bases) g/cm3, float32; the texture is added to the first basis, water.
    texture_hu
        (layers,) CT number of one count of texture.

    Returns
    -------
    FloatArray
        (bases, rows, columns), g/cm3, float32.
    """
    slices, rows, columns = first.shape
    bases = densities.shape[1]
    planes = np.zeros((bases, rows, columns), dtype=np.float32)
    for s in range(slices):
        weight = np.float32(weights[s])
        for r in range(rows):
            for c in range(columns):
                a = first[s, r, c]
                share = weight * np.float32(fraction[s, r, c]) * np.float32(1.0 / 255.0)
                rest = weight - share
                b = second[s, r, c]
                for k in range(bases):
                    planes[k, r, c] += share * densities[a, k] + rest * densities[b, k]
                counts = np.float32(texture[s, r, c]) * texture_hu[a]
                planes[0, r, c] += weight * counts * np.float32(0.001)
    return planes
