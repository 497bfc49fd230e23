"""The graph of a protocol: is every state reached, does every state lead to an end, does it end."""

from collections.abc import Iterator, Mapping

from imagingsim.workup.spec import Biopsy, End, State, Transition, Wait

Edges = dict[str, list[str]]


def problems(states: Mapping[str, State], start: str, also: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (state, what is wrong) for a graph whose transitions all lead to known states.

    Parameters
    ----------
    also
        States that interrupts lead to.
    """
    edges = {name: [step.to for step in transitions(state)] for name, state in states.items()}
    ends = {name for name, state in states.items() if isinstance(state, End)}
    reached = _reachable(edges, {start} | also)
    for name in states:
        if name not in reached:
            yield name, "no walk reaches this state; remove it or lead a transition to it"
        elif name not in ends and not _reachable(edges, {name}) & ends:
            yield name, "no walk gets from here to an end; add a transition that leads to one"
    cycle = _cycle(_without_bounded(edges, states))
    if cycle:
        yield (
            cycle[0],
            f"the cycle {' -> '.join(cycle)} may never end; "
            "put a biopsy or a wait of fixed days into it",
        )


def transitions(state: State) -> tuple[Transition, ...]:
    """Return the transitions of a state; an end has none."""
    return () if isinstance(state, End) else state.next


def _reachable(edges: Edges, start: set[str]) -> set[str]:
    found, queue = set(start), list(start)
    while queue:
        for name in edges[queue.pop()]:
            if name not in found:
                found.add(name)
                queue.append(name)
    return found


def _without_bounded(edges: Edges, states: Mapping[str, State]) -> Edges:
    """Leave out the states that bound a cycle: they cost time, or refuse to repeat for ever."""
    free = {
        name
        for name, state in states.items()
        if not (isinstance(state, Biopsy) or (isinstance(state, Wait) and state.days))
    }
    return {name: [to for to in edges[name] if to in free] for name in edges if name in free}


def _cycle(edges: Edges) -> list[str]:
    """Return the names along one cycle, or nothing."""
    done: set[str] = set()
    for root in edges:
        path: list[str] = []
        stack = [(root, iter(edges[root]))]
        path.append(root)
        while stack and root not in done:
            name, following = stack[-1]
            step = next((to for to in following if to not in done), None)
            if step is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif step in path:
                return [*path[path.index(step) :], step]
            else:
                stack.append((step, iter(edges[step])))
                path.append(step)
    return []
