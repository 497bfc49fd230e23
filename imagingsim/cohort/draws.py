"""Draws: uniform numbers keyed by seed, meaning, patient and index, never by order.

So a patient can be replayed alone, chunks and workers change nothing, and two protocols share every
event they have in common. The key of a name is BLAKE2b (RFC 7693); patient and index are mixed into
it by the finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195).
"""

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from imagingsim.cohort.kernels import draw, drawn
from imagingsim.units import FloatArray

Ids = npt.NDArray[np.uint64]
Index = int | npt.NDArray[np.integer]


@lru_cache(maxsize=4096)
def key(seed: int, name: str) -> np.uint64:
    """Return the key of a stream."""
    digest = hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def uniform(seed: int, name: str, patients: Ids, index: Index = 0) -> FloatArray:
    """Return draws between 0 and 1, both excluded.

    Parameters
    ----------
    name
        What the numbers are for, e.g. ``"ct_chest|wait"``.
    patients
        Numbers of the patients, any shape.
    index
        Which draw of that name: one for all, or an array that broadcasts against ``patients``.

    Examples
    --------
    >>> ids = np.arange(5, dtype=np.uint64)
    >>> bool((uniform(1, "a", ids)[3:] == uniform(1, "a", ids[3:])).all())
    True
    """
    return np.atleast_1d(drawn(patients, np.asarray(index, np.uint64), key(seed, name)))


def uniform_of(seed: int, name: str, patient: np.uint64, index: int = 0) -> float:
    """Return the draw of one patient; see `uniform`."""
    return float(draw(patient, np.uint64(index), key(seed, name)))


def normal(seed: int, name: str, patients: Ids, index: Index = 0) -> FloatArray:
    """Return standard normal draws; see `uniform`."""
    return ndtri(uniform(seed, name, patients, index))
