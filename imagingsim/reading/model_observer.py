"""A channelised Hotelling observer: how well a lesion can be told from its surroundings.

Single-slice observers of this kind rank liver lesions as radiologists do [1]_; the channels are the
dense differences of Gaussians of [2]_. Noise of the observer's own, in proportion to what it
already has, describes humans best [3]_; it divides every figure by one number, which the efficiency
of a calibrated reader holds.

References
----------
.. [1] Ba A et al. J Med Imaging 6 (2019) 025501. doi:10.1117/1.JMI.6.2.025501
.. [2] Abbey CK, Barrett HH. J Opt Soc Am A 18 (2001) 473. doi:10.1364/JOSAA.18.000473
.. [3] Eck B et al. Proc SPIE 9037 (2014) 90370P. doi:10.1117/12.2043335
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from imagingsim.units import FloatArray

CHANNELS = 10
FIRST_SIGMA = 0.005
GROWTH = 1.4
WIDTH = 1.67
"""The dense differences of Gaussians of Abbey and Barrett: frequencies in cycles per pixel."""

FEWEST_PLACES = 4


@dataclass(frozen=True)
class Detectability:
    """A detectability index with its standard error, dimensionless."""

    d_prime: float
    error: float


def channels(pixels: int) -> FloatArray:
    """Return the channels as images, (CHANNELS, pixels, pixels), round and without a mean.

    Examples
    --------
    >>> bool(np.abs(channels(32).sum(axis=(1, 2))).max() < 1e-9)
    True
    """
    frequency = scipy.fft.fftfreq(pixels)
    radius = np.hypot(frequency[:, None], frequency)
    images = []
    for k in range(CHANNELS):
        sigma = FIRST_SIGMA * GROWTH**k
        band = np.exp(-0.5 * (radius / (WIDTH * sigma)) ** 2) - np.exp(-0.5 * (radius / sigma) ** 2)
        images.append(scipy.fft.fftshift(scipy.fft.ifft2(band).real))
    return np.array(images)


def responses(rois: FloatArray) -> FloatArray:
    """Return what the channels see in square regions, (..., n, n) to (..., CHANNELS)."""
    return np.tensordot(rois, channels(rois.shape[-1]), axes=([-2, -1], [-2, -1]))


def hotelling(absent: FloatArray, signal: FloatArray) -> Detectability:
    """Return how well a lesion is told from its absence at places the observer was not taught at.

    Parameters
    ----------
    absent
        (places, realisations, channels) responses without the lesion.
    signal
        (places, channels) what the lesion adds to them.

    Returns
    -------
    Detectability
        Difference of the decision variable's means over its standard deviation; the error is a
        jackknife over places.

    Notes
    -----
    For each place the template is taught at all the others, so that it never knows the very
    background it is asked about.
    """
    places = len(signal)
    if places < FEWEST_PLACES:
        raise ValueError(f"an observer is taught at {FEWEST_PLACES} places or more, got {places}")
    scores = [_scores(absent, signal, place) for place in range(places)]
    left_out = [_index(scores[:k] + scores[k + 1 :]) for k in range(places)]
    spread = float(np.sqrt((places - 1) * np.var(left_out)))
    return Detectability(_index(scores), spread)


def _scores(absent: FloatArray, signal: FloatArray, place: int) -> tuple[FloatArray, FloatArray]:
    """Return the decision variable at one place, without and with the lesion, (realisations,)."""
    others = np.arange(len(signal)) != place
    taught = absent[others].reshape(-1, absent.shape[-1])
    template = np.linalg.solve(np.cov(taught.T), signal[others].mean(axis=0))
    template /= template @ signal[others].mean(axis=0)
    without = absent[place] @ template
    return without, without + signal[place] @ template


def _index(scores: list[tuple[FloatArray, FloatArray]]) -> float:
    without = np.concatenate([one for one, _ in scores])
    present = np.concatenate([one for _, one in scores])
    spread = np.sqrt(0.5 * (without.var() + present.var()))
    return max(0.0, float((present.mean() - without.mean()) / spread))
