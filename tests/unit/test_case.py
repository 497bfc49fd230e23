"""A case on a small body: lesions come, grow and go, and show up where they were placed."""

from pathlib import Path

import numpy as np
import pytest

from imagingsim.anatomy.case import Case, read_case
from imagingsim.anatomy.sampling import sample
from imagingsim.content import Library
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.grid import Grid
from imagingsim.tissue import read_tissues

BODY = """\
title: A ball
landmarks: {middle: 0.0}
sites: {centre: {structure: brain, at_mm: [10, 0, 0]}}
regions: [all]
frames: {head: {origin_mm: [0, 0, 0]}}
"""
REGION = """\
anatomy: imagingsim.anatomy/1
structures:
  - {id: body, rank: 0, solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [60, 60, 60]}}]}
  - {id: endocranium, rank: 0, solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [45, 45, 45]}}]}
  - {id: skin, rank: 1, solid: [{field: {id: body}}], layers: [{material: subcutaneous_fat}]}
  - id: skull
    rank: 10
    solid: [{field: {id: endocranium, offset_mm: 7}}]
    layers: [{material: cortical_bone}]
  - {id: brain, rank: 40, solid: [{field: {id: endocranium}}], layers: [{material: white_matter}]}
"""
LABELS = """\
number,name
201,skin
91,skull
90,brain
"""
NODES = "title: none\nstations: {}\nsources: []\n"
CASE = """\
case: imagingsim.case/1
title: A case
body: ball
protocol: some
workup_timepoint: before
sources: []
patient: {sex: male, age_y: 50, weight_kg: 70, height_m: 1.7, source: "authored: x"}
timepoints:
  - id: before
    title: Before
    day: 0
    history: Text.
    source: "authored: x"
    labs: [{test: egfr, value: 80, unit: u, low: 60, source: "authored: x"}]
  - {id: grown, title: Grown, day: 730.5, history: Text., source: "authored: x"}
  - id: after
    title: After
    day: 800
    history: Text.
    source: "authored: x"
    labs: [{test: egfr, value: 20, unit: u, low: 60, source: "authored: x"}]
lesions:
  - id: tumour
    title: Tumour
    role: primary
    region: brain
    appears: before
    resected: after
    size_mm: {before: [10, 12, 14], grown: [20, 24, 28]}
    size_source: "authored: x"
    enters: replace
    shape: {mass: {lobulation: 0.02, roughness_mm: 0.1}}
    tissue: muscle
    values: {fdg_suv: {value: 7, source: "authored: x"}}
    targets:
      - measure: suv_max
        acquisition: pet
        tissue_property: fdg_suv
        value: 12
        tolerance: 0.6
        source: "authored: x"
    pathology: cells
    source: "authored: x"
    place: {in: centre}
  - id: nodule
    title: Nodules of the skin
    role: metastasis
    region: skin
    appears: grown
    size_mm: {grown: [12, 8, 12]}
    size_source: "authored: x"
    enters: replace
    shape: {mass: {lobulation: 0.02, roughness_mm: 0.1}}
    tissue: muscle
    source: "authored: x"
    members:
      - {place: {on: scalp, azimuth_deg: 90, elevation_deg: 0, side: left}}
      - {place: {on: scalp, azimuth_deg: 90, elevation_deg: 0, side: right}}
  - id: thinner
    title: A tumour on the bone
    role: recurrence
    region: skin
    appears: after
    size_mm: {after: [24, 16, 24]}
    size_source: "authored: x"
    enters: erode
    leaves_mm: 3
    shape: {mass: {lobulation: 0.02, roughness_mm: 0.1}}
    tissue: muscle
    source: "authored: x"
    place: {on: skull.outer, azimuth_deg: 180, elevation_deg: 0, side: left, depth_mm: -3}
pathology:
  - id: cells
    diagnosis: D
    histology: H
    grade: G
    source: "authored: x"
    ki67:
      - {operation: early, percent: 15, source: "authored: x"}
      - {operation: late, lesion: tumour, timepoint: grown, percent: 50, source: "authored: x"}
outcome: {text: Lives., dies: false, source: "authored: x"}
differential: [{diagnosis: D, weight: 1.0, source: "authored: x"}]
disease: []
teaching: []
"""
TISSUES = "tissue,property,value,unit,source\nmuscle,fdg_suv,0.7,g/mL,x\n"
GRID = Grid.axial((91, 151, 161), (1.0, 1.0, 1.0), (-80.0, -75.0, -45.0))


def write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("library")
    write(folder, "phantoms/bodies/ball/body.yaml", BODY)
    write(folder, "phantoms/bodies/ball/all.yaml", REGION)
    write(folder, "phantoms/bodies/labels.csv", LABELS)
    write(folder, "phantoms/bodies/textures.yaml", "textures: {}\n")
    write(folder, "phantoms/bodies/lymph_nodes.yaml", NODES)
    write(folder, "phantoms/cases/made.yaml", CASE)
    write(folder, "phantoms/tissues/t.csv", TISSUES)
    return read_case(Library((folder,)), "made")


def test_lesions_live_from_appearing_to_resection(case: Case) -> None:
    alive = {
        point.id: [lesion.id for lesion in case.lesions_at(point.id)] for point in case.timepoints
    }
    assert alive == {
        "before": ["tumour"],
        "grown": ["tumour", "nodule_1", "nodule_2"],
        "after": ["nodule_1", "nodule_2", "thinner"],
    }


def test_label_numbers_do_not_change_over_time(case: Case) -> None:
    at = {(x.id, x.number) for name in ("before", "grown", "after") for x in case.lesions_at(name)}
    assert at == {("tumour", 1000), ("nodule_1", 1001), ("nodule_2", 1002), ("thinner", 1003)}


@pytest.mark.parametrize(("timepoint", "size"), [("before", (10, 12, 14)), ("grown", (20, 24, 28))])
def test_a_mass_has_its_size_and_place_in_the_label_map(
    case: Case, timepoint: str, size: tuple[float, ...]
) -> None:
    sampled = sample(case.phantom(timepoint), GRID)
    where = np.argwhere(sampled.label_map() == 1000)
    extents = np.ptp(where, axis=0)[::-1] + 1
    centre = GRID.position_mm(*where.mean(axis=0))
    assert extents == pytest.approx(size, abs=2)
    assert centre == pytest.approx((10, 0, 0), abs=1)


def test_a_nodule_stands_out_of_the_skin(case: Case) -> None:
    sampled = sample(case.phantom("grown"), GRID)
    nodule = GRID.points_mm()[sampled.label_map() == 1001]
    away = np.linalg.norm(nodule, axis=1)
    assert away.max() == pytest.approx(64, abs=1.5)
    assert away.min() == pytest.approx(56, abs=1.5)


def test_an_eroding_tumour_leaves_the_bone_it_says(case: Case) -> None:
    sampled = sample(case.phantom("after"), GRID)
    column = sampled.label_map()[45, :, 80]
    behind = GRID.points_mm()[45, :, 80, 1]
    bone = behind[(column == 91) & (behind > 0)]
    tumour = behind[column == 1003]
    assert np.ptp(bone) + 1 == pytest.approx(3, abs=1)
    assert tumour.min() > bone.max()


def test_the_air_outside_stays_air(case: Case) -> None:
    sampled = sample(case.phantom("grown"), GRID)
    assert sampled.label_map()[0, 0, 0] == 0


def test_the_newest_lab_value_counts(case: Case) -> None:
    values = [case.lab("egfr", name) for name in ("before", "grown", "after")]
    assert [lab.value if lab else None for lab in values] == [80, 80, 20]
    assert case.lab("sodium", "after") is None


def test_a_patient_ages(case: Case) -> None:
    assert case.age_y("grown") == pytest.approx(52)


def test_the_ki67_index_is_that_of_the_newest_specimen(case: Case) -> None:
    assert case.ki67_percent("tumour", "before") == 15
    assert case.ki67_percent("tumour", "grown") == 50
    assert case.ki67_percent("nodule_1", "grown") is None


def test_own_and_solved_values_make_a_tissue(case: Case) -> None:
    tissues = read_tissues(case.library)
    own = case.tissues(tissues, "grown")["muscle.tumour"]
    solved = case.tissues(tissues, "grown", solved={"tumour": {"fdg_suv": 14.0}})["muscle.tumour"]
    assert own.value("fdg_suv") == 7
    assert solved.value("fdg_suv") == 14
    assert "muscle.tumour" not in case.tissues(tissues, "after")


def test_targets_travel_with_the_lesion(case: Case) -> None:
    (tumour,) = case.lesions_at("before")
    assert [(target.acquisition, target.value) for target in tumour.targets] == [("pet", 12)]


def test_unknown_timepoints_and_lesions_list_the_known_ones(case: Case) -> None:
    with pytest.raises(UnknownNameError, match="Known: before, grown, after"):
        case.timepoint("never")
    with pytest.raises(UnknownNameError, match="Known: tumour, nodule_1, nodule_2, thinner"):
        case.lesion("wart")


def test_a_place_that_is_not_in_the_body_is_named_with_its_line(case: Case, tmp_path: Path) -> None:
    for name in ("bodies/ball/body", "bodies/ball/all", "bodies/textures", "bodies/lymph_nodes"):
        write(tmp_path, f"phantoms/{name}.yaml", case.library.text(f"phantoms/{name}.yaml"))
    write(tmp_path, "phantoms/cases/made.yaml", CASE.replace("in: centre", "in: spleen"))
    broken = read_case(Library((tmp_path,)), "made")
    with pytest.raises(ContentError, match=r"made.yaml:44: lesions.0.place: No anatomical site"):
        broken.lesions_at("before")
