"""A habitus pulls the levers of a body; what cannot be is refused."""

import dataclasses

import numpy as np
import pytest

from imagingsim.anatomy import Body, Habitus, HabitusFile, Phantom, Structure, sample
from imagingsim.anatomy.build import Person, build_of
from imagingsim.anatomy.habitus import changed_tissues, joined, pulled
from imagingsim.anatomy.habitus_records import Reference, TissueChange
from imagingsim.anatomy.records import BodyRecord
from imagingsim.content import parse
from imagingsim.errors import ContentError, GeometryError
from imagingsim.grid import Grid
from imagingsim.tissue import Quantity, Tissue, Tissues

LEVERS = """\
habitus: imagingsim.habitus/1
reference: {age_y: 45, subcutaneous_fat_kg: 10, visceral_fat_kg: 2, muscle_kg: 29, trabecular_hu: 170}
levers:
  - parameter: subcutaneous_fat
    unit: kg
    range: [0, 30]
    sources: []
    grow: [{structures: [skin], part: shell, mm: 1, bumps: [{mm: 1, at_mm: [0, -30, 0], semi_mm: [9, 9, 9]}]}]
  - {parameter: subcutaneous_loss, unit: kg, range: [0, 10], sources: [], grow: [{structures: [skin], mm: -1}]}
  - parameter: visceral_fat
    unit: kg
    range: [-2, 9]
    sources: []
    move: [{swell: {centre_mm: [0, 0, 0], semi_mm: [20, 20, 20], share: 0.02}}]
  - {parameter: muscle, unit: share, range: [-1, 1], sources: [], number: [{structures: [organ], path: gap.mm, by: -2}]}
  - {parameter: trabecular_hu, unit: HU, range: [-200, 100], sources: [], tissue: [{tissue: bone, property: density, by: 0.01}]}
  - parameter: kyphosis
    unit: degree
    range: [0, 90]
    sources: []
    move: [{bend: {at_mm: [0, 0], degrees: 1, over_mm: 40}}]
  - parameter: atrophy
    unit: share
    range: [0, 1]
    sources: []
    paint: [{structures: [organ], layer: {material: csf, patches: {contrast: 1, wavelength_mm: 5}}, bias: 3}]
"""  # noqa: E501
STRUCTURES = """\
- {id: shell, rank: 0, solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [30, 30, 30]}}]}
- {id: skin, rank: 1, solid: [{field: {id: shell}}], material: fat}
- id: organ
  rank: 2
  label: liver
  solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [12, 12, 12]}}]
  gap: {mm: 1}
  layers: [{material: liver}]
"""
REFERENCE = Reference(
    age_y=45, subcutaneous_fat_kg=10, visceral_fat_kg=2, muscle_kg=29, trabecular_hu=170
)
MAN = Person("man", "male", 1.76, 73.0, REFERENCE)
GRID = Grid.axial((50, 50, 50), (2.0, 2.0, 2.0), (-49.0, -49.0, -49.0))


@pytest.fixture
def file() -> HabitusFile:
    return parse(LEVERS, HabitusFile, where="habitus.yaml")


@pytest.fixture
def body() -> Body:
    record = BodyRecord(
        title="ball", sex="male", height_m=1.76, weight_kg=73, landmarks={"top": 28.0}
    )
    return Body(
        "ball", record, parse(STRUCTURES, tuple[Structure, ...], where="x"), {}, {"liver": 5}
    )


def pull(body: Body, file: HabitusFile, **given: object) -> Body:
    """Return the ball with some levers pulled, and no others."""
    still = {
        "subcutaneous_fat": 1.0, "visceral_fat": 1.0, "muscle": 1.0, "kyphosis_deg": 0.0,
        "atrophy": 0.0, "aortic_calcium": 0.0, "white_matter": 0.0, "trabecular_hu": 170.0,
    }  # fmt: skip
    return pulled(body, file, Habitus(**{**still, **given}))  # type: ignore[arg-type]


def volume_ml(body: Body, label: str) -> float:
    return sample(Phantom(body), GRID).volume_ml(label)


def test_the_reference_person_is_the_body_itself(body: Body, file: HabitusFile) -> None:
    same = pull(body, file)
    assert (same.structures, same.scale, same.moves) == (body.structures, (1.0, 1.0, 1.0), ())


def test_a_part_may_stand_in_a_union(body: Body, file: HabitusFile) -> None:
    shell, skin, organ = body.structures
    grouped = dataclasses.replace(
        skin, solid=(dataclasses.replace(skin.solid[0], union=skin.solid, field=None),)
    )
    inside = dataclasses.replace(body, structures=(shell, grouped, organ))
    more = pull(inside, file, subcutaneous_fat=1.4), pull(body, file, subcutaneous_fat=1.4)
    assert volume_ml(more[0], "skin") == pytest.approx(volume_ml(more[1], "skin"))
    assert volume_ml(more[0], "skin") > 1.1 * volume_ml(body, "skin")


def test_gained_weight_is_fat_and_a_little_muscle() -> None:
    heavy = build_of(Habitus(weight_kg=83, age_y=45), MAN).levers
    fat = heavy["subcutaneous_fat"] + heavy["visceral_fat"]
    assert fat + 0.095 * heavy["muscle"] * 29 == pytest.approx(10.0)


def test_a_taller_person_of_the_same_build_gains_no_fat() -> None:
    tall = Habitus(height_m=1.9, weight_kg=73 * (1.9 / 1.76) ** 2, age_y=45)
    assert not build_of(tall, MAN).levers


def test_bmi_and_weight_say_the_same() -> None:
    by_bmi, by_weight = (
        build_of(habitus, MAN).levers
        for habitus in (Habitus(bmi=30), Habitus(weight_kg=30 * 1.76**2))
    )
    assert by_bmi == pytest.approx(by_weight)


def test_the_old_lose_bone_and_muscle_and_stoop() -> None:
    old = build_of(Habitus(age_y=75), Person("woman", "female", 1.63, 60.0, REFERENCE)).levers
    assert old["trabecular_hu"] == pytest.approx(-2.5 * 30)
    assert old["muscle"] < -0.1
    assert old["kyphosis"] == pytest.approx(0.45 * 25)


def test_fat_grows_the_skin_and_most_at_its_bump(body: Body, file: HabitusFile) -> None:
    thick = Phantom(pull(body, file, subcutaneous_fat=1.5))
    found = sample(thick, GRID)
    fat = np.argwhere(found.mask("skin")) * 2.0 - 49.0
    z, y, x = fat[:, 0], fat[:, 1], fat[:, 2]
    assert np.max(x) == pytest.approx(34.0, abs=1.5)
    assert -np.min(y[(np.abs(x) < 3) & (np.abs(z) < 3)]) == pytest.approx(39.0, abs=2.0)


def test_lost_fat_shrinks_it(body: Body, file: HabitusFile) -> None:
    thin = pull(body, file, subcutaneous_fat=0.5)
    assert volume_ml(thin, "skin") + volume_ml(thin, "liver") == pytest.approx(
        4.189 * 25**3 / 1000, rel=0.02
    )


def test_an_organ_swells_by_its_share(body: Body, file: HabitusFile) -> None:
    swollen = pull(body, file, visceral_fat=3.5)
    before, after = volume_ml(pull(body, file), "liver"), volume_ml(swollen, "liver")
    assert after / before == pytest.approx(1.1**3, rel=0.03)


def test_a_bent_body_bends_its_landmarks(body: Body, file: HabitusFile) -> None:
    bent = Phantom(pull(body, file, kyphosis_deg=20.0))
    top = bent.to_world_mm([0.0, 0.0, 28.0])[0]
    assert top[1] == pytest.approx(-np.radians(20.0) * 28.0, abs=0.3)
    assert bent.body.landmark_mm("top") == pytest.approx(top[2], abs=0.3)


def test_a_number_and_a_layer_change(body: Body, file: HabitusFile) -> None:
    changed = pull(body, file, muscle=0.8, atrophy=1.0).structure("organ")
    assert changed.gap is not None
    assert changed.gap.mm == pytest.approx(1.4)
    assert [layer.material for layer in changed.layers] == ["liver", "csf"]
    patches = changed.layers[1].patches
    assert patches is not None
    assert patches.bias == pytest.approx(3.0)


def test_tissues_change_by_what_the_lever_says(body: Body, file: HabitusFile) -> None:
    bone = Tissues({"bone": Tissue("bone", {"density": Quantity(1.2, "x")})})
    soft = pull(body, file, trabecular_hu=150.0)
    assert soft.tissue_changes == (TissueChange(tissue="bone", property="density", by=-0.2),)
    assert changed_tissues(bone, soft.tissue_changes)["bone"].value("density") == pytest.approx(1.0)


def test_two_seeds_differ_and_the_same_seed_is_the_same(body: Body, file: HabitusFile) -> None:
    rough = dataclasses.replace(
        body,
        structures=parse(
            STRUCTURES.replace("gap:", "displace: [{amplitude_mm: 2, wavelength_mm: 10}]\n  gap:"),
            tuple[Structure, ...], where="x",
        ),
    )  # fmt: skip
    samples = [
        sample(Phantom(pull(rough, file, seed=seed)), GRID).first.tobytes() for seed in (0, 3, 3, 4)
    ]
    assert samples[1] == samples[2]
    assert len(set(samples)) == 3


def test_a_weight_beyond_the_lever_is_refused(body: Body, file: HabitusFile) -> None:
    with pytest.raises(ContentError, match=r"subcutaneous_fat .* stands 0 to 30\. Choose a weight"):
        pulled(body, file, Habitus(weight_kg=150, atrophy=0, aortic_calcium=0))


def test_a_bend_that_would_fold_the_body_is_refused(body: Body, file: HabitusFile) -> None:
    with pytest.raises(GeometryError, match="it might fold"):
        sample(Phantom(pull(body, file, kyphosis_deg=85.0)), GRID)


def test_a_lever_without_its_structure_is_refused(body: Body, file: HabitusFile) -> None:
    lone = dataclasses.replace(body, structures=body.structures[:2])
    with pytest.raises(ContentError, match=r"lever muscle changes 'organ', but no structure"):
        pull(lone, file, muscle=0.9)


def test_weight_and_bmi_together_are_refused() -> None:
    with pytest.raises(ContentError, match="not both"):
        parse("{weight_kg: 70, bmi: 25}", Habitus, where="x")


def test_another_grammar_is_refused(file: HabitusFile) -> None:
    with pytest.raises(ContentError, match=r"write imagingsim\.habitus/1"):
        joined(dataclasses.replace(file, habitus="other"), None)


def test_own_levers_replace_inherited_ones(file: HabitusFile) -> None:
    own = dataclasses.replace(file, levers=file.levers[:1])
    assert {lever.parameter for lever in joined(own, file).levers} == {
        lever.parameter for lever in file.levers
    }
