"""What is measured of a body as tables for the terminal."""

from collections.abc import Iterable, Iterator

import polars as pl
from rich.table import Table
from rich.text import Text

from imagingsim.compare import CERTAIN, Forecast
from imagingsim.survey import SPACINGS_MM, Report
from imagingsim.workup import Decision


def of_report(found: Report) -> Iterator[Table]:
    """Give the tables of a report, one for each section that was measured."""
    if found.masses:
        yield _masses(found)
    if found.lengths:
        yield _lengths(found)
    if found.levels:
        yield _levels(found)
    if found.labels is not None or found.promises:
        yield _rest(found)
    if found.volumes:
        yield _volumes(found)


def of_comparison(found: pl.DataFrame) -> Table:
    """Give the means of a comparison, a line a protocol and a column a measure."""
    measures = found["measure"].unique(maintain_order=True).to_list()
    table = _table("Means, and differences to the first protocol", "protocol", *measures)
    for name in found["protocol"].unique(maintain_order=True).to_list():
        mine = found.filter(pl.col("protocol") == name)
        table.add_row(
            name, *(f"{mean:.3g} ({apart:+.2g})" for mean, apart in zip(
                mine["mean"], mine["difference"], strict=True)),
        )  # fmt: skip
    return table


def of_frame(found: pl.DataFrame) -> Table:
    """Give a data frame, numbers with three digits."""
    table = Table(box=None, pad_edge=False)
    for name in found.columns:
        table.add_column(name, justify="right" if found[name].dtype.is_numeric() else "left")
    for row in found.iter_rows():
        table.add_row(*(f"{one:.3g}" if isinstance(one, float) else str(one) for one in row))
    return table


def of_forecasts(found: Iterable[Forecast]) -> Table:
    """Give what each next step leads to, the planned one marked, with 95 % intervals."""
    headings = ("days", "cost", "mSv", "primary found", "dies before")
    table = _table("From here to the end, by what is done next", "next", *headings)
    for one in found:
        values = (one.days, one.cost, one.dose_msv, one.localised, one.died)
        table.add_row(
            f"{one.step} (planned)" if one.planned else one.step,
            *(f"{value.mean:.3g} ±{CERTAIN * value.error:.1g}" for value in values),
        )
    return table


def of_decisions(rows: Iterable[Decision]) -> Table:
    """Give the decision table of a protocol."""
    table = Table(box=None, pad_edge=False)
    for heading in ("state", "does", "when", "then", "why"):
        table.add_column(heading)
    for one in rows:
        table.add_row(one.state, one.does, one.when, one.to, one.why)
    return table


def _masses(found: Report) -> Table:
    table = _table(
        f"Masses of {found.body}: {found.organs_within} of {len(found.masses)} organs within "
        "their tolerance",
        "organ", "reference, g", "body, g", "volume, mL", "error, %", "allowed, %",
    )  # fmt: skip
    for mass in found.masses:
        table.add_row(
            mass.organ, f"{mass.reference_g:g}", "absent" if mass.absent else f"{mass.mass_g:.1f}",
            f"{mass.volume_ml:.1f}", _error(mass.error_percent, good=mass.good),
            f"{mass.tolerance_percent:g}",
        )  # fmt: skip
    whole = found.whole
    if whole is not None:
        expected = whole.reference_kg * whole.share
        table.add_row(
            f"body above z = {whole.end_mm:.0f} mm ({100 * whole.share:.1f} % of "
            f"{whole.reference_kg:g} kg)",
            f"{1000 * expected:.0f}", f"{1000 * whole.mass_kg:.0f}", "",
            _error(whole.error_percent, good=whole.good), f"{whole.tolerance_percent:g}",
        )  # fmt: skip
    return table


def _lengths(found: Report) -> Table:
    table = _table("Lengths", "length", "reference, mm", "body, mm", "error, %", "allowed, %")
    for length in found.lengths:
        table.add_row(
            length.name, f"{length.reference_mm:g}", f"{length.mm:.1f}",
            _error(length.error_percent, good=length.good), f"{length.tolerance_percent:g}",
        )  # fmt: skip
    return table


def _levels(found: Report) -> Table:
    table = _table("Levels", "level", "z, mm", "between", "holds")
    for level in found.levels:
        between = f"{level.low_mm:.0f} and {level.high_mm:.0f}"
        table.add_row(level.name, f"{level.z_mm:.1f}", between, _verdict(good=level.good))
    for name, good in (found.orders or {}).items():
        table.add_row(f"order: {name}", "", "", _verdict(good=good))
    return table


def _rest(found: Report) -> Table:
    table = _table("Labels and topology", "what", "found")
    if found.labels is not None:
        missing = ", ".join(found.labels.missing) or "none"
        table.add_row("TotalSegmentator classes", f"{found.labels.shown}; missing: {missing}")
    if found.promises:
        broken = {breach.promise for breach in found.breaches}
        table.add_row("promises kept", f"{found.promises - len(broken)} of {found.promises}")
    return table


def _volumes(found: Report) -> Table:
    good = sum(one.good for one in found.volumes)
    table = _table(
        f"Volumes at several spacings: {good} of {len(found.volumes)} organs stay the same",
        "organ", *(f"{mm:g} mm, mL" for mm in SPACINGS_MM),
        *(f"{mm:g} mm, error, %" for mm in SPACINGS_MM[1:]),
    )  # fmt: skip
    for one in found.volumes:
        errors = (_error(e, good=abs(e) <= one.tolerance_percent) for e in one.errors_percent)
        table.add_row(one.label, *(f"{ml:.1f}" for ml in one.ml), *errors)
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i == 0 else "right", no_wrap=i == 0)
    return table


def _error(percent: float, *, good: bool) -> Text:
    return Text(f"{percent:+.1f}", style="" if good else "bold red")


def _verdict(*, good: bool) -> Text:
    return Text("yes" if good else "no", style="" if good else "bold red")
