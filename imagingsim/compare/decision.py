"""Decision curves: how much acting on a protocol's diagnosis is worth, weighing false against true.

Net benefit at a threshold probability: true positives less false positives weighted by the odds of
the threshold, per patient (Vickers and Elkin 2006, doi:10.1177/0272989X06295361). Here a patient is
treated for the likeliest diagnosis when its probability reaches the threshold; that is a true
positive when it is the disease.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from imagingsim.units import FloatArray

THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)


def decision_curves(
    patients: pl.DataFrame, protocols: Sequence[str], thresholds: FloatArray = THRESHOLDS
) -> pl.DataFrame:
    """Return the net benefit of each protocol over the thresholds.

    Returns
    -------
    polars.DataFrame
        Columns ``protocol``, ``threshold``, ``treated`` (share of patients), ``net_benefit`` in
        true positives per patient, its standard ``error``, and ``difference`` to the first
        protocol in the same patients with ``difference_error``.
    """
    rows = []
    for threshold in thresholds:
        first: FloatArray | None = None
        for name in protocols:
            sure = patients[f"{name}/certainty"].to_numpy() >= threshold
            right = patients[f"{name}/correct"].to_numpy()
            gain = np.where(sure, np.where(right, 1.0, -threshold / (1 - threshold)), 0.0)
            first = gain if first is None else first
            apart = gain - first
            rows.append({
                "protocol": name, "threshold": float(threshold), "treated": float(sure.mean()),
                "net_benefit": float(gain.mean()), "error": _error(gain),
                "difference": float(apart.mean()), "difference_error": _error(apart),
            })  # fmt: skip
    return pl.DataFrame(rows)


def _error(values: FloatArray) -> float:
    return float(values.std(ddof=1)) / len(values) ** 0.5
