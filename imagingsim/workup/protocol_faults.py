"""What is wrong with a protocol beside its conditions: names, numbers, where states lead."""

from collections import Counter
from collections.abc import Iterable, Iterator

from imagingsim.workup import graph
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.conditions import Path, conditions
from imagingsim.workup.flow import Flow
from imagingsim.workup.guard import named
from imagingsim.workup.names import ALL, LABS, REGIONS
from imagingsim.workup.spec import (
    Biopsy,
    End,
    Order,
    ProtocolFile,
    Set,
    State,
    StudyOrder,
    Transition,
    Wait,
)

Fault = tuple[Path, str]


def protocol_faults(file: ProtocolFile, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield where something is wrong, and what to do."""
    faults = [*_file_faults(file), *_target_faults(file)]
    for name, state in file.states.items():
        faults += [
            (("states", name, *path), text) for path, text in _state_faults(state, catalogue)
        ]
    if not faults:
        also = {step.to for step in file.interrupts}
        faults += [
            (("states", state), message)
            for state, message in graph.problems(file.states, file.start, also)
        ]
    if not faults:
        faults += _late_states(file)
        faults += _hidden_targets(file, catalogue)
    yield from faults


def _file_faults(file: ProtocolFile) -> Iterator[Fault]:
    """Yield what is wrong with what stands beside the states."""
    if not any(isinstance(state, End) for state in file.states.values()):
        yield ("states",), "no state is an end; add one of `type: end`"
    if not file.endpoints:
        yield ("endpoints",), "nothing is asked at the end; add an endpoint"
    if not any(one.strip() for one in file.source):
        yield ("source",), "no source; say where the protocol is from, or that it is authored"
    used = {name for _, text in conditions(file) for name in named(text)}
    for name, parameter in file.params.items():
        if not parameter.source.strip():
            yield ("params", name, "source"), "a number without a source; say where it is from"
        if ("param", name) not in used:
            yield ("params", name), f"no condition asks for param.{name}; use it or remove it"


def _target_faults(file: ProtocolFile) -> Iterator[Fault]:
    """Yield what is wrong with where states lead."""
    if file.start not in file.states:
        yield ("start",), _unknown("state", file.start, file.states, ordered=True)
    for i, step in enumerate(file.interrupts):
        if not isinstance(file.states.get(step.to), End):
            yield ("interrupts", i, "to"), f"{step.to!r} is no end; an interrupt must lead to one"
        if step.when is None:
            yield ("interrupts", i), "an interrupt needs a condition; add `when`"
    for name, state in file.states.items():
        if not isinstance(state, End):
            yield from _transition_faults(("states", name, "next"), state.next, file)


def _transition_faults(
    path: Path, steps: tuple[Transition, ...], file: ProtocolFile
) -> Iterator[Fault]:
    if not steps or steps[-1].when is not None:
        yield path, "the last transition must be the default; add one without `when`"
    for i, step in enumerate(steps):
        if step.to not in file.states:
            yield (*path, i, "to"), _unknown("state", step.to, file.states, ordered=True)
        if step.when is None and i < len(steps) - 1:
            yield (*path, i), "only the last transition may lack `when`; those after it never fire"


def _state_faults(state: State, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield names that the catalogue does not have, and states that say nothing to do."""
    if isinstance(state, Order):
        yield from _order_faults(state, catalogue)
    elif isinstance(state, Biopsy):
        yield from _biopsy_faults(state, catalogue)
    elif isinstance(state, Wait):
        yield from _wait_faults(state)
    elif isinstance(state, Set):
        for region in state.examine:
            if region not in REGIONS:
                yield ("examine",), _unknown("region", region, REGIONS)
        for test in state.labs:
            if test not in (*LABS, ALL):
                yield ("labs",), _unknown("blood test", test, (*LABS, ALL))
        yield from _repeats(("labs",), "blood test", state.labs)
        yield from _repeats(("examine",), "region", state.examine)


def _order_faults(state: Order, catalogue: Catalogue) -> Iterator[Fault]:
    for i, order in enumerate(state.orders):
        if order.study not in catalogue.studies:
            yield ("orders", i, "study"), _unknown("study", order.study, catalogue.studies)
            continue
        yield from _override_faults(("orders", i, "despite"), order, catalogue)
    known = [one.study for one in state.orders if one.study in catalogue.studies]
    replaced = [one for one in known if catalogue.study(one).substitutes]
    if state.on_blocked == "substitute" and known and not replaced:
        text = f"the catalogue has no substitute for {', '.join(known)}; add one to studies.yaml"
        yield ("on_blocked",), f"{text}, or skip what is blocked"
    always = [one.study for one in state.orders if one.only_if is None]
    yield from _repeats(("orders",), "study", always)
    yield from _join_faults(state)


def _join_faults(state: Order) -> Iterator[Fault]:
    """Yield what is wrong with how long a state waits for its reports."""
    count = len(state.orders)
    if isinstance(state.join, int) and not 1 <= state.join <= count:
        text = f"waits for {state.join} reports of {count} orders"
        yield ("join",), f"{text}; give a number from 1 to {count}, all, or any"
    if state.deadline_d is not None and state.deadline_d <= 0:
        yield ("deadline_d",), f"must be more than 0 days, got {state.deadline_d:g}; correct it"
    waits_for_all = state.join in ("all", count) and state.deadline_d is None
    if state.cancel_rest and waits_for_all:
        yield (
            ("cancel_rest",),
            "nothing is left to give up when all reports are waited for; drop it",
        )


def _override_faults(path: Path, order: StudyOrder, catalogue: Catalogue) -> Iterator[Fault]:
    row = catalogue.study(order.study)
    for name, reason in order.despite.items():
        rule = catalogue.rules[name][0] if name in catalogue.rules else None
        if rule is None:
            yield (*path, name), _unknown("safety rule", name, catalogue.rules)
        elif not row.meant(rule.applies, order.study) or rule.effect not in (
            "block",
            "hold",
        ):
            yield (*path, name), f"{name} does not stand in the way of {order.study}; remove it"
        elif not reason.strip():
            yield (*path, name), "a rule is overridden for a reason; say it"


def _wait_faults(state: Wait) -> Iterator[Fault]:
    given = sum(value is not None for value in (state.days, state.timepoint, state.until))
    if given != 1 and (state.until is not None or given != 2):
        text = "a wait needs one of days, timepoint and until; days may stand beside timepoint"
        yield (), f"{text}; correct it"
    elif state.until is not None and state.timeout_d is None:
        yield (), "a wait until something needs timeout_d; add it"
    elif state.until is None and state.timeout_d is not None:
        yield ("timeout_d",), "only a wait until something has a timeout_d; remove it"


def _biopsy_faults(state: Biopsy, catalogue: Catalogue) -> Iterator[Fault]:
    yield from _sampling_faults(state, catalogue)
    for i, panel in enumerate(state.panels):
        for marker in panel.markers:
            if marker not in catalogue.markers:
                message = _unknown("marker", marker, catalogue.markers)
                yield ("panels", i, "markers"), message
        yield from _repeats(("panels", i, "markers"), "marker", panel.markers)
        if not panel.markers:
            yield ("panels", i, "markers"), "a panel without stains; name one"
    yield from _repeats(("panels",), "panel", [one.name for one in state.panels])


def _sampling_faults(state: Biopsy, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield what is wrong with where and how tissue is taken."""
    regions, size = state.target.regions, state.target.min_mm
    for region in regions:
        if region not in REGIONS:
            yield ("target", "regions"), _unknown("region", region, REGIONS)
        elif region not in state.technique:
            yield ("technique",), f"region {region!r} has no technique; add it"
    if not regions:
        yield ("target", "regions"), "no region to sample; name one"
    yield from _repeats(("target", "regions"), "region", regions)
    if size < 0:
        yield ("target", "min_mm"), f"a size is not below 0, got {size:g}; correct it"
    for region, technique in state.technique.items():
        if technique not in catalogue.procedures:
            message = _unknown("procedure", technique, catalogue.procedures)
            yield ("technique", region), message
        if region in REGIONS and region not in regions:
            text = f"{region!r} is no target here; remove it or add the target"
            yield ("technique", region), text


def _late_states(file: ProtocolFile) -> Iterator[Fault]:
    """Yield states that only the end of the horizon stands before."""
    for name, day in graph.earliest(file.states, file.start).items():
        if day >= file.horizon_d:
            text = (
                f"cannot be reached before day {day:g}, and the horizon is day {file.horizon_d:g}"
            )
            yield ("states", name), f"{text}; shorten the waits or move the horizon"


def _hidden_targets(file: ProtocolFile, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield targets of biopsies that nothing before can show."""
    flow = Flow(file, catalogue, catalogue.differentials[file.differential])
    for name, state in file.states.items():
        if isinstance(state, Biopsy):
            shown = flow.shown(flow.before(name))
            for region in state.target.regions:
                if region not in shown:
                    text = f"nothing before shows a lesion of region {region!r}, so it is never"
                    path = ("states", name, "target", "regions")
                    yield path, f"{text} sampled; order a study of it, examine it, or drop it"


def _repeats(path: Path, kind: str, names: Iterable[str]) -> Iterator[Fault]:
    """Yield names that stand twice in a list."""
    for name, count in Counter(names).items():
        if count > 1:
            yield path, f"{kind} {name!r} is named {count} times; name it once"


def _unknown(kind: str, name: str, known: Iterable[str], *, ordered: bool = False) -> str:
    names = known if ordered else sorted(known)
    return f"unknown {kind} {name!r}; known: {', '.join(names)}"
