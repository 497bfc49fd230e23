"""The page of a debriefing: the score, where points went, and the images with what was missed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from imagingsim.report.page import environment
from imagingsim.report.pictures import COLOURS, KeyImage, key_images
from imagingsim.report.plots import Plot
from imagingsim.teaching import Debrief, Hidden, Read, deductions
from imagingsim.teaching.debrief import QUESTIONS, settled, timeline
from imagingsim.teaching.noted import Stated
from imagingsim.teaching.score import TITLES
from imagingsim.workup.outcome import DISCLAIMER
from imagingsim.workup.steps import Visit

TEMPLATE = "debriefing.html.jinja"
MOST_DIAGNOSES = 6
SIZE_HUES = ("#4f83cc", "#b9c2cc")
"""What was stated, and what the findings allowed."""


@dataclass(frozen=True)
class Line:
    """One lesion in one study, as the table shows it.

    Attributes
    ----------
    counted
        Whether a mark in its region stands for it.
    """

    study: str
    lesion: str
    size_mm: float
    d_prime: float
    marked: bool
    counted: bool
    fair: bool


def debriefing(found: Debrief) -> str:
    """Return the page of a debriefing; equal sessions give equal text."""
    session, walk = found.session, found.session.walk
    return environment().get_template(TEMPLATE).render(
        found=found, session=session, settled=settled(found), chart=walk.chart,
        notice=DISCLAIMER, titles=TITLES,
        tariff=walk.catalogue.tariff, lost=deductions(found), rows=list(timeline(found)),
        lesions=list(_lesions(found)), images=list(_images(found)),
        beliefs=[Markup(_belief(one)) for one in session.stated], questions=QUESTIONS,
        prompts=[one for one in found.file.acts if one.do == "prompt"],
        mark_colours={kind: "#{:02x}{:02x}{:02x}".format(*rgb) for kind, rgb in COLOURS.items()},
        hues=SIZE_HUES,
    )  # fmt: skip


def _lesions(found: Debrief) -> Iterator[Line]:
    for read in found.reads:
        hit = {one.region for one in read.hidden if _marked(found, read, one)}
        for one in sorted(read.hidden, key=lambda one: -one.d_prime):
            yield Line(
                read.study, one.lesion, one.diameter_mm, one.d_prime, _marked(found, read, one),
                one.region in hit, one.d_prime >= found.rubric.undetectable.points,
            )  # fmt: skip


def _marked(found: Debrief, read: Read, lesion: Hidden) -> bool:
    return any(
        lesion.marked_at(mark.region, mark.point_mm)
        for mark in found.session.marks
        if (mark.study, mark.repeat) == (read.study, read.repeat)
    )


def _images(found: Debrief) -> Iterator[tuple[Visit, tuple[KeyImage, ...]]]:
    """Yield the studies that have images, with what the resident saw and missed in them."""
    studies = {one.id: one for one in found.session.walk.studies}
    reads = iter(found.reads)
    for visit in found.session.made():
        if visit.reading is None or visit.study_id not in studies:
            continue
        read = next(reads)
        marked = {one.lesion for one in read.hidden if _marked(found, read, one)}
        findings = tuple(
            replace(one, seen=one.lesion in marked) if one.character == "lesion" else one
            for one in visit.reading.findings
        )
        reading = replace(visit.reading, findings=findings)
        yield visit, key_images(studies[visit.study_id], reading)


def _belief(stated: Stated) -> str:
    """Return a differential as bars: what was stated above what the findings allowed."""
    names = sorted(
        stated.chances, key=lambda name: -max(stated.chances[name], stated.allowed[name])
    )[:MOST_DIAGNOSES]
    when = "diagnosis" if stated.final else "differential"
    plot = Plot(
        f"{when} on day {stated.day:.1f}", (0.0, 1.0), (len(names) - 0.5, -0.5), "probability", "",
        left=190, width=520, height=58 + 26.0 * len(names),
    )  # fmt: skip
    for k, name in enumerate(names):
        plot.bar((0.0, k - 0.38), (stated.chances[name], k - 0.02), SIZE_HUES[0])
        plot.bar((0.0, k + 0.02), (stated.allowed[name], k + 0.38), SIZE_HUES[1])
    return plot.svg(rows=[name.replace("_", " ") for name in names])
