"""Wait tables: what a simulated department tells the catalogue, and so every walk."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from imagingsim.department.file import Department
from imagingsim.department.simulation import RANK
from imagingsim.errors import WorkupError
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.spec import Urgency
from imagingsim.workup.waits import Quantiles, Waits

SHARES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
SHOWN = (0.1, 0.5, 0.9, 0.95)
DIGITS = 5
FEWEST = 100
"""Patients below which no table is made: the catalogue's own wait stays."""


def quantiles(patients: pl.DataFrame) -> Quantiles:
    """Return the waits of some patients as a table."""
    days = np.quantile(patients["wait_d"].to_numpy(), SHARES).round(DIGITS)
    return Quantiles(shares=SHARES, days=tuple(float(one) for one in np.maximum.accumulate(days)))


def by_urgency(patients: pl.DataFrame) -> dict[str, dict[Urgency, Quantiles]]:
    """Return a table of waits for each kind of scanner and urgency that was met often enough."""
    found: dict[str, dict[Urgency, Quantiles]] = {}
    for name in patients["scanner"].unique(maintain_order=True):
        for urgency in RANK:
            mine = patients.filter((pl.col("scanner") == name) & (pl.col("urgency") == urgency))
            if mine.height >= FEWEST:
                found.setdefault(name, {})[urgency] = quantiles(mine)
    return found


def waits_with(
    waits: Waits, tables: Mapping[str, Mapping[Urgency, Quantiles]], source: str
) -> Waits:
    """Return the waits of a catalogue with what a department gave in their place."""
    rows = dict(waits.waits)
    for name, found in tables.items():
        row = rows[name]
        rows[name] = replace(
            row, source=f"{source}; else {row.source}", stat=found.get("stat", row.stat),
            urgent=found.get("urgent", row.urgent), routine=found.get("routine", row.routine),
        )  # fmt: skip
    return replace(waits, waits=rows)


def catalogue_with(catalogue: Catalogue, waits: Waits) -> Catalogue:
    """Return a catalogue with other waits.

    Raises
    ------
    WorkupError
        When a study has no waits among them.
    """
    lacks = sorted(set(catalogue.studies) - set(waits.studies))
    if lacks:
        raise WorkupError(f"The waits say nothing of {', '.join(lacks)}. Add what is missing.")
    return replace(catalogue, waits=waits)


def summary(department: Department, patients: pl.DataFrame) -> pl.DataFrame:
    """Return the waits by study, or other demand, and urgency.

    Returns
    -------
    polars.DataFrame
        Columns ``scanner``, ``study``, ``urgency``, ``count``, ``mean_d`` and quantiles ``p10_d``
        to ``p95_d``, and the ``load`` of the scanner.
    """
    loads = {one.scanner: one.share for one in department.loads()}
    named = patients.with_columns(pl.coalesce("study", "demand").alias("study"))
    return (
        named.group_by("scanner", "study", "urgency", maintain_order=True)
        .agg(
            pl.len().alias("count"), pl.col("wait_d").mean().alias("mean_d"),
            *(pl.col("wait_d").quantile(q, "linear").alias(f"p{100 * q:.0f}_d") for q in SHOWN),
        )
        .with_columns(pl.col("scanner").replace_strict(loads).alias("load"))
        .sort("scanner", "urgency", "study")
    )  # fmt: skip


def by_weekday(patients: pl.DataFrame) -> pl.DataFrame:
    """Return the same by the day of the request: ``weekday`` 0 is Monday."""
    return (
        patients.group_by("scanner", "urgency", "weekday")
        .agg(
            pl.len().alias("count"), pl.col("wait_d").mean().alias("mean_d"),
            *(pl.col("wait_d").quantile(q, "linear").alias(f"p{100 * q:.0f}_d") for q in SHOWN),
        )
        .sort("scanner", "urgency", "weekday")
    )  # fmt: skip
