"""Belief: Bayes' rule, and what the stains of the cases say and do not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingsim.content import library
from imagingsim.workup import read_catalogue
from imagingsim.workup.belief import Belief, News
from imagingsim.workup.evidence import Rate

CATALOGUE = read_catalogue(library())
DIFFERENTIALS = sorted(CATALOGUE.differentials)
STAINS = [name for name, row in CATALOGUE.markers.items() if row.kind == "stain"]


def before(name: str) -> Belief:
    """Return the belief before anything is known."""
    return Belief.before(News(CATALOGUE.differentials[name], CATALOGUE.markers))


@pytest.mark.parametrize("name", DIFFERENTIALS)
def test_the_weights_of_a_differential_sum_to_one(name: str) -> None:
    rows = CATALOGUE.differentials[name].diagnoses.values()
    assert sum(row.weight for row in rows) == pytest.approx(1.0)


@given(
    st.sampled_from(DIFFERENTIALS),
    st.dictionaries(st.sampled_from(STAINS), st.booleans(), max_size=8),
)
def test_chances_always_sum_to_one(name: str, results: dict[str, bool]) -> None:
    chances = before(name).after_markers(results, ()).chances
    assert sum(chances.values()) == pytest.approx(1.0)
    assert min(chances.values()) >= 0.0


def test_a_finding_multiplies_the_odds_by_its_likelihood_ratio() -> None:
    belief = before("skin_nodules_elderly_woman")
    rate = Rate(sensitivity=0.8, specificity=0.9, source="test")
    after = belief.after_region("pancreas", True, rate)
    rows = belief.differential.diagnoses

    def likelihood(name: str) -> float:
        involved = rows[name].involvement["pancreas"]
        return involved * 0.8 + (1 - involved) * 0.1

    odds = after.chances["net_pancreas"] / after.chances["merkel"]
    prior = rows["net_pancreas"].weight / rows["merkel"].weight
    assert odds == pytest.approx(prior * likelihood("net_pancreas") / likelihood("merkel"))


def test_a_useless_test_changes_nothing() -> None:
    belief = before("scalp_tumour")
    after = belief.after_region("node", True, Rate(sensitivity=0.5, specificity=0.5, source="t"))
    assert after.chances == pytest.approx(belief.chances)


def test_the_stains_of_net_72f_name_the_lineage_and_leave_the_site_open() -> None:
    """Bialecki 2018: CK pan, CK18, CK19 and synaptophysin positive; pancreas or lung."""
    found = {
        "neuroendocrine_morphology": True, "ck_pan": True, "ck18": True, "ck19": True,
        "synaptophysin": True,
    }  # fmt: skip
    belief = before("skin_nodules_elderly_woman").after_markers(found, ())
    assert belief.group("neuroendocrine") > 0.9
    assert max(belief.chances.values()) < 0.6


def test_ttf1_moves_the_belief_from_pancreas_to_lung() -> None:
    belief = before("skin_nodules_elderly_woman")
    positive = belief.after_markers({"ttf1": True}, ()).chances
    negative = belief.after_markers({"ttf1": False}, ()).chances
    up = positive["small_cell_lung"] / positive["net_pancreas"]
    down = negative["small_cell_lung"] / negative["net_pancreas"]
    assert up / down == pytest.approx((0.83 / 0.35) / (0.17 / 0.65), rel=1e-6)


FOUR = {"ck_pan": True, "ck18": True, "ck19": True, "synaptophysin": True}
"""What Bialecki 2018 stained."""


def after_four(results: dict[str, bool]) -> Belief:
    """Return the belief after the four stains of the case, and then some more."""
    first = before("skin_nodules_elderly_woman").after_markers(FOUR, ())
    return first.after_markers(results, {"keratin", "neuroendocrine"})


def test_the_four_stains_alone_leave_the_site_open() -> None:
    belief = after_four({})
    assert belief.group("neuroendocrine") > 0.7
    assert max(belief.chances.values()) < 0.6


@pytest.mark.parametrize(
    ("marker", "one", "other", "ratio"),
    [
        ("islet1", "net_pancreas", "small_cell_lung", 0.73 / 0.06),  # Koo 2011
        ("pdx1", "net_pancreas", "small_cell_lung", 0.72 / 0.05),  # Hermann 2012, Koo 2011
        ("ttf1", "small_cell_lung", "net_pancreas", 0.83 / 0.35),  # Cheuk 2001
        ("ck20", "merkel", "small_cell_lung", 0.96 / 0.02),  # Cheuk 2001
        ("cdx2", "net_gut", "small_cell_lung", 0.85 / 0.03),  # Hermann 2012
        ("pax8_monoclonal", "net_pancreas", "small_cell_lung", 0.09 / 0.04),  # Koo 2011
    ],
)
def test_a_stain_that_parts_two_sites_moves_their_odds_by_its_published_ratio(
    marker: str, one: str, other: str, ratio: float
) -> None:
    known, more = after_four({}).chances, after_four({marker: True}).chances
    assert more[one] / more[other] == pytest.approx(ratio * known[one] / known[other], rel=1e-6)


def test_the_clone_of_an_antibody_decides_what_it_says() -> None:
    known = after_four({}).chances["net_pancreas"]
    weak = after_four({"pax8_monoclonal": True}).chances["net_pancreas"]
    strong = after_four({"pax8_polyclonal": True}).chances["net_pancreas"]
    assert known < weak < strong


def test_every_stain_names_its_clone_and_its_cut_off() -> None:
    stains = [row for row in CATALOGUE.markers.values() if row.kind == "stain"]
    assert all(row.clone and row.cut_off for row in stains)


def test_nut_parts_porocarcinoma_from_hidradenocarcinoma() -> None:
    belief = before("scalp_tumour").after_markers({"nut": True}, ())
    assert belief.chances["porocarcinoma"] > 10 * belief.chances["hidradenocarcinoma"]


def test_a_second_stain_of_the_same_group_says_less() -> None:
    belief = before("scalp_tumour")
    once = belief.after_markers({"p63": True}, ())
    again = belief.after_markers({"p63": True}, ("adnexal",))
    assert once.chances["porocarcinoma"] > again.chances["porocarcinoma"]
