"""The head and the neck of the adult male: sizes, order of the layers, sides, open passages."""

from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from imagingsim.anatomy import Layer, Phantom, SampledPhantom, read_body, sample, sample_points
from imagingsim.content import library
from imagingsim.grid import Grid
from imagingsim.units import FloatArray

SPACING_MM = 2.5
LOW_MM, HIGH_MM = (-100.0, -165.0, 440.0), (100.0, 90.0, 700.0)
HEAD_MM = (0.0, -24.0, 563.5)
"""Midway between the external acoustic meatuses."""
BRAIN = (
    "grey_matter", "white_matter", "deep_grey_matter", "cerebellar_cortex",
    "cerebellar_white_matter", "brainstem",
)  # fmt: skip
SUBOCCIPITAL = (
    "rectus_capitis_posterior_major", "rectus_capitis_posterior_minor", "obliquus_capitis_inferior",
    "obliquus_capitis_superior",
)  # fmt: skip
BONE = ("cortical_bone", "trabecular_bone", "diploe")


@cache
def male() -> Phantom:
    return Phantom(read_body(library(), "adult_male"))


@cache
def head() -> SampledPhantom:
    low, high = np.array(LOW_MM), np.array(HIGH_MM)
    x, y, z = (int(n) for n in (high - low) / SPACING_MM)
    return sample(male(), Grid.axial((z, y, x), (SPACING_MM,) * 3, LOW_MM))


def volume_ml(*materials: str) -> float:
    wanted = np.array([layer.material in materials for layer in head().layers], float)
    return float(head().property_map(wanted).sum(dtype=np.float64)) * head().grid.voxel_ml


def along(*points_mm: tuple[float, float, float], step_mm: float = 0.25) -> list[Layer]:
    """Return what a straight line through the head's frame meets, point after point."""
    start, end = (np.array(p) + HEAD_MM for p in points_mm)
    count = int(np.linalg.norm(end - start) / step_mm)
    line = start + np.linspace(0, 1, count)[:, np.newaxis] * (end - start)
    return [male().layers[i] for i in sample_points(male(), line)]


def places_mm(structure: str) -> FloatArray:
    """Return where a structure fills most of the voxel, (n, 3) LPS mm."""
    wanted = np.array([layer.structure == structure for layer in head().layers])
    sampled = head()
    most = sampled.main_layer()
    z, y, x = np.argwhere(wanted[most]).T
    return np.stack([x, y, z], axis=1) * SPACING_MM + LOW_MM


def test_brain_has_the_mass_of_the_reference_man() -> None:
    grams = 1.04 * volume_ml(*BRAIN)
    assert grams == pytest.approx(1450, rel=0.06)  # ICRP 89


def test_grey_and_white_matter_share_the_cerebrum() -> None:
    assert 1.2 < volume_ml("grey_matter") / volume_ml("white_matter") < 1.8


def test_ventricles_have_the_size_of_healthy_ones() -> None:
    lateral = [head().volume_ml(f"lateral_ventricle_{side}") for side in ("left", "right")]
    assert 15 < sum(lateral) < 40
    assert 0.8 < lateral[0] / lateral[1] < 1.25
    assert head().volume_ml("third_ventricle") < 3.5
    assert head().volume_ml("fourth_ventricle") < 4.5


@pytest.mark.parametrize(
    ("direction", "thinnest_mm", "thickest_mm"),
    [
        ((0.0, 0.0, 1.0), 4.0, 9.0),  # vertex
        ((0.55, 0.2, 0.8), 4.0, 9.0),  # parietal
        ((0.3, -0.9, 0.45), 4.0, 10.0),  # frontal
        ((0.4, 0.9, 0.1), 5.0, 11.0),  # occipital
        ((1.0, -0.1, 0.12), 1.5, 5.0),  # temporal squama
    ],
)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_skull_is_as_thick_as_it_should_be(
    direction: tuple[float, float, float], thinnest_mm: float, thickest_mm: float, side: float
) -> None:
    x, y, z = np.array(direction) / np.linalg.norm(direction) * 150
    line = along((0.0, 0.0, 25.0), (side * x, y, 25.0 + z))
    thickness = 0.25 * sum(layer.material in BONE for layer in line)
    assert thinnest_mm < thickness < thickest_mm


def test_layers_of_the_vault_lie_in_order_from_brain_to_air() -> None:
    line = along((0.0, 0.0, 40.0), (30.0, 105.0, 100.0))
    order: list[str] = []
    for layer in line:
        if layer.material not in order:
            order.append(layer.material)
    last = [m for m in order if m in {"csf", "dura", "cortical_bone", "skin", "subcutaneous_fat"}]
    assert last == ["csf", "dura", "cortical_bone", "subcutaneous_fat", "skin"]
    assert "diploe" in order
    assert line[-1].material == "air"


@pytest.mark.parametrize(("side", "sign"), [("left", 1.0), ("right", -1.0)])
def test_ear_canal_is_open_air_to_the_middle_ear(side: str, sign: float) -> None:
    canal = [
        layer
        for layer in along((sign * 72.0, 3.0, 0.5), (sign * 54.0, 0.6, 1.6))
        if layer.label == f"external_auditory_canal_{side}"
    ]
    assert {layer.material for layer in canal} == {"air"}
    assert len(canal) * 0.25 > 14
    assert along((sign * 95.0, 5.0, 1.0), (sign * 90.0, 5.0, 1.0))[0].label == ""


def bony(layers: list[Layer]) -> list[str]:
    """Return the label of each point that is bone, and nothing elsewhere."""
    return [layer.label if layer.material in BONE else "" for layer in layers]


def test_foramen_magnum_is_an_oval_hole() -> None:
    # authored limits; means of adults lie near 36 mm in length and 31 mm in width
    across = bony(along((-30.0, 17.0, -28.0), (30.0, 17.0, -28.0)))
    lengthwise = bony(along((0.0, -9.0, -27.0), (0.0, 48.0, -30.0)))
    width, length = (0.25 * line.count("") for line in (across, lengthwise))
    assert 26 < width < 36
    assert 32 < length < 42
    assert width < length


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_joints_of_the_skull_have_a_gap_between_their_bones(sign: float) -> None:
    condyle = bony(along((sign * 16.0, 7.0, -24.0), (sign * 17.5, 7.0, -44.0)))
    assert {"occipital_bone", "vertebrae_C1"} <= set(condyle)
    before = condyle[: condyle.index("vertebrae_C1")]
    assert 0.5 <= 0.25 * before[::-1].index("occipital_bone") < 4
    side = "left" if sign > 0 else "right"
    jaw = bony(along((sign * 51.0, -13.0, 8.0), (sign * 51.0, -13.0, -12.0)))
    roof = [i for i, label in enumerate(jaw) if label == f"temporal_bone_{side}"]
    assert roof, "a roof of the joint's socket"
    assert 1.0 <= 0.25 * (jaw.index("mandible") - roof[-1]) < 5


@pytest.mark.parametrize(("side", "sign"), [("left", 1.0), ("right", -1.0)])
def test_inner_ear_is_a_thin_channel_in_dense_bone(side: str, sign: float) -> None:
    low = np.array([min(sign * 30.0, sign * 48.0), -14.0, -6.0]) + HEAD_MM
    grid = Grid.axial((34, 48, 30), (0.6, 0.6, 0.6), (low[0], low[1], low[2]))
    ear = sample(male(), grid)
    lumen = ear.volume_ml(f"inner_ear_{side}")
    assert 0.15 < lumen < 0.4
    main = ear.main_layer()
    inside = np.array([layer.label == f"inner_ear_{side}" for layer in ear.layers])[main]
    around = ndimage.binary_dilation(inside, iterations=1) & ~inside
    dense = np.array([layer.material in BONE for layer in ear.layers])[main]
    assert dense[around].mean() > 0.7


@pytest.mark.parametrize(("side", "sign"), [("left", 1.0), ("right", -1.0)])
@pytest.mark.parametrize("muscle", SUBOCCIPITAL)
def test_suboccipital_muscles_lie_between_skin_and_the_upper_vertebrae(
    muscle: str, side: str, sign: float
) -> None:
    places = places_mm(f"{muscle}_{side}")
    assert len(places) > 20
    assert (sign * places[:, 0] > -SPACING_MM).all()
    assert sign * places[:, 0].mean() > 3
    left, back, high = places.mean(axis=0) - HEAD_MM
    assert -62 < high < -15
    line = along((left, back, high), (left, back + 80.0, high))
    met = [layer.material for layer in line]
    assert met.index("skin") * 0.25 > 15
    assert not set(BONE) & set(met[: met.index("skin")])
    bones = np.vstack([places_mm(name) for name in ("vertebrae_C1", "vertebrae_C2")])
    near = np.linalg.norm(places[:, np.newaxis] - bones, axis=2).min(axis=1)
    assert near.min() < 2 * SPACING_MM
    assert np.median(near) < 25


def test_one_breath_of_air_leads_from_the_nose_to_the_trachea() -> None:
    sampled = head()
    air = np.array([layer.material == "air" and layer.label != "" for layer in sampled.layers])
    inside = sampled.property_map(air.astype(float)) > 0.4
    parts, _ = ndimage.label(inside)
    at = np.array([(6.0, -68.0, -12.0), (0.0, -27.0, -40.0), (0.0, -31.0, -110.0)]) + HEAD_MM
    index = np.round((at - LOW_MM) / SPACING_MM).astype(int)
    found = {int(parts[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].max()) for i, j, k in index}
    assert len(found) == 1
    assert found != {0}


def test_cervical_vertebrae_stand_on_one_another_with_a_disc_between() -> None:
    line = along((0.0, -2.0, -58.0), (0.0, 8.0, -125.0))
    order: list[str] = []
    for layer in line:
        if not order or order[-1] != layer.label:
            order.append(layer.label)
    bones = [label for label in order if label.startswith("vertebrae_C")]
    assert bones[:4] == ["vertebrae_C2", "vertebrae_C3", "vertebrae_C4", "vertebrae_C5"]
    assert order.count("intervertebral_disc") >= 3


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_muscles_fill_the_neck_beside_the_spine(sign: float) -> None:
    sampled = head()
    fat = np.array([layer.material.endswith("_fat") for layer in sampled.layers], float)
    share = sampled.property_map(fat)
    shape = share.shape[::-1]
    x, y, z = (LOW_MM[i] + SPACING_MM * np.arange(shape[i]) for i in range(3))
    beside = np.ix_(
        (z >= 450) & (z <= 490), (y >= -20) & (y <= 20), (sign * x >= 20) & (sign * x <= 40)
    )
    assert share[beside].mean() < 0.14


def test_jugular_veins_are_not_mirror_images() -> None:
    left, right = (head().volume_ml(f"internal_jugular_vein_{s}") for s in ("left", "right"))
    assert right > 1.15 * left


def test_globes_and_lenses_are_a_pair() -> None:
    for label, least, most in (("eye_left", 6.0, 9.0), ("eye_right", 6.0, 9.0)):
        assert least < head().volume_ml(label) < most
