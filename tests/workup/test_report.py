"""The report page: complete, self-contained, and the same for the same outcome."""

import re
from functools import cache
from pathlib import Path

from fakes import fake_case, probe_of, protocol_of, scanner

from imagingsim import report
from imagingsim.workup import Outcome, walk


@cache
def outcome() -> Outcome:
    case = fake_case("hidradenocarcinoma_45f")
    return walk(case, protocol_of(case.id), scanner(case), seed=1, probe=probe_of(case))


@cache
def page() -> str:
    return report.html(outcome())


def test_the_page_says_that_all_of_it_is_synthetic() -> None:
    assert "SYNTHETIC PATIENT AND IMAGES" in page()
    assert "not for diagnosis" in page()


def test_the_page_needs_no_other_file() -> None:
    assert not re.search(r'(?:src|href)="(?!data:|#)', page())
    assert "http" not in re.sub(r"<svg[^>]*>", "", page().split("<footer>")[0].split("<style>")[0])


def test_every_step_every_study_and_every_stain_is_on_the_page() -> None:
    for step in outcome().steps:
        assert step.title.split(",")[0] in page()
    for study in outcome().studies:
        assert study.id in page()
    for one in outcome().samplings:
        for panel in one.panels:
            assert all(stain.title in page() for stain in panel.results)


def test_key_images_are_embedded_and_their_marks_can_be_switched() -> None:
    assert page().count('src="data:image/png;base64,') >= 3
    assert 'data-toggle="marks"' in page()
    assert 'class="outline seen"' in page()


def test_equal_outcomes_give_equal_pages() -> None:
    assert report.html(outcome()) == page()


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = report.write(outcome(), tmp_path / "report.html")
    assert target.read_text(encoding="utf-8") == page()
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
