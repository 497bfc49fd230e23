"""Each kind of lesion writes entries that the body's own grammar accepts."""

import json
from typing import Any

import numpy as np
import pytest

from imagingsim.anatomy.lesion import Lesion
from imagingsim.anatomy.lesion_growth import Instance, entries_of, instances_of
from imagingsim.anatomy.placement import seed_of
from imagingsim.anatomy.records import Structure
from imagingsim.anatomy.sampled import Layer
from imagingsim.anatomy.terrain import Terrain
from imagingsim.content import parse
from imagingsim.errors import ContentError
from imagingsim.units import FloatArray, IntArray

LAYERS = [
    Layer("", "", "air"),
    Layer("skin", "skin", "skin"),
    Layer("vertebra", "vertebrae_L1", "trabecular_bone"),
    Layer("brain", "white_matter", "white_matter"),
]


def probe(points: FloatArray) -> IntArray:
    """A ball of skin, in it a block of bone of 40 x 30 x 26 mm and a ball of white matter."""
    points = np.asarray(points)
    found = np.where(np.linalg.norm(points, axis=1) < 120, 1, 0)
    found[(np.abs(points) < [20, 15, 13]).all(axis=1)] = 2
    found[np.linalg.norm(points - [0, 0, 70], axis=1) < 30] = 3
    return found


ALL = ((-130.0, -130.0, -130.0), (130.0, 130.0, 130.0))
BOXES = {layer.label: ALL for layer in LAYERS}
TERRAIN = Terrain(
    probe=probe, layers=LAYERS, low_mm=(-130, -130, -130), high_mm=(130, 130, 130),
    boxes_mm=BOXES, landmarks_mm={"up": 40.0, "down": -40.0}, sites_mm={"middle": (0.0, 0.0, 0.0)},
)  # fmt: skip

HEAD = """
id: x
title: A lesion
role: metastasis
region: bone
appears: now
size_mm: {now: [30, 20, 16]}
size_source: "authored: for the test"
source: "authored: for the test"
tissue: muscle
enters: replace
"""
AT = "place: {in: middle}\n"


def lesion(text: str, place: str = AT) -> Lesion:
    return parse(HEAD + place + text, Lesion, where="case.yaml")


def grown(text: str) -> list[dict[str, Any]]:
    made = instances_of(lesion(text), np.array([30.0, 20.0, 16.0]), "case", TERRAIN)
    return [dict(entry) for instance in made for entry in entries_of(instance)]


SHAPES = [
    "mass: {mottle: 0.3, necrosis: {rim_mm: 3}, rim: {thickness_mm: 2, inside: oedema}}",
    "mass: {strands_mm: 5, merges: {host: liver}, ducts: [{of: duct, wider_mm: 1, through: [a]}]}",
    "mass: {cover: {skin_mm: 1.2}, fragments: {of: [rib], count: 5, length_mm: [4, 13]}}",
    "infiltrate: {fingers: 5, reach_mm: 6, into: [muscle]}",
    "plaque: {}",
    "osteolysis: {breach: 0.6, specks_of: [skull]}",
    "vertebroplasty: {cement_ml: 5, height_loss: 0.3, vertebra: vertebrae_L1}",
    "meninges: {nodules: 3, nodule_mm: 6}",
    "white_matter: {ventricles: [ventricle], reach_mm: 8, foci: 5, focus_mm: [3, 6]}",
    "cavity: {}",
    "flap: {bone_defect: 0.6, fat_mm: 4}",
    "screw: {}",
    "plate: {turned_deg: 30}",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_entry_is_a_structure_of_the_body_grammar(shape: str) -> None:
    entries = grown(f"shape: {{{shape}}}")
    assert entries
    for entry in entries:
        parse(json.dumps(entry), Structure, where="lesion")
        assert entry["frame"] == "world"
    assert len({entry["id"] for entry in entries}) == len(entries)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_lesion_grows_alike_every_time(shape: str) -> None:
    assert grown(f"shape: {{{shape}}}") == grown(f"shape: {{{shape}}}")


def test_a_displacing_lesion_stands_before_the_organs_and_is_kept_away_from() -> None:
    (entry,) = grown("shape: {mass: {}}")
    late = entry["rank"]
    text = HEAD.replace("replace", "displace") + AT + "shape: {mass: {}}"
    placed = instances_of(parse(text, Lesion, where="c"), np.array([30.0, 20, 16]), "c", TERRAIN)
    early = dict(entries_of(placed[0])[0])
    assert placed[0].placed.rank == early["rank"]
    assert placed[0].placed.rank < 40
    assert late == 85
    assert early["fix"] is True


def test_skin_over_a_mass_bulges_as_the_mass_does_and_takes_only_air_and_skin() -> None:
    form, cover, mass = grown("shape: {mass: {cover: {skin_mm: 1.2}}}")
    assert [form["rank"], cover["rank"], mass["rank"]] == [83, 84, 85]
    for i, (one, other) in enumerate(zip(form["displace"], mass["displace"], strict=True)):
        assert one == {**other, "seed": seed_of(f"{mass['id']}.{i}")}
    assert form["solid"] == mass["solid"]
    assert cover["label"] == "skin"
    assert cover["layers"] == [{"material": "skin", "over": ["air", "skin"]}]


def test_pieces_of_destroyed_bone_stay_where_the_bone_ran_inside_the_mass() -> None:
    mass, pieces = grown("shape: {mass: {fragments: {of: [rib], count: 5, length_mm: [4, 13]}}}")
    bones, kept = pieces["solid"]
    assert bones == {"union": [{"field": {"id": "rib"}}]}
    assert len(kept["intersect"]["union"]) == 5
    assert pieces["layers"] == [{"material": "cortical_bone", "over": [mass["label"]]}]
    for piece in kept["intersect"]["union"]:
        assert all(2.0 <= semi <= 6.5 for semi in np.array(piece["ellipsoid"]["semi_mm"])[[0, 2]])


def test_cement_has_the_volume_injected() -> None:
    entries = grown(
        "shape: {vertebroplasty: {cement_ml: 5, height_loss: 0.2, vertebra: vertebrae_L1}}"
    )
    pools = [solid["ellipsoid"] for solid in entries[-1]["solid"]]
    volume_mm3 = sum(4 / 3 * np.pi * np.prod(pool["semi_mm"]) for pool in pools)
    assert volume_mm3 == pytest.approx(5000, rel=0.02)


def test_the_end_plates_are_dented_by_the_height_lost() -> None:
    entries = grown(
        "shape: {vertebroplasty: {cement_ml: 5, height_loss: 0.4, vertebra: vertebrae_L1}}"
    )
    lenses = [entry["solid"][0]["ellipsoid"] for entry in entries[:2]]
    pressed = sum(lens["semi_mm"][2] - 1.0 for lens in lenses)
    assert pressed == pytest.approx(0.4 * 26, rel=0.02)
    assert sorted(lens["centre_mm"][2] for lens in lenses) == pytest.approx([-13, 13], abs=0.3)


def test_a_set_is_numbered_and_a_single_lesion_is_not() -> None:
    assert lesion("shape: {mass: {}}").instances == ("x",)
    two = "members: [{place: {in: middle}}, {place: {in: middle}}]\n"
    assert lesion("shape: {mass: {}}", two).instances == ("x_1", "x_2")


def test_a_member_is_sized_by_its_factor() -> None:
    two = "members: [{place: {in: middle}}, {place: {in: middle}, size_factor: 0.5}]\n"
    made = instances_of(lesion("shape: {mass: {}}", two), np.array([30.0, 20, 16]), "c", TERRAIN)
    assert made[1].placed.size_mm == pytest.approx(made[0].placed.size_mm / 2)


def test_scattered_plaques_keep_apart_and_lie_on_their_side() -> None:
    scatter = """
scatter:
  count: 9
  side: right
  diameter_factor: [0.6, 1.4]
  thickness_factor: [0.7, 1.3]
  gap_mm: 5
  courses:
    C4: [{level: up, angle_deg: 30}, {level: up, angle_deg: 150}]
    T2: [{level: down, angle_deg: 30}, {level: down, angle_deg: 150}]
"""
    made = instances_of(
        lesion("shape: {plaque: {}}", scatter), np.array([20.0, 4.4, 20]), "c", TERRAIN
    )
    centres = np.array([item.placed.anchor.point_mm for item in made])
    thickness = [item.placed.size_mm[1] for item in made]
    assert len(made) == 9
    assert (centres[:, 0] < 0).all(), "right is negative"
    assert np.linalg.norm(centres, axis=1) == pytest.approx(np.full(9, 120.0), abs=1)
    assert min(thickness) >= 3
    assert max(thickness) <= 6
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(centres) for b in centres[:i]]
    assert min(gaps) > 12


def test_own_values_give_a_lesion_a_tissue_of_its_own() -> None:
    own = lesion("shape: {mass: {}}\nvalues: {fdg_suv: {value: 9, source: 'authored: x'}}")
    assert own.tissue_name == "muscle.x"
    assert lesion("shape: {mass: {}}").tissue_name == "muscle"


@pytest.mark.parametrize(
    ("shape", "message"),
    [("{}", "found none"), ("{mass: {}, cavity: {}}", "found mass and cavity")],
)
def test_a_shape_is_exactly_one_kind(shape: str, message: str) -> None:
    with pytest.raises(ContentError, match=f"exactly one of mass, infiltrate.*{message}"):
        lesion(f"shape: {shape}")


def test_a_lesion_has_exactly_one_way_of_being_placed() -> None:
    with pytest.raises(ContentError, match="needs one of place, members, scatter"):
        lesion("shape: {mass: {}}", place="")


def test_an_instance_knows_its_declaration() -> None:
    (made,) = instances_of(lesion("shape: {mass: {}}"), np.array([30.0, 20, 16]), "c", TERRAIN)
    assert isinstance(made, Instance)
    assert made.placed.label == "lesion_x"
