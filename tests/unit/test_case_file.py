"""A case file is refused with every problem and its line."""

from pathlib import Path

import pytest

from imagingsim.anatomy.case_file import CaseFile, read_file
from imagingsim.anatomy.case_records import Lab
from imagingsim.content import Library, library
from imagingsim.errors import ContentError, UnknownNameError

CASES = ("hidradenocarcinoma_45f", "net_72f", "porocarcinoma_37m", "porocarcinoma_67m")
GOOD = """\
case: imagingsim.case/1
title: A case
body: adult_male
protocol: some
workup_timepoint: now
sources: [{id: report, citation: A report, about: all}]
patient: {sex: male, age_y: 50, weight_kg: 70, height_m: 1.7, source: report}
timepoints:
  - {id: now, title: Now, day: 0, history: Text., source: report}
  - {id: later, title: Later, day: 9, history: Text., source: report}
lesions:
  - id: mass
    title: A mass
    role: primary
    region: skin
    appears: now
    size_mm: {now: [10, 10, 10]}
    size_source: "authored: for the test"
    enters: replace
    shape: {mass: {}}
    tissue: muscle
    pathology: tumour
    source: report
    place: {in: liver}
pathology: [{id: tumour, diagnosis: D, histology: H, grade: G, source: report}]
outcome: {text: Lives., dies: false, source: report}
differential: [{diagnosis: D, weight: 1.0, source: report}]
disease: []
teaching: []
"""


def read(folder: Path, text: str) -> CaseFile:
    cases = folder / "phantoms" / "cases"
    cases.mkdir(parents=True)
    (cases / "made.yaml").write_text(text, encoding="utf-8")
    return read_file(Library((folder,)), "made")


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).lesions[0].instances == ("mass",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "appears: now",
            "appears: then",
            r"made.yaml:16: .*No timepoint named 'then'. Known: now, later",
        ),
        ("size_mm: {now:", "size_mm: {later:", r"made.yaml:17: .*no size at 'now'"),
        (
            "pathology: tumour",
            "pathology: none",
            r"made.yaml:22: .*No pathology named 'none'. Known: tumour",
        ),
        (
            "source: report\n    place",
            "source: rumour\n    place",
            r"made.yaml:23: .*'rumour' is neither",
        ),
        ("weight: 1.0", "weight: 0.7", r"made.yaml:27: differential: the weights sum to 0.700"),
        ("workup_timepoint: now", "workup_timepoint: x", r"made.yaml:5: .*Known: now, later"),
        ("day: 9", "day: -9", r"the days must not decrease"),
        ("case: imagingsim.case/1", "case: other/9", r"made.yaml:1: case: this program reads"),
        ("dies: false", "dies: true", r"needs survival_days"),
        (
            "    title: A mass",
            "    title: A mass\n    colour: red",
            r"made.yaml:14: .*colour: unknown key",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ContentError, match=message):
        read(tmp_path, GOOD.replace(old, new))


def test_every_problem_is_listed_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("appears: now", "appears: then").replace("weight: 1.0", "weight: 0.7")
    with pytest.raises(ContentError) as caught:
        read(tmp_path, text)
    assert len(str(caught.value).splitlines()) >= 3


def test_an_unknown_case_lists_the_known_ones(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    with pytest.raises(UnknownNameError, match=r"No case named 'nope'. Known: made"):
        read_file(Library((tmp_path,)), "nope")


@pytest.mark.parametrize("name", CASES)
def test_the_built_in_cases_are_read(name: str) -> None:
    case = read_file(library(), name)
    assert case.lesions
    assert case.teaching


def test_a_lab_value_outside_its_range_is_flagged() -> None:
    lab = Lab(test="cea", value=6.8, unit="ug/L", high=5.0, source="authored: x")
    assert lab.flag == "high"
    assert Lab(test="egfr", value=18, unit="u", low=60, source="authored: x").flag == "low"
    assert (
        Lab(test="inr", value=1, unit="1", low=0.8, high=1.2, source="authored: x").flag == "normal"
    )
