"""Safety: what stands between an order and the machine."""

from collections.abc import Container
from dataclasses import dataclass

from imagingsim.workup.catalogue import Rule, Spoken
from imagingsim.workup.clock import whole_minutes
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
    return _verdict(walk, walk.catalogue.about_study(study), despite)


def of_procedure(technique: str, walk: Walk) -> Verdict:
    """Return what the rules say about taking tissue."""
    return _verdict(walk, walk.catalogue.about_procedure(technique), ())


def earliest(walk: Walk, spoken: Spoken) -> float:
    """Return the day from which something may be done, by conflicts and by how the patient is."""
    day = walk.chart.fit_d
    for _, name, condition in spoken.waits_for:
        if condition is None or condition.holds(walk.chart.lookup):
            day = max(day, walk.chart.apart_d.get(name, 0.0))
    return day


def keep_apart(walk: Walk, day: float, spoken: Spoken) -> dict[str, float]:
    """Note that something is done on a day; return the notes that this replaces."""
    replaced = {}
    for _, name, apart_d in spoken.keeps_waiting:
        replaced[name] = walk.chart.apart_d.get(name, 0.0)
        walk.chart.apart_d[name] = max(replaced[name], whole_minutes(day + apart_d))
    return replaced


def _verdict(walk: Walk, spoken: Spoken, despite: Container[str]) -> Verdict:
    """Ask the rules; those that wait for blood tests have them drawn, and are asked again."""
    rules = [one for one in spoken.rules if one[0] not in despite]
    lookup = walk.chart.lookup
    firing = {name for name, _, condition in rules if condition.holds(lookup)}
    missing = [test for test in spoken.needs if test not in walk.chart.labs]
    if missing:
        draw_labs(walk, missing)
        firing |= {name for name, _, condition in rules if condition.holds(lookup)}
    fired = [(name, rule) for name, rule, _ in rules if name in firing]
    held = tuple((name, rule) for name, rule in fired if rule.effect == "hold")
    return Verdict(
        blocked=tuple(rule.why for _, rule in fired if rule.effect == "block"),
        hold_d=sum(rule.days for _, rule in held),
        notes=tuple(rule.why for _, rule in fired if rule.effect != "risk"),
        risks=tuple((name, rule) for name, rule in fired if rule.effect == "risk"),
        held=held,
    )
