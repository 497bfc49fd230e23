"""Calibration: whether what is believed with a probability is as often true.

Expected calibration error: the mean distance between probability and share, over bins, weighted by
how many fall into each (Naeini, Cooper, Hauskrecht 2015).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from imagingsim.cohort import Patients, Plan, walk_all
from imagingsim.compare.machines import Machines
from imagingsim.compare.runs import Comparison
from imagingsim.units import FloatArray

BINS = 10
LIMIT = 0.03
"""Largest calibration error of a belief one may teach with."""


def reliability(
    asked: Comparison, *, count: int, machines: Machines | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return how the beliefs at the end of the walks compare with the truth.

    Parameters
    ----------
    count
        Patients that are walked for it.

    Returns
    -------
    polars.DataFrame
        The reliability plot: one row a protocol and bin of probability, over all diagnoses:
        ``believed``, ``true``, ``count``, ``error`` of ``true``.
    polars.DataFrame
        One row a protocol and diagnosis: ``ece``, ``believed`` and ``true`` on average, and how
        often it is ``named`` when it is true; the row ``all`` is the protocol's own error, over all
        diagnoses, and ``top`` that of the likeliest one alone.
    """
    small = replace(asked, count=min(count, asked.count))
    tallies = list((machines or Machines()).mapped(partial(_tallies, small), small.blocks))
    total = np.sum(tallies, axis=0)
    names = [one.id for one in asked.protocols]
    diagnoses = list(asked.population.differential.diagnoses)
    curve = [row for k, name in enumerate(names) for row in _curve(name, total[k])]
    errors = [row for k, name in enumerate(names) for row in _errors(name, diagnoses, total[k])]
    return pl.DataFrame(curve), pl.DataFrame(errors)


def _tallies(asked: Comparison, first: int) -> FloatArray:
    """Return (protocols, diagnoses + 1, bins, 4): count, believed, true, named and true.

    The last of the diagnoses stands for the likeliest one, whichever it is.
    """
    ids = np.arange(first, first + asked.size(first), dtype=np.uint64)
    patients = asked.population.draw(asked.seed, ids)
    return np.stack([_tally(plan, patients) for plan in asked.plans])


def _tally(plan: Plan, patients: Patients) -> FloatArray:
    chances, disease = walk_all(plan, patients).chances, patients.disease
    top = chances.argmax(axis=1)
    rows = [
        _binned(chances[:, k], disease == k, (top == k) & (disease == k))
        for k in range(chances.shape[1])
    ]
    right = top == disease
    return np.stack([*rows, _binned(chances.max(axis=1), right, right)])


def _binned(chance: FloatArray, true: np.ndarray, named: np.ndarray) -> FloatArray:
    at = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    columns = (np.ones_like(chance), chance, true.astype(np.float64), named.astype(np.float64))
    return np.stack([np.bincount(at, one, BINS) for one in columns], axis=1)


def _curve(name: str, tally: FloatArray) -> list[dict[str, object]]:
    """Return the rows of a protocol's reliability plot, over all diagnoses."""
    rows: list[dict[str, object]] = []
    for count, believed, true, _ in tally[:-1].sum(axis=0):
        if count:
            share = true / count
            rows.append({
                "protocol": name, "believed": believed / count, "true": share, "count": int(count),
                "error": (share * (1 - share) / count) ** 0.5,
            })  # fmt: skip
    return rows


def _errors(name: str, diagnoses: Sequence[str], tally: FloatArray) -> list[dict[str, object]]:
    labels = [*diagnoses, "top"]
    rows = [_row(name, label, one) for label, one in zip(labels, tally, strict=True)]
    return [_row(name, "all", tally[:-1].sum(axis=0)), *rows]


def _row(name: str, label: str, tally: FloatArray) -> dict[str, object]:
    count, believed, true, named = tally.sum(axis=0)
    return {
        "protocol": name, "diagnosis": label,
        "ece": float(np.abs(tally[:, 1] - tally[:, 2]).sum() / count),
        "believed": believed / count, "true": true / count,
        "named": named / true if true else 0.0,
    }  # fmt: skip
