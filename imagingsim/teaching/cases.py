"""Over many cases: whether what a resident says with a probability is as often true."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from imagingsim.teaching.session import Session

BINS = 10


def over_cases(sessions: Iterable[tuple[Session, str]]) -> tuple[pl.DataFrame, float]:
    """Return how a resident's probabilities compare with the truth.

    Parameters
    ----------
    sessions
        Sessions and the true diagnosis of each.

    Returns
    -------
    polars.DataFrame
        One row a bin of stated probability: ``stated``, ``true``, ``count``.
    float
        Expected calibration error: the mean distance of the two, weighted by count.
    """
    said, true = [], []
    for session, truth in sessions:
        for one in session.stated:
            said += list(one.chances.values())
            true += [name == truth for name in one.chances]
    chance, holds = np.array(said), np.array(true, dtype=np.float64)
    shape = {"stated": pl.Float64, "true": pl.Float64, "count": pl.Int64}
    if not len(chance):
        return pl.DataFrame(schema=shape), float("nan")
    at = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(at, minlength=BINS)
    there = count > 0
    stated, share = (np.bincount(at, one, BINS)[there] / count[there] for one in (chance, holds))
    error = float((np.abs(stated - share) * count[there]).sum() / count.sum())
    return pl.DataFrame({"stated": stated, "true": share, "count": count[there]}), error
