"""The page: everything a walk gave, as one self-contained HTML file."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
from markupsafe import Markup

from imagingsim.folders import write_text
from imagingsim.report import charts
from imagingsim.report.pictures import COLOURS, KeyImage, key_images
from imagingsim.workup.outcome import DISCLAIMER, Outcome, in_words
from imagingsim.workup.steps import Step

TEMPLATE = "page.html.jinja"
QUIET = ("decide", "end")
"""Kinds of steps that need no box of their own when nothing happened in them."""


def write(outcome: Outcome, path: Path | str) -> Path:
    """Write the report of a walk, whole or not at all.

    Returns
    -------
    Path
        Where it was written: one file, with its pictures, styles and script inside.
    """
    target = Path(path)
    write_text(target, html(outcome))
    return target


def html(outcome: Outcome) -> str:
    """Return the report of a walk as HTML; equal outcomes give equal text."""
    hues = charts.colours(outcome)
    template = environment().get_template(TEMPLATE)
    return template.render(
        outcome=outcome,
        notice=DISCLAIMER,
        hues=hues,
        timeline=Markup(charts.timeline(outcome)),
        course=Markup(charts.belief_course(outcome, hues)),
        bars={step.number: _bars(step, hues) for step in outcome.steps},
        images=_images(outcome),
        cores={
            id(one): Markup(charts.cores(one.specimen)) for one in outcome.samplings if one.specimen
        },
        legend={
            id(one): charts.core_legend(one.specimen) for one in outcome.samplings if one.specimen
        },
        mark_colours={kind: "#{:02x}{:02x}{:02x}".format(*rgb) for kind, rgb in COLOURS.items()},
    )


def _bars(step: Step, hues: tuple[charts.Colour, ...]) -> Markup:
    return Markup(charts.belief_bars(step.belief, hues))


def _images(outcome: Outcome) -> Mapping[str, tuple[KeyImage, ...]]:
    readings = {visit.study_id: visit.reading for visit in outcome.visits if visit.study_id}
    return {study.id: key_images(study, readings.get(study.id)) for study in outcome.studies}


def _day(day: float) -> str:
    """Return a day with one decimal while it is small."""
    return f"{day:.0f}" if day >= 10 or round(day, 1) == round(day) else f"{day:.1f}"


def environment() -> jinja2.Environment:
    """Return what reads the templates of this room."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("imagingsim.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["ident"] = id
    environment.filters["words"] = in_words
    environment.filters["day"] = _day
    environment.filters["money"] = lambda amount: f"{amount:,.0f}"
    return environment
