"""A protocol always ends, whatever graph it is and whatever happens to the patient."""

from fakes import fake_case, probe_of, scanner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocols_at_random import graphs

from imagingsim.content import library, load
from imagingsim.errors import ContentError
from imagingsim.workup import check_protocol, read_catalogue, walk
from imagingsim.workup.clock import DeathClock

CATALOGUE = read_catalogue(library())
CASE = fake_case("hidradenocarcinoma_45f")


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(graphs(), st.integers(0, 1000))
def test_a_protocol_that_is_accepted_always_ends(text: str, seed: int) -> None:
    try:
        protocol = check_protocol(load(text, where="random.yaml"), "random", CATALOGUE)
    except ContentError:
        return
    outcome = walk(CASE, protocol, scanner(CASE), seed=seed, probe=probe_of(CASE))
    assert outcome.ending in {"done", "stopped", "horizon", "biopsy_limit", "blocked"}
    assert outcome.totals.days <= 400
    assert all(step.choice for step in outcome.steps[:-1])


@given(st.floats(0.1, 500), st.lists(st.floats(0.01, 100), max_size=8), st.floats(0.2, 5))
def test_the_death_clock_spends_its_budget_and_no_more(
    budget: float, waits: list[float], factor: float
) -> None:
    clock = DeathClock(budget)
    alive, day = True, 0.0
    for wait in waits:
        clock.worsen(factor)
        day += wait
        alive = alive and clock.spend(day)
    assert clock.budget_d >= -1e-9
    assert alive == (clock.budget_d > 0)


@given(st.floats(1, 500), st.floats(1.01, 5))
def test_a_higher_hazard_never_lengthens_life(budget: float, factor: float) -> None:
    worse = DeathClock(budget)
    worse.worsen(factor)
    assert worse.death_d < DeathClock(budget).death_d
