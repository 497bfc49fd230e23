"""Decision curves: how much acting on a protocol's diagnosis is worth, weighing false against true.

Net benefit at a threshold probability: true positives less false positives weighted by the odds of
the threshold, per patient (Vickers and Elkin 2006, doi:10.1177/0272989X06295361). Here a patient is
treated for the likeliest diagnosis when its probability reaches the threshold; that is a true
positive when it is the disease.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from imagingsim.units import FloatArray, IntArray

THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)


def decision_curves(
    patients: pl.DataFrame, protocols: Sequence[str], thresholds: FloatArray = THRESHOLDS
) -> pl.DataFrame:
    """Return the net benefit of each protocol over the thresholds.

    Patients are first counted by how many thresholds they reach and whether that is right, so that
    a million cost little more than a thousand.

    Parameters
    ----------
    thresholds
        Between 0 and 1, rising.

    Returns
    -------
    polars.DataFrame
        Columns ``protocol``, ``threshold``, ``treated`` (share of patients), ``net_benefit`` in
        true positives per patient, its standard ``error``, and ``difference`` to the first
        protocol in the same patients with ``difference_error``.
    """
    levels = np.asarray(thresholds, dtype=np.float64)
    first, rows = _coded(patients, protocols[0], levels), []
    worth = _worth(levels)
    for name in protocols:
        mine = _coded(patients, name, levels)
        pairs = np.bincount(first * worth.shape[1] + mine, minlength=worth.shape[1] ** 2)
        share = pairs.reshape(worth.shape[1], -1) / len(mine)
        for threshold, gains in zip(levels, worth, strict=True):
            apart = gains[None, :] - gains[:, None]
            gain, error = _moments(share.sum(axis=0), gains, len(mine))
            difference, difference_error = _moments(share, apart, len(mine))
            rows.append({
                "protocol": name, "threshold": float(threshold),
                "treated": float(share.sum(axis=0)[gains != 0.0].sum()), "net_benefit": gain,
                "error": error, "difference": difference, "difference_error": difference_error,
            })  # fmt: skip
    return pl.DataFrame(rows)


def _coded(patients: pl.DataFrame, protocol: str, thresholds: FloatArray) -> IntArray:
    """Return (n,) how many thresholds each patient reaches, doubled, plus 1 where it is right."""
    sure = patients[f"{protocol}/certainty"].to_numpy()
    reached = np.searchsorted(thresholds, sure, side="right")
    return 2 * reached + patients[f"{protocol}/correct"].to_numpy()


def _worth(thresholds: FloatArray) -> FloatArray:
    """Return (thresholds, codes): what a patient with a code gains at each threshold."""
    codes = np.arange(2 * len(thresholds) + 2)
    reaches = codes // 2 > np.arange(len(thresholds))[:, None]
    lost = (thresholds / (1 - thresholds))[:, None]
    return np.where(reaches, np.where(codes % 2 == 1, 1.0, -lost), 0.0)


def _moments(share: FloatArray, values: FloatArray, count: int) -> tuple[float, float]:
    """Return the mean of values that occur so often, and its standard error."""
    mean = float((share * values).sum())
    spread = float((share * (values - mean) ** 2).sum()) * count / (count - 1)
    return mean, float(np.sqrt(spread / count))
