"""Into k-space and back: encoding, partial Fourier, filter, zero filling."""

import numpy as np
import numpy.typing as npt
import scipy.fft

from imagingsim.units import FloatArray

Kspace = npt.NDArray[np.complex64]
_ROLL_OFF = 0.15


def encode(pictures: npt.NDArray[np.generic], matrix: tuple[int, int]) -> Kspace:
    """Return the central (pictures, rows, columns) of k-space, zero frequency in the middle.

    Phases refer to the middle of the field. Scaled so that a uniform picture of 1 gives 1.
    """
    rows, columns = pictures.shape[1:]
    full = scipy.fft.fft2(scipy.fft.ifftshift(pictures, axes=(1, 2)), axes=(1, 2), workers=-1)
    wanted = (_central(rows, matrix[0]), _central(columns, matrix[1]))
    middle = full[:, wanted[0][:, None], wanted[1][None, :]] / (rows * columns)
    centring = np.conj(_centring(matrix, (rows, columns)))
    return (middle * centring).astype(np.complex64)


def decode(data: Kspace, shape: tuple[int, int]) -> npt.NDArray[np.complex64]:
    """Return the zero-filled image of k-space data."""
    rows, columns = data.shape
    full = np.zeros(shape, np.complex64)
    low = [n // 2 - m // 2 for n, m in zip(shape, data.shape, strict=True)]
    centred = data * _centring(data.shape, shape)
    full[low[0] : low[0] + rows, low[1] : low[1] + columns] = centred
    image = scipy.fft.fftshift(scipy.fft.ifft2(scipy.fft.ifftshift(full), workers=-1))
    return (image * (shape[0] * shape[1])).astype(np.complex64)


def _centring(matrix: tuple[int, ...], shape: tuple[int, ...]) -> npt.NDArray[np.complex64]:
    """Return the phases that move the origin from pixel n // 2 to the middle of n pixels."""
    ramps = [
        np.exp(2j * np.pi * (np.arange(m) - m // 2) * (n // 2 - (n - 1) / 2.0) / n)
        for m, n in zip(matrix, shape, strict=True)
    ]
    return (ramps[0][:, None] * ramps[1][None, :]).astype(np.complex64)


def roll_off(size: int) -> FloatArray:
    """Return the filter that softens the ringing: flat, then a cosine at the outer edge."""
    place = np.abs((np.arange(size) - size // 2) / (size / 2.0))
    edge = np.clip((place - (1.0 - _ROLL_OFF)) / _ROLL_OFF, 0.0, 1.0)
    return np.cos(0.5 * np.pi * edge) ** 2 * 0.8 + 0.2


def complete(data: Kspace, missing: int) -> Kspace:
    """Return k-space whose first lines were not acquired, filled by its conjugate symmetry.

    ``missing`` counts the rows of ``data`` that were not acquired.
    """
    rows = data.shape[0]
    if not missing:
        return data
    mirrored = (2 * (rows // 2) - np.arange(missing)) % rows
    columns = (2 * (data.shape[1] // 2) - np.arange(data.shape[1])) % data.shape[1]
    result = data.copy()
    result[:missing] = np.conj(data[mirrored][:, columns])
    return result


def _central(size: int, wanted: int) -> npt.NDArray[np.int64]:
    """Return the indices of the ``wanted`` lowest frequencies of an unshifted spectrum."""
    return (np.arange(wanted) - wanted // 2) % size
