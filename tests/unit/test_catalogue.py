"""The catalogue: its files fit each other, every number has a source, and the rules bite."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from imagingsim.cli import app
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


def test_a_row_without_a_source_is_named_with_its_line(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "tariffs", ', source: "from memory: verify"', "")
    with pytest.raises(ContentError, match=r"tariffs\.yaml:\d+: .*source: required key is missing"):
        read_catalogue(library(changed))


def test_a_probability_above_one_is_refused(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "procedures", "probability: 0.009", "probability: 9")
    with pytest.raises(ContentError, match=r"procedures\.yaml:\d+: .*less than or equal to 1"):
        read_catalogue(library(changed))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("waits", "  us_neck: us\n", "", "studies: study us_neck has no waits; add it"),
        ("waits", "  us_neck: us\n", "  us_neck: us\n  us_nek: us\n", "unknown study 'us_nek'"),
        ("tariffs", "  ct_head:", "  ct_hed:", "prices: ct_head has no price; add it"),
        ("safety", "lab.egfr < 30", "lab.egfr <", "is not an expression"),
        ("safety", "lab.egfr < 30", "lab.egrf < 30", "unknown name 'lab.egrf'; did you mean"),
        ("safety", "needs: [egfr]", "needs: [egrf]", "unknown blood test 'egrf'"),
        ("safety", "becomes: {glucose: 8.0}", "becomes: {glucose: 18.0}", "does not put right"),
        ("safety", "{tracer: fdg}", "{study: petct_fdgg}", "speaks of no study and no procedure"),
        ("safety", "    days: 1\n", "", "a hold of no days changes nothing"),
        ("safety", "    probability: 0.01\n", "", "a risk needs an `event` and a `probability`"),
        ("studies", "[mr_abdomen, petct_fdg]", "[mr_abdomin]", "unknown substitute mr_abdomin"),
        ("studies", "substitutes: [mr_abdomen, petct_fdg]",
         "substitutes: [ct_chest_abdomen_pelvis]", "is its own substitute; remove it"),
        ("conflicts", "then: {contrast: iodine}", "then: {study: iodine}", "speaks of no study"),
        ("ihc", "{net_pancreas: 0.73", "{net_pancras: 0.73", "unknown diagnosis 'net_pancras'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_or_does_nothing_is_named_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    changed = copy_of(tmp_path, file, old, new)
    with pytest.raises(ContentError, match=rf"{file}\.yaml:\d+: ") as caught:
        read_catalogue(library(changed))
    assert says in str(caught.value)


def test_the_command_checks_a_file_of_the_catalogue(tmp_path: Path) -> None:
    changed = copy_of(tmp_path, "conflicts", "apart_d: 7", "apart_d: -7")
    file = changed / "protocols" / "catalogue" / "conflicts.yaml"
    done = CliRunner().invoke(app, ["check", str(file)])
    assert done.exit_code == 1
    assert "conflicts.yaml:" in done.output
    assert "iodine_again_renal_failure.apart_d" in done.output
