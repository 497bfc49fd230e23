"""The needle: what lies along its way is what it brings home."""

from collections.abc import Sequence

import numpy as np
import pytest

from imagingsim.anatomy import Layer
from imagingsim.content import library
from imagingsim.units import FloatArray
from imagingsim.workup import read_catalogue
from imagingsim.workup.needle import Probe, take, way_in

PROCEDURES = read_catalogue(library()).procedures
AIR, MUSCLE = Layer("air", "", "air"), Layer("muscle", "muscle", "muscle")
LUNG = Layer("lung", "lung_upper_lobe_left", "lung")
TUMOUR = Layer("mass", "lesion_mass", "tumour_porocarcinoma")
DEAD = Layer("mass", "lesion_mass", "tumour_necrosis")


def body(
    *, tumour_mm: float = 10.0, dead_mm: float = 0.0, depth_mm: float = 40.0, lung: bool = False
) -> Probe:
    """Return a slab of muscle, its skin at y = -depth, with a ball of tumour at the origin."""

    def layers(points: FloatArray) -> Sequence[Layer]:
        answer = []
        for point in np.atleast_2d(points):
            radius = float(np.linalg.norm(point))
            if radius < dead_mm:
                answer.append(DEAD)
            elif radius < tumour_mm:
                answer.append(TUMOUR)
            elif point[1] < -depth_mm:
                answer.append(AIR)
            else:
                answer.append(LUNG if lung else MUSCLE)
        return answer

    return layers


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


def test_the_shortest_way_is_straight_to_the_skin() -> None:
    direction, depth_mm, lung_mm = way_in(body(), np.zeros(3))
    assert direction[1] == pytest.approx(-1.0, abs=0.03)
    assert depth_mm == pytest.approx(40.0, abs=4.0)
    assert lung_mm == 0.0


def test_a_core_through_the_middle_of_a_ball_holds_its_diameter_of_tumour() -> None:
    specimen = take(body(tumour_mm=6.0), (0, 0, 0), PROCEDURES["us_core"], cores=1, rng=rng())
    assert specimen.lesion == "mass"
    assert 6.0 <= specimen.viable_mm <= 12.5


def test_a_core_beside_the_ball_holds_no_tumour() -> None:
    specimen = take(body(tumour_mm=5.0), (25, 0, 0), PROCEDURES["us_core"], cores=3, rng=rng())
    assert specimen.lesion is None
    assert specimen.viable_mm == 0.0
    assert {piece.material for core in specimen.cores for piece in core} == {"muscle"}


def test_a_necrotic_core_yields_necrosis() -> None:
    dead = body(tumour_mm=14.0, dead_mm=12.5)
    specimen = take(dead, (0, 0, 0), PROCEDURES["us_core"], cores=3, rng=rng())
    assert specimen.necrotic_share > 0.7


def test_an_excision_of_a_small_nodule_has_its_diameter() -> None:
    small = body(tumour_mm=4.0)
    specimen = take(small, (0, 0, 0), PROCEDURES["skin_excision"], cores=1, rng=rng())
    assert specimen.viable_mm == pytest.approx(8.0, abs=0.6)


def test_the_way_through_lung_is_counted() -> None:
    specimen = take(body(lung=True), (0, 0, 0), PROCEDURES["ct_core"], cores=1, rng=rng())
    assert specimen.crossed_lung_mm > 20.0


def test_the_pieces_of_a_core_are_as_long_as_its_throw() -> None:
    procedure = PROCEDURES["us_core"]
    specimen = take(body(), (0, 0, 0), procedure, cores=4, rng=rng())
    assert len(specimen.cores) == 4
    for core in specimen.cores:
        assert sum(piece.length_mm for piece in core) == pytest.approx(procedure.throw_mm)


def test_an_excision_ends_at_the_bone_unless_it_is_opened() -> None:
    bone, brain = Layer("skull", "skull", "cortical_bone"), Layer("b", "brain", "grey_matter")

    def scalp(points: FloatArray) -> Sequence[Layer]:
        heights = np.atleast_2d(points)[:, 1]
        return [
            AIR if y < -6 else TUMOUR if y < 4 else MUSCLE if y < 8 else bone if y < 14 else brain
            for y in heights
        ]

    wide = take(scalp, (0, 0, 0), PROCEDURES["wide_excision"], cores=1, rng=rng())
    assert {piece.material for piece in wide.cores[0]} == {TUMOUR.material, "muscle"}
    opened = take(scalp, (0, 0, 0), PROCEDURES["craniectomy"], cores=1, rng=rng())
    assert "cortical_bone" in {piece.material for piece in opened.cores[0]}
