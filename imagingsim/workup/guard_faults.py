"""What is wrong with the conditions of a protocol: never true, never asked, dividing by nothing."""

import ast
from collections.abc import Iterator, Mapping

from imagingsim.workup.conditions import Path, entries, exits, inner
from imagingsim.workup.flow import Flow, entry_domains, transition_domains
from imagingsim.workup.guard import Guard, Value
from imagingsim.workup.ranges import Domain, Name, number
from imagingsim.workup.sense import Said, possible, zero_divisions
from imagingsim.workup.spec import State

Domains = Mapping[Name, Domain]
Fault = tuple[Path, str]


def guard_faults(flow: Flow, guards: Mapping[str, Guard]) -> Iterator[Fault]:
    """Yield where a condition stands and what is wrong with it."""
    for name, state in flow.file.states.items():
        for path, fault in _state_faults(flow, guards, name, state):
            yield ("states", name, *path), fault
    everywhere = flow.domains(flow.everywhere)
    for name, text in flow.file.endpoints.items():
        yield from _faults_of(guards[text], everywhere, ("endpoints", name))
    stops: list[Fault] = [
        (("interrupts", i, "when"), step.when)
        for i, step in enumerate(flow.file.interrupts)
        if step.when
    ]
    yield from _row_faults(stops, guards, everywhere)
    nothing = number(0.0, 0.0)
    start = flow.domains(frozenset(), alive=True)
    start |= {("t",): nothing, ("dose",): nothing, ("cost",): nothing}
    for path, text in stops:
        if guards[text].holds(lambda name: _at_once(start[name])):
            fault = "holds at once, so every walk ends before it begins; ask for something that"
            yield path, f"{text!r} {fault} has to happen first"


def _state_faults(
    flow: Flow, guards: Mapping[str, Guard], name: str, state: State
) -> Iterator[Fault]:
    after = transition_domains(flow, name)
    for path, text in inner(state):
        yield from _faults_of(guards[text], after, path)
    for path, text in entries(state):
        yield from _faults_of(guards[text], entry_domains(flow, name), path)
    yield from _row_faults(list(exits(state)), guards, after)
    trees = [guards[text].tree for _, text in exits(state)]
    if trees and not possible([(tree, "not true") for tree in trees], after):
        yield (
            ("next",),
            "the conditions leave nothing over, so the last transition can never be taken; "
            "make it the way of the last condition",
        )


def _row_faults(
    row: list[tuple[Path, str]], guards: Mapping[str, Guard], domains: Domains
) -> Iterator[Fault]:
    """Yield the faults of conditions of which the first that holds is taken."""
    for i, (path, text) in enumerate(row):
        found = list(_faults_of(guards[text], domains, path))
        yield from found
        tree = guards[text].tree
        before = [guards[other].tree for _, other in row[:i]]
        claims: list[tuple[ast.expr, Said]] = [(one, "not true") for one in before]
        if not found and not possible([*claims, (tree, "true")], domains):
            fault = "can never be reached: an earlier condition holds whenever it does"
            yield path, f"{text!r} {fault}; move it up or remove it"


def _faults_of(guard: Guard, domains: Domains, path: Path) -> Iterator[Fault]:
    if not possible([(guard.tree, "true")], domains):
        yield path, f"{guard.text!r} can never hold here; {_why(guard, domains)}"
    for divisor in zero_divisions(guard.tree, domains):
        yield path, f"{guard.text!r} divides by {divisor}, which can be 0; ask for `{divisor} > 0`"


def _why(guard: Guard, domains: Domains) -> str:
    """Return what keeps a condition from ever holding, in words."""
    missing = [".".join(one) for one in guard.names if domains[one].knowable == "never"]
    if missing:
        return f"nothing before makes {', '.join(missing)} known: do that first, or remove it"
    never = [".".join(one) for one in guard.names if domains[one].truths == frozenset((False,))]
    if never:
        return f"nothing before can make {', '.join(never)} true: do that first, or remove it"
    return "it contradicts itself, or asks for a number outside its range: correct it"


def _at_once(domain: Domain) -> Value:
    """Return what a name is worth before anything has happened; None: it depends on the patient."""
    if domain.knowable != "always":
        return None
    if domain.truths:
        return next(iter(domain.truths)) if len(domain.truths) == 1 else None
    numbers = domain.numbers
    return numbers.low if numbers.low == numbers.high else None
