"""The page of a comparison: what each protocol takes and gives, as one self-contained file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import polars as pl
from markupsafe import Markup

from imagingsim.compare import Comparison, Step
from imagingsim.report.page import environment
from imagingsim.workup.outcome import DISCLAIMER

TEMPLATE = "comparison.html.jinja"
WORDS = {
    "days": "days to the end", "cost": "cost", "dose_msv": "dose, mSv", "alive": "alive at the end",
    "diagnosed": "tissue diagnosis", "correct": "right diagnosis", "localised": "primary localised",
}  # fmt: skip
SHARES = ("alive", "diagnosed", "correct", "localised")
WIDTH, HEIGHT, MARGIN = 720.0, 320.0, 56.0


@dataclass(frozen=True)
class Cell:
    """One figure of the table: mean, its Monte-Carlo error, and the paired difference."""

    mean: str
    difference: str
    clear: bool


def comparison(
    asked: Comparison, table: pl.DataFrame, front: Sequence[str], steps: Sequence[Step]
) -> str:
    """Return the page of a comparison; equal tables give equal text."""
    titles = {one.id: one.file.title for one in asked.protocols}
    tariff = asked.protocols[0].catalogue.tariff
    return environment().get_template(TEMPLATE).render(
        asked=asked, notice=DISCLAIMER, titles=titles, words=WORDS, front=front, steps=steps,
        rows=dict(_rows(asked, table)), chart=Markup(_chart(steps, front)), tariff=tariff,
    )  # fmt: skip


def _rows(asked: Comparison, table: pl.DataFrame) -> Iterator[tuple[str, list[Cell]]]:
    reference = asked.protocols[0].id
    for one in asked.protocols:
        found = {row["measure"]: row for row in table.iter_rows(named=True)
                 if row["protocol"] == one.id}  # fmt: skip
        yield one.id, [_cell(name, found[name], first=one.id == reference) for name in WORDS]


def _cell(measure: str, row: dict[str, float], *, first: bool) -> Cell:
    scale, digits = (100.0, 1) if measure in SHARES else (1.0, 0 if measure == "cost" else 1)
    unit = " %" if measure in SHARES else ""
    mean = f"{scale * row['mean']:,.{digits}f}{unit} ± {scale * row['error']:,.{digits + 1}f}"
    if first:
        return Cell(mean, "", clear=False)
    low, high = scale * row["difference_low"], scale * row["difference_high"]
    apart = f"{scale * row['difference']:+,.{digits}f} ({low:+,.{digits}f} to {high:+,.{digits}f})"
    return Cell(mean, apart, clear=bool(row["clear"]))


def _chart(steps: Sequence[Step], front: Sequence[str]) -> str:
    """Return cost against localised primaries as SVG; the frontier is joined by a line."""
    costs, gains = [one.cost for one in steps], [one.localised for one in steps]
    at = {
        one.protocol: (_place(one.cost, costs, MARGIN, WIDTH - MARGIN),
                       _place(one.localised, gains, HEIGHT - MARGIN, MARGIN))
        for one in steps
    }  # fmt: skip
    line = " ".join(f"{at[one.protocol][0]:.1f},{at[one.protocol][1]:.1f}"
                    for one in steps if not one.why)  # fmt: skip
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" '
        f'class="{"front" if name in front else "beaten"}"/>'
        f'<text x="{x:.1f}" y="{y - 12:.1f}" text-anchor="middle">{escape(name)}</text>'
        for name, (x, y) in at.items()
    )
    axes = (
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 10:.0f}" text-anchor="middle">mean cost: '
        f"{min(costs):,.0f} to {max(costs):,.0f}</text>"
        f'<text x="16" y="{HEIGHT / 2:.0f}" transform="rotate(-90 16 {HEIGHT / 2:.0f})" '
        f'text-anchor="middle">localised: {100 * min(gains):.1f} to {100 * max(gains):.1f} %</text>'
    )
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" '
        f'aria-label="Cost against localised primaries">{axes}'
        f'<polyline points="{line}" class="frontier"/>{marks}</svg>'
    )


def _place(value: float, among: Sequence[float], low: float, high: float) -> float:
    spread = max(among) - min(among)
    share = (value - min(among)) / spread if spread else 0.5
    return low + share * (high - low)
