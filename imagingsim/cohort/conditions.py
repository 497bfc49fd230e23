"""Conditions over many patients: the guards of the language, on arrays, in Kleene's logic."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from imagingsim.cohort.population import Bools
from imagingsim.workup.guard import ARITHMETIC, COMPARE, Guard, dotted

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Vague:
    """Values of which some are unknown; ``known`` True: all are known."""

    value: Array
    known: Bools | np.bool_

    @classmethod
    def sure(cls, value: Array) -> "Vague":
        """Return values that are all known."""
        return cls(value, np.True_)


Lookup = Callable[[tuple[str, ...]], Vague]
"""Gives the values of a dotted name for the patients that are asked."""


def holding(guard: Guard, lookup: Lookup, count: int) -> Bools:
    """Tell for which patients a guard is true, and not merely unknown."""
    found = evaluate(guard.tree, lookup)
    return np.broadcast_to(_truth(found) & found.known, count)


def evaluate(node: ast.expr, lookup: Lookup) -> Vague:
    """Return what an expression is worth for each patient."""
    name = dotted(node)
    if name is not None:
        return lookup(name)
    if isinstance(node, ast.Constant):
        return Vague.sure(np.asarray(node.value))
    for kind, meaning in _MEANINGS.items():
        if isinstance(node, kind):
            return meaning(node, lookup)
    raise TypeError(f"a guard holds no {type(node).__name__}")


def _truth(one: Vague) -> Bools:
    return one.value.astype(bool)


def _all_known(parts: list[Vague]) -> Bools | np.bool_:
    return reduce(np.logical_and, [one.known for one in parts])


def _connective(node: ast.BoolOp, lookup: Lookup) -> Vague:
    """Kleene's ``and`` and ``or``: one decisive value settles it, unknown or not."""
    decisive = isinstance(node.op, ast.Or)
    parts = [evaluate(part, lookup) for part in node.values]
    settled = reduce(np.logical_or, [one.known & (_truth(one) == decisive) for one in parts])
    return Vague(np.where(settled, decisive, not decisive), settled | _all_known(parts))


def _unary(node: ast.UnaryOp, lookup: Lookup) -> Vague:
    one = evaluate(node.operand, lookup)
    value = ~_truth(one) if isinstance(node.op, ast.Not) else -one.value.astype(np.float64)
    return Vague(value, one.known)


def _comparison(node: ast.Compare, lookup: Lookup) -> Vague:
    parts = [evaluate(part, lookup) for part in (node.left, *node.comparators)]
    pairs = zip(node.ops, parts[:-1], parts[1:], strict=True)
    holds = [np.asarray(COMPARE[type(op)](left.value, right.value)) for op, left, right in pairs]
    return Vague(reduce(np.logical_and, holds), _all_known(parts))


def _arithmetic(node: ast.BinOp, lookup: Lookup) -> Vague:
    left, right = evaluate(node.left, lookup), evaluate(node.right, lookup)
    known = left.known & right.known
    if isinstance(node.op, ast.Div):
        known = known & (right.value != 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        combine: Callable[[Array, Array], Array] = ARITHMETIC[type(node.op)]
        return Vague(combine(left.value, right.value), known)


def _call(node: ast.Call, lookup: Lookup) -> Vague:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    parts = [evaluate(part, lookup) for part in node.args]
    known = _all_known(parts)
    if name == "known":
        return Vague.sure(np.asarray(known))
    if name == "count":
        return Vague.sure(sum((_truth(one) & one.known).astype(float) for one in parts))  # type: ignore[arg-type]
    if name == "since":
        return Vague(lookup(("t",)).value - parts[0].value, known)
    values = [one.value for one in parts]
    combined = {"min": np.minimum, "max": np.maximum}.get(name)
    return Vague(reduce(combined, values) if combined else np.abs(values[0]), known)


_MEANINGS: dict[type[ast.expr], Callable[[Any, Lookup], Vague]] = {
    ast.BoolOp: _connective, ast.UnaryOp: _unary, ast.Compare: _comparison,
    ast.BinOp: _arithmetic, ast.Call: _call,
}  # fmt: skip
