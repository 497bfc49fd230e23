"""Scattered radiation behind an anti-scatter grid, as a blur of what the body takes away.

The single scatter that leaves a ray is in proportion to what comes out of it times what was lost
on the way; it spreads over the detector with a wide kernel [1]_. The anti-scatter grid is part of
the constant.

References
----------
.. [1] Ohnesorge B, Flohr T, Klingenbeck-Regn K. Eur Radiol 9 (1999) 563.
   doi:10.1007/s003300050710
"""

from typing import Final

import numba
import numpy as np

from imagingsim.units import FloatArray

SPREAD_MM: Final = 60.0
"""Distance over which scatter falls to a third, at the axis (authored: a third of a trunk)."""

SHARE_PER_MM: Final = 0.00026
"""Scatter from a ray per mm of collimation (authored: 5 % of the primary radiation in the centre
of 32 cm of water with 38.4 mm of collimation, as behind a clinical anti-scatter grid)."""


def scatter_share(collimation_mm: float, channel_mm: float) -> float:
    """Return how much of a ray's product is scattered into each channel beside it."""
    return SHARE_PER_MM * collimation_mm * channel_mm / (2.0 * SPREAD_MM)


@numba.njit(nogil=True, fastmath=True)
def scattered(
    mean: FloatArray, air: FloatArray, share: np.float32, decay: np.float32, source: FloatArray,
    out: FloatArray,
) -> None:  # fmt: skip
    """Write the scatter in each reading of a view, keV, to ``out``; ``source`` is overwritten.

    The kernel falls exponentially to both sides, so two running sums do. All are (channels,).
    """
    for d in range(mean.size):
        lost = np.log(air[d] / max(mean[d], np.float32(1e-9)))
        source[d] = share * mean[d] * max(lost, np.float32(0.0))
    running = np.float32(0.0)
    for d in range(mean.size):
        running = running * decay + source[d]
        out[d] = running
    running = np.float32(0.0)
    for d in range(mean.size - 1, -1, -1):
        out[d] += running
        running = (running + source[d]) * decay
