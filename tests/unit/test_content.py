"""Content files are found wherever imagingsim is installed, and bad content is refused."""

from pathlib import Path
from typing import Literal

import pytest

from imagingsim.content import Library, library, parse, placeholders, record, schema
from imagingsim.errors import ContentError, UnknownNameError


@record
class Lesion:
    id: str
    diameter_mm: float
    centre_mm: tuple[float, float, float]


@record
class Case:
    title: str
    sex: Literal["female", "male"] = "female"
    lesions: tuple[Lesion, ...] = ()
    levels: dict[float, float] | None = None


def test_a_whole_file_reads_into_its_record() -> None:
    case = parse("title: a\nlevels: {-40: 1, 1e1: 5e-1}\n", Case, where="x.yaml")
    assert case.levels == {-40.0: 1.0, 10.0: 0.5}


def test_every_problem_is_named_with_its_line() -> None:
    text = """\
title: 12
lesions:
  - id: adenoma
    diameter_mm: 2.1 cm
    centre_mm: [10, 20]
    colour: red
"""
    with pytest.raises(ContentError) as caught:
        parse(text, Case, where="cases/x.yaml")
    assert str(caught.value).splitlines() == [
        "cases/x.yaml:1: title: Input should be a valid string, got 12",
        "cases/x.yaml:4: lesions.0.diameter_mm: Input should be a valid number, got '2.1 cm'",
        "cases/x.yaml:5: lesions.0.centre_mm.2: required key is missing; add it",
        "cases/x.yaml:6: lesions.0.colour: unknown key; remove it or correct its spelling",
    ]


def test_duplicate_keys_are_refused() -> None:
    with pytest.raises(ContentError, match=r"x.yaml:2: .*duplicate key"):
        parse("title: a\ntitle: b\n", Case, where="x.yaml")


def test_broken_yaml_names_its_line() -> None:
    with pytest.raises(ContentError, match=r"x\.yaml:2: "):
        parse("title: [1\n", Case, where="x.yaml")


def test_the_schema_forbids_unknown_keys() -> None:
    assert schema(Case)["additionalProperties"] is False


def test_a_users_library_is_searched_before_the_built_in_one(tmp_path: Path) -> None:
    cases = tmp_path / "phantoms" / "cases"
    cases.mkdir(parents=True)
    (cases / "mine.yaml").write_text("title: mine\n", encoding="utf-8")
    both = library(tmp_path)
    assert "mine" in both.names("phantoms/cases")
    assert both.read("case", "phantoms/cases", "mine", Case).title == "mine"


def test_unknown_names_list_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "phantoms" / "cases").mkdir(parents=True)
    (tmp_path / "phantoms" / "cases" / "a.yaml").write_text("title: a\n", encoding="utf-8")
    with pytest.raises(UnknownNameError, match=r"No case named 'nope'. Known: a\."):
        Library((tmp_path,)).read("case", "phantoms/cases", "nope", Case)


def test_a_folder_without_content_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="neither phantoms/ nor protocols/"):
        library(tmp_path)


def test_numbers_nobody_looked_up_are_listed_with_their_lines(tmp_path: Path) -> None:
    folder = tmp_path / "protocols" / "catalogue"
    folder.mkdir(parents=True)
    text = "a: {value: 1, source: 'from memory: verify'}\nb: {value: 2, source: 'Smith 2020'}\n"
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    (line,) = placeholders(Library((tmp_path,)))
    assert line.startswith("protocols/catalogue/x.yaml:1: a:")
