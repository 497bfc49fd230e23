"""Random streams keyed by name, so that adding or dropping a series changes no other."""

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the stream ``name`` of a study.

    Parameters
    ----------
    seed
        The study's seed, 0 or larger.
    name
        What the numbers are for, e.g. ``"ct_portal"``.

    Examples
    --------
    >>> a, b = stream(1, "ct_portal"), stream(1, "ct_portal")
    >>> a.integers(1000) == b.integers(1000)
    np.True_
    """
    key = zlib.crc32(name.encode("utf-8"))
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(key,))))
