"""What the reports say is in the phantom and in the images: the second reader's expectations."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import measuring
import pytest
from ruamel.yaml import YAML

from imagingsim.anatomy import Case, ResolvedLesion, SampledPhantom, read_case
from imagingsim.content import library

HERE = Path(__file__).parent
NAMES = sorted(file.stem for file in HERE.glob("*.yaml"))
LIBRARY = library()


@cache
def expected(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def case_named(name: str) -> Case:
    return read_case(LIBRARY, name)


@cache
def around(name: str, timepoint: str, lesion: str) -> SampledPhantom:
    case = case_named(name)
    (one,) = measuring.lesions(case, timepoint, lesion)
    return measuring.around(case, timepoint, one, spacing_mm=0.8 if max(one.extents_mm) < 30 else 1)


def _truths() -> Iterator[Any]:
    for name in NAMES:
        for timepoint, parts in expected(name)["timepoints"].items():
            for index, fact in enumerate(parts.get("truth", [])):
                what = fact.get("lesions") or "_".join(fact)
                yield pytest.param(name, timepoint, fact, id=f"{name}-{timepoint}-{index}-{what}")


FACTS = list(_truths())


def _lesions(name: str, timepoint: str, fact: Any) -> list[ResolvedLesion]:
    return measuring.lesions(case_named(name), timepoint, fact["lesions"])


def _with(key: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("name", "timepoint", "fact"), [one for one in FACTS if key in one.values[2]]
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_patient_is_the_reports(name: str) -> None:
    patient = case_named(name).patient
    assert {"sex": patient.sex, "age_y": patient.age_y} == expected(name)["patient"]


@_with("count")
def test_there_are_as_many_lesions_as_reported(name: str, timepoint: str, fact: Any) -> None:
    low, high = fact["count"]
    assert low <= len(_lesions(name, timepoint, fact)) <= high


@_with("side")
def test_a_lesion_is_on_its_side(name: str, timepoint: str, fact: Any) -> None:
    for lesion in _lesions(name, timepoint, fact):
        sampled = around(name, timepoint, lesion.id)
        mask = measuring.of_label(sampled, lesion.label)
        left = measuring.centroid_mm(sampled, mask)[0]
        assert left > 0 if fact["side"] == "left" else left < 0, lesion.id


@_with("near")
def test_a_lesion_lies_where_it_is_reported(name: str, timepoint: str, fact: Any) -> None:
    for lesion in _lesions(name, timepoint, fact):
        sampled = around(name, timepoint, lesion.id)
        mask = measuring.of_label(sampled, lesion.label)
        host = measuring.of_label(sampled, fact["near"])
        assert measuring.distance_mm(sampled, mask, host) <= fact["within_mm"] + 1.0, lesion.id


@_with("side_of_body")
def test_a_lesion_lies_on_its_side_of_the_body(name: str, timepoint: str, fact: Any) -> None:
    for lesion in _lesions(name, timepoint, fact):
        case = case_named(name)
        head = lesion.centre_mm[2] > case.phantom(timepoint).body.landmark_mm("vertebrae_C2")
        middle = -24.0 if head else 0.0
        behind = lesion.centre_mm[1] - middle
        assert behind > 0 if fact["side_of_body"] == "posterior" else behind < 0, lesion.id


@_with("above")
def test_a_lesion_lies_above_its_landmark(name: str, timepoint: str, fact: Any) -> None:
    landmark = case_named(name).phantom(timepoint).body.landmark_mm(fact["above"])
    assert all(one.centre_mm[2] > landmark for one in _lesions(name, timepoint, fact))


@_with("below")
def test_a_lesion_lies_below_its_landmark(name: str, timepoint: str, fact: Any) -> None:
    landmark = case_named(name).phantom(timepoint).body.landmark_mm(fact["below"])
    assert all(one.centre_mm[2] < landmark for one in _lesions(name, timepoint, fact))


@_with("same_side_as")
def test_a_lesion_is_ipsilateral(name: str, timepoint: str, fact: Any) -> None:
    (other,) = measuring.lesions(case_named(name), timepoint, fact["same_side_as"])
    for lesion in _lesions(name, timepoint, fact):
        assert lesion.centre_mm[0] * other.centre_mm[0] > 0


@_with("diameter_mm")
def test_a_lesion_has_its_size(name: str, timepoint: str, fact: Any) -> None:
    low, high = fact["diameter_mm"]
    for lesion in _lesions(name, timepoint, fact):
        sampled = around(name, timepoint, lesion.id)
        axes = measuring.axes_mm(sampled, measuring.of_label(sampled, lesion.label))
        assert low <= axes[0] <= high, f"{lesion.id}: {axes}"
        if "thickness_mm" in fact:
            thin, thick = fact["thickness_mm"]
            assert thin <= axes[2] <= thick, f"{lesion.id}: {axes}"


@_with("volume_ml")
def test_a_lesion_has_its_volume(name: str, timepoint: str, fact: Any) -> None:
    low, high = fact["volume_ml"]
    for lesion in _lesions(name, timepoint, fact):
        sampled = around(name, timepoint, lesion.id)
        mask = measuring.of_label(sampled, lesion.label)
        assert low <= mask.sum() * sampled.grid.voxel_ml <= high, lesion.id


@_with("materials")
def test_a_lesion_is_made_of_what_it_should_be(name: str, timepoint: str, fact: Any) -> None:
    for lesion in _lesions(name, timepoint, fact):
        sampled = around(name, timepoint, lesion.id)
        mask = measuring.of_label(sampled, lesion.label)
        for material in fact["materials"]:
            assert (measuring.of_material(sampled, material) & mask).any(), material


@_with("lesions")
def test_no_lesion_lies_in_the_air(name: str, timepoint: str, fact: Any) -> None:
    for lesion in _lesions(name, timepoint, fact):
        sampled = around(name, timepoint, lesion.id)
        mask = measuring.of_label(sampled, lesion.label)
        assert mask.sum() >= 4, f"{lesion.id} is not there"
        others = ~mask & ~measuring.outside(sampled)
        assert measuring.distance_mm(sampled, mask, others) < 2.0, lesion.id


@_with("height_ratio")
def test_a_fractured_vertebra_has_lost_height(name: str, timepoint: str, fact: Any) -> None:
    case = case_named(name)
    heights = [
        measuring.body_height_mm(case, timepoint, fact["height_ratio"][key]) for key in ("of", "to")
    ]
    low, high = fact["range"]
    assert low <= heights[0] / heights[1] <= high


@_with("skull_thickness_under")
def test_the_skull_is_thinner_under_the_tumour(name: str, timepoint: str, fact: Any) -> None:
    case = case_named(name)
    (lesion,) = measuring.lesions(case, timepoint, fact["skull_thickness_under"])
    ratio = measuring.skull_thickness_ratio(case, timepoint, lesion)
    low, high = fact["ratio_to_other_side"]
    assert low <= ratio <= high


def _markers(case: Case) -> set[str]:
    return {name for item in case.pathology for name in (*item.markers, *item.stains)}


@pytest.mark.parametrize("name", NAMES)
def test_the_reported_facts_are_in_the_case(name: str) -> None:
    case, facts = case_named(name), expected(name).get("facts", {})
    tests = {lab.test for point in case.timepoints for lab in point.labs}
    assert set(facts.get("labs", [])) <= tests
    assert set(facts.get("pathology", [])) <= _markers(case)
    if "ki67_percent" in facts:
        found = [item.percent for one in case.pathology for item in one.ki67]
        assert sorted(found) == facts["ki67_percent"]
    if "dies_before_primary_found" in facts:
        assert case.outcome.before_primary_found == facts["dies_before_primary_found"]
    if "renal_failure_at" in facts:
        egfr = case.lab("egfr", facts["renal_failure_at"])
        assert egfr is not None
        assert egfr.value < 30
