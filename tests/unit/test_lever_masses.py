"""A weight that is asked for becomes fat by what the levers weigh."""

from dataclasses import replace
from pathlib import Path

import pytest

from imagingsim.anatomy.build import Person, build_of
from imagingsim.anatomy.habitus_records import Habitus, Reference
from imagingsim.anatomy.lever_masses import LeverMasses, Weighing, read_lever_masses, table
from imagingsim.content import Library
from imagingsim.errors import ContentError
from imagingsim.survey.lever_weighing import POINTS

REFERENCE = Reference(
    age_y=45, subcutaneous_fat_kg=10, visceral_fat_kg=3, muscle_kg=29, trabecular_hu=170
)


def truth(fat: float, inside: float, muscle: float) -> float:
    """Levers that weigh more and more the farther they are pulled, and more together."""
    under = 0.9 * fat + 0.01 * fat * abs(fat)
    return under + 1.1 * inside + 0.02 * fat * inside + 2.0 * muscle


MASSES = LeverMasses(
    tuple(
        Weighing(40 * fat if fat > 0 else 12 * fat, 5 * inside, 0.4 * muscle,
                 truth(40 * fat if fat > 0 else 12 * fat, 5 * inside, 0.4 * muscle))
        for fat, inside, muscle in POINTS
    )
)  # fmt: skip
MAN = Person("man", "male", 1.76, 73.0, REFERENCE, MASSES)


@pytest.mark.parametrize("weight_kg", [65.0, 73.0, 80.0, 110.0])
@pytest.mark.parametrize("height_m", [1.7, 1.85])
def test_the_levers_weigh_what_is_asked(weight_kg: float, height_m: float) -> None:
    build = build_of(Habitus(weight_kg=weight_kg, height_m=height_m, age_y=60), MAN)
    got = {name: build.levers.get(name, 0.0) for name in ("visceral_fat", "muscle")}
    fat = build.levers.get("subcutaneous_fat", 0.0) - build.levers.get("subcutaneous_loss", 0.0)
    gained = truth(fat, got["visceral_fat"], got["muscle"])
    assert (73.0 + gained) * (height_m / 1.76) ** 2 == pytest.approx(weight_kg, rel=1e-3)
    assert build.weight_kg == pytest.approx(weight_kg, rel=1e-3)


def test_fat_that_is_given_says_the_weight() -> None:
    build = build_of(Habitus(subcutaneous_fat=2.0, visceral_fat=1.0, muscle=1.0), MAN)
    assert build.weight_kg == pytest.approx(73.0 + truth(10.0, 0.0, 0.0), rel=1e-3)


def test_a_weight_that_no_fat_makes_is_refused_with_those_that_can_be() -> None:
    with pytest.raises(
        ContentError, match=r"man cannot weigh 190 kg at 1\.76 m .* about 1\d\d kg at most"
    ):
        build_of(Habitus(weight_kg=190.0), MAN)


def test_too_few_weighings_are_refused() -> None:
    with pytest.raises(ContentError, match=r"needs 10 weighings or more; run `imagingsim body"):
        replace(MASSES, weighings=MASSES.weighings[:9])


def test_a_table_is_written_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "lever_masses.csv").write_text(table(MASSES.weighings, "how it was\nmade"))
    found = read_lever_masses(Library((tmp_path,)), ".")
    assert found is not None
    assert found.gained_kg(20.0, 2.0, 0.1) == pytest.approx(truth(20.0, 2.0, 0.1), abs=0.05)


def test_every_malformed_line_of_a_table_is_listed(tmp_path: Path) -> None:
    text = table(MASSES.weighings, "x").splitlines()
    text[3], text[6] = "1,2", "a,b,c,d"
    (tmp_path / "lever_masses.csv").write_text("\n".join(text))
    with pytest.raises(ContentError, match=r"csv:4: needs four numbers.*\n.*csv:7: needs four"):
        read_lever_masses(Library((tmp_path,)), ".")
