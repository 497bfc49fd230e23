"""Region files: what they may say, and what is said when they are wrong."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from imagingsim.anatomy import Body, Modification, Phantom, cache, read_body
from imagingsim.anatomy.arches import arch
from imagingsim.anatomy.compiler import Compiler, expand, needs
from imagingsim.anatomy.formula import formula_values
from imagingsim.anatomy.placement import placement, rotation, seed_of
from imagingsim.anatomy.records import BodyRecord, FrameRecord, Region, Structure
from imagingsim.anatomy.spine import disc
from imagingsim.content import library, parse
from imagingsim.errors import ContentError, GeometryError, UnknownNameError


def structures(text: str) -> list[Structure]:
    head = "anatomy: imagingsim.anatomy/1\nstructures:\n"
    return expand(parse(head + text, Region, where="x.yaml").structures)


def phantom(
    text: str,
    extra: tuple[Mapping[str, object], ...] = (),
    modify: tuple[Modification, ...] = (),
    label_numbers: Mapping[str, int] | None = None,
) -> Phantom:
    body = Body("x", BodyRecord(title="x"), tuple(structures(text)), {}, {})
    return Phantom(body, extra, modify, label_numbers or {})


BALL = "ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [9, 9, 9]}"


def test_a_mirrored_structure_becomes_a_left_and_a_right_one() -> None:
    both = structures(f"  - {{id: 'kidney_{{side}}', mirror: true, solid: [{{{BALL}}}]}}")
    assert [s.id for s in both] == ["kidney_left", "kidney_right"]
    assert [s.mirror for s in both] == [False, True]


def test_an_unknown_key_is_named_with_its_line() -> None:
    with pytest.raises(ContentError, match=r"x.yaml:4: structures.0.colour: unknown key"):
        structures("  - id: a\n    colour: red")


def test_a_solid_of_two_shapes_is_refused() -> None:
    text = f"  - {{id: a, solid: [{{{BALL}, plane: {{normal: [1, 0, 0], offset_mm: 0}}}}]}}"
    with pytest.raises(GeometryError, match=r"exactly one of .*found ellipsoid, plane"):
        _ = phantom(text).layers


def test_a_field_that_does_not_stand_before_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="No structure before a named 'b'"):
        _ = phantom("  - {id: a, solid: [{field: {id: b}}]}").layers


def test_equal_ranks_are_ordered_by_what_they_need() -> None:
    text = f"  - {{id: a, solid: [{{field: {{id: b}}}}]}}\n  - {{id: b, solid: [{{{BALL}}}]}}"
    assert phantom(text).layers[0].material == "air"
    assert needs(structures(text)[0]) == ["b"]


def test_two_structures_of_one_name_are_refused() -> None:
    one = f"  - {{id: a, solid: [{{{BALL}}}]}}\n"
    with pytest.raises(ContentError, match="Several structures are called a"):
        _ = phantom(one + one).layers


def test_removing_a_structure_that_does_not_exist_lists_the_known_ones() -> None:
    change = (Modification(id="spleen", remove=True),)
    with pytest.raises(UnknownNameError, match="Known: a"):
        _ = phantom(f"  - {{id: a, solid: [{{{BALL}}}]}}", modify=change).structures


def test_a_removed_structure_leaves_no_layer() -> None:
    text = f"  - {{id: a, solid: [{{{BALL}}}], material: liver}}"
    change = (Modification(id="a", remove=True),)
    assert [layer.structure for layer in phantom(text, modify=change).layers] == ["air"]


def test_lesions_are_numbered_from_1000_unless_they_are_given_numbers() -> None:
    mass = {"id": "m", "label": "lesion_m", "solid": [{"plane": {"normal": [1, 0, 0],
            "offset_mm": 0}}], "material": "liver"}  # fmt: skip
    body = f"  - {{id: a, solid: [{{{BALL}}}]}}"
    assert dict(phantom(body, extra=(mass,)).numbers) == {"lesion_m": 1000}
    named = phantom(body, extra=(mass,), label_numbers={"lesion_m": 1007})
    assert dict(named.numbers) == {"lesion_m": 1007}


def test_a_frame_moves_and_turns_points() -> None:
    frames = {
        "head": FrameRecord(origin_mm=(0, 0, 100), rotate_deg=(0, 0, 90)),
        "eye": FrameRecord(origin_mm=(10, 0, 0), parent="head"),
    }
    found = placement("eye", frames, (1, 1, 1)).point((1.0, 0.0, 0.0))
    assert found == pytest.approx([0.0, 11.0, 100.0])


def test_the_world_frame_of_a_scaled_body_keeps_patient_millimetres() -> None:
    place = placement("world", {}, (0.9, 0.9, 0.9))
    assert place.point((9.0, 0.0, 0.0)) == pytest.approx([10.0, 0.0, 0.0])


def test_turns_are_about_x_then_y_then_z() -> None:
    both = rotation((90.0, 0.0, 90.0))
    assert both @ [0.0, 1.0, 0.0] == pytest.approx([0.0, 0.0, 1.0])
    assert both @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 1.0, 0.0])


def test_seeds_come_from_names() -> None:
    assert seed_of("liver") == seed_of("liver") != seed_of("spleen")


@pytest.mark.parametrize("text", ["__import__('os')", "x.real", "open(x)", "[x]", "x +", "q"])
def test_a_formula_is_arithmetic_only(text: str) -> None:
    with pytest.raises(ContentError):
        formula_values(text, np.zeros((1, 3)))


def test_what_was_made_once_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    calls = []

    def make() -> cache.Arrays:
        calls.append(1)
        return {"a": np.arange(3)}

    for _ in range(2):
        assert cache.keep("things", cache.digest("x"), make)["a"].tolist() == [0, 1, 2]
    assert len(calls) == 1


def test_a_damaged_file_of_the_cache_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "k.npz").write_bytes(b"PK no")
    assert cache.keep("things", "k", lambda: {"a": np.ones(1)})["a"] == [1.0]


@pytest.fixture(scope="module")
def male() -> Body:
    return read_body(library(), "adult_male")


def test_an_unknown_posture_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Known: down, up"):
        read_body(library(), "adult_male", arms="folded")


def test_arms_up_change_the_arms_only(male: Body) -> None:
    up = {s.id: s for s in read_body(library(), "adult_male", arms="up").structures}
    assert up["liver"] == male.structure("liver")
    assert up["shoulder_left_surface"] != male.structure("shoulder_left_surface")


def test_the_raised_right_arm_is_the_mirror_image_of_the_left() -> None:
    record = read_body(library(), "adult_male", arms="up").record
    wrist = (231.0, -10.0, -182.0)
    places = [
        placement("hand", record.frames or {}, (1.0, 1.0, 1.0), mirrored=side).point(wrist)
        for side in (False, True)
    ]
    assert places[1] == pytest.approx(places[0] * (-1.0, 1.0, 1.0))
    assert places[0][2] > (record.landmarks or {})["vertex"]


def test_a_turn_leaves_its_pivot_in_place() -> None:
    frame = FrameRecord(pivot_mm=(1.0, 2.0, 3.0), rotate_deg=(10.0, 20.0, 30.0))
    place = placement("f", {"f": frame}, (1.0, 1.0, 1.0))
    assert place.point((1.0, 2.0, 3.0)) == pytest.approx((1.0, 2.0, 3.0))


def test_a_disc_fills_the_space_between_two_vertebrae(male: Body) -> None:
    spine = {v.level: v for v in male.record.spine}
    centre, _, half = disc(male.record.spine, "L2")
    bottom = spine["L2"].centre_mm[1] + spine["L2"].height_mm / 2
    top = spine["L1"].centre_mm[1] - spine["L1"].height_mm / 2
    assert centre[2] == pytest.approx((top + bottom) / 2)
    assert half[2] > (top - bottom) / 2


@pytest.mark.parametrize(("level", "pairs"), [("T6", 5), ("L3", 8)])
def test_an_arch_has_both_sides_and_one_spinous_process(male: Body, level: str, pairs: int) -> None:
    vertebra = next(v for v in male.record.spine if v.level == level)
    tubes = [s.tube for s in arch(male.record.spine, vertebra) if s.tube is not None]
    middle = [t for t in tubes if all(abs(p[0]) < 1e-9 for p in t.points)]
    assert len(tubes) - len(middle) == 2 * pairs
    slope = middle[:2]  # the spinous process, in two parts that slope alike
    assert all(t.points[0][1] < t.points[-1][1] for t in slope)
    assert all(t.points[0][2] > t.points[-1][2] for t in slope)


def test_the_third_lumbar_vertebra_has_the_widest_transverse_processes(male: Body) -> None:
    width = {
        v.level: max(
            p[0] for s in arch(male.record.spine, v) if s.tube is not None for p in s.tube.points
        )
        for v in male.record.spine
        if v.level.startswith("L")
    }
    assert max(width, key=width.__getitem__) == "L3"


def test_an_entry_with_levels_becomes_one_structure_for_each_and_side() -> None:
    one = Structure(
        id="root_{level}_{side}", mirror=True, levels=("T1", "L5"), label="nerve_{level}"
    )
    made = expand([one])
    names = ["root_T1_left", "root_T1_right", "root_L5_left", "root_L5_right"]
    assert [s.id for s in made] == names
    assert [s.label for s in made] == ["nerve_T1", "nerve_T1", "nerve_L5", "nerve_L5"]
    assert not any(s.levels for s in made)


def test_the_male_body_compiles_within_sixty_five_thousand_layers(male: Body) -> None:
    compiler = Phantom(male)._compiled
    assert isinstance(compiler, Compiler)
    assert 500 < len(compiler.layers.layers) < 65_536
