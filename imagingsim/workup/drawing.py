"""Drawing: a protocol as a graph for Mermaid or Graphviz, which lay it out, and as a table."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagingsim.workup.graph import transitions
from imagingsim.workup.outcome import in_words
from imagingsim.workup.protocol import Protocol
from imagingsim.workup.spec import Biopsy, Decide, End, Order, Set, State, Wait

_MERMAID = {Order: ("[", "]"), Biopsy: ("[[", "]]"), Decide: ("{", "}"), Wait: ("([", "])"),
            Set: ("[/", "/]"), End: ("((", "))")}  # fmt: skip
_GRAPHVIZ = {Order: "box", Biopsy: "component", Decide: "diamond", Wait: "oval",
             Set: "parallelogram", End: "doublecircle"}  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """One line of a decision table: in a state, when something holds, go somewhere, and why."""

    state: str
    does: str
    when: str
    to: str
    why: str


def decisions(protocol: Protocol) -> Iterator[Decision]:
    """Yield the decision table of a protocol, state by state, in the order they are tried."""
    for step in protocol.file.interrupts:
        yield Decision("(any time)", "", step.when or "", step.to, step.why or "")
    for name, state in protocol.file.states.items():
        for step in transitions(state):
            yield Decision(name, title_of(name, state), step.when or "otherwise", step.to,
                           step.why or "")  # fmt: skip


def title_of(name: str, state: State) -> str:
    """Return what a state is called."""
    return state.title or in_words(name)


def mermaid(protocol: Protocol) -> str:
    """Return the protocol as a Mermaid flow chart."""
    lines = ["flowchart TD"]
    for name, state in protocol.file.states.items():
        before, after = _MERMAID[type(state)]
        lines.append(f'  {name}{before}"{_quoted(title_of(name, state))}"{after}')
    for name, to, when in _edges(protocol):
        label = f'|"{_quoted(when)}"|' if when else ""
        lines.append(f"  {name} -->{label} {to}")
    return "\n".join(lines) + "\n"


def graphviz(protocol: Protocol) -> str:
    """Return the protocol in Graphviz's language."""
    lines = [f'digraph "{protocol.id}" {{', '  node [fontname="sans-serif"];']
    for name, state in protocol.file.states.items():
        title = title_of(name, state).replace('"', "'")
        lines.append(f'  {name} [shape={_GRAPHVIZ[type(state)]}, label="{title}"];')
    for name, to, when in _edges(protocol):
        words = when.replace('"', "'")
        label = f' [label="{words}"]' if when else ""
        lines.append(f"  {name} -> {to}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _edges(protocol: Protocol) -> Iterator[tuple[str, str, str]]:
    for name, state in protocol.file.states.items():
        for step in transitions(state):
            yield name, step.to, step.when or ""


def _quoted(text: str) -> str:
    """Return text as Mermaid wants it between quotes."""
    return text.replace('"', "#quot;").replace("<", "&lt;").replace(">", "&gt;")
