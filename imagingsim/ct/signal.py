"""What the detector reads behind the body: a polychromatic signal with its noise."""

import math
from dataclasses import dataclass, replace
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
from imagingsim.ct.scatter import SPREAD_MM, scatter_share, scattered
from imagingsim.ct.settings import CtSettings
from imagingsim.ct.tables import attenuation_cm2_g, energy_nodes
from imagingsim.units import FloatArray, IntArray

ELECTRONIC_NOISE_KEV: Final = 167.0
"""Standard deviation of the electronics of one element and view (5000 electrons at 30 per keV)."""

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
    scatter_kev
        Energy of a scattered photon, mean over the spectrum: what its noise depends on.
    scatter_share
        How much a reading scatters into its neighbourhood, from the width of the beam.
    scatter_decay
        By how much scatter falls from one channel to the next.
    scatter_removed
        Part of the scatter that the scanner takes off.
    """

    attenuation: FloatArray
    signal_kev: FloatArray
    variance_kev2: FloatArray
    air_kev: FloatArray
    electronic_kev2: float
    scatter_kev: float
    scatter_share: float
    scatter_decay: float
    scatter_removed: float

    def rows(self, bases: IntArray) -> "Detector":
        """Return the detector for some of its bases."""
        return replace(self, attenuation=np.ascontiguousarray(self.attenuation[bases]))


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
    nodes = energy_nodes(settings.kvp, devices, settings.added_filter)
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
        scatter_kev=float(variance.sum() / signal.sum()),
        scatter_share=scatter_share(settings.total_collimation_mm, geometry.channel_mm),
        scatter_decay=math.exp(-geometry.channel_mm / SPREAD_MM),
        scatter_removed=1.0 if settings.scatter_correction else 0.0,
    )


def _exposure_cm2_mas(settings: CtSettings, geometry: Geometry) -> float:
    """Return detector area times tube load of one reading, referred to 1 m, cm2 mAs."""
    magnification = SOURCE_TO_DETECTOR_MM / SOURCE_TO_AXIS_MM
    area_cm2 = geometry.channel_mm * settings.slice_thickness_mm * magnification**2 / 100.0
    inverse_square = (1000.0 / SOURCE_TO_DETECTOR_MM) ** 2
    return area_cm2 * inverse_square * settings.effective_mas / geometry.views


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
        detector.air_kev, np.float32(detector.electronic_kev2), np.float32(detector.scatter_kev),
        np.float32(detector.scatter_share), np.float32(detector.scatter_decay),
        np.float32(1.0 - detector.scatter_removed), draws, noisy, current,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True, fastmath=True)
def _read(
    paths: FloatArray, which: IntArray, attenuation: FloatArray, signal: FloatArray,
    variance: FloatArray, air: FloatArray, electronic: np.float32, scatter_kev: np.float32,
    scatter_share: np.float32, scatter_decay: np.float32, scatter_left: np.float32,
    normals: FloatArray, noisy: bool, current: FloatArray,
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
    scatter = np.empty(channels, dtype=np.float32)
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
        scattered(mean, air, scatter_share, scatter_decay, exponent, scatter)
        for d in range(channels):
            reading = (mean[d] + scatter_left * scatter[d]) * current[v]
            if noisy:
                quanta = (spread[d] + scatter_kev * scatter[d]) * current[v]
                reading += np.sqrt(quanta + electronic) * normals[v, d]
            reading = max(reading, np.float32(LEAST_SIGNAL_KEV))
            result[v, d] = np.log(air[d] * current[v] / reading)
    return result
