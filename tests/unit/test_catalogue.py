"""The catalogue: its files fit each other, every number has a source, and the rules bite."""

from pathlib import Path

import pytest

from imagingsim.content import library
from imagingsim.errors import ContentError
from imagingsim.workup import read_catalogue

CATALOGUE = read_catalogue(library())
FOLDER = Path(__file__).parents[2] / "protocols" / "catalogue"


def copy_of(tmp_path: Path, name: str, old: str, new: str) -> Path:
    """Return a library folder with the built-in catalogue, one text changed."""
    folder = tmp_path / "protocols" / "catalogue"
    folder.mkdir(parents=True)
    for file in FOLDER.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.stem == name:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / file.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_row_has_a_source() -> None:
    found = [
        *(row.source for row in CATALOGUE.studies.values()),
        *(row.source for row in CATALOGUE.waits.waits.values()),
        *(row.source for row in CATALOGUE.tariff.prices.values()),
        *(rule.source for rule, _ in CATALOGUE.rules.values()),
        *(row.source for row in CATALOGUE.procedures.values()),
        *(row.source for row in CATALOGUE.markers.values()),
        *(row.source for one in CATALOGUE.differentials.values() for row in one.diagnoses.values()),
        *(rate.source for rates in CATALOGUE.evidence.rates.values() for rate in rates.values()),
    ]
    assert all(len(source) > 5 for source in found)


def test_effective_doses_of_published_surveys_are_in_their_band() -> None:
    """ACR relative radiation levels: head 1-10 mSv, trunk regions 1-10 mSv each."""
    doses = CATALOGUE.evidence.doses_msv
    assert all(1.0 <= doses[name].value <= 10.0 for name in ("ct_head", "ct_chest", "ct_abdomen"))


def test_a_study_without_waits_is_named(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "waits", "  us_neck: us\n", "")
    with pytest.raises(ContentError, match=r"waits\.yaml: study us_neck has no waits; add it"):
        read_catalogue(library(changed))


def test_a_study_without_a_price_is_named(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "tariffs", "  ct_head:", "  ct_hed:")
    with pytest.raises(ContentError, match=r"tariffs\.yaml: ct_head has no price; add it"):
        read_catalogue(library(changed))


def test_a_row_without_a_source_is_named_with_its_line(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "tariffs", ', source: "from memory: verify"', "")
    with pytest.raises(ContentError, match=r"tariffs\.yaml:\d+: .*source: required key is missing"):
        read_catalogue(library(changed))


def test_a_probability_above_one_is_refused(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "procedures", "probability: 0.009", "probability: 9")
    with pytest.raises(ContentError, match=r"procedures\.yaml:\d+: .*less than or equal to 1"):
        read_catalogue(library(changed))


def test_a_safety_rule_that_is_no_expression_is_named(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "safety", "lab.egfr < 30", "lab.egfr <")
    with pytest.raises(ContentError, match=r"rules\.iodine_renal_failure\.when"):
        read_catalogue(library(changed))


def test_a_substitute_nobody_knows_is_named(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "studies", "[mr_abdomen, petct_fdg]", "[mr_abdomin]")
    with pytest.raises(ContentError, match="unknown substitute mr_abdomin"):
        read_catalogue(library(changed))
