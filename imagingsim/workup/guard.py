"""Guards: the conditions of a protocol, as whitelisted expressions with three truth values.

``lab.egfr < 30 and not patient.pacemaker`` is read with Python's own grammar, of which only
comparison, arithmetic, ``and``, ``or``, ``not``, names and six functions are allowed. A name whose
value nobody has yet is *unknown*; unknown spreads by Kleene's rules; a guard fires only on true.
"""

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from imagingsim.errors import WorkupError

Value = float | bool | str | None
"""What a name can stand for; None is unknown."""

Lookup = Callable[[tuple[str, ...]], Value]
"""Gives the value of a dotted name such as ``("lab", "egfr")``."""

FUNCTIONS: dict[str, Callable[..., Value]] = {"min": min, "max": max, "abs": abs}
"""Functions of known numbers; ``known(x)``, ``since(x)`` and ``count(x, ...)`` are built in."""

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_GLUE = (ast.Expression, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.Not, ast.USub, ast.Compare,
         ast.BinOp, ast.Load, ast.Constant, ast.Name, ast.Attribute, ast.Call)  # fmt: skip
_ALLOWED = (*_GLUE, *COMPARE, *ARITHMETIC)
_CALLS = {*FUNCTIONS, "known", "since", "count"}


@dataclass(frozen=True)
class Guard:
    """A condition that was read and found well formed.

    Attributes
    ----------
    text
        As it stands in the protocol.
    names
        The dotted names it speaks of, in order.
    """

    text: str
    names: tuple[tuple[str, ...], ...]
    tree: ast.expr

    def value(self, lookup: Lookup) -> Value:
        """Return what the expression is worth now; None when unknown."""
        return _evaluate(self.tree, lookup)

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether the condition is true, and not merely unknown."""
        return self.value(lookup) is True


def guard(text: str) -> Guard:
    """Read a condition.

    Raises
    ------
    WorkupError
        When it is no expression, or uses more than the whitelist.

    Examples
    --------
    >>> condition = guard("lab.egfr < 30 or not seen.liver")
    >>> condition.names
    (('lab', 'egfr'), ('seen', 'liver'))
    >>> condition.holds({("lab", "egfr"): 25.0, ("seen", "liver"): None}.get)
    True
    >>> condition.value({("lab", "egfr"): 80.0, ("seen", "liver"): None}.get) is None
    True
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise WorkupError(f"{text!r} is not an expression: {error.msg}. Correct it.") from error
    for node in ast.walk(tree):
        _check_node(node, text)
    return Guard(text, tuple(dict.fromkeys(names_in(tree))), tree)


def named(text: str) -> set[tuple[str, ...]]:
    """Return the dotted names in a condition that may still be wrong; none when unreadable."""
    try:
        return set(guard(text).names)
    except WorkupError:
        return set()


def dotted(node: ast.expr) -> tuple[str, ...] | None:
    """Return ``a.b.c`` as a tuple, or None when the node is no dotted name."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return None if head is None else (*head, node.attr)
    return None


def _check_node(node: ast.AST, text: str) -> None:
    kind = type(node).__name__
    if not isinstance(node, _ALLOWED):
        raise WorkupError(f"{text!r}: {kind} is not allowed in a guard.")
    if isinstance(node, ast.Attribute) and dotted(node) is None:
        raise WorkupError(f"{text!r}: an attribute may only follow a name.")
    if isinstance(node, ast.Constant) and not isinstance(node.value, int | float | str):
        raise WorkupError(f"{text!r}: the constant {node.value!r} is not allowed in a guard.")
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else "?"
        if name not in _CALLS or node.keywords or not node.args:
            known = ", ".join(sorted(_CALLS))
            raise WorkupError(f"{text!r}: only calls of {known} with plain arguments are allowed.")


def names_in(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """Yield the dotted names of an expression, in order."""
    if isinstance(node, ast.Call):
        children: list[ast.expr] = node.args
    elif isinstance(node, ast.Name | ast.Attribute):
        yield dotted(node) or ()
        return
    else:
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    for child in children:
        yield from names_in(child)


def _evaluate(node: ast.expr, lookup: Lookup) -> Value:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, int | float | str) else None
    name = dotted(node)
    return lookup(name) if name is not None else _combine(node, lookup)


def _combine(node: ast.expr, lookup: Lookup) -> Value:
    match node:
        case ast.BoolOp():
            value = _connective(node, lookup)
        case ast.UnaryOp():
            value = _unary(node, lookup)
        case ast.Compare():
            value = _comparison(node, lookup)
        case ast.BinOp():
            value = _arithmetic(node, lookup)
        case ast.Call():
            value = _call(node, lookup)
        case _:
            value = None
    return value


def _connective(node: ast.BoolOp, lookup: Lookup) -> Value:
    """Kleene's ``and`` and ``or``: one decisive value settles it, unknown or not."""
    decisive = isinstance(node.op, ast.Or)
    values = [_truth(_evaluate(part, lookup)) for part in node.values]
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _unary(node: ast.UnaryOp, lookup: Lookup) -> Value:
    value = _evaluate(node.operand, lookup)
    if value is None:
        return None
    return not _truth(value) if isinstance(node.op, ast.Not) else -float(value)


def _comparison(node: ast.Compare, lookup: Lookup) -> Value:
    values = [_evaluate(part, lookup) for part in (node.left, *node.comparators)]
    if None in values:
        return None
    pairs = zip(node.ops, values[:-1], values[1:], strict=True)
    return all(COMPARE[type(one)](left, right) for one, left, right in pairs)


def _arithmetic(node: ast.BinOp, lookup: Lookup) -> Value:
    left, right = _evaluate(node.left, lookup), _evaluate(node.right, lookup)
    if left is None or right is None or (isinstance(node.op, ast.Div) and float(right) == 0.0):
        return None
    return ARITHMETIC[type(node.op)](float(left), float(right))


def _call(node: ast.Call, lookup: Lookup) -> Value:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    values = [_evaluate(part, lookup) for part in node.args]
    if name == "known":
        return None not in values
    if name == "count":
        return float(sum(_truth(value) is True for value in values))
    if None in values:
        return None
    if name == "since":
        now = lookup(("t",))
        return None if now is None or values[0] is None else float(now) - float(values[0])
    return FUNCTIONS[name](*values)


def _truth(value: Value) -> bool | None:
    return None if value is None else bool(value)
