"""What is measured of a body is what it was made with; what is broken is found where it is."""

import json
from dataclasses import replace

import pytest

from imagingsim.anatomy import Body, Phantom, Structure
from imagingsim.anatomy.records import BodyRecord, VertebraRecord
from imagingsim.content import library, parse
from imagingsim.errors import UnknownNameError
from imagingsim.survey import Report, Scout, read_references, survey_body
from imagingsim.survey.lengths import Length, measure_length, measure_level
from imagingsim.survey.masses import Mass
from imagingsim.survey.references import LengthRow, LevelRow, Promise
from imagingsim.survey.report import ENOUGH_ORGANS
from imagingsim.survey.topology import Breach, judge

TUBE = "{{id: {0}, rank: 3, label: {1}, material: blood_venous, solid: [{{tube: {{spline: false, points: [[{2}, 0, {3}, 6], [{2}, 0, {4}, 6]]}}}}]}}"  # noqa: E501
BODY = f"""
- {{id: fat, rank: 0, layers: [{{material: skin, label: skin}}, {{inset_mm: 2, material: visceral_fat, label: fat}}],
   solid: [{{box: {{centre_mm: [0, 0, 0], half_mm: [60, 40, 80], round_mm: 6}}}}]}}
- {TUBE.format("vein_low", "vein", 0, -50, -2)}
- {TUBE.format("vein_high", "vein", 0, -6, 50)}
- {TUBE.format("torn_low", "torn", 30, -50, -9)}
- {TUBE.format("torn_high", "torn", 30, 9, 40)}
- {TUBE.format("beside", "beside", 12, -10, 10)}
- {TUBE.format("bare", "bare", -58, -20, 20)}
- {{id: body, rank: 4, label: vertebrae_L1, material: trabecular_bone,
   solid: [{{box: {{centre_mm: [0, 22, 0], half_mm: [14, 10, 13]}}}}]}}
"""  # noqa: E501


def scout(text: str = BODY) -> Scout:
    structures = parse(text, tuple[Structure, ...], where="x.yaml")
    level = VertebraRecord(
        level="L1", centre_mm=(22.0, 0.0), height_mm=26.0, half_width_mm=14.0, half_depth_mm=10.0,
        tilt_deg=0.0,
    )  # fmt: skip
    record = BodyRecord(title="x", sex="female", spine=(level,), landmarks={"L1": 0.0, "L2": -30.0})
    labels = {"skin": 1, "fat": 2, "vein": 3, "torn": 4, "beside": 5, "bare": 6, "vertebrae_L1": 7}
    return Scout(Phantom(Body("x", record, structures, {}, labels)))


BODY_SCOUT = scout()


def breaches(**what: object) -> list[Breach]:
    promise = Promise(name="p", region="r", **what)  # type: ignore[arg-type]
    return judge(BODY_SCOUT, promise)


def test_tubes_that_run_into_one_another_are_one_piece() -> None:
    assert breaches(connected="vein") == []


def test_a_torn_tube_is_named_with_the_slice_of_its_gap() -> None:
    (found,) = breaches(connected="torn")
    assert "2 pieces" in found.what
    assert found.structures == "torn_high"
    assert found.at_mm is not None
    assert found.at_mm[0] == pytest.approx(30, abs=8)
    assert abs(found.at_mm[2]) == pytest.approx(3, abs=3)
    assert "look at the axial slice z =" in str(found)


def test_what_is_nowhere_is_said_to_be_nowhere_unless_it_is_a_pattern() -> None:
    (found,) = breaches(connected="vein;gill")
    assert (found.what, found.structures) == ("is nowhere in the body", "gill")
    assert breaches(connected="vein;gill*") == []


def test_things_that_touch_are_told_from_things_apart() -> None:
    assert breaches(apart=("vein", "torn")) == []
    (found,) = breaches(apart=("vein", "beside"))
    assert found.at_mm is not None
    assert found.at_mm[0] == pytest.approx(6, abs=2.5)


def test_things_that_do_not_meet_are_named_with_their_distance() -> None:
    assert breaches(meet=("vein", "beside"), within_mm=2.0) == []
    (found,) = breaches(meet=("beside", "torn"), within_mm=3.0, spacing_mm=1.0)
    assert int(found.what.split(" mm apart")[0]) == pytest.approx(6, abs=1)
    assert breaches(meet=("beside", "torn"), within_mm=8.0) == []


def test_numbers_and_sides_of_a_promise_are_written_out() -> None:
    mixed = breaches(meet=("vein", "rib_{side}_{n}"), numbers=(1, 2))
    assert [b.structures.split(" or ")[1] for b in mixed] == [
        "rib_left_1", "rib_left_2", "rib_right_1", "rib_right_2",
    ]  # fmt: skip


def test_what_lies_bare_against_the_air_is_found_and_skin_is_not() -> None:
    (found,) = breaches(outside=("skin",))
    assert found.structures == "bare"
    assert found.at_mm is not None
    assert found.at_mm[0] < -55


def test_a_hole_without_a_label_is_found() -> None:
    assert breaches(filled=True) == []
    hole = "\n- {id: hole, rank: 9, label: '', material: air, solid: [{ellipsoid: {centre_mm: [-30, 0, 30], semi_mm: [8, 8, 8]}}]}"  # noqa: E501
    (found,) = judge(scout(BODY + hole), Promise(name="p", region="r", filled=True))
    assert found.at_mm == pytest.approx((-30, 0, 30), abs=2.5)


def test_lengths_are_those_the_body_was_made_with() -> None:
    body = BODY_SCOUT.phantom.body
    of, source = "vertebrae_L1", "s"
    for row in (
        LengthRow(name="w", mm=(1, 28), of=of, how="extent", axis="x", source=source),
        LengthRow(name="h", mm=(1, 26), of=of, how="chord", at="L1", source=source),
        LengthRow(name="d", mm=(1, 12), of="vein", how="calibre", at="L2", source=source),
    ):
        found = measure_length(BODY_SCOUT, body, row)
        assert found.mm == pytest.approx(row.mm[1], abs=0.8), row.name
        assert found.good


def test_a_length_of_nothing_is_zero_and_fails() -> None:
    row = LengthRow(name="g", mm=(5, 5), of="gill", how="extent", source="s")
    found = measure_length(BODY_SCOUT, BODY_SCOUT.phantom.body, row)
    assert found == Length("g", 5, 0.0, 10.0)
    assert not found.good


def test_a_level_is_where_two_things_meet() -> None:
    row = LevelRow(
        name="o", of="beside", how="origin", on="vein", between=("L1", "L2"), margin_mm=5.0,
        source="s",
    )  # fmt: skip
    found = measure_level(BODY_SCOUT, BODY_SCOUT.phantom.body, row)
    assert found.z_mm == pytest.approx(0.0, abs=1.5)
    assert found.good
    assert not measure_level(
        BODY_SCOUT, BODY_SCOUT.phantom.body, replace(row, between=("L2", "L2"))
    ).good


def test_a_report_fails_for_a_vital_organ_and_for_too_few_organs() -> None:
    light = Report("x", masses=(Mass("liver", 100.0, 80.0, 90.0, 5.0),))
    assert light.failures == [
        "mass of liver: -10.0 %, 5 % allowed",
        f"0 organs are within their tolerance of the reference masses; {ENOUGH_ORGANS} must be",
    ]
    many = tuple(Mass(f"organ {i}", 100.0, 95.0, 95.0, 10.0) for i in range(ENOUGH_ORGANS))
    assert Report("x", masses=many).failures == []
    assert json.loads(json.dumps(light.to_json()))["masses"][0]["error_percent"] == -10.0


def test_the_references_that_are_shipped_can_be_read() -> None:
    file = read_references(library()).file
    named = {row.name for row in file.levels}
    for names in file.order.values():
        assert set(names) <= named
    assert len(file.lengths) >= 15
    kinds = {"connected", "apart", "meet", "outside", "filled"}
    for promise in file.topology:
        assert sum(bool(getattr(promise, kind)) for kind in kinds) == 1, promise.name


def test_an_unknown_section_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Known: masses, lengths"):
        survey_body("adult_male", content=library(), sections=["moods"])
