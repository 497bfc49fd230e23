"""The graph of a protocol: is every state reached, does every state lead to an end, does it end."""

from collections.abc import Iterator, Mapping

import networkx as nx

from imagingsim.workup.spec import Biopsy, End, State, Transition, Wait


def problems(states: Mapping[str, State], start: str, also: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (state, what is wrong) for a graph whose transitions all lead to known states.

    Parameters
    ----------
    also
        States that interrupts lead to.
    """
    graph = graph_of(states)
    ends = {name for name, state in states.items() if isinstance(state, End)}
    reached = {start, *also}.union(*(nx.descendants(graph, one) for one in (start, *also)))
    for name in states:
        if name not in reached:
            yield name, "no walk reaches this state; remove it or lead a transition to it"
        elif name not in ends and not nx.descendants(graph, name) & ends:
            yield name, "no walk gets from here to an end; add a transition that leads to one"
    cycle = _unbounded_cycle(graph, states)
    if cycle:
        yield (
            cycle[0],
            f"the cycle {' -> '.join(cycle)} may never end; "
            "put a biopsy or a wait of fixed days into it",
        )


def earliest(states: Mapping[str, State], start: str) -> dict[str, float]:
    """Return the first day on which each state can be entered, by the fixed waits before it."""
    graph = graph_of(states)
    for name, state in states.items():
        days = (state.days or 0.0) if isinstance(state, Wait) else 0.0
        for to in graph.successors(name):
            graph.edges[name, to]["days"] = days
    return nx.single_source_dijkstra_path_length(graph, start, weight="days")


def graph_of(states: Mapping[str, State]) -> "nx.DiGraph[str]":
    """Return the states and their transitions, in the order of the file."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(states)
    for name, state in states.items():
        graph.add_edges_from((name, step.to) for step in transitions(state))
    return graph


def transitions(state: State) -> tuple[Transition, ...]:
    """Return the transitions of a state; an end has none."""
    return () if isinstance(state, End) else state.next


def _unbounded_cycle(graph: "nx.DiGraph[str]", states: Mapping[str, State]) -> list[str]:
    """Return the names along a cycle in which no state costs time or refuses to repeat for ever."""
    free = [
        name
        for name, state in states.items()
        if not (isinstance(state, Biopsy) or (isinstance(state, Wait) and state.days))
    ]
    try:
        edges = nx.find_cycle(graph.subgraph(free))
    except nx.NetworkXNoCycle:
        return []
    return [edges[0][0], *(edge[1] for edge in edges)]
