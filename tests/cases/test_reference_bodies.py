"""The reference bodies weigh, measure and hang together as those they are named for."""

from functools import cache

import pytest

from imagingsim.content import library
from imagingsim.survey import Report, survey_body
from imagingsim.survey.report import ENOUGH_LABELS, ENOUGH_ORGANS

pytestmark = pytest.mark.slow

BODIES = ("adult_male", "adult_female")


@cache
def report(body: str, *sections: str) -> Report:
    return survey_body(body, content=library(), sections=sections)


@pytest.mark.parametrize("body", BODIES)
def test_vital_organs_weigh_within_five_percent_of_the_reference_adult(body: str) -> None:
    vital = {
        m.organ: m.error_percent for m in report(body, "masses").masses if m.tolerance_percent <= 5
    }
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
    off = {m.organ: round(m.error_percent) for m in report(body, "masses").masses if not m.good}
    assert report(body, "masses").organs_within >= ENOUGH_ORGANS, off


@pytest.mark.parametrize("body", BODIES)
def test_what_exists_of_a_body_weighs_what_that_part_of_an_adult_weighs(body: str) -> None:
    whole = report(body, "masses").whole
    assert whole is not None
    assert 0.8 < whole.share < 0.9
    assert abs(whole.error_percent) < 3.0


def test_levels_along_the_spine_hold_and_branches_follow_their_order() -> None:
    found = report("adult_male", "levels")
    assert [level for level in found.levels if not level.good] == []
    assert found.orders is not None
    assert all(found.orders.values()), found.orders


@pytest.mark.parametrize("body", BODIES)
def test_the_classes_of_totalsegmentator_are_there(body: str) -> None:
    labels = report(body, "labels").labels
    assert labels is not None
    assert labels.shown >= ENOUGH_LABELS, labels.missing
