"""What the detector reads behind the body: a polychromatic signal with its noise."""

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from imagingsim.ct.geometry import (
    DETECTOR_ROW_MM,
    SOURCE_TO_AXIS_MM,
    SOURCE_TO_DETECTOR_MM,
    Geometry,
    bowtie_g_cm2,
)
from imagingsim.ct.settings import CtSettings
from imagingsim.ct.tables import attenuation_cm2_g, energy_nodes
from imagingsim.units import FloatArray, IntArray

ELECTRONIC_NOISE_KEV: Final = 167.0
"""Standard deviation of the electronics of one element and view (5000 electrons at 30 per keV)."""

WATER_CM2_G: Final = 0.19
"""Attenuation of water for a hardened 120 kVp spectrum."""

MODULATION_RANGE: Final = (0.35, 2.8)
"""Lowest and highest tube current over that of a mean view."""

LEAST_SIGNAL_KEV: Final = 60.0
"""Readings below one photon are taken as one photon."""


@dataclass(frozen=True, eq=False)
class Detector:
    """Everything that turns path lengths into readings, for one exposure.

    Attributes
    ----------
    attenuation
        (bases, energies) cm2/g, float32.
    signal_kev, variance_kev2
        (energies, channels) mean and variance of one reading behind the bowtie filter, float32.
    air_kev
        (channels,) reading in air, float32.
    electronic_kev2
        Variance of the electronics in one reading.
    """

    attenuation: FloatArray
    signal_kev: FloatArray
    variance_kev2: FloatArray
    air_kev: FloatArray
    electronic_kev2: float


def detector(
    settings: CtSettings, geometry: Geometry, bases: tuple[str, ...], *, devices: bool
) -> Detector:
    """Return the detector for paths through ``bases``; ``devices``: cement or metal among them.

    Notes
    -----
    An energy-integrating detector: a reading is the energy absorbed, and its variance that of a
    compound Poisson process [1]_. All photons of a rotation are shared among the views of half a
    turn, as rebinning does; a slice thicker than a detector row sums rows.

    References
    ----------
    .. [1] Whiting BR et al. Med Phys 33 (2006) 3290. doi:10.1118/1.2230762
    """
    nodes = energy_nodes(settings.kvp, devices)
    aluminium = attenuation_cm2_g("aluminium", nodes.energy_kev)
    filtered = np.exp(
        -np.outer(aluminium, bowtie_g_cm2(settings.bowtie, geometry.channel_positions_mm))
    )
    exposure = _exposure_cm2_mas(settings, geometry)
    signal = nodes.signal_kev[:, None] * filtered * exposure
    variance = nodes.variance_kev2[:, None] * filtered * exposure
    rows = max(1.0, settings.slice_thickness_mm / DETECTOR_ROW_MM)
    return Detector(
        attenuation=np.stack([attenuation_cm2_g(b, nodes.energy_kev) for b in bases]).astype(
            np.float32
        ),
        signal_kev=signal.astype(np.float32),
        variance_kev2=variance.astype(np.float32),
        air_kev=signal.sum(axis=0).astype(np.float32),
        electronic_kev2=rows * ELECTRONIC_NOISE_KEV**2,
    )


def _exposure_cm2_mas(settings: CtSettings, geometry: Geometry) -> float:
    """Return detector area times tube load of one reading, referred to 1 m, cm2 mAs."""
    magnification = SOURCE_TO_DETECTOR_MM / SOURCE_TO_AXIS_MM
    area_cm2 = geometry.channel_mm * settings.slice_thickness_mm * magnification**2 / 100.0
    inverse_square = (1000.0 / SOURCE_TO_DETECTOR_MM) ** 2
    return area_cm2 * inverse_square * settings.effective_mas / geometry.views


def tube_modulation(water_paths: FloatArray) -> FloatArray:
    """Return the tube current of each view over the mean, (views,), float32.

    Parameters
    ----------
    water_paths
        (views, channels) path through water, g/cm2.

    Notes
    -----
    The current rises with the square root of the attenuation along the thickest ray, which gives
    the least noise for a dose [1]_, within what a generator can follow.

    References
    ----------
    .. [1] Gies M, Kalender WA, Wolf H, Suess C, Madsen MT. Med Phys 26 (1999) 2235.
       doi:10.1118/1.598779
    """
    thickest = water_paths.max(axis=1)
    current = np.exp(0.5 * WATER_CM2_G * (thickest - thickest.mean()))
    current = np.clip(current, *MODULATION_RANGE)
    return (current / current.mean()).astype(np.float32)


def attenuation_views(
    paths: FloatArray, which: IntArray, detector: Detector, normals: FloatArray | None = None,
    tube: FloatArray | None = None,
) -> FloatArray:  # fmt: skip
    """Return the logarithmic attenuation that is read, with noise when ``normals`` are given.

    Parameters
    ----------
    paths
        (planes, views, channels) line integrals, g/cm2, float32.
    which
        (bases,) the plane of each basis of ``detector.attenuation``.
    normals
        (views, channels) standard normal numbers, float32.
    tube
        (views,) tube current of each view over the mean, float32; 1 when not given.

    Returns
    -------
    FloatArray
        (views, channels), dimensionless, float32.
    """
    noisy = normals is not None
    current = np.ones(paths.shape[1], dtype=np.float32) if tube is None else tube
    draws = normals if normals is not None else np.zeros((1, 1), dtype=np.float32)
    return _read(
        paths, which, detector.attenuation, detector.signal_kev, detector.variance_kev2,
        detector.air_kev, np.float32(detector.electronic_kev2), draws, noisy, current,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True, fastmath=True)
def _read(
    paths: FloatArray, which: IntArray, attenuation: FloatArray, signal: FloatArray,
    variance: FloatArray, air: FloatArray, electronic: np.float32, normals: FloatArray,
    noisy: bool, current: FloatArray,
) -> FloatArray:  # fmt: skip
    """Sum the energies of each reading; loops run along channels so that they vectorise."""
    _, views, channels = paths.shape
    energies = attenuation.shape[1]
    result = np.empty((views, channels), dtype=np.float32)
    exponent = np.empty(channels, dtype=np.float32)
    power = np.empty(channels, dtype=np.int32)
    scale = power.view(np.float32)
    mean = np.empty(channels, dtype=np.float32)
    spread = np.empty(channels, dtype=np.float32)
    log2_e = np.float32(-1.4426950408889634)
    for v in range(views):
        mean[:] = 0.0
        spread[:] = 0.0
        for e in range(energies):
            exponent[:] = 0.0
            for k in range(which.size):
                path = paths[which[k], v]
                factor = attenuation[k, e] * log2_e
                for d in range(channels):
                    exponent[d] += path[d] * factor
            # 2^x as the bits of its whole part times a polynomial of the rest (error 2e-7).
            for d in range(channels):
                x = min(max(exponent[d], np.float32(-100.0)), np.float32(100.0))
                whole = np.int32(x + np.float32(256.0)) - np.int32(256)
                power[d] = (whole + np.int32(127)) << np.int32(23)
                exponent[d] = x - np.float32(whole)
            for d in range(channels):
                x = exponent[d]
                p = np.float32(1.8775767e-3)
                p = p * x + np.float32(8.9893397e-3)
                p = p * x + np.float32(5.5826318e-2)
                p = p * x + np.float32(2.4015361e-1)
                p = p * x + np.float32(6.9315308e-1)
                p = p * x + np.float32(9.9999994e-1)
                transmitted = p * scale[d]
                mean[d] += transmitted * signal[e, d]
                spread[d] += transmitted * variance[e, d]
        for d in range(channels):
            reading = mean[d] * current[v]
            if noisy:
                reading += np.sqrt(spread[d] * current[v] + electronic) * normals[v, d]
            reading = max(reading, np.float32(LEAST_SIGNAL_KEV))
            result[v, d] = np.log(air[d] * current[v] / reading)
    return result
