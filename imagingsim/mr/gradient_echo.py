"""Signal of a spoiled gradient echo."""

import math

import numpy as np

from imagingsim.units import FloatArray


def signal(
    proton_density: FloatArray,
    t1_ms: FloatArray,
    t2_star_ms: FloatArray,
    *,
    tr_ms: float,
    te_ms: float,
    flip_angle_deg: float,
) -> FloatArray:
    """Return the steady-state transverse magnetisation at the echo.

    Returns
    -------
    FloatArray
        In units of the equilibrium magnetisation of water, 0 to 1.

    Notes
    -----
    Perfect spoiling and instantaneous pulses are assumed [1]_.

    References
    ----------
    .. [1] Ernst RR, Anderson WA. Rev Sci Instrum 37 (1966) 93. doi:10.1063/1.1719961
    """
    angle = math.radians(flip_angle_deg)
    left = np.exp(-tr_ms / t1_ms)
    steady = math.sin(angle) * (1.0 - left) / (1.0 - math.cos(angle) * left)
    return proton_density * steady * np.exp(-te_ms / t2_star_ms)
