"""A shape that cannot be meant is reported with its file, its line and the slice to look at."""

from pathlib import Path

import pytest

from imagingsim import checking
from imagingsim.content import library

BODY = "title: Toy\nsex: male\nregions: [thorax]\n"
GOOD = """anatomy: imagingsim.anatomy/1
structures:
  - {id: skin, rank: 0, label: fat, material: visceral_fat,
     solid: [{box: {centre_mm: [0, 0, 0], half_mm: [90, 70, 80], round_mm: 6}}]}
  - {id: liver, rank: 2, material: liver,
     solid: [{ellipsoid: {centre_mm: [-30, 0, 0], semi_mm: [20, 20, 20]}}]}
"""


def problems(folder: Path, more: str) -> list[str]:
    place = folder / "phantoms" / "bodies" / "toy"
    place.mkdir(parents=True)
    (place / "body.yaml").write_text(BODY, encoding="utf-8")
    (place / "thorax.yaml").write_text(GOOD + more, encoding="utf-8")
    found = checking.problems([place / "thorax.yaml"], library(folder))
    return [line.replace(str(place), "toy") for line in found]


def test_a_good_region_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == []


def test_an_empty_shape_is_named_with_its_line(tmp_path: Path) -> None:
    shape = (
        "  - {id: spleen, rank: 3, material: spleen, inside: [{field: liver}],\n"
        "     solid: [{ellipsoid: {centre_mm: [40, 0, 0], semi_mm: [9, 9, 9]}}]}\n"
    )
    (found,) = problems(tmp_path, shape)
    assert found.startswith("toy/thorax.yaml:7: structures.2.id: spleen is empty")


def test_a_shape_that_is_painted_over_is_named_with_what_covers_it(tmp_path: Path) -> None:
    shape = (
        "  - {id: cyst, rank: 1, material: bile,\n"
        "     solid: [{ellipsoid: {centre_mm: [-30, 0, 0], semi_mm: [9, 9, 9]}}]}\n"
    )
    (found,) = problems(tmp_path, shape)
    assert "cyst is never seen: what is painted after it (liver) covers it" in found
    assert "slice z = 0 mm near x = -30" in found


def test_a_shape_outside_the_body_is_named_with_its_slice(tmp_path: Path) -> None:
    shape = (
        "  - {id: stray, rank: 3, label: liver, material: liver,\n"
        "     solid: [{ellipsoid: {centre_mm: [0, 120, 40], semi_mm: [15, 15, 15]}}]}\n"
    )
    (found,) = problems(tmp_path, shape)
    assert "toy/thorax.yaml:7: structures.2.id: stray lies outside the body: " in found
    z = float(found.split("z = ")[1].split(" ")[0])
    assert z == pytest.approx(40, abs=8)


def test_a_shape_inside_out_is_told_from_one_outside(tmp_path: Path) -> None:
    shape = (
        "  - {id: bag, rank: 3, label: liver, material: liver,\n"
        "     solid: [{box: {centre_mm: [0, 0, 0], half_mm: [300, 300, 300]}},\n"
        "             {subtract: {ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [60, 60, 60]}}}]}\n"
    )
    (found,) = [line for line in problems(tmp_path, shape) if "bag" in line]
    assert "bag is inside out: it reaches to the edge of everything" in found


def test_a_broken_promise_is_reported_in_the_file_that_minds_it(tmp_path: Path) -> None:
    shape = (
        "  - {id: lung, rank: 3, label: lung_lower_lobe_right, material: lung,\n"
        "     solid: [{ellipsoid: {centre_mm: [-30, 0, 30], semi_mm: [20, 20, 20]}}]}\n"
    )
    found = problems(tmp_path, shape)
    assert len(found) == 1
    assert "toy/thorax.yaml:" in found[0]
    assert "breaks a promise: lungs do not touch the liver" in found[0]
    assert "look at the axial slice z =" in found[0]


def test_a_file_that_cannot_be_read_is_not_looked_at_further(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "  - {id: odd, colour: red}\n")
    assert "colour: unknown key" in found
