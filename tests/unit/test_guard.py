"""Guards: what they allow, and what they make of what nobody knows."""

import ast
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagingsim.errors import WorkupError
from imagingsim.workup.guard import Value, guard
from imagingsim.workup.ranges import Domain, number, truth
from imagingsim.workup.sense import Said, possible

TRUTHS = st.sampled_from([True, False, None])


def worth(text: str, **values: Value) -> Value:
    """Return the value of a guard whose names have no dots."""
    return guard(text).value(lambda name: values[name[0]])


@given(TRUTHS, TRUTHS)
def test_and_is_the_smaller_and_or_the_larger_of_false_unknown_true(
    a: bool | None, b: bool | None
) -> None:
    order = {False: 0, None: 1, True: 2}
    assert worth("a and b", a=a, b=b) == min(a, b, key=lambda one: order[one])
    assert worth("a or b", a=a, b=b) == max(a, b, key=lambda one: order[one])


@given(TRUTHS, TRUTHS)
def test_de_morgan_holds_with_the_unknown(a: bool | None, b: bool | None) -> None:
    assert worth("not (a and b)", a=a, b=b) == worth("not a or not b", a=a, b=b)


def test_not_of_the_unknown_stays_unknown_and_does_not_fire() -> None:
    condition = guard("not a")
    assert condition.value(lambda name: None) is None
    assert not condition.holds(lambda name: None)


def test_known_asks_whether_a_value_is_there() -> None:
    assert worth("known(a)", a=None) is False
    assert worth("not known(a)", a=None) is True


def test_a_comparison_with_the_unknown_is_unknown() -> None:
    assert worth("a < 30", a=None) is None


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_chained_comparison_is_the_and_of_its_links(a: float, b: float, c: float) -> None:
    assert worth("a <= b < c", a=a, b=b, c=c) == (a <= b < c)


def test_a_condition_that_was_asked_can_be_sent_to_another_process() -> None:
    condition = guard("count(a > 1, not b) >= 2 or known(c) and min(d, 3) / 2 < 1")
    values: dict[tuple[str, ...], Value] = {("a",): 2.0, ("b",): False, ("c",): None, ("d",): 1.0}
    assert condition.holds(values.get)
    assert pickle.loads(pickle.dumps(condition)).holds(values.get)


def test_division_by_zero_is_unknown() -> None:
    assert worth("a / b > 1", a=1.0, b=0.0) is None


def test_since_counts_from_a_day_to_now() -> None:
    assert worth("since(a) > 4", a=3.0, t=8.0) is True


def test_count_counts_what_is_true() -> None:
    assert worth("count(a, b, c) == 1", a=True, b=None, c=False) is True


NUMBERS = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])
COMPARED = st.builds(
    "{} {} {}".format, st.sampled_from(["a", "b", "a + b", "2 * a", "1"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from(["a", "b", "0", "1", "2", "b - 1"]),
)  # fmt: skip
CONDITIONS = st.recursive(
    st.one_of(COMPARED, st.sampled_from(["p", "q", "known(a)", "known(p)"])),
    lambda part: st.one_of(
        st.builds("not ({})".format, part), st.builds("({}) and ({})".format, part, part),
        st.builds("({}) or ({})".format, part, part),
    ),
    max_leaves=5,
)  # fmt: skip
DOMAINS: dict[tuple[str, ...], Domain] = {
    ("a",): number(0.0, 3.0, knowable="maybe"), ("b",): number(0.0, 2.0, whole=True),
    ("p",): truth(True, False, knowable="maybe"), ("q",): truth(False),
}  # fmt: skip


@settings(max_examples=300)
@given(
    st.lists(CONDITIONS, min_size=1, max_size=3), st.one_of(st.none(), NUMBERS),
    st.sampled_from([0.0, 1.0, 2.0]), TRUTHS,
)  # fmt: skip
def test_what_is_called_impossible_never_happens(
    texts: list[str], a: float | None, b: float, p: bool | None
) -> None:
    values: dict[tuple[str, ...], Value] = {("a",): a, ("b",): b, ("p",): p, ("q",): False}
    *earlier, last = (guard(text) for text in texts)
    happens = last.holds(values.get) and not any(one.holds(values.get) for one in earlier)
    claims: list[tuple[ast.expr, Said]] = [(one.tree, "not true") for one in earlier]
    assert possible([*claims, (last.tree, "true")], DOMAINS) or not happens


def import_of_a_module() -> str:
    """Only calls of abs, count, known, max, min, since with plain arguments are allowed."""
    return "__import__('os').system('true') == 0"


def a_lambda() -> str:
    """Lambda is not allowed in a guard."""
    return "known(lambda: 1)"


def a_subscript() -> str:
    """Subscript is not allowed in a guard."""
    return "lab['egfr'] < 30"


def a_comprehension() -> str:
    """ListComp is not allowed in a guard."""
    return "[x for x in a]"


def attribute_of_a_call() -> str:
    """an attribute may only follow a name."""
    return "known(a).real == 1"


def a_statement() -> str:
    """is not an expression"""
    return "a = 1"


def a_power() -> str:
    """Pow is not allowed in a guard."""
    return "9 ** 9 > 1"


def an_unfinished_text() -> str:
    """is not an expression"""
    return "lab.egfr <"


@pytest.mark.parametrize(
    "fault",
    [
        import_of_a_module, a_lambda, a_subscript, a_comprehension, attribute_of_a_call,
        a_statement, a_power, an_unfinished_text,
    ],
)  # fmt: skip
def test_what_is_not_on_the_whitelist_is_refused(fault: object) -> None:
    with pytest.raises(WorkupError) as caught:
        guard(fault())  # type: ignore[operator]
    expected = str(fault.__doc__).lower().removesuffix(".")
    assert expected in str(caught.value).lower()
