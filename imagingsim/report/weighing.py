"""The plots of a comparison: fronts, benefits, uncertainty, subgroups, calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from imagingsim.compare import Compared, Step
from imagingsim.compare.summary import CERTAIN
from imagingsim.report.plots import BOTTOM, TOP, Plot, reach

MOST = 14
"""Bars of a tornado; the smaller ones are in the table."""

SMALLEST_BAR = 0.01
"""Share of the longest bar below which a value of information is not drawn."""

MOST_POINTS = 600
"""Points of a scatter; more of them make the page heavy and the plot black."""

LOW_HUE, HIGH_HUE = "#4f83cc", "#e08a3c"
ROW = 22.0
Hues = Mapping[str, str]


def frontier(steps: Sequence[Step], front: Sequence[str], hues: Hues, symbol: str) -> str:
    """Return cost against localised primaries; the frontier is joined by a line."""
    plot = Plot(
        "Cost against localised primaries", reach([one.cost for one in steps], room=0.18),
        reach([one.localised for one in steps], room=0.15), f"mean cost, {symbol}",
        "primary localised", percent=True,
    )  # fmt: skip
    plot.line([(one.cost, one.localised) for one in steps if not one.why], "#8b95a1", dash="5 4")
    for one in steps:
        best = one.protocol in front
        plot.dot(one.cost, one.localised, hues[one.protocol], size=7, opacity=1 if best else 0.5)
        plot.text(one.cost, one.localised, one.protocol, anchor="middle", up=13)
    return plot.svg()


def net_benefits(found: Compared, hues: Hues, symbol: str) -> str:
    """Return the net monetary benefit over the first protocol's, with its 95 % band."""
    names, lines = found.names, {}
    for name in names[1:]:
        mine = found.net_benefits.filter(pl.col("protocol") == name)
        lines[name] = mine["difference"].to_numpy(), CERTAIN * mine["error"].to_numpy()
    prices = mine["willing"].to_numpy()
    values = [v for mean, half in lines.values() for v in (*(mean - half), *(mean + half))]
    plot = Plot(
        "Net monetary benefit", (0.0, float(prices[-1])), reach(values, zero=True),
        f"worth of one more patient {found.extras.effect}, {symbol}",
        f"net benefit over {names[0]}, {symbol}",
    )  # fmt: skip
    plot.horizontal(0.0)
    for name, (mean, half) in lines.items():
        plot.band(_pairs(prices, mean - half), _pairs(prices, mean + half), hues[name])
        plot.line(_pairs(prices, mean), hues[name])
    return plot.svg()


def decisions(curves: pl.DataFrame, hues: Hues) -> str:
    """Return the decision curves: treat for the likeliest diagnosis from a threshold on."""
    low = max(-0.1, float(curves["net_benefit"].min() or 0.0))  # type: ignore[arg-type]
    high = float(curves["net_benefit"].max() or 0.0)  # type: ignore[arg-type]
    plot = Plot(
        "Decision curves", (0.0, 1.0), reach([low, high], zero=True), "threshold probability",
        "net benefit, true positives per patient",
    )  # fmt: skip
    plot.horizontal(0.0)
    for name, hue in hues.items():
        mine = curves.filter((pl.col("protocol") == name) & (pl.col("net_benefit") >= low))
        plot.line(_pairs(mine["threshold"].to_numpy(), mine["net_benefit"].to_numpy()), hue)
    return plot.svg()


def plane(psa: pl.DataFrame, names: Sequence[str], effect: str, hues: Hues, symbol: str) -> str:
    """Return the cost-effectiveness plane: a point a parameter set."""
    step = max(1, psa.height // MOST_POINTS)
    points = {}
    for name in names[1:]:
        points[name] = tuple(
            (psa[f"{name}/{one}"] - psa[f"{names[0]}/{one}"]).to_numpy()[::step]
            for one in (effect, "cost")
        )
    plot = Plot(
        "Cost-effectiveness plane", reach([v for x, _ in points.values() for v in x], zero=True),
        reach([v for _, y in points.values() for v in y], zero=True),
        f"more patients {effect} than under {names[0]}", f"more cost per patient, {symbol}",
    )  # fmt: skip
    plot.horizontal(0.0)
    plot.vertical(0.0)
    for name, (gain, cost) in points.items():
        for x, y in zip(gain, cost, strict=True):
            plot.dot(float(x), float(y), hues[name], size=2.2, opacity=0.35)
        plot.dot(float(gain.mean()), float(cost.mean()), hues[name], size=6, title=name)
    return plot.svg()


def acceptability(curves: pl.DataFrame, hues: Hues, symbol: str) -> str:
    """Return the acceptability curves, and the frontier as a broad pale line."""
    prices = curves["willing"].to_numpy()
    plot = Plot(
        "Acceptability", (0.0, float(prices[-1])), (0.0, 1.02),
        f"worth of one more patient with the effect, {symbol}", "how often best", percent=True,
    )  # fmt: skip
    plot.line(_pairs(prices, curves["frontier"].to_numpy()), "#d3d9df", wide=9)
    for name, hue in hues.items():
        plot.line(_pairs(prices, curves[f"best/{name}"].to_numpy()), hue)
    return plot.svg()


def perfect_information(curves: pl.DataFrame, symbol: str) -> str:
    """Return what knowing every parameter would be worth."""
    prices, value = curves["willing"].to_numpy(), curves["evpi"].to_numpy()
    plot = Plot(
        "Value of perfect information", (0.0, float(prices[-1])),
        (0.0, max(1.1 * float(value.max()), 1e-6)),
        f"worth of one more patient with the effect, {symbol}", f"EVPI per patient, {symbol}",
    )  # fmt: skip
    plot.line(_pairs(prices, value), "#8b6fc0")
    return plot.svg()


def information(rows: pl.DataFrame, symbol: str) -> str:
    """Return what knowing each parameter would be worth, the most valuable ones."""
    least = SMALLEST_BAR * float(rows["evppi"].max() or 0.0)  # type: ignore[arg-type]
    top = rows.filter(pl.col("evppi") >= least).head(MOST)
    values = top["evppi"].to_list()
    plot = _bars(
        "Value of partial information", top["title"].to_list(),
        (0.0, 1.1 * max([*values, 1e-3])), f"EVPPI per patient, {symbol}",
    )  # fmt: skip
    for k, (value, clear) in enumerate(zip(values, top["clear"], strict=True)):
        plot.bar((0.0, k - 0.34), (value, k + 0.34), "#8b6fc0", opacity=1 if clear else 0.3)
    return plot.svg(rows=top["title"].to_list())


def tornado(rows: pl.DataFrame, protocol: str, symbol: str) -> str:
    """Return the widest bars of one protocol's net benefit over the first one's."""
    top = rows.filter(pl.col("protocol") == protocol).head(MOST)
    titles = top["title"].to_list()
    base = float(top["base"][0])
    ends = [*top["at_low"].to_list(), *top["at_high"].to_list(), base]
    plot = _bars(
        f"Tornado of {protocol}", titles, reach(ends),
        f"{protocol}: net benefit over the first protocol, {symbol}",
    )  # fmt: skip
    for k, row in enumerate(top.iter_rows(named=True)):
        strength = 1.0 if row["clear"] else 0.3
        plot.bar((base, k - 0.34), (row["at_low"], k + 0.34), LOW_HUE, opacity=strength)
        plot.bar((base, k - 0.34), (row["at_high"], k + 0.34), HIGH_HUE, opacity=strength)
    plot.vertical(base)
    return plot.svg(rows=titles)


def forest(rows: pl.DataFrame, effect: str, hues: Hues) -> str:
    """Return the differences in the groups, with 95 % intervals; thin lines hold for all rows."""
    if rows.is_empty():
        return ""
    mine = rows.filter(pl.col("measure") == effect)
    labels = [
        f"{row['covariate']}: {row['group']}".replace("_", " ")
        for row in mine.iter_rows(named=True)
    ]
    ends = [100 * v for name in ("low_all", "high_all") for v in mine[name]]
    plot = _bars(
        "Subgroups", labels, reach(ends, zero=True),
        f"difference to the first protocol, {effect}, percentage points",
    )  # fmt: skip
    plot.vertical(0.0)
    for k, row in enumerate(mine.iter_rows(named=True)):
        hue = hues[row["protocol"]]
        plot.line([(100 * row["low_all"], k), (100 * row["high_all"], k)], hue, wide=1)
        plot.line([(100 * row["low"], k), (100 * row["high"], k)], hue, wide=4)
        plot.dot(100 * row["difference"], k, hue, size=5)
    return plot.svg(rows=labels)


def reliability(curve: pl.DataFrame, hues: Hues) -> str:
    """Return how often it is true against how probable it was believed."""
    plot = Plot(
        "Reliability", (0.0, 1.0), (0.0, 1.02), "believed", "true", percent=True, width=400,
        height=380,
    )  # fmt: skip
    plot.line([(0.0, 0.0), (1.0, 1.0)], "#8b95a1", dash="4 4", wide=1)
    for name, hue in hues.items():
        mine = curve.filter(pl.col("protocol") == name)
        plot.line(_pairs(mine["believed"].to_numpy(), mine["true"].to_numpy()), hue, wide=1.5)
        for row in mine.iter_rows(named=True):
            told = f"{name}: {row['count']:,} beliefs around {row['believed']:.2f}"
            plot.dot(row["believed"], row["true"], hue, size=3.5, title=told)
    return plot.svg()


def _bars(name: str, rows: Sequence[str], x: tuple[float, float], label: str) -> Plot:
    """Return a plot with a row for each name, the first at the top."""
    wide = 40 + 6.4 * max((len(one) for one in rows), default=1)
    height = TOP + BOTTOM + ROW * max(1, len(rows))
    return Plot(name, x, (len(rows) - 0.5, -0.5), label, "", left=wide, height=height, width=760)


def _pairs(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
