"""Array types and physical constants, each with its source."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
"""An array of real numbers; shape and unit are stated where it is used."""

IntArray = npt.NDArray[np.integer]
"""An array of whole numbers; shape and meaning are stated where it is used."""

BoolArray = npt.NDArray[np.bool_]
"""A mask."""

SECONDS_PER_DAY = 86_400.0
"""Seconds in a day."""

F18_HALF_LIFE_S = 6586.2
"""Physical half-life of fluorine-18, s (109.770 min; DDEP, LNE-LNHB 2014 evaluation: 1.82890 h)."""
