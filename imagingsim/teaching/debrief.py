"""Debrief: what happened, what was missed and why it counts, as text and tables to take home."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from imagingsim.teaching.records import Rubric, SessionFile
from imagingsim.teaching.score import TITLES, Deduction, Read, Score
from imagingsim.teaching.session import Session
from imagingsim.workup.outcome import DISCLAIMER, Outcome
from imagingsim.workup.steps import Step

QUESTIONS = (
    "What did you believe at the first decision, and what would have changed your mind?",
    "Which study or sample brought the most, and which would you leave out next time?",
    "What will you look for first in the next patient like this one?",
)
"""Asked after every session; the answers never count."""

Row = tuple[str | float, ...]


@dataclass(frozen=True, eq=False)
class Debrief:
    """All that is told after a session.

    Attributes
    ----------
    truth
        What the patient had, in words.
    expert
        The same patient walked by the reference protocol; None where that takes images.
    """

    file: SessionFile
    session: Session
    score: Score
    truth: str
    reads: tuple[Read, ...]
    rubric: Rubric
    expert: Outcome | None

    @property
    def fork(self) -> tuple[str, str] | None:
        """Where the resident and the reference first went different ways: theirs, and its."""
        if self.expert is None:
            return None
        mine = [one.what for one in self.session.ordered]
        theirs = [name for step in self.expert.steps for name in _asked(step)]
        for k in range(max(len(mine), len(theirs))):
            one = mine[k] if k < len(mine) else "nothing more"
            other = theirs[k] if k < len(theirs) else "nothing more"
            if one != other:
                return one, other
        return None


def settled(found: Debrief) -> str:
    """Return the diagnosis the resident settled on, in words."""
    name = found.session.diagnosis
    rows = found.session.reference.differential.diagnoses
    return rows[name].title if name is not None else "nothing"


def _asked(step: Step) -> Iterator[str]:
    yield from (one.study for one in step.visits if one.status != "blocked")
    yield from (one.procedure for one in step.samplings if one.procedure)


def deductions(found: Debrief) -> tuple[Deduction, ...]:
    """Return every deduction, in the order of the parts."""
    return tuple(one for part in found.score.parts for one in part.deductions)


def markdown(found: Debrief) -> str:
    """Return the debriefing as Markdown."""
    return "\n".join([*_head(found), *_lost(found), *_lesions(found), *_course(found),
                      *_cards(found), *_reflection(found)]) + "\n"  # fmt: skip


def _head(found: Debrief) -> Iterator[str]:
    session, chart = found.session, found.session.walk.chart
    tariff = session.walk.catalogue.tariff
    yield f"# Debriefing: {found.score.percent:.0f} of 100"
    yield f"\n*{DISCLAIMER}*\n"
    yield f"The patient had: **{found.truth}**. You settled on: **{settled(found)}**"
    ending = "died" if chart.dead else "was alive when the session ended"
    yield f"after {chart.now_d:.1f} days, {tariff.symbol}{chart.cost:,.0f} and "
    yield f"{chart.dose_msv:.1f} mSv; the patient {ending}.\n"
    yield "| part | points |"
    yield "|---|---|"
    for part in found.score.parts:
        points = f"{part.points:.1f} of {part.most:g}" if part.most else "nothing to judge"
        yield f"| {TITLES[part.name]} | {points} |"


def _lost(found: Debrief) -> Iterator[str]:
    yield "\n## Where points went\n"
    rows = deductions(found)
    if not rows:
        yield "None was lost."
        return
    yield "| day | part | points | rule | what | why |"
    yield "|---|---|---|---|---|---|"
    for one in rows:
        yield (
            f"| {one.day:.1f} | {TITLES[one.part]} | -{one.points:.1f} | {one.rule} | {one.what} "
            f"| {one.why} |"
        )


def _lesions(found: Debrief) -> Iterator[str]:
    yield "\n## What was in the images\n"
    yield "| study | lesion | size, mm | d' | marked |"
    yield "|---|---|---|---|---|"
    for read in found.reads:
        for one in sorted(read.hidden, key=lambda one: -one.d_prime):
            marked = any(
                one.marked_at(mark.region, mark.point_mm)
                for mark in found.session.marks
                if (mark.study, mark.repeat) == (read.study, read.repeat)
            )
            yield (
                f"| {read.study} | {one.lesion} | {one.diameter_mm:.0f} | {one.d_prime:.1f} | "
                f"{'yes' if marked else 'no'} |"
            )


def _course(found: Debrief) -> Iterator[str]:
    yield "\n## The course\n"
    for row in timeline(found):
        yield f"- day {row[0]}: {row[1]}, {row[2]}"
    fork = found.fork
    if fork is not None and found.expert is not None:
        yield (
            f"\nThe reference ({found.expert.protocol_title}) parted from you here: it asked for "
            f"**{fork[1]}** where you asked for **{fork[0]}**. It ended after "
            f"{found.expert.totals.days:.0f} days: {found.expert.ending_text}"
        )


def _cards(found: Debrief) -> Iterator[str]:
    yield "\n## Sources\n"
    cited = dict.fromkeys(one.source for one in deductions(found))
    yield from (f"- {one}" for one in cited)
    yield from (f"- {one}" for one in found.session.ratings.file.source)


def _reflection(found: Debrief) -> Iterator[str]:
    yield "\n## Before you go\n"
    yield from (f"{k}. {text}" for k, text in enumerate(QUESTIONS, 1))
    prompts = [act for act in found.file.acts if act.do == "prompt"]
    if prompts:
        yield "\nAsked on the way; these never count:\n"
        yield from (f"- {one.text} *{one.answer or 'no answer'}*" for one in prompts)


def timeline(found: Debrief) -> Iterator[Row]:
    """Yield day, act and result of everything that was done."""
    for draft in found.session.walk.drafts:
        results = [f"{one.study} {one.status}" for one in draft.visits]
        results += [f"{one.region} {one.status}" for one in draft.samplings]
        results += [f"{one.test} {one.value:g} {one.unit}" for one in draft.labs]
        results += [f"{one.lesion} {'found' if one.found else 'missed'}" for one in draft.examined]
        results += draft.events
        yield f"{draft.start_day:.1f}", draft.title, "; ".join(results) or "done"


def tables(found: Debrief) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the CSV files."""
    yield (
        "score.csv",
        as_csv(
            ("part", "points", "most"),
            ((part.name, round(part.points, 4), part.most) for part in found.score.parts),
        ),
    )
    yield "deductions.csv", as_csv(
        ("part", "day", "points", "rule", "what", "why", "source"),
        (
            (one.part, round(one.day, 4), round(one.points, 4), one.rule, one.what, one.why,
             one.source)
            for one in deductions(found)
        ),
    )  # fmt: skip
    yield "timeline.csv", as_csv(("day", "act", "result"), timeline(found))
    yield (
        "differentials.csv",
        as_csv(
            ("day", "diagnosis", "stated", "allowed"),
            (
                (round(one.day, 4), name, round(value, 6), round(one.allowed[name], 6))
                for one in found.session.stated
                for name, value in one.chances.items()
            ),
        ),
    )


def as_csv(head: Iterable[str], rows: Iterable[Row]) -> str:
    """Return rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def mirc(found: Debrief) -> str:
    """Return the case as a MIRC document (RSNA), with the discussion behind a button."""
    root = ElementTree.Element("MIRCdocument", display="page")
    session, expert = found.session, found.expert
    ElementTree.SubElement(root, "title").text = session.ratings.file.title
    ElementTree.SubElement(root, "author").text = "imagingsim"
    ElementTree.SubElement(root, "abstract").text = DISCLAIMER
    history = ElementTree.SubElement(root, "section", heading="History")
    ElementTree.SubElement(history, "p").text = session.ratings.file.title
    course = ElementTree.SubElement(root, "section", heading="Course")
    for row in timeline(found):
        ElementTree.SubElement(course, "p").text = f"Day {row[0]}: {row[1]}, {row[2]}"
    quiz = ElementTree.SubElement(root, "section", heading="Quiz")
    question = ElementTree.SubElement(ElementTree.SubElement(quiz, "quiz"), "question")
    ElementTree.SubElement(question, "question-body").text = "What does the patient have?"
    answer = ElementTree.SubElement(question, "answer")
    ElementTree.SubElement(answer, "answer-body").text = found.truth
    talk = ElementTree.SubElement(root, "section", heading="Discussion", visible="no")
    if expert is not None:
        ElementTree.SubElement(talk, "p").text = f"{expert.protocol_title}: {expert.ending_text}"
    for one in deductions(found):
        ElementTree.SubElement(talk, "p").text = f"{one.what}: {one.why} ({one.source})"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
