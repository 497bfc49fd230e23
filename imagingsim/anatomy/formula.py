"""Distances written as arithmetic: a small, safe subset of expressions."""

import ast
from collections.abc import Callable
from functools import cache, reduce

import numpy as np

from imagingsim.errors import ContentError
from imagingsim.units import FloatArray

_FUNCTIONS: dict[str, Callable[..., FloatArray]] = {
    "abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "sin": np.sin, "cos": np.cos,
    "min": lambda *a: reduce(np.minimum, a), "max": lambda *a: reduce(np.maximum, a),
    "clip": np.clip, "where": np.where,
}  # fmt: skip
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Name, ast.Constant,
    ast.Load, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


def formula_values(expression: str, points_mm: FloatArray) -> FloatArray:
    """Return an expression of x, y, z at points, shape (..., 3) to (...).

    Examples
    --------
    >>> formula_values("abs(x) + max(y, z)", np.array([[-1.0, 2.0, 3.0]]))
    array([4.])
    """
    axes = np.ascontiguousarray(np.moveaxis(np.asarray(points_mm), -1, 0))
    values = dict(zip("xyz", axes, strict=True))
    return np.asarray(_value(_parsed(expression), values), dtype=np.float64) + 0.0 * values["x"]


@cache
def _parsed(expression: str) -> ast.expr:
    """Return what an expression says, once it is known to hold nothing but arithmetic."""
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError as error:
        raise ContentError(f"{expression!r} is not an expression: {error.msg}.") from error
    for node in ast.walk(tree):
        names = isinstance(node, ast.Name) and node.id not in {*_FUNCTIONS, "x", "y", "z"}
        if names or not isinstance(node, _ALLOWED):
            raise ContentError(
                f"{expression!r} may hold only numbers, x, y, z, + - * / ** and "
                f"{', '.join(_FUNCTIONS)}."
            )
    return tree.body


def _value(node: ast.expr, values: dict[str, FloatArray]) -> FloatArray:
    if isinstance(node, ast.Constant):
        return node.value  # type: ignore[return-value]  # a number: its square is quick
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, values)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.Compare):
        right = _value(node.comparators[0], values)
        return _OPERATORS[type(node.ops[0])](_value(node.left, values), right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*(_value(argument, values) for argument in node.args))
    raise ContentError(f"{ast.unparse(node)!r} cannot be evaluated.")


_OPERATORS: dict[type, Callable[[FloatArray, FloatArray], FloatArray]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: lambda a, b: np.asarray(a, np.float64) ** b,
    ast.Gt: np.greater, ast.Lt: np.less, ast.GtE: np.greater_equal, ast.LtE: np.less_equal,
}  # fmt: skip
