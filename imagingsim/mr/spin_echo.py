"""Signal of a conventional spin echo."""

import numpy as np

from imagingsim.units import FloatArray


def signal(
    proton_density: FloatArray, t1_ms: FloatArray, t2_ms: FloatArray, *, tr_ms: float, te_ms: float
) -> FloatArray:
    """Return the transverse magnetisation at the echo.

    Returns
    -------
    FloatArray
        In units of the equilibrium magnetisation of water, 0 to 1.

    References
    ----------
    .. [1] Hendrick RE. Magn Reson Imaging 12 (1994) 821. doi:10.1016/0730-725X(94)92474-4

    Examples
    --------
    >>> import numpy as np
    >>> signal(np.array(1.0), np.array(1000.0), np.array(1e9), tr_ms=1e6, te_ms=10).round(6)
    np.float64(1.0)
    """
    recovered = 1.0 - 2.0 * np.exp(-(tr_ms - te_ms / 2.0) / t1_ms) + np.exp(-tr_ms / t1_ms)
    return proton_density * recovered * np.exp(-te_ms / t2_ms)
