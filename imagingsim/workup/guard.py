"""Guards: the conditions of a protocol, as whitelisted expressions with three truth values.

``lab.egfr < 30 and not patient.pacemaker`` is read with Python's own grammar, of which only
comparison, arithmetic, ``and``, ``or``, ``not``, names and six functions are allowed. A name whose
value nobody has yet is *unknown*; unknown spreads by Kleene's rules; a guard fires only on true.
"""

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from imagingsim.errors import WorkupError

Value = float | bool | str | None
"""What a name can stand for; None is unknown."""

Lookup = Callable[[tuple[str, ...]], Value]
"""Gives the value of a dotted name such as ``("lab", "egfr")``."""

Asked = Callable[[Lookup], Value]
"""Gives the value of an expression."""

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

    @cached_property
    def value(self) -> Asked:
        """What the expression is worth, as a function of a lookup; None when unknown."""
        return _compiled(self.tree)

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


def _compiled(node: ast.expr) -> Asked:
    """Return what asks an expression; made of parts that can be sent to other processes."""
    name = dotted(node)
    if name is not None:
        return partial(_named, name)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return partial(_constant, node.value)
    return _combined(
        node, [_compiled(one) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
    )


def _combined(node: ast.expr, parts: list[Asked]) -> Asked:
    match node:
        case ast.BoolOp(op=junction):
            return partial(_connective, isinstance(junction, ast.Or), parts)
        case ast.UnaryOp(op=sign):
            return partial(_negated if isinstance(sign, ast.Not) else _negative, parts[0])
        case ast.Compare(ops=signs):
            return partial(_comparison, [COMPARE[type(one)] for one in signs], parts)
        case ast.BinOp(op=sum_of):
            return partial(_arithmetic, ARITHMETIC[type(sum_of)], parts)
        case ast.Call(func=ast.Name(id=called)):
            return partial(_CALLED.get(called, partial(_function, called)), parts[1:])
    raise TypeError(f"a guard holds no {type(node).__name__}")


def _named(name: tuple[str, ...], lookup: Lookup) -> Value:
    return lookup(name)


def _constant(value: float | str, lookup: Lookup) -> Value:
    return value


def _connective(decisive: bool, parts: list[Asked], lookup: Lookup) -> Value:
    """Kleene's ``and`` and ``or``: one decisive value settles it, unknown or not."""
    known = True
    for part in parts:
        value = part(lookup)
        if value is None:
            known = False
        elif bool(value) is decisive:
            return decisive
    return not decisive if known else None


def _negated(part: Asked, lookup: Lookup) -> Value:
    value = part(lookup)
    return None if value is None else not value


def _negative(part: Asked, lookup: Lookup) -> Value:
    value = part(lookup)
    return None if value is None else -float(value)


def _comparison(ops: list[Callable[[Any, Any], bool]], parts: list[Asked], lookup: Lookup) -> Value:
    values = [part(lookup) for part in parts]
    if None in values:
        return None
    return all(op(left, right) for op, (left, right) in zip(ops, pairwise(values), strict=True))


def _arithmetic(combine: Callable[[Any, Any], Any], parts: list[Asked], lookup: Lookup) -> Value:
    left, right = (part(lookup) for part in parts)
    if left is None or right is None or (combine is operator.truediv and float(right) == 0.0):
        return None
    return combine(float(left), float(right))


def _known(parts: list[Asked], lookup: Lookup) -> Value:
    return all(part(lookup) is not None for part in parts)


def _count(parts: list[Asked], lookup: Lookup) -> Value:
    return float(sum(bool(part(lookup)) for part in parts))


def _since(parts: list[Asked], lookup: Lookup) -> Value:
    now, then = lookup(("t",)), parts[0](lookup)
    return None if now is None or then is None else float(now) - float(then)


def _function(name: str, parts: list[Asked], lookup: Lookup) -> Value:
    values = [part(lookup) for part in parts]
    return None if None in values else FUNCTIONS[name](*values)


_CALLED = {"known": _known, "count": _count, "since": _since}
