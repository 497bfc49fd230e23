"""Trees of records: numbers found by dotted patterns, and other numbers put in their place."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

Path = tuple[str, ...]


def branches(node: Any) -> dict[str, Any]:
    """Return what a record or a mapping holds, by name; of anything else, nothing."""
    if isinstance(node, Mapping):
        return {str(name): value for name, value in node.items()}
    if dataclasses.is_dataclass(node):
        return {one.name: getattr(node, one.name) for one in dataclasses.fields(node)}
    return {}


def found(node: Any, pattern: Path, here: Path = ()) -> Iterator[tuple[Path, float]]:
    """Yield the numbers a pattern names, with their paths; ``*`` in it stands for anything.

    Examples
    --------
    >>> dict(found({"a": {"x": 1.0}, "b": {"x": 2.0}}, ("*", "x")))
    {('a', 'x'): 1.0, ('b', 'x'): 2.0}
    """
    if not pattern:
        if isinstance(node, int | float) and not isinstance(node, bool):
            yield here, float(node)
        return
    for name, value in branches(node).items():
        if fnmatchcase(name, pattern[0]):
            yield from found(value, pattern[1:], (*here, name))


def reached(node: Any, pattern: Path) -> bool:
    """Tell whether a pattern names a place, whatever stands there."""
    if not pattern:
        return True
    kept = branches(node)
    return any(
        reached(value, pattern[1:]) for name, value in kept.items() if fnmatchcase(name, pattern[0])
    )


def at(node: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else getattr(node, name, None)
    return node


def changed(node: Any, values: Mapping[Path, float]) -> Any:
    """Return a tree with other numbers at some paths; what is not on the way there is shared."""
    if () in values:
        return values[()]
    below: dict[str, dict[Path, float]] = {}
    for path, value in values.items():
        below.setdefault(path[0], {})[path[1:]] = value
    kept = branches(node)
    new = {name: changed(kept[name], inner) for name, inner in below.items()}
    return {**node, **new} if isinstance(node, Mapping) else replace(node, **new)
