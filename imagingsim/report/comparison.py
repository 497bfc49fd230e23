"""The page of a comparison: what each protocol takes and gives, as one self-contained file."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from imagingsim.compare import LIMIT, SHARES, Compared, Comparison
from imagingsim.report import weighing
from imagingsim.report.charts import HUES
from imagingsim.report.page import environment
from imagingsim.workup.outcome import DISCLAIMER

TEMPLATE = "comparison.html.jinja"
WORDS = {
    "days": "days to the end", "cost": "cost", "dose_msv": "dose, mSv",
    "harms": "harms per patient", "alive": "alive at the end",
    "diagnosed": "tissue diagnosis", "correct": "right diagnosis", "localised": "primary localised",
}  # fmt: skip
DIGITS = {"cost": 0, "harms": 3}
"""Decimals of a mean; one where nothing is said."""


@dataclass(frozen=True)
class Cell:
    """One figure of the table: mean, its Monte-Carlo error, and the paired difference."""

    mean: str
    difference: str
    interval: str
    clear: bool


def comparison(found: Compared) -> str:
    """Return the page of a comparison; equal tables give equal text."""
    asked = found.asked
    titles = {one.id: one.file.title for one in asked.protocols}
    return environment().get_template(TEMPLATE).render(
        found=found, asked=asked, notice=DISCLAIMER, titles=titles, words=WORDS,
        front=found.front, steps=found.steps, rows=dict(_rows(asked, found.summary)),
        hues=dict(zip(found.names, HUES, strict=False)), figures=dict(_figures(found)),
        tariff=asked.protocols[0].catalogue.tariff, limit=LIMIT,
        groups=_groups(found), effect=WORDS[found.extras.effect],
    )  # fmt: skip


def _rows(asked: Comparison, table: pl.DataFrame) -> Iterator[tuple[str, list[Cell]]]:
    reference = asked.protocols[0].id
    for one in asked.protocols:
        found = {row["measure"]: row for row in table.iter_rows(named=True)
                 if row["protocol"] == one.id}  # fmt: skip
        yield one.id, [_cell(name, found[name], first=one.id == reference) for name in WORDS]


def _cell(measure: str, row: dict[str, float], *, first: bool) -> Cell:
    scale, digits = (100.0, 1) if measure in SHARES else (1.0, DIGITS.get(measure, 1))
    unit = " %" if measure in SHARES else ""
    mean = f"{scale * row['mean']:,.{digits}f}{unit} ± {scale * row['error']:,.{digits + 1}f}"
    if first:
        return Cell(mean, "", "", clear=False)
    low, high = scale * row["difference_low"], scale * row["difference_high"]
    apart, interval = f"{scale * row['difference']:+,.{digits}f}", (low, high)
    ends = " to ".join(f"{one:+,.{digits}f}" for one in interval)
    return Cell(mean, apart, ends, clear=bool(row["clear"]))


def _figures(found: Compared) -> Iterator[tuple[str, list[Markup]]]:
    """Yield the plots of each section that was asked for."""
    names = found.names
    hues = dict(zip(names, HUES, strict=False))
    symbol = found.asked.protocols[0].catalogue.tariff.symbol
    several = len(names) > 1
    yield "cost", [Markup(weighing.frontier(found.steps, found.front, hues, symbol))]
    curves = [weighing.decisions(found.decision_curves, hues)]
    if several:
        curves.insert(0, weighing.net_benefits(found, hues, symbol))
    yield "benefit", [Markup(one) for one in curves]
    if found.psa is not None and found.acceptability is not None:
        plots = [weighing.acceptability(found.acceptability, hues, symbol)]
        if several:
            plots.insert(0, weighing.plane(found.psa, names, found.extras.effect, hues, symbol))
        plots.append(weighing.perfect_information(found.acceptability, symbol))
        if found.information is not None:
            yield "information", [Markup(weighing.information(found.information, symbol))]
        yield "psa", [Markup(one) for one in plots]
    if found.tornado is not None and several:
        yield "tornado", [Markup(weighing.tornado(found.tornado, one, symbol)) for one in names[1:]]
    if found.subgroups is not None and several:
        yield "subgroups", [Markup(weighing.forest(found.subgroups, found.extras.effect, hues))]
    if found.reliability is not None:
        yield "calibration", [Markup(weighing.reliability(found.reliability, hues))]


def _groups(found: Compared) -> list[dict[str, object]]:
    """Return the rows of the subgroup table that speak of the effect."""
    if found.subgroups is None or found.subgroups.is_empty():
        return []
    mine = found.subgroups.filter(pl.col("measure") == found.extras.effect)
    return list(mine.iter_rows(named=True))
