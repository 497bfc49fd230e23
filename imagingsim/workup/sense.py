"""Sense: whether a condition can ever hold, or only after another did, or divides by nothing.

A condition is taken apart into the ways in which it can be true: each a list of claims about single
comparisons. A way is impossible when its claims contradict each other, or what the names can stand
for at that place. Every answer "impossible" is certain; "possible" may still never happen.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

from imagingsim.workup.guard import dotted, names_in
from imagingsim.workup.ranges import Domain, Name, Range, range_of

Said = Literal["true", "false", "not true", "not false"]
"""What is claimed of a comparison; "not true" is false or unknown."""

MOST_WAYS = 600
_OPPOSITE: dict[Said, Said] = {
    "true": "false", "false": "true", "not true": "not false", "not false": "not true",
}  # fmt: skip
_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """Something claimed of one comparison, name or call."""

    node: ast.expr
    said: Said


Way = tuple[Claim, ...]
Domains = Mapping[Name, Domain]


def possible(claims: Sequence[tuple[ast.expr, Said]], domains: Domains) -> bool:
    """Tell whether conditions can all be as is claimed of them, at the same time."""
    try:
        ways = [_ways(node, said) for node, said in claims]
    except _TooManyError:
        return True
    count = 1
    for one in ways:
        count *= len(one)
    if count > MOST_WAYS:
        return all(any(_Way(way, domains).possible for way in one) for one in ways)
    return any(_Way(tuple(sum(way, ())), domains).possible for way in product(*ways))


def zero_divisions(tree: ast.expr, domains: Domains) -> Iterator[str]:
    """Yield, as text, what a condition divides by although it can be 0."""
    found = []
    try:
        ways = _ways(tree, "true")
    except _TooManyError:
        ways = [(Claim(tree, "true"),)]
    for way in ways:
        ranges = _Way(way, domains).ranges
        for claim in way:
            for node in ast.walk(claim.node):
                if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
                    continue
                if range_of(node.right, ranges).has_zero:
                    found.append(ast.unparse(node.right))
    yield from dict.fromkeys(found)


def _ways(node: ast.expr, said: Said) -> list[Way]:
    """Return the ways in which a condition can be as is claimed."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _ways(node.operand, _OPPOSITE[said])
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        node = _unchained(node)
    if not isinstance(node, ast.BoolOp):
        return [(Claim(node, said),)]
    parts = [_ways(part, said) for part in node.values]
    together = isinstance(node.op, ast.And) == (said in ("true", "not false"))
    if not together:
        return [way for part in parts for way in part]
    ways: list[Way] = [()]
    for part in parts:
        if len(ways) * len(part) > MOST_WAYS:
            raise _TooManyError
        ways = [(*one, *other) for one, other in product(ways, part)]
    return ways


class _TooManyError(Exception):
    """A condition can be true in more ways than are looked at."""


def _unchained(node: ast.Compare) -> ast.BoolOp:
    """Return ``a < b < c`` as ``a < b and b < c``."""
    sides = pairwise((node.left, *node.comparators))
    return ast.BoolOp(
        ast.And(),
        [ast.Compare(left, [op], [right])
         for op, (left, right) in zip(node.ops, sides, strict=True)],
    )  # fmt: skip


class _Way:
    """One way in which conditions can be as claimed, and what follows for the names."""

    def __init__(self, claims: Way, domains: Domains) -> None:
        self.domains = domains
        self.known, self.unknown = self._knowledge(claims)
        self.claims = [one for one in map(self._definite, claims) if one is not None]
        self.ranges = {name: one.numbers for name, one in domains.items()}
        self.truths = {name: set(one.truths) for name, one in domains.items()}
        self.texts = {
            name: set(one.texts) for name, one in domains.items() if one.texts is not None
        }
        self.possible = self._possible()

    def _knowledge(self, claims: Way) -> tuple[set[Name], set[Name]]:
        known = {name for name, one in self.domains.items() if one.knowable == "always"}
        unknown = {name for name, one in self.domains.items() if one.knowable == "never"}
        for claim in claims:
            call = _call(claim.node)
            sure = claim.said in ("true", "false")
            if call == "known" and (claim.said in ("true", "not false")):
                known |= set(names_in(claim.node))
            elif call == "known" and len(set(names_in(claim.node))) == 1:
                unknown |= set(names_in(claim.node))
            elif call != "known" and sure and not _counts(claim.node):
                known |= set(names_in(claim.node))
        return known, unknown

    def _definite(self, claim: Claim) -> Claim | None:
        """Return a claim as true or false; None when it can be met by nobody knowing."""
        if claim.said in ("true", "false"):
            return claim
        if set(names_in(claim.node)) <= self.known or _call(claim.node) == "known":
            return Claim(claim.node, "false" if claim.said == "not true" else "true")
        return None

    def _possible(self) -> bool:
        if self.known & self.unknown:
            return False
        for _ in range(3):
            for claim in self.claims:
                if not self._admit(claim):
                    return False
        return True

    def _admit(self, claim: Claim) -> bool:
        """Draw the conclusions from a claim; tell whether anything is left."""
        node, wanted = claim.node, claim.said == "true"
        name = dotted(node)
        if name is not None:
            left = self.truths.get(name)
            if left:
                left &= {wanted}
                return bool(left)
            return name not in self.truths or not self.domains[name].truths
        if not isinstance(node, ast.Compare):
            return True
        kind = type(node.ops[0])
        kind = kind if wanted else _NEGATED[kind]
        left_side, right_side = node.left, node.comparators[0]
        if _is_text(left_side) or _is_text(right_side):
            return self._admit_text(left_side, right_side, kind)
        return self._admit_numbers(left_side, right_side, kind)

    def _admit_text(self, left: ast.expr, right: ast.expr, kind: type[ast.cmpop]) -> bool:
        constant, other = (left, right) if _is_text(left) else (right, left)
        name = dotted(other)
        if name not in self.texts or name is None:
            return True
        value = ast.literal_eval(constant)
        one = {value} & self.texts[name] if kind is ast.Eq else self.texts[name] - {value}
        self.texts[name] = one
        return bool(one)

    def _admit_numbers(self, left: ast.expr, right: ast.expr, kind: type[ast.cmpop]) -> bool:
        one, other = range_of(left, self.ranges), range_of(right, self.ranges)
        if kind is ast.NotEq:
            return not (one.low == one.high == other.low == other.high)
        if kind in (ast.Lt, ast.LtE, ast.Eq):
            one, other = _ordered(one, other, strictly=kind is ast.Lt)
        if kind in (ast.Gt, ast.GtE, ast.Eq):
            other, one = _ordered(other, one, strictly=kind is ast.Gt)
        for side, found in ((left, one), (right, other)):
            name = dotted(side)
            if name is not None:
                self.ranges[name] = found
        return not (one.empty or other.empty)


def _ordered(low: Range, high: Range, *, strictly: bool) -> tuple[Range, Range]:
    """Return what is left of two ranges when one must lie below the other."""
    return low.below(high, strictly=strictly), high.above(low, strictly=strictly)


def _call(node: ast.expr) -> str | None:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def _counts(node: ast.expr) -> bool:
    return any(
        _call(one) in ("count", "known") for one in ast.walk(node) if isinstance(one, ast.expr)
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
