"""Conditions: where a protocol file holds guards, each with its place."""

from collections.abc import Iterator

from imagingsim.workup.graph import transitions
from imagingsim.workup.spec import Biopsy, Order, ProtocolFile, State, Wait

Path = tuple[str | int, ...]
"""Keys and numbers that lead from the top of a file to a place in it."""


def conditions(file: ProtocolFile) -> Iterator[tuple[Path, str]]:
    """Yield every condition with its place in the file."""
    for i, step in enumerate(file.interrupts):
        if step.when:
            yield ("interrupts", i, "when"), step.when
    for name, text in file.endpoints.items():
        yield ("endpoints", name), text
    for name, state in file.states.items():
        for path, text in (*exits(state), *inner(state), *entries(state)):
            yield ("states", name, *path), text


def exits(state: State) -> Iterator[tuple[Path, str]]:
    """Yield the conditions of the ways out of a state, in the order they are tried."""
    for i, step in enumerate(transitions(state)):
        if step.when:
            yield ("next", i, "when"), step.when


def entries(state: State) -> Iterator[tuple[Path, str]]:
    """Yield the conditions that are asked before a state has done anything."""
    if isinstance(state, Order):
        for i, order in enumerate(state.orders):
            if order.only_if:
                yield ("orders", i, "only_if"), order.only_if
    if isinstance(state, Wait) and state.until:
        yield ("until",), state.until


def inner(state: State) -> Iterator[tuple[Path, str]]:
    """Yield the conditions that are asked in the middle of a state."""
    if isinstance(state, Biopsy):
        for i, panel in enumerate(state.panels):
            if panel.when:
                yield ("panels", i, "when"), panel.when
