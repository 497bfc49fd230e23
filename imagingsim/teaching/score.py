"""Score: what a session is worth, part by part; every deduction names its rule and its source."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log

import numpy as np

from imagingsim.teaching.noted import Marked
from imagingsim.teaching.records import Rubric
from imagingsim.teaching.rules import BIOPSY
from imagingsim.teaching.session import Session
from imagingsim.teaching.truth import Hidden
from imagingsim.units import FloatArray

MOST = {"detection": 10.0, "ordering": 10.0, "safety": 10.0, "reasoning": 10.0, "stewardship": 5.0}
TITLES = {
    "detection": "Detection", "ordering": "Ordering", "safety": "Safety",
    "reasoning": "Reasoning", "stewardship": "Stewardship",
}  # fmt: skip
CERTAINTY = 0.999
"""Largest probability that is taken at its word, so that one slip is not infinitely wrong."""

USUALLY, MAYBE = 7, 4
"""From which rating on a study is usually appropriate, and may be."""


@dataclass(frozen=True)
class Deduction:
    """Points that were lost, and why.

    Attributes
    ----------
    rule
        Row of the rubric, with the safety rule, scenario or lesion it was about.
    """

    part: str
    points: float
    day: float
    rule: str
    what: str
    why: str
    source: str


@dataclass(frozen=True)
class Part:
    """One part of a score.

    Attributes
    ----------
    most
        Points that could be had; 0: there was nothing to judge.
    """

    name: str
    most: float
    deductions: tuple[Deduction, ...]

    @property
    def points(self) -> float:
        """Points that are left; never below 0."""
        return max(0.0, self.most - sum(one.points for one in self.deductions))


@dataclass(frozen=True)
class Score:
    """All parts of a score."""

    parts: tuple[Part, ...]

    @property
    def percent(self) -> float:
        """Points of a hundred, over what could be judged."""
        return 100.0 * sum(one.points for one in self.parts) / sum(one.most for one in self.parts)

    def part(self, name: str) -> Part:
        """Return a part by its name."""
        return next(one for one in self.parts if one.name == name)


@dataclass(frozen=True, eq=False)
class Reference:
    """What walks through reference protocols took: (n,) each."""

    days: FloatArray
    cost: FloatArray
    dose_msv: FloatArray


@dataclass(frozen=True, eq=False)
class Read:
    """A study that was made, and the lesions in it."""

    day: float
    study: str
    repeat: int
    hidden: tuple[Hidden, ...]


def score(
    session: Session, *, truth: str, critical_regions: Iterable[str], read: Iterable[Read],
    reference: Reference, rubric: Rubric,
) -> Score:  # fmt: skip
    """Return the score of a session.

    Parameters
    ----------
    truth
        The diagnosis.
    critical_regions
        Where a lesion that is missed changes what happens next, e.g. that of the primary.
    read
        The studies that were made, with what was in them.
    reference
        What is usual.
    """
    reads, critical = list(read), set(critical_regions)
    found = {
        "detection": [
            cut for one in reads for cut in _detection(session, one, critical, rubric, len(reads))
        ],
        "ordering": [*_ordering(session, rubric), *_missing(session, rubric)],
        "safety": list(_safety(session, rubric)),
        "reasoning": list(_reasoning(session, truth, rubric)),
        "stewardship": list(_stewardship(session, reference, rubric)),
    }
    most = MOST if reads else {**MOST, "detection": 0.0}
    return Score(tuple(Part(name, most[name], tuple(found[name])) for name in MOST))


def _cut(rubric: Rubric, part: str, rule: str, day: float, about: str, what: str,
         *, share: float = 1.0, source: str = "") -> Deduction:  # fmt: skip
    """Return a deduction as the rubric weighs it."""
    row = rubric.weights[rule]
    cited = f"{row.source}; {source}" if source else row.source
    name = f"{rule}: {about}" if about else rule
    return Deduction(part, share * row.points, day, name, what, row.why, cited)


def _detection(
    session: Session, read: Read, critical: set[str], rubric: Rubric, studies: int
) -> Iterator[Deduction]:
    """Judge the marks of one study: omissions first, then marks on nothing.

    One mark on a lesion of a region stands for all that lie in the region, as a report would say.
    """
    marks = [one for one in session.marks if (one.study, one.repeat) == (read.study, read.repeat)]
    fair = [one for one in read.hidden if one.d_prime >= rubric.undetectable.points]
    hit = {one.region for one in fair if _on(one, marks)}
    missed = [one for one in fair if one.region not in hit]
    unread = not hit
    worst = [one for one in missed if unread or one.region in critical]
    share = 1.0 / studies

    def cut(rule: str, about: str, what: str, part: float = 1.0) -> Deduction:
        place = f"{read.study}, {about.replace('_', ' ')}"
        return _cut(rubric, "detection", rule, read.day, place, what, share=share * part)

    if worst:
        names = ", ".join(f"{one.lesion} (d' {one.d_prime:.1f})" for one in worst)
        yield cut("missed_critical", worst[0].region, f"not marked: {names}")
    elif missed:
        names = ", ".join(f"{one.lesion} (d' {one.d_prime:.1f})" for one in missed)
        yield cut("missed", missed[0].region, f"not marked: {names}", len(missed) / len(fair))
    for one in fair:
        mine = _on(one, marks)
        if mine and all(mark.label != "lesion" for mark in mine):
            yield cut("misread", one.region, f"{one.lesion} was taken for something harmless")
    for mark in marks:
        here = [one for one in read.hidden if one.marked_at(mark.region, mark.point_mm)]
        if mark.label == "lesion" and not here:
            yield cut("false_mark", mark.region, f"nothing is there: {mark.region}")


def _on(lesion: Hidden, marks: list[Marked]) -> list[Marked]:
    return [one for one in marks if lesion.marked_at(one.region, one.point_mm)]


def _ordering(session: Session, rubric: Rubric) -> Iterator[Deduction]:
    scenarios = {name: one for name, one, _ in session.ratings.scenarios}
    for one in session.ordered:
        if one.rating is None or one.rating >= USUALLY:
            continue
        rule = "may_be_appropriate" if one.rating >= MAYBE else "usually_not_appropriate"
        row = scenarios.get(one.scenario)
        title, source = (row.title, row.source) if row else ("no situation of the ratings", "")
        what = f"{one.what} is rated {one.rating} when: {title}"
        yield _cut(rubric, "ordering", rule, one.day, f"{one.scenario}, {one.what}", what,
                   source=source)  # fmt: skip


def _missing(session: Session, rubric: Rubric) -> Iterator[Deduction]:
    """Judge what was never asked for, of those for whom it is mandatory at the end."""
    done = {one.what for one in session.ordered}
    if any(one.rating is None for one in session.ordered):
        done.add(BIOPSY)
    lookup = session.walk.chart.lookup
    for name, one, condition in session.ratings.mandatory:
        if not done & set(one.any_of) and (condition is None or condition.holds(lookup)):
            wanted = " or ".join(one.any_of)
            yield _cut(rubric, "ordering", "mandatory_missing", session.day, name,
                       f"{one.title}: {wanted}", source=one.source)  # fmt: skip


def _safety(session: Session, rubric: Rubric) -> Iterator[Deduction]:
    rules = session.walk.catalogue.rules
    for one in session.ordered:
        stopped = any(rules[name][0].effect == "block" for name in one.rules)
        for name in one.rules:
            rule, share = rules[name][0], 1.0
            if rule.effect == "risk" and stopped:
                continue
            if name in rubric.critical:
                share = MOST["safety"] / rubric.weights["rule_block"].points
            yield _cut(
                rubric, "safety", f"rule_{rule.effect}", one.day, name, f"{one.what}: {rule.why}",
                share=share, source=rule.source,
            )  # fmt: skip
        if one.unknown and not any(rules[name][0].effect == "hold" for name in one.rules):
            tests = ", ".join(one.unknown)
            yield _cut(rubric, "safety", "rule_hold", one.day, "blood tests",
                       f"{one.what} was ordered without a look at {tests}")  # fmt: skip


def _reasoning(session: Session, truth: str, rubric: Rubric) -> Iterator[Deduction]:
    """Judge the differentials by what was given to the truth, against what the findings allowed."""
    if session.diagnosis is None:
        yield _cut(rubric, "reasoning", "no_commitment", session.day, "", "no diagnosis was made")
    if not session.stated:
        yield _cut(rubric, "reasoning", "no_differential", session.day, "", "nothing was stated")
        return
    ignorance = log(len(session.stated[0].chances))
    for one in session.stated:
        given, allowed = (
            min(max(each[truth], 1 - CERTAINTY), CERTAINTY) for each in (one.chances, one.allowed)
        )
        lost = min(1.0, max(0.0, log(allowed) - log(given)) / ignorance)
        if lost > 0:
            kind = "diagnosis" if one.final else "differential"
            what = f"{kind}: {100 * given:.0f} % for the truth; the findings allowed "
            yield _cut(
                rubric, "reasoning", "log_score", one.day, kind, f"{what}{100 * allowed:.0f} %",
                share=lost / len(session.stated),
            )  # fmt: skip


def _stewardship(session: Session, reference: Reference, rubric: Rubric) -> Iterator[Deduction]:
    chart = session.walk.chart
    asked = (("slow", chart.now_d, reference.days, "days"),
             ("dear", chart.cost, reference.cost, session.walk.catalogue.tariff.currency),
             ("dose", chart.dose_msv, reference.dose_msv, "mSv"))  # fmt: skip
    for rule, mine, others, unit in asked:
        rank = float(np.mean(others < mine))
        if rank > 0.5:
            what = f"{mine:,.0f} {unit}, more than {100 * rank:.0f} % of the reference walks"
            yield _cut(rubric, "stewardship", rule, session.day, "", what, share=2 * rank - 1)
