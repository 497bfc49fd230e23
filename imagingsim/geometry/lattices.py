"""The two noise tiles every texture and rough surface is read from."""

import numpy as np

from imagingsim.geometry.lanes import SIDE
from imagingsim.geometry.machine import Float32
from imagingsim.units import FloatArray

SIZE = 128
_CELLS = 16
_WAVELENGTH = 16.0
_BANDWIDTH = 0.22


def gradient_lattice(rng: np.random.Generator) -> Float32:
    """Return a periodic tile of gradient noise, 8 nodes to a feature, unit deviation [1]_.

    Flat; the first node of each axis stands at its end once more.

    References
    ----------
    .. [1] Perlin K. ACM SIGGRAPH Computer Graphics 19 (1985) 287. doi:10.1145/325165.325247
    """
    gradients = rng.normal(size=(_CELLS, _CELLS, _CELLS, 3))
    gradients /= np.linalg.norm(gradients, axis=-1, keepdims=True)
    t = np.arange(SIZE) * (_CELLS / SIZE)
    cell = np.floor(t).astype(int)
    f = t - cell
    out = np.zeros((SIZE, SIZE, SIZE))
    for corner in np.ndindex(2, 2, 2):
        index = [(cell + c) % _CELLS for c in corner]
        z, y, x = (f - c for c in corner)
        weight = [_smooth(1.0 - np.abs(f - c)) for c in corner]
        g = gradients[np.ix_(*index)]
        dot = g[..., 0] * x + g[..., 1] * y[:, np.newaxis]
        dot += g[..., 2] * z[:, np.newaxis, np.newaxis]
        out += dot * np.einsum("i,j,k->ijk", *weight)
    return _closed(out / out.std())


def _closed(tile: FloatArray) -> Float32:
    """Return a periodic tile with the first node of each axis at its end once more, flat."""
    return np.ascontiguousarray(np.pad(tile, (0, SIDE - SIZE), mode="wrap"), np.float32).ravel()


def _smooth(t: FloatArray) -> FloatArray:
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


def ripple_lattice(rng: np.random.Generator) -> Float32:
    """Return a closed periodic tile of noise of one wavelength (16 nodes), unit deviation."""
    k = np.fft.fftfreq(SIZE)
    kz, ky, kx = np.meshgrid(k, k, k, indexing="ij")
    wave = np.sqrt(kx**2 + ky**2 + kz**2) * _WAVELENGTH
    band = np.exp(-0.5 * ((wave - 1.0) / _BANDWIDTH) ** 2)
    out = np.fft.ifftn(np.fft.fftn(rng.normal(size=(SIZE, SIZE, SIZE))) * band).real
    return _closed(out / out.std())
