"""Calibration grows organs until they weigh what the table of references says."""

from pathlib import Path

import numpy as np
import pytest

from imagingsim.anatomy import Body, Growth, Phantom, Structure, calibration, grow, read_body
from imagingsim.anatomy.records import BodyRecord, Source
from imagingsim.content import Library, library, parse
from imagingsim.errors import ContentError
from imagingsim.progress import Silence
from imagingsim.survey import References, Scales, Scout, calibrate, read_references
from imagingsim.survey.masses import existing_share
from imagingsim.survey.references import MassRow, ReferenceFile, Segments, read_masses
from imagingsim.survey.scouting import parts
from imagingsim.tissue import read_tissues

BODY = """
- {id: skin, rank: 0, label: fat, material: visceral_fat,
   solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [70, 60, 80]}}]}
- {id: liver, rank: 1, material: liver,
   solid: [{ellipsoid: {centre_mm: [-25, 0, 0], semi_mm: [20, 20, 20]}}]}
- {id: bladder, rank: 2,
   solid: [{ellipsoid: {centre_mm: [30, 0, 0], semi_mm: [22, 22, 22]}}],
   layers: [{material: bladder_wall}, {inset_mm: 3, material: urine}]}
"""
SEGMENTS = Segments(
    thigh_percent=(10.0, 10.0), shank_percent=(5.0, 5.0), foot_percent=(1.0, 1.0),
    thigh_length_per_height=0.25, knee_area_share=0.5, source="s",
)  # fmt: skip


def body() -> Body:
    structures = parse(BODY, tuple[Structure, ...], where="x.yaml")
    record = BodyRecord(
        title="x", sex="male", height_m=1.0, weight_kg=1.7, landmarks={"hip_joint": 300.0}
    )
    return Body("x", record, structures, {}, {"fat": 1, "liver": 2, "bladder": 3})


def row(organ: str, grams: float, made_of: str, grow: str = "", thicken: str = "") -> MassRow:
    moved = (tuple(filter(None, (grow,))), tuple(filter(None, (thicken,))))
    return MassRow(organ, grams, None, 5.0, parts(made_of), *moved, "yes", "s")


def references(*rows: MassRow) -> References:
    file = ReferenceFile(
        body_mass_tolerance_percent=3.0, envelope=("skin",),
        surface="skin",
        segments=SEGMENTS, lengths=(), levels=(), order={}, topology=(),
        sources={"s": Source(about="a test")},
    )  # fmt: skip
    return References(file, rows)


def ball_ml(radius_mm: float) -> float:
    return 4.0 / 3.0 * np.pi * radius_mm**3 / 1000.0


def weigh(one: Body, *rows: MassRow) -> list[float]:
    scales = Scales(Scout(Phantom(one)), read_tissues(library()))
    return [mass.mass_g for mass in scales.masses(rows, "male")]


def test_growth_moves_the_surface_and_thickening_the_inside_of_the_wall() -> None:
    rows = (
        row("liver", 1.0, "liver"), row("wall", 1.0, "*:bladder_wall"), row("urine", 1.0, "*:urine")
    )  # fmt: skip
    growth = {"liver": Growth(grow_mm=2.0), "bladder": Growth(grow_mm=1.0, thicken_mm=2.0)}
    one = body()
    grown = Body("x", one.record, grow(one.structures, growth), {}, one.label_numbers)
    found = weigh(grown, *rows)
    assert found[0] == pytest.approx(1.06 * ball_ml(22.0), rel=0.02)
    assert found[1] == pytest.approx(1.04 * (ball_ml(23.0) - ball_ml(18.0)), rel=0.02)
    assert found[2] == pytest.approx(1.01 * ball_ml(18.0), rel=0.02)


def test_organs_walls_contents_and_the_body_come_to_their_masses_together() -> None:
    rows = (
        row("liver", 45.0, "liver", grow="liver"),
        row("urine", 40.0, "*:urine", grow="bladder"),
        row("wall", 24.0, "*:bladder_wall", thicken="bladder"),
    )
    found = calibrate(body(), references(*rows), read_tissues(library()), progress=Silence())
    assert found.off == ()
    one = body()
    grown = Body("x", one.record, grow(one.structures, found.growth), {}, one.label_numbers)
    assert weigh(grown, *rows) == pytest.approx([45.0, 40.0, 24.0], rel=0.01)
    assert found.growth["liver"].grow_mm > 1.0
    assert found.growth["skin"].grow_mm != 0.0


def test_an_organ_that_cannot_reach_its_mass_is_named() -> None:
    rows = (row("liver", 400.0, "liver", grow="liver"),)
    found = calibrate(body(), references(*rows), read_tissues(library()), progress=Silence())
    assert [name for name, _ in found.off] == ["liver"]
    assert found.growth["liver"].grow_mm == pytest.approx(3.5)


def test_legs_that_end_at_the_knee_lack_shank_and_foot_and_no_thigh() -> None:
    knee_mm = 300.0 - 250.0
    assert existing_share(SEGMENTS, body(), knee_mm) == pytest.approx(0.88)
    assert existing_share(SEGMENTS, body(), 300.0) == pytest.approx(0.68)
    lower_half = 0.5 * (0.5 + 0.75) / (0.5 + 1.0)  # mean section of the lower half over all
    half_way = existing_share(SEGMENTS, body(), knee_mm + 125.0)
    assert half_way == pytest.approx(0.88 - 0.20 * lower_half)


def test_a_calibration_table_is_written_sorted_and_read_back(tmp_path: Path) -> None:
    growth = {"b": Growth(1.004, 0.0), "a": Growth(-0.5, 0.25)}
    text = calibration.table(growth, "how it was made")
    assert text.splitlines() == [
        "# how it was made", "structure,grow_mm,thicken_mm", "a,-0.50,0.25", "b,1.00,0.00",
    ]  # fmt: skip
    folder = tmp_path / "phantoms" / "bodies" / "x"
    folder.mkdir(parents=True)
    (folder / "calibration.csv").write_text(text, encoding="utf-8")
    read = calibration.read_growth(Library((tmp_path,)), "phantoms/bodies/x")
    assert read == {"a": Growth(-0.5, 0.25), "b": Growth(1.0, 0.0)}


def test_a_line_of_the_table_that_is_no_number_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "phantoms" / "bodies" / "x"
    folder.mkdir(parents=True)
    text = "structure,grow_mm,thicken_mm\na,much,0\n"
    (folder / "calibration.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=r"calibration.csv:2: needs a name and two numbers"):
        calibration.read_growth(Library((tmp_path,)), "phantoms/bodies/x")


def test_a_structure_of_the_table_that_no_longer_exists_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "phantoms" / "bodies" / "adult_male"
    folder.mkdir(parents=True)
    (folder / "calibration.csv").write_text("structure,grow_mm,thicken_mm\ngill,1,0\n", "utf-8")
    with pytest.raises(ContentError, match="no structure is called 'gill'; run"):
        read_body(library(tmp_path), "adult_male")


def test_every_reference_has_a_source_and_says_whether_it_was_checked() -> None:
    rows = read_masses(library())
    assert len(rows) > 40
    assert {one.checked for one in rows} <= {"yes", "male", "authored"}
    for one in rows:
        assert one.source in read_references(library()).file.sources, one.organ
