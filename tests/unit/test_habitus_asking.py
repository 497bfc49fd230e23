"""A user asks for a person in words or in a file; what is wrong is said once and clearly."""

from pathlib import Path

import pytest

from imagingsim.anatomy import Habitus, asked_habitus
from imagingsim.errors import ContentError, ImagingSimError


def test_words_and_a_file_ask_for_the_same(tmp_path: Path) -> None:
    file = tmp_path / "person.yaml"
    file.write_text("height_m: 1.6\nweight_kg: 80\nfracture: L1\nfracture_kyphosis_deg: 9\n")
    words = "height_m=1.6, weight_kg=80, fracture=L1, fracture_kyphosis_deg=9"
    assert asked_habitus(words) == asked_habitus(str(file))
    assert asked_habitus(words).weight_kg == 80.0  # type: ignore[union-attr]


def test_organs_are_asked_for_with_a_dot() -> None:
    asked = asked_habitus("organ_size.liver=1.2,organ_size.spleen=2")
    assert asked == Habitus(organ_size={"liver": 1.2, "spleen": 2.0})


def test_nothing_asked_is_the_reference_person_and_a_seed_another_one() -> None:
    assert asked_habitus(None) is None
    assert asked_habitus(None, seed=3) == Habitus(seed=3)
    assert asked_habitus("seed=5", seed=3) == Habitus(seed=5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("wieght_kg=80", r"No habitus lever named 'wieght_kg'. Known: height_m, weight_kg, bmi"),
        ("organ_size=2", r"No habitus lever named 'organ_size'\. Known: .*organ_size\.ORGAN"),
        ("age_y", r"'age_y' is not lever=value\. Write height_m=1\.6,weight_kg=80"),
        ("age_y=old", r"age_y: Input should be a valid number, got 'old'"),
        ("age_y=70,age_y=71", "age_y is given twice; remove one"),
        ("height_m=160", r"height_m 160 is not between 1\.4 and 2\.1; ask for what an adult"),
        ("age_y=3,muscle=9", r"age_y 3 is not between 18 and 105; muscle 9 is not between"),
        ("weight_kg=70,subcutaneous_fat=2,visceral_fat=2", "nothing is left to solve; remove one"),
        ("nobody.yaml", r"habitus file nobody\.yaml cannot be read .*Correct its name"),
    ],
)
def test_what_cannot_be_is_refused(words: str, message: str) -> None:
    with pytest.raises(ImagingSimError, match=message):
        asked_habitus(words)


def test_a_file_with_an_unknown_lever_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "person.yaml"
    file.write_text("height_m: 1.6\ntummy: 3\n")
    with pytest.raises(ContentError, match=r"person\.yaml:2: tummy: unknown key; remove it"):
        asked_habitus(str(file))
