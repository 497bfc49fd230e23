"""Small inline SVG charts: the course over time, the differential, the cores of a biopsy."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from imagingsim.workup.needle import Piece, Specimen
from imagingsim.workup.outcome import Outcome
from imagingsim.workup.steps import Chance

WIDTH = 1000.0
LONG_GAP_D = 45.0
"""Longer stretches without an event are drawn short, with a break."""

HUES = (
    "#4f83cc", "#e08a3c", "#5aa469", "#c2588f", "#8b6fc0", "#c9b13f", "#4bb1b5", "#b0604f",
    "#7d8a99", "#96b45a",
)  # fmt: skip
TISSUE_HUES = (
    ("tumour_necrosis", "#6b5b53"), ("tumour", "#a23e6d"), ("lymph_node_metastatic", "#a23e6d"),
    ("lung_metastasis", "#a23e6d"), ("skin", "#e4b49a"), ("fat", "#f0d98c"), ("muscle", "#b4584e"),
    ("bone", "#cfc6b2"), ("blood", "#9c2f2f"), ("lung", "#b9cfe0"), ("air", "#e8edf2"),
)  # fmt: skip
OTHER_TISSUE = "#9aa5b1"


@dataclass(frozen=True)
class Colour:
    """A diagnosis and the hue it has throughout a report."""

    diagnosis: str
    title: str
    hue: str


def colours(outcome: Outcome) -> tuple[Colour, ...]:
    """Return a hue for every diagnosis of the differential."""
    chances = outcome.steps[0].belief
    return tuple(
        Colour(one.diagnosis, one.title, HUES[i % len(HUES)]) for i, one in enumerate(chances)
    )


def belief_bars(chances: Iterable[Chance], hues: tuple[Colour, ...], most: int = 5) -> str:
    """Return the likeliest diagnoses as horizontal bars with percentages."""
    hue = {one.diagnosis: one.hue for one in hues}
    top = sorted(chances, key=lambda one: -one.probability)[:most]
    rows = []
    for i, one in enumerate(top):
        y = 34 * i
        length = max(2.0, 300 * one.probability)
        rows.append(
            f'<text x="0" y="{y + 12}" class="t">{escape(_short(one.title, 36))}</text>'
            f'<text x="300" y="{y + 12}" class="n">{_percent(one.probability)}</text>'
            f'<rect x="0" y="{y + 18}" width="300" height="6" rx="3" class="track"/>'
            f'<rect x="0" y="{y + 18}" width="{length:.1f}" height="6" rx="3" '
            f'fill="{hue.get(one.diagnosis, OTHER_TISSUE)}"/>'
        )
    return _svg("belief", 300, 34 * len(top), "".join(rows), "Differential after this step")


def belief_course(outcome: Outcome, hues: tuple[Colour, ...]) -> str:
    """Return the differential at every step that changed it, as stacked bars."""
    rows: list[str] = []
    before: tuple[float, ...] = ()
    for step in outcome.steps:
        shares = tuple(round(one.probability, 4) for one in step.belief)
        if shares == before:
            continue
        before = shares
        rows.append(_stack(len(rows), f"{step.number}. {step.title}", step.belief, hues))
    height = 30 * len(rows)
    return _svg("course", WIDTH, height, "".join(rows), "Differential, step by step")


def cores(specimen: Specimen) -> str:
    """Return each core as a strip of tissue colours, to scale."""
    longest = max((sum(p.length_mm for p in core) for core in specimen.cores), default=0.0)
    if longest <= 0:
        return ""
    scale = 560.0 / longest
    rows = []
    for i, core in enumerate(specimen.cores):
        x = 0.0
        for piece in core:
            width = piece.length_mm * scale
            rows.append(
                f'<rect x="{x:.1f}" y="{26 * i}" width="{max(0.5, width):.1f}" height="18" '
                f'fill="{_tissue_hue(piece.material)}"><title>'
                f"{escape(_tissue(piece))}, {piece.length_mm:g} mm</title></rect>"
            )
            x += width
    return _svg("cores", 560, 26 * len(specimen.cores) - 8, "".join(rows), "Tissue along the cores")


def core_legend(specimen: Specimen) -> tuple[tuple[str, str], ...]:
    """Return (tissue, hue) of what the cores hold, most first."""
    lengths: dict[tuple[str, str], float] = {}
    for core in specimen.cores:
        for piece in core:
            key = (_tissue(piece), _tissue_hue(piece.material))
            lengths[key] = lengths.get(key, 0.0) + piece.length_mm
    return tuple(sorted(lengths, key=lambda key: -lengths[key])[:6])


def timeline(outcome: Outcome) -> str:
    """Return the course: studies, biopsies and waits along a time axis with breaks."""
    marks = sorted(_events(outcome))
    if not marks:
        return ""
    places = _places([0.0, *(day for day, _, _ in marks), outcome.totals.days])
    parts = [f'<line x1="0" y1="60" x2="{WIDTH:g}" y2="60" class="axis"/>']
    lanes = [-1e9, -1e9, -1e9]
    for day, kind, text in marks:
        x = places[round(day, 4)]
        lane = min(range(len(lanes)), key=lambda k: (lanes[k] > x, k))
        lanes[lane] = x + 7.2 * len(text) + 24
        y = (36, 96, 116)[lane]
        anchor = "end" if x > 0.86 * WIDTH else "start"
        shift = -9 if anchor == "end" else 9
        parts.append(
            f'<g class="{kind}"><line x1="{x:.1f}" y1="60" x2="{x:.1f}" y2="{y - 4}" class="stem"/>'
            f'<circle cx="{x:.1f}" cy="60" r="6"/>'
            f'<text x="{x + shift:.1f}" y="{y}" text-anchor="{anchor}">{escape(text)}'
            f'<tspan class="day"> d{day:.0f}</tspan></text></g>'
        )
    return _svg("timeline", WIDTH, 126, "".join(parts), "Course over time", overflow=True)


def _events(outcome: Outcome) -> Iterable[tuple[float, str, str]]:
    for visit in outcome.visits:
        if visit.start_day is not None and visit.study_id is not None:
            yield visit.start_day, "study", visit.modality.replace("PT", "PET/CT")
        elif visit.status == "blocked":
            yield visit.ordered_day, "blocked", f"{visit.modality} blocked"
    for one in outcome.samplings:
        if one.taken_day is not None:
            yield one.taken_day, "biopsy", one.title.split(",")[0].split(" of ")[0]
        if one.reported_day is not None and one.histology is not None:
            yield one.reported_day, "histology", "histology"
    if outcome.totals.days and outcome.ending.startswith("died"):
        yield outcome.totals.days, "death", "death"


def _places(days: list[float]) -> dict[float, float]:
    """Return the x of each day; long gaps are shortened to one and the same length."""
    ordered = sorted({round(day, 4) for day in days})
    steps = [min(later - day, LONG_GAP_D) + 2.0 for day, later in pairwise(ordered)]
    total = sum(steps) or 1.0
    x, places = 8.0, {ordered[0]: 8.0}
    for day, step in zip(ordered[1:], steps, strict=True):
        x += (WIDTH - 16) * step / total
        places[day] = x
    return places


def _stack(row: int, title: str, chances: Iterable[Chance], hues: tuple[Colour, ...]) -> str:
    hue = {one.diagnosis: one.hue for one in hues}
    y, x = 30 * row, 360.0
    parts = [
        f'<text x="350" y="{y + 15}" text-anchor="end" class="t">{escape(_short(title))}</text>'
    ]
    for one in chances:
        width = (WIDTH - 360) * one.probability
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{max(0.0, width - 1):.1f}" height="20" rx="2" '
            f'fill="{hue.get(one.diagnosis, OTHER_TISSUE)}"><title>{escape(one.title)} '
            f"{_percent(one.probability)}</title></rect>"
        )
        if width > 48:
            parts.append(
                f'<text x="{x + 7:.1f}" y="{y + 14.5}" class="in">'
                f"{_percent(one.probability)}</text>"
            )
        x += width
    return "".join(parts)


def _short(text: str, most: int = 46) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _percent(share: float) -> str:
    if share < 0.01:
        return "< 1 %"
    return "> 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _tissue(piece: Piece) -> str:
    return piece.material.split(".")[0].replace("_", " ")


def _tissue_hue(material: str) -> str:
    return next((hue for part, hue in TISSUE_HUES if part in material), OTHER_TISSUE)


def _svg(
    kind: str, width: float, height: float, body: str, label: str, *, overflow: bool = False
) -> str:
    style = ' style="overflow:visible"' if overflow else ""
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label)}"{style}>{body}</svg>'
    )
