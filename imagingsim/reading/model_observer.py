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


def hotelling(
    absent: FloatArray, signal: FloatArray, clean: FloatArray | None = None
) -> Detectability:
    """Return how well a lesion is told from its absence by one who knows the anatomy.

    Parameters
    ----------
    absent
        (places, realisations, channels) responses without the lesion.
    signal
        (places, channels) what the lesion adds to them.
    clean
        As ``absent``, at the same places without the artefact. What the artefact adds to the mean
        differs from place to place, and the observer does not know it: it is noise.

    Returns
    -------
    Detectability
        Mean over places of the decision variable's difference over its standard deviation, with
        the standard error of that mean.

    Notes
    -----
    The template is taught on the noise of all places; each place's own mean is known.
    """
    places, repeats, _ = absent.shape
    if places < FEWEST_PLACES:
        raise ValueError(f"an observer is taught at {FEWEST_PLACES} places or more, got {places}")
    noise = absent - absent.mean(axis=1, keepdims=True)
    covariance = np.einsum("prc,prd->cd", noise, noise) / (places * (repeats - 1))
    templates = np.linalg.solve(covariance, signal.T).T
    quantum = np.einsum("pc,cd,pd->p", templates, covariance, templates)
    structured = np.zeros(places)
    if clean is not None:
        streaks = absent.mean(axis=1) - clean.mean(axis=1)
        own = 2.0 * quantum / repeats
        structured = np.maximum(np.mean((templates @ streaks.T) ** 2, axis=1) - own, 0.0)
    found = np.einsum("pc,pc->p", templates, signal) / np.sqrt(quantum + structured)
    return Detectability(float(found.mean()), float(found.std(ddof=1) / np.sqrt(places)))
