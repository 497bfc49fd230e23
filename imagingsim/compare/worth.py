"""Worth: net benefit, who is best at which price, and what it would be worth to know more.

Net monetary benefit and acceptability: Stinnett and Mullahy 1998, doi:10.1177/0272989X98018002S09;
Fenwick, Claxton, Sculpher 2001, doi:10.1002/hec.635. Partial value of information by regression:
Strong, Oakley, Brennan 2014, doi:10.1177/0272989X13505910.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from imagingsim.units import FloatArray

Money = TypeVar("Money", float, FloatArray)

KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Quantiles at which a restricted cubic spline may bend (Harrell 2001, table 2.3)."""


@dataclass(frozen=True, eq=False)
class Acceptability:
    """How sure the best choice is, over what one more patient with the effect is worth.

    Attributes
    ----------
    willing
        (w,) prices.
    best
        (w, protocols) share of the parameter sets in which each is best: the acceptability curves.
    optimal
        (w,) index of the protocol with the highest mean net benefit.
    frontier
        (w,) share of the sets in which the optimal one is best: the acceptability frontier.
    evpi
        (w,) expected value of perfect information, per patient.
    """

    willing: FloatArray
    best: FloatArray
    optimal: np.ndarray
    frontier: FloatArray
    evpi: FloatArray


def net_benefit(cost: Money, effect: Money, willing: float) -> Money:
    """Return what is gained, in money, when one unit of effect is worth ``willing``."""
    return willing * effect - cost


def net_benefits(
    patients: pl.DataFrame, protocols: Sequence[str], effect: str, willing: FloatArray
) -> pl.DataFrame:
    """Return the net benefit of each protocol over what one more patient with the effect is worth.

    Parameters
    ----------
    patients
        One row a patient, with ``<protocol>/cost`` and ``<protocol>/<effect>``.

    Returns
    -------
    polars.DataFrame
        Columns ``protocol``, ``willing``, ``net_benefit`` per patient, and ``difference`` to the
        first protocol in the same patients with its Monte-Carlo ``error``.
    """
    rows = []
    first = _of_patients(patients, protocols[0], effect)
    for name in protocols:
        cost, gained = _of_patients(patients, name, effect)
        spread = np.cov(gained - first[1], cost - first[0]) / len(cost)
        for price in willing:
            mean = net_benefit(cost.mean(), gained.mean(), price)
            variance = price**2 * spread[0, 0] - 2 * price * spread[0, 1] + spread[1, 1]
            rows.append({
                "protocol": name, "willing": float(price), "net_benefit": float(mean),
                "difference": float(mean - net_benefit(first[0].mean(), first[1].mean(), price)),
                "error": float(max(variance, 0.0)) ** 0.5,
            })  # fmt: skip
    return pl.DataFrame(rows)


def _of_patients(
    patients: pl.DataFrame, protocol: str, effect: str
) -> tuple[FloatArray, FloatArray]:
    """Return cost and effect of each patient."""
    cost, gained = (patients[f"{protocol}/{one}"].to_numpy() for one in ("cost", effect))
    return cost.astype(np.float64), gained.astype(np.float64)


def acceptability(cost: FloatArray, effect: FloatArray, willing: FloatArray) -> Acceptability:
    """Return the curves of a probabilistic analysis.

    Parameters
    ----------
    cost, effect
        (sets, protocols) means.
    """
    sets, count = cost.shape
    best, optimal, evpi = np.zeros((len(willing), count)), [], []
    for row, price in enumerate(willing):
        worth = net_benefit(cost, effect, float(price))
        best[row] = np.bincount(worth.argmax(axis=1), minlength=count) / sets
        optimal.append(int(worth.mean(axis=0).argmax()))
        evpi.append(perfect_information(worth))
    chosen = np.array(optimal)
    frontier = best[np.arange(len(willing)), chosen]
    return Acceptability(willing, best, chosen, frontier, np.array(evpi))


def perfect_information(worth: FloatArray) -> float:
    """Return what knowing all parameters would be worth, of (sets, protocols) net benefits.

    Examples
    --------
    >>> perfect_information(np.array([[1.0, 0.0], [0.0, 3.0]]))
    0.5
    """
    return float(worth.max(axis=1).mean() - worth.mean(axis=0).max())


def partial_information(worth: FloatArray, parameter: FloatArray) -> float:
    """Return what knowing one parameter would be worth.

    Parameters
    ----------
    worth
        (sets, protocols) net benefits.
    parameter
        (sets,) its values; the net benefits are smoothed over them by a restricted cubic spline.
    """
    if np.ptp(parameter) == 0:
        return 0.0
    gain = worth - worth[:, :1]
    basis = _spline(parameter)
    fitted = basis @ np.linalg.lstsq(basis, gain, rcond=None)[0]
    return max(0.0, perfect_information(fitted))


def chance_level(worth: FloatArray) -> float:
    """Return how large `partial_information` comes out of chance, for a parameter without effect.

    It is the 95 % quantile over parameters that are nothing but the numbers of the sets, turned
    round by the golden ratio.
    """
    count, golden = len(worth), (5**0.5 - 1) / 2
    spread = (np.arange(1, count + 1) * golden) % 1.0
    found = [partial_information(worth, (spread * k) % 1.0) for k in range(1, 21)]
    return float(np.quantile(found, 0.95))


def information(
    sets: pl.DataFrame, protocols: Sequence[str], parameters: Sequence[tuple[str, str]], *,
    effect: str, willing: float, prefix: str,
) -> pl.DataFrame:  # fmt: skip
    """Return what knowing each parameter would be worth, per patient, the largest first.

    Parameters
    ----------
    parameters
        Names and titles.

    Returns
    -------
    polars.DataFrame
        Columns ``parameter``, ``title``, ``evppi``, ``clear``: above what comes out of chance.
    """
    cost, gained = means_of(sets, protocols, "cost"), means_of(sets, protocols, effect)
    worth = net_benefit(cost, gained, willing)
    noise = chance_level(worth)
    rows = [
        {
            "parameter": name,
            "title": title,
            "evppi": value,
            "clear": value > noise + 1e-9 * abs(float(worth.mean())),
        }
        for name, title in parameters
        for value in [partial_information(worth, sets[f"{prefix}{name}"].to_numpy())]
    ]
    shape = {"parameter": pl.String, "title": pl.String, "evppi": pl.Float64, "clear": pl.Boolean}
    return pl.DataFrame(rows, schema=shape).sort("evppi", descending=True, maintain_order=True)


def means_of(sets: pl.DataFrame, protocols: Sequence[str], measure: str) -> FloatArray:
    """Return (sets, protocols) means of a measure."""
    return np.stack([sets[f"{one}/{measure}"].to_numpy() for one in protocols], axis=1)


def dominance(sets: pl.DataFrame, protocols: Sequence[str], axes: Sequence[str]) -> FloatArray:
    """Return (protocols,) in which share of the sets no other beats or equals each in all axes.

    Parameters
    ----------
    axes
        Measures; of one that starts with ``-`` more is better.
    """
    bad = np.stack(
        [
            means_of(sets, protocols, axis.lstrip("-")) * (-1 if axis.startswith("-") else 1)
            for axis in axes
        ],
        axis=2,
    )
    as_good = np.all(bad[:, :, None, :] <= bad[:, None, :, :], axis=3)
    better = np.any(bad[:, :, None, :] < bad[:, None, :, :], axis=3)
    beaten = np.any(as_good & better, axis=1)
    return 1.0 - beaten.mean(axis=0)


def _spline(values: FloatArray) -> FloatArray:
    """Return (sets, columns) of a restricted cubic spline with knots at `KNOTS`."""
    scaled = (values - values.mean()) / (values.std() or 1.0)
    knots = np.unique(np.quantile(scaled, KNOTS))
    columns = [np.ones_like(scaled), scaled]
    if len(knots) > 2:
        last, before = knots[-1], knots[-2]
        for knot in knots[:-2]:
            cubic = _cube(scaled - knot)
            cubic = cubic - _cube(scaled - before) * (last - knot) / (last - before)
            columns.append(cubic + _cube(scaled - last) * (before - knot) / (last - before))
    return np.stack(columns, axis=1)


def _cube(values: FloatArray) -> FloatArray:
    return np.maximum(values, 0.0) ** 3
