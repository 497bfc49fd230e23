"""A lesion moves with what it stands in, and a mass bends the vessels beside it."""

from pathlib import Path

import numpy as np
import pytest

from imagingsim.anatomy.body import read_body
from imagingsim.anatomy.case import Case, read_case
from imagingsim.anatomy.lesion_parts import Placed
from imagingsim.anatomy.lesion_push import ROOM_MM, away_from, pushed
from imagingsim.anatomy.sites import Anchor
from imagingsim.content import Library
from imagingsim.errors import ContentError, UnknownNameError

BODY = """\
title: A ball with a bone that swings
regions: [all]
sites: {heart: {structure: trunk, at_mm: [0, 0, 0]}, bone: {structure: bone, at_mm: [0, 0, -50]}}
frames: {arm: {pivot_mm: [0, 0, 0]}}
variants: {arms_up: []}
variant_frames: {arms_up: {arm: {rotate_deg: [0, 180, 0]}}}
"""
REGION = """\
anatomy: imagingsim.anatomy/1
structures:
  - id: trunk
    rank: 0
    solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [60, 60, 80]}}]
    layers: [{material: muscle}]
  - id: bone
    rank: 10
    frame: arm
    solid: [{ellipsoid: {centre_mm: [0, 0, -50], semi_mm: [15, 15, 15]}}]
    layers: [{material: cortical_bone}]
  - id: vein
    rank: 20
    solid: [{tube: {points: [[9, 0, -60, 4], [9, 0, 60, 4]]}}]
    layers: [{material: blood_portal}]
"""
LESION = """
  - id: {name}
    title: Lesion
    role: metastasis
    region: bone
    appears: now
    size_mm: {{now: [10, 10, 10]}}
    size_source: "authored: x"
    enters: replace
    shape: {{mass: {{}}}}
    tissue: muscle
    source: "authored: x"
    place: {{in: {name}, offset_mm: {{left: -5}}}}
"""
CASE = """\
case: imagingsim.case/1
title: A case
body: ball
protocol: some
workup_timepoint: now
sources: []
patient: {sex: male, age_y: 50, weight_kg: 70, height_m: 1.7, source: "authored: x"}
timepoints: [{id: now, title: Now, day: 0, history: Text., source: "authored: x"}]
pathology: []
outcome: {text: Lives., dies: false, source: "authored: x"}
differential: [{diagnosis: D, weight: 1.0, source: "authored: x"}]
disease: []
teaching: []
lesions:
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("library")
    texts = {
        "bodies/ball/body.yaml": BODY, "bodies/ball/all.yaml": REGION,
        "bodies/labels.csv": "number,name\n1,trunk\n2,bone\n3,vein\n",
        "bodies/textures.yaml": "textures: {}\n",
        "bodies/lymph_nodes.yaml": "title: none\nstations: {}\nsources: []\n",
        "cases/made.yaml": CASE + LESION.format(name="heart") + LESION.format(name="bone"),
    }  # fmt: skip
    for name, text in texts.items():
        file = Path(folder, "phantoms", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return read_case(Library((folder,)), "made")


def test_a_lesion_swings_with_its_bone_and_stays_with_the_trunk(case: Case) -> None:
    down = {one.id: one.centre_mm for one in case.lesions_at("now")}
    up = {one.id: one.centre_mm for one in case.lesions_at("now", arms="up")}
    assert up["heart"] == down["heart"] == (-5, 0, 0)
    assert down["bone"] == (-5, 0, -50)
    assert up["bone"][2] > -10


def mass_at(x_mm: float) -> Placed:
    anchor = Anchor(np.array([x_mm, 0.0, 0.0]), np.eye(3))
    rng = np.random.default_rng(1)
    size = np.array([20.0, 20.0, 20.0])
    return Placed("m", "m", anchor, size, "muscle", "displace", (), 0.0, None, rng)  # type: ignore[arg-type]


def test_a_push_clears_the_mass_keeps_order_and_ends_near_it() -> None:
    line = np.linspace(0.01, 120.0, 200)[:, None] * np.array([1.0, 0.0, 0.0])
    moved = away_from(line, mass_at(0.0))[:, 0]
    assert moved[0] == pytest.approx(10.0 + ROOM_MM, abs=0.01)
    assert (np.diff(moved) > 0).all()
    assert moved[-1] == pytest.approx(120.0, abs=0.05)


def test_a_vein_bends_around_a_mass_beside_it(case: Case) -> None:
    body = pushed(read_body(case.library, "ball"), [(mass_at(0.0), ("vein",))])
    tube = body.structure("vein").solid[0].tube
    assert tube is not None
    course = np.array(tube.points)
    assert course[len(course) // 2, 0] > 10.0 + ROOM_MM
    assert course[[0, -1], 0] == pytest.approx(9.0, abs=0.2)


def test_what_cannot_be_pushed_is_refused(case: Case) -> None:
    body = read_body(case.library, "ball")
    with pytest.raises(ContentError, match="bone cannot be pushed: it is no tube of the trunk"):
        pushed(body, [(mass_at(0.0), ("bone",))])
    with pytest.raises(UnknownNameError, match="nerve"):
        pushed(body, [(mass_at(0.0), ("nerve",))])
