"""The reference bodies weigh, measure and hang together as those they are named for."""

from functools import cache

import numpy as np
import pytest

from imagingsim.anatomy import Phantom, read_body
from imagingsim.content import library
from imagingsim.survey import SECTIONS, Report, organ_volumes, survey_body
from imagingsim.survey.report import ENOUGH_LABELS, ENOUGH_ORGANS

pytestmark = pytest.mark.slow

BODIES = ("adult_male", "adult_female")


@cache
def report(body: str) -> Report:
    """Return everything but the sampling of a whole body at 1 mm, which takes a minute."""
    return survey_body(body, content=library(), sections=set(SECTIONS) - {"sampling"})


@pytest.mark.parametrize("body", BODIES)
def test_vital_organs_weigh_within_five_percent_of_the_reference_adult(body: str) -> None:
    vital = {m.organ: m.error_percent for m in report(body).masses if m.tolerance_percent <= 5}
    assert {
        "brain",
        "lung_left",
        "lung_right",
        "heart_tissue",
        "liver",
        "spleen",
        "kidney_left",
    } <= set(vital)
    assert {organ: error for organ, error in vital.items() if abs(error) > 5.0} == {}


@pytest.mark.parametrize("body", BODIES)
def test_forty_organs_weigh_within_ten_percent(body: str) -> None:
    off = {m.organ: round(m.error_percent) for m in report(body).masses if not m.good}
    assert report(body).organs_within >= ENOUGH_ORGANS, off


@pytest.mark.parametrize("body", BODIES)
def test_what_exists_of_a_body_weighs_what_that_part_of_an_adult_weighs(body: str) -> None:
    whole = report(body).whole
    assert whole is not None
    assert 0.8 < whole.share < 0.9
    assert abs(whole.error_percent) < 3.0


@pytest.mark.parametrize("body", BODIES)
def test_lengths_are_those_of_published_adults(body: str) -> None:
    lengths = report(body).lengths
    assert len(lengths) >= 20
    assert [length for length in lengths if not length.good] == []


@pytest.mark.parametrize("body", BODIES)
def test_levels_along_the_spine_hold_and_branches_follow_their_order(body: str) -> None:
    found = report(body)
    assert [level for level in found.levels if not level.good] == []
    assert found.orders is not None
    assert all(found.orders.values()), found.orders


@pytest.mark.parametrize("body", BODIES)
def test_what_belongs_together_hangs_together_and_lies_under_the_skin(body: str) -> None:
    found = report(body)
    assert found.promises == 19
    assert [str(breach) for breach in found.breaches] == []


def test_organs_of_the_abdomen_have_the_same_volume_at_1_2_and_4_mm() -> None:
    body = Phantom(read_body(library(), "adult_male"))
    found = organ_volumes(body, np.array([-120.0, -110.0, 40.0]), np.array([120.0, 90.0, 160.0]))
    big = {one.label: one.worst_percent for one in found if one.ml[0] > 40.0}
    assert {"liver", "spleen", "kidney_left", "stomach", "pancreas", "aorta", "colon"} <= set(big)
    assert {label: worst for label, worst in big.items() if abs(worst) > 2.0} == {}


@pytest.mark.parametrize("body", BODIES)
def test_the_classes_of_totalsegmentator_are_there(body: str) -> None:
    labels = report(body).labels
    assert labels is not None
    assert labels.shown >= ENOUGH_LABELS, labels.missing
