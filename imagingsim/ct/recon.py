"""Filtered back-projection, and the kernels that choose between sharpness and noise."""

from dataclasses import replace
from typing import Final

import numpy as np
import scipy.fft

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.project import ComplexArray, radial_lines, transform
from imagingsim.ct.settings import Kernel
from imagingsim.ct.truncation import extended, spare_channels
from imagingsim.units import FloatArray, IntArray

LOWEST_HU: Final = -1024
HIGHEST_HU: Final = 3071
"""CT numbers are stored in 12 bits."""

TAPER_START: Final = 0.85
"""Fraction of the image's highest frequency where kernels begin to fall to nought."""


def kernel_response(kernel: Kernel, frequency_mm: FloatArray) -> FloatArray:
    """Return the factor by which a kernel multiplies the ramp filter.

    Parameters
    ----------
    frequency_mm
        Cycles per mm, 0 or larger.

    Notes
    -----
    Shapes fitted so that the modulation transfer of the whole chain falls to 50 % and 10 % near
    3.5 and 6.2 (soft), 4.0 and 6.9 (standard), 7.7 and 9.2 (bone) line pairs per cm, values
    typical of clinical body kernels.
    """
    f = np.abs(frequency_mm)
    if kernel == "soft":
        return np.exp(-((f / 0.50) ** 2.0))
    if kernel == "standard":
        return np.exp(-((f / 0.62) ** 2.4))
    if kernel == "lung":
        edge = 1.0 + 0.7 * (f / 0.5) ** 2 * np.exp(-((f / 0.65) ** 4))
        return edge * np.exp(-((f / 0.85) ** 4))
    edge = 1.0 + 1.2 * (f / 0.6) ** 2 * np.exp(-((f / 0.9) ** 4))
    return edge * np.exp(-((f / 1.15) ** 6))


def stored_hu(images: FloatArray) -> IntArray:
    """Return CT numbers as a scanner stores them: whole, in 12 bits, int16."""
    return np.clip(np.rint(images), LOWEST_HU, HIGHEST_HU).astype(np.int16)


class BackProjector:
    """Turns corrected views into images; one object serves one thread and one kernel.

    Parameters
    ----------
    geometry
        The rays and the image.
    kernel
        One of `kernel_response`.
    """

    def __init__(self, geometry: Geometry, kernel: Kernel) -> None:
        self._spare = spare_channels(geometry)
        geometry = replace(geometry, channels=geometry.channels + 2 * self._spare)
        self.geometry = geometry
        shape, pixel_mm = (geometry.matrix, geometry.matrix), geometry.image_pixel_mm
        self._lines = radial_lines(geometry, *shape, pixel_mm)
        self._plan = transform(1, geometry, self._lines, shape, pixel_mm)
        f = self._lines.frequencies
        response = _ramp(geometry, self._lines.padded, f) * kernel_response(kernel, f)
        response = response * _taper(np.abs(f) * 2.0 * pixel_mm)
        scale = 10.0 * np.pi / geometry.views / self._lines.padded
        self._filter = (np.conj(self._lines.centre) * response * scale).astype(np.complex64)

    def images_hu(self, first: FloatArray, second: FloatArray | None = None) -> FloatArray:
        """Return the CT numbers of one or two slices.

        Parameters
        ----------
        first, second
            (views, channels) water-equivalent paths, g/cm2.

        Returns
        -------
        FloatArray
            (1 or 2, matrix, matrix), HU.
        """
        geometry, lines = self.geometry, self._lines
        padded = np.zeros((geometry.views, lines.padded), dtype=np.complex64)
        padded.real[:, : geometry.channels] = extended(first, self._spare, geometry.channel_mm)
        if second is not None:
            wide = extended(second, self._spare, geometry.channel_mm)
            padded.imag[:, : geometry.channels] = wide
        spectrum: ComplexArray = scipy.fft.fft(padded, axis=1, overwrite_x=True)
        positive = len(lines.frequencies) - lines.negative
        values = np.empty((geometry.views, len(lines.frequencies)), dtype=np.complex64)
        values[:, lines.negative :] = spectrum[:, :positive]
        values[:, : lines.negative] = spectrum[:, lines.padded - lines.negative :]
        values *= self._filter
        image = self._plan.execute(values.ravel())
        planes = [image.real] if second is None else [image.real, image.imag]
        return (np.stack(planes) - 1.0) * 1000.0


def _ramp(geometry: Geometry, padded: int, frequencies: FloatArray) -> FloatArray:
    """Return the ramp filter without the offset that sampling it directly would give [1]_.

    References
    ----------
    .. [1] Kak AC, Slaney M. Principles of Computerized Tomographic Imaging. IEEE Press 1988,
       section 3.3.3. doi:10.1137/1.9780898719277
    """
    sample = np.rint(np.fft.fftfreq(padded, 1.0 / padded))
    impulse = np.zeros(padded)
    impulse[0] = 0.25
    odd = np.abs(sample) % 2 == 1
    impulse[odd] = -1.0 / (np.pi * sample[odd]) ** 2
    ramp = np.real(np.fft.fft(impulse)) / geometry.channel_mm
    index = np.rint(frequencies * padded * geometry.channel_mm).astype(int) % padded
    return ramp[index]


def _taper(relative: FloatArray) -> FloatArray:
    """Return 1 falling as a cosine to 0 at the image's highest frequency."""
    along = np.clip((relative - TAPER_START) / (1.0 - TAPER_START), 0.0, 1.0)
    return 0.5 * (1.0 + np.cos(np.pi * along))
