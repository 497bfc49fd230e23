"""Ranges: between which bounds the value of a name or of an expression can lie."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import Literal

from imagingsim.workup.guard import dotted

Name = tuple[str, ...]
Knowable = Literal["always", "maybe", "never"]


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; an open end is not part of it."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        touching = self.low == self.high and (self.low_open or self.high_open)
        return self.low > self.high or touching

    @property
    def has_zero(self) -> bool:
        """Whether 0 lies in it."""
        above = self.low < 0 or (self.low == 0 and not self.low_open)
        below = self.high > 0 or (self.high == 0 and not self.high_open)
        return above and below

    def below(self, other: "Range", *, strictly: bool) -> "Range":
        """Return what is left when it must lie below some number of another."""
        open_end = strictly or other.high_open
        if other.high < self.high or (other.high == self.high and open_end):
            return replace(self, high=other.high, high_open=open_end)._settled()
        return self

    def above(self, other: "Range", *, strictly: bool) -> "Range":
        """Return what is left when it must lie above some number of another."""
        open_end = strictly or other.low_open
        if other.low > self.low or (other.low == self.low and open_end):
            return replace(self, low=other.low, low_open=open_end)._settled()
        return self

    def _settled(self) -> "Range":
        """Return bounds of whole numbers as whole numbers."""
        if not self.whole:
            return self
        low, high = self.low, self.high
        if low > -inf:
            low = floor(low) + 1 if self.low_open else ceil(low)
        if high < inf:
            high = ceil(high) - 1 if self.high_open else floor(high)
        return Range(low, high, whole=True)


@dataclass(frozen=True)
class Domain:
    """What a name can stand for at some place of a protocol.

    Attributes
    ----------
    truths
        The truth values it can have; empty for a number or a text.
    texts
        The texts it can be; None when nobody lists them.
    """

    knowable: Knowable = "always"
    numbers: Range = Range()
    truths: frozenset[bool] = frozenset()
    texts: frozenset[str] | None = None


ANY_TRUTH = frozenset((True, False))
UNKNOWN = Domain("never")


def truth(*values: bool, knowable: Knowable = "always") -> Domain:
    """Return the domain of a name that is true or false."""
    return Domain(knowable, truths=frozenset(values))


def number(
    low: float = 0.0, high: float = inf, *, knowable: Knowable = "always", whole: bool = False
) -> Domain:
    """Return the domain of a number."""
    return Domain(knowable, Range(low, high, whole=whole))


def range_of(node: ast.expr, known: Mapping[Name, Range]) -> Range:
    """Return between which bounds an expression lies."""
    name = dotted(node)
    if name is not None:
        return known.get(name, Range())
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Range(float(node.value), float(node.value))
    if isinstance(node, ast.UnaryOp):
        one = range_of(node.operand, known)
        return Range(-one.high, -one.low, one.high_open, one.low_open)
    if isinstance(node, ast.BinOp):
        return _COMBINED[type(node.op)](range_of(node.left, known), range_of(node.right, known))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id, [range_of(part, known) for part in node.args])
    return Range()


def _called(name: str, parts: list[Range]) -> Range:
    if name == "count":
        return Range(0.0, float(len(parts)), whole=True)
    if name == "min":
        return Range(min(one.low for one in parts), min(one.high for one in parts))
    if name == "max":
        return Range(max(one.low for one in parts), max(one.high for one in parts))
    return Range(0.0) if name == "abs" else Range()


def _sum(left: Range, right: Range) -> Range:
    return Range(left.low + right.low, left.high + right.high)


def _difference(left: Range, right: Range) -> Range:
    return Range(left.low - right.high, left.high - right.low)


def _product(left: Range, right: Range) -> Range:
    ends = [
        0.0 if 0.0 in (one, other) else one * other
        for one in (left.low, left.high)
        for other in (right.low, right.high)
    ]
    return Range(min(ends), max(ends))


def _quotient(left: Range, right: Range) -> Range:
    if right.low <= 0.0 <= right.high or inf in (abs(left.low), abs(left.high)):
        return Range()
    return _product(left, Range(1.0 / right.high, 1.0 / right.low))


_COMBINED: dict[type[ast.operator], Callable[[Range, Range], Range]] = {
    ast.Add: _sum, ast.Sub: _difference, ast.Mult: _product, ast.Div: _quotient,
}  # fmt: skip
