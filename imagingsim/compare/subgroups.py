"""Subgroups: whether what a protocol gains differs between kinds of patients.

Intervals hold for one row alone. Since many rows are read at once, a second interval is widened so
that all rows of a measure hold together (Bonferroni), and the test for a difference between the
groups of a covariate (Cochran's Q) is corrected for how many covariates and protocols were asked
(Holm 1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from scipy.special import chdtrc, ndtri

from imagingsim.cohort import Patients
from imagingsim.compare.machines import Machines
from imagingsim.compare.runs import BLOCK, MEASURES, Comparison, run
from imagingsim.compare.summary import CERTAIN
from imagingsim.errors import UnknownNameError, WorkupError
from imagingsim.units import FloatArray

DISEASE, SETTING = "disease", "setting"
WALKED = 16384
"""Patients walked again in every other setting; fewer when the comparison has fewer."""

FEWEST = 30
"""Patients below which a group is not reported."""


@dataclass(frozen=True)
class Covariate:
    """By what the patients are divided.

    Attributes
    ----------
    cuts
        Where a number is cut; nothing: at its tertiles.
    """

    name: str
    cuts: tuple[float, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Covariate":
        """Read ``age`` or ``age:65:80``.

        Raises
        ------
        WorkupError
            When a cut is no number, or the cuts do not rise.

        Examples
        --------
        >>> Covariate.of("egfr:30:45")
        Covariate(name='egfr', cuts=(30.0, 45.0))
        """
        name, *cuts = text.split(":")
        try:
            values = tuple(float(one) for one in cuts)
        except ValueError as error:
            raise WorkupError(
                f"Subgroup {text!r}: a cut is not a number. Write age:65:80."
            ) from error
        if sorted(set(values)) != list(values):
            raise WorkupError(f"Subgroup {text!r}: cuts must rise. Write age:65:80.")
        return cls(name, values)


def checked(asked: Comparison, texts: Sequence[str]) -> tuple[Covariate, ...]:
    """Return the covariates that were asked for, before anybody walks.

    Raises
    ------
    UnknownNameError
        When the population has no such covariate.
    WorkupError
        When cuts are wrong, or the population is met in one setting only.
    """
    found = tuple(Covariate.of(text) for text in texts)
    for one in found:
        if one.name == SETTING and not asked.population.file.settings:
            raise WorkupError(
                f"Population {asked.population.id} is met in one setting only. Add `settings` to "
                "its file, or leave this subgroup out."
            )
        if one.name not in (DISEASE, SETTING):
            _values(asked, np.zeros(1, dtype=np.uint64), one.name)
    return found


def subgroups(
    asked: Comparison, frame: pl.DataFrame, covariates: Sequence[Covariate]
) -> pl.DataFrame:
    """Return what the protocols gain over the first one in groups of patients.

    Parameters
    ----------
    frame
        One row a patient, as `imagingsim.compare.run` returns it.

    Returns
    -------
    polars.DataFrame
        One row a covariate, group, protocol and measure: ``count``, ``mean``, paired
        ``difference`` with ``error``, 95 % interval ``low`` to ``high``, the interval that holds
        for all rows of the measure together ``low_all`` to ``high_all``, and ``p_differs``, the
        corrected probability of groups as different as these if they were alike.

    """
    rows = [
        row
        for one in covariates
        for row in (_settings(asked) if one.name == SETTING else _of(asked, frame, one))
    ]
    if not rows:
        return pl.DataFrame()
    for measure in MEASURES:
        mine = [row for row in rows if row["measure"] == measure]
        wide = float(-ndtri(0.025 / len(mine))) if mine else CERTAIN
        for row in mine:
            row["low_all"] = row["difference"] - wide * row["error"]
            row["high_all"] = row["difference"] + wide * row["error"]
        _test(mine)
    return pl.DataFrame(rows)


def _of(asked: Comparison, frame: pl.DataFrame, covariate: Covariate) -> list[dict[str, Any]]:
    labels, group = _grouped(asked, frame, covariate)
    rows: list[dict[str, Any]] = []
    for number, label in enumerate(labels):
        rows += _rows(asked, frame.filter(pl.Series(group == number)), covariate.name, label)
    return rows


def _settings(asked: Comparison) -> list[dict[str, Any]]:
    """Return the rows of the population's settings: the same patients, met elsewhere."""
    file, small = asked.population.file, replace(asked, count=min(asked.count, WALKED))
    rows = _rows(asked, run(small, machines=Machines(1)), SETTING, file.setting)
    for name, factor in file.settings.items():
        there = replace(small, population=replace(asked.population, survival=factor.value))
        rows += _rows(asked, run(there, machines=Machines(1)), SETTING, name)
    return rows


def _rows(
    asked: Comparison, part: pl.DataFrame, covariate: str, label: str
) -> list[dict[str, Any]]:
    """Return the rows of one group, one for each protocol but the first and each measure."""
    rows: list[dict[str, Any]] = []
    if part.height < FEWEST:
        return rows
    for one in asked.protocols[1:]:
        for measure in MEASURES:
            values = part[f"{one.id}/{measure}"].to_numpy().astype(np.float64)
            before = part[f"{asked.protocols[0].id}/{measure}"].to_numpy().astype(np.float64)
            apart = values - before
            error = float(apart.std(ddof=1)) / part.height**0.5
            rows.append({
                "covariate": covariate, "group": label, "protocol": one.id,
                "measure": measure, "count": part.height, "mean": float(values.mean()),
                "difference": float(apart.mean()), "error": error,
                "low": float(apart.mean()) - CERTAIN * error,
                "high": float(apart.mean()) + CERTAIN * error,
            })  # fmt: skip
    return rows


def _grouped(
    asked: Comparison, frame: pl.DataFrame, covariate: Covariate
) -> tuple[list[str], np.ndarray]:
    """Return the names of the groups, and (n,) the group of each patient."""
    if covariate.name == DISEASE:
        return list(asked.population.differential.diagnoses), frame[DISEASE].to_numpy()
    values = _values(asked, frame["patient"].to_numpy(), covariate.name)
    if set(np.unique(values)) <= {0.0, 1.0} and not covariate.cuts:
        return ["no", "yes"], values.astype(np.int64)
    cuts = np.array(covariate.cuts or np.unique(np.round(np.quantile(values, [1 / 3, 2 / 3]), 1)))
    edges = [f"{cut:g}" for cut in cuts]
    labels = [f"below {edges[0]}", *(f"{a} to {b}" for a, b in pairwise(edges))]
    return [*labels, f"{edges[-1]} or more"], np.searchsorted(cuts, values, side="right")


def _values(asked: Comparison, ids: np.ndarray, name: str) -> FloatArray:
    """Return (n,) a covariate of some patients, drawn again."""
    parts = []
    for first in range(0, len(ids), BLOCK):
        patients = asked.population.draw(asked.seed, ids[first : first + BLOCK])
        known = _covariates(patients)
        if name not in known:
            raise UnknownNameError.of("covariate", name, [DISEASE, SETTING, *known])
        parts.append(known[name].astype(np.float64))
    return np.concatenate(parts)


def _covariates(patients: Patients) -> dict[str, FloatArray]:
    return {**patients.values, **patients.labs}


def _test(rows: list[dict[str, Any]]) -> None:
    """Test whether the groups of a covariate differ, and correct for how many tests there are."""
    tests: dict[tuple[object, object], list[dict[str, Any]]] = {}
    for row in rows:
        tests.setdefault((row["covariate"], row["protocol"]), []).append(row)
    raw = {key: _cochran(mine) for key, mine in tests.items()}
    worst = 0.0
    for rank, key in enumerate(sorted(raw, key=lambda one: raw[one])):
        worst = max(worst, min(1.0, raw[key] * (len(raw) - rank)))
        for row in tests[key]:
            row["p_differs"] = worst


def _cochran(rows: list[dict[str, Any]]) -> float:
    """Return the probability of differences as unlike as these in groups that are alike."""
    sure = [row for row in rows if row["error"] > 0]
    if len(sure) < 2:
        return 1.0
    apart = np.array([row["difference"] for row in sure])
    weight = 1.0 / np.array([row["error"] for row in sure]) ** 2
    q = float((weight * (apart - (weight * apart).sum() / weight.sum()) ** 2).sum())
    return float(chdtrc(len(sure) - 1, q))
