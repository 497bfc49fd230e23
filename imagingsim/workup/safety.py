"""Safety: what stands between an order and the machine."""

from collections.abc import Callable, Container
from dataclasses import dataclass

from imagingsim.workup.applying import about_procedure, about_study
from imagingsim.workup.catalogue import Rule
from imagingsim.workup.clock import whole_minutes
from imagingsim.workup.consequences import Applies
from imagingsim.workup.laboratory import draw_labs
from imagingsim.workup.walking import Walk


@dataclass(frozen=True)
class Verdict:
    """What the rules say about one order.

    Attributes
    ----------
    blocked
        Reasons why it must not be done; empty when it may.
    hold_d
        Days by which it is put off.
    notes
        Everything said, blocks and holds included.
    risks
        Rules whose event may happen.
    held
        Rules that put it off.
    """

    blocked: tuple[str, ...]
    hold_d: float
    notes: tuple[str, ...]
    risks: tuple[tuple[str, Rule], ...]
    held: tuple[tuple[str, Rule], ...] = ()

    @property
    def becomes(self) -> dict[str, float]:
        """Blood tests that are put right while it is put off."""
        return {test: value for _, rule in self.held for test, value in rule.becomes.items()}


def of_study(study: str, walk: Walk, despite: Container[str] = ()) -> Verdict:
    """Return what the rules say about a study, but for those the protocol overrides."""
    row = walk.catalogue.study(study)
    return _verdict(walk, lambda applies: about_study(applies, study, row), despite)


def of_procedure(technique: str, walk: Walk) -> Verdict:
    """Return what the rules say about taking tissue."""
    procedure = walk.catalogue.procedures[technique]
    return _verdict(walk, lambda applies: about_procedure(applies, procedure), ())


def earliest(walk: Walk, about: Callable[[Applies], bool]) -> float:
    """Return the day from which something may be done, by conflicts and by how the patient is."""
    day = walk.chart.fit_d
    for name, (conflict, condition) in walk.catalogue.conflicts.items():
        if about(conflict.then) and (condition is None or condition.holds(walk.chart.lookup)):
            day = max(day, walk.chart.apart_d.get(name, 0.0))
    return day


def keep_apart(walk: Walk, day: float, about: Callable[[Applies], bool]) -> dict[str, float]:
    """Note that something is done on a day; return the notes that this replaces."""
    replaced = {}
    for name, (conflict, _) in walk.catalogue.conflicts.items():
        if about(conflict.first):
            replaced[name] = walk.chart.apart_d.get(name, 0.0)
            until = whole_minutes(day + conflict.apart_d)
            walk.chart.apart_d[name] = max(replaced[name], until)
    return replaced


def _verdict(walk: Walk, about: Callable[[Applies], bool], despite: Container[str]) -> Verdict:
    """Ask the rules; those that wait for blood tests have them drawn, and are asked again."""
    spoken = {n: pair for n, pair in walk.catalogue.rules.items() if about(pair[0].applies)}
    rules = {name: pair for name, pair in spoken.items() if name not in despite}
    lookup = walk.chart.lookup
    firing = {name for name, (_, condition) in rules.items() if condition.holds(lookup)}
    needs = {test for rule, _ in spoken.values() for test in rule.needs}
    missing = sorted(needs - set(walk.chart.labs))
    if missing:
        draw_labs(walk, missing)
        firing |= {name for name, (_, condition) in rules.items() if condition.holds(lookup)}
    fired = [(name, rule) for name, (rule, _) in rules.items() if name in firing]
    held = tuple((name, rule) for name, rule in fired if rule.effect == "hold")
    return Verdict(
        blocked=tuple(rule.why for _, rule in fired if rule.effect == "block"),
        hold_d=sum(rule.days for _, rule in held),
        notes=tuple(rule.why for _, rule in fired if rule.effect != "risk"),
        risks=tuple((name, rule) for name, rule in fired if rule.effect == "risk"),
        held=held,
    )
