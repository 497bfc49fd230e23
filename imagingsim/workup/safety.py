"""Safety: what stands between an order and the machine."""

from collections.abc import Callable
from dataclasses import dataclass

from imagingsim.workup.catalogue import Applies, Catalogue, Procedure, Rule, StudyRow
from imagingsim.workup.chart import Chart


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
    """

    blocked: tuple[str, ...]
    hold_d: float
    notes: tuple[str, ...]
    risks: tuple[tuple[str, Rule], ...]


def of_study(row: StudyRow, catalogue: Catalogue, chart: Chart) -> Verdict:
    """Return what the rules say about a study."""
    return _verdict(catalogue, chart, lambda applies: about_study(applies, row))


def of_procedure(procedure: Procedure, catalogue: Catalogue, chart: Chart) -> Verdict:
    """Return what the rules say about taking tissue."""
    return _verdict(catalogue, chart, lambda applies: about_procedure(applies, procedure))


def about_procedure(applies: Applies, procedure: Procedure) -> bool:
    """Tell whether a rule speaks of a procedure."""
    return applies.bleeding_risk in (procedure.bleeding_risk, "any")


def about_study(applies: Applies, row: StudyRow) -> bool:
    """Tell whether a rule speaks of a study."""
    asked = [
        (applies.contrast, row.contrast),
        (applies.tracer, row.tracer),
        (applies.modality, row.modality),
    ]
    given = [wanted == found for wanted, found in asked if wanted is not None]
    return bool(given) and all(given)


def _verdict(catalogue: Catalogue, chart: Chart, about: Callable[[Applies], bool]) -> Verdict:
    firing = [
        (name, rule)
        for name, (rule, condition) in catalogue.rules.items()
        if about(rule.applies) and condition.holds(chart.lookup)
    ]
    return Verdict(
        blocked=tuple(rule.why for _, rule in firing if rule.effect == "block"),
        hold_d=sum(rule.days for _, rule in firing if rule.effect == "hold"),
        notes=tuple(rule.why for _, rule in firing if rule.effect != "risk"),
        risks=tuple((name, rule) for name, rule in firing if rule.effect == "risk"),
    )
