"""The bodies hold what a body holds: on the right side, at the right height, of the right size."""

import csv
import io
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from imagingsim.anatomy import Phantom, SampledPhantom, read_body, sample
from imagingsim.anatomy.records import Structure
from imagingsim.content import library
from imagingsim.grid import Grid
from imagingsim.survey.scouting import layer_volumes_ml
from imagingsim.units import FloatArray, IntArray

SPACING_MM = 4.0
LOW_MM, HIGH_MM = (-288.0, -164.0, -420.0), (288.0, 156.0, 708.0)
BODIES = ("adult_male", "adult_female")


@cache
def rows() -> list[dict[str, str]]:
    text = library().text("phantoms/bodies/labels.csv")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def numbers() -> dict[str, int]:
    return {row["name"]: int(row["number"]) for row in rows()}


@cache
def phantom(body: str) -> Phantom:
    return Phantom(read_body(library(), body))


@cache
def sampled(body: str) -> SampledPhantom:
    low, high = np.array(LOW_MM), np.array(HIGH_MM)
    x, y, z = (int(n) for n in (high - low) / SPACING_MM)
    return sample(phantom(body), Grid.axial((z, y, x), (SPACING_MM,) * 3, LOW_MM))


@cache
def label_map(body: str) -> IntArray:
    return sampled(body).label_map()


@cache
def layers_ml(body: str) -> FloatArray:
    """Return the volume of every layer, with the voxels it shares."""
    return layer_volumes_ml(sampled(body))


@cache
def moments(body: str) -> tuple[IntArray, FloatArray]:
    """Return the voxels of every label number, and the sums of their (x, y, z), mm."""
    labels = label_map(body)
    counts = np.bincount(labels.ravel())
    sums = np.zeros((3, len(counts)))
    for axis, lps in ((0, 2), (1, 1), (2, 0)):
        at = LOW_MM[lps] + SPACING_MM * np.arange(labels.shape[axis])
        planes = np.moveaxis(labels, axis, 0)
        for position, plane in zip(at, planes, strict=True):
            sums[lps] += position * np.bincount(plane.ravel(), minlength=len(counts))
    return counts, sums


def chosen(body: str, *labels: str) -> list[int]:
    """Return the numbers of some labels that a body shows."""
    known = moments(body)[0]
    wanted = [numbers()[label] for label in labels]
    return [n for n in wanted if n < len(known) and known[n]]


def volume_ml(body: str, *labels: str) -> float:
    wanted = np.array([layer.label in labels for layer in phantom(body).layers])
    return float(layers_ml(body)[wanted].sum())


def centre_mm(body: str, *labels: str) -> tuple[float, float, float]:
    """Return (left, posterior, superior) of the centroid, mm."""
    counts, sums = moments(body)
    found = chosen(body, *labels)
    x, y, z = sums[:, found].sum(axis=1) / counts[found].sum()
    return float(x), float(y), float(z)


def painted(structure: Structure) -> set[str]:
    """Return the labels a structure can leave behind."""
    own = structure.label or structure.id
    labels = {layer.label or own for layer in structure.layers}
    return labels | ({own} if structure.material or structure.kernel else set())


HEART = (
    "heart", "heart_myocardium", "heart_atrium_left", "heart_atrium_right",
    "heart_ventricle_left", "heart_ventricle_right",
)  # fmt: skip
LUNGS = (
    "lung_upper_lobe_left", "lung_lower_lobe_left", "lung_upper_lobe_right",
    "lung_middle_lobe_right", "lung_lower_lobe_right",
)  # fmt: skip


def test_label_numbers_and_names_are_unique() -> None:
    assert len(numbers()) == len(rows())
    assert len({row["number"] for row in rows()}) == len(rows())


def test_every_label_carries_a_snomed_code_and_a_category() -> None:
    for row in rows():
        for key in ("snomed_code", "snomed_category_code"):
            assert row[key].isdigit(), row["name"]
        for key in ("snomed_meaning", "snomed_category_meaning"):
            assert row[key], row["name"]


def test_the_first_117_labels_are_those_of_totalsegmentator() -> None:
    by_number = {number: name for name, number in numbers().items()}
    assert [by_number[n] for n in (1, 5, 51, 52, 91, 117)] == [
        "spleen", "liver", "heart", "aorta", "skull", "costal_cartilages",
    ]  # fmt: skip
    assert set(range(1, 118)) <= set(by_number)


def test_left_and_right_in_a_name_agree_with_its_modifier() -> None:
    for row in rows():
        assert row["modifier_meaning"].lower() in row["name"], row["name"]


@pytest.mark.parametrize("body", BODIES)
def test_every_label_that_is_used_is_in_the_table(body: str) -> None:
    used = {label for s in read_body(library(), body).structures for label in painted(s)}
    assert used - set(numbers()) == set()


@pytest.mark.parametrize("body", BODIES)
def test_what_is_called_left_lies_left_of_what_is_called_right(body: str) -> None:
    judged = 0
    for name in numbers():
        other = name.replace("left", "right")
        if "left" in name and other in numbers() and len(chosen(body, name, other)) == 2:
            assert centre_mm(body, name)[0] > centre_mm(body, other)[0], name
            judged += 1
    assert judged > 100


@pytest.mark.parametrize("body", BODIES)
def test_a_body_shows_the_classes_of_totalsegmentator(body: str) -> None:
    # kidney cysts are no normal anatomy; tiny classes may fall between the voxels
    shown = [name for name, n in numbers().items() if n <= 117 and chosen(body, name)]
    missing = {name for name, n in numbers().items() if n <= 117} - set(shown)
    assert len(shown) >= 104, missing
    assert {"kidney_cyst_left", "kidney_cyst_right"} <= missing


def test_every_label_has_a_colour_and_no_two_of_totalsegmentator_share_it() -> None:
    colours = {row["name"]: tuple(int(row[c]) for c in ("red", "green", "blue")) for row in rows()}
    assert all(0 <= value <= 255 for colour in colours.values() for value in colour)
    assert all(sum(colour) > 60 for colour in colours.values())  # not black on black
    shared = [colours[name] for name, number in numbers().items() if number <= 117]
    assert len(set(shared)) == len(shared)


@pytest.mark.parametrize("body", BODIES)
def test_the_heart_lies_left_of_the_midline_and_between_the_lungs(body: str) -> None:
    left, _, superior = centre_mm(body, *HEART)
    assert 5 < left < 40
    low, high = (
        centre_mm(body, name)[2] for name in ("lung_lower_lobe_left", "lung_upper_lobe_left")
    )
    assert low - 15 < superior < high


@pytest.mark.parametrize("body", BODIES)
def test_organs_stand_above_one_another_as_they_should(body: str) -> None:
    order = (
        "urinary_bladder",
        "vertebrae_L5",
        "kidney_left",
        "liver",
        "lung_upper_lobe_right",
        "cerebellum",
    )
    heights = [centre_mm(body, name)[2] for name in order]
    assert heights == sorted(heights)


@pytest.mark.parametrize("body", BODIES)
def test_the_bladder_lies_in_the_pelvis(body: str) -> None:
    left, posterior, superior = centre_mm(body, "urinary_bladder")
    hip = centre_mm(body, "hip_left", "hip_right")
    assert abs(left) < 8
    assert abs(superior - hip[2]) < 70
    assert posterior < centre_mm(body, "sacrum")[1]


@pytest.mark.parametrize("body", BODIES)
def test_the_liver_is_on_the_right_and_the_spleen_on_the_left(body: str) -> None:
    assert centre_mm(body, "liver")[0] < -30
    assert centre_mm(body, "spleen")[0] > 60


# Broad ranges of living adults: Geraghty et al., Radiology 2004 (liver, spleen, kidney); ICRP
# Publication 89 (2002), male to female reference plus or minus a third; inspiration CT lungs.
RANGES_ML = {
    ("liver", "portal_vein_branch", "hepatic_vein"): (1000, 2300),
    ("spleen",): (80, 350),
    ("kidney_left", "kidney_sinus_left"): (95, 260),
    ("kidney_right", "kidney_sinus_right"): (95, 260),
    ("pancreas",): (60, 180),
    ("gallbladder",): (12, 80),
    ("urinary_bladder",): (60, 400),
    ("thyroid_gland",): (8, 30),
    LUNGS: (2300, 6500),
    HEART: (380, 900),
    ("aorta",): (130, 380),
    ("trachea",): (20, 80),
    ("femur_left",): (180, 420),
    ("hip_left",): (220, 480),
    ("sternum",): (40, 110),
    ("gluteus_maximus_left",): (450, 1000),
    ("iliopsoas_left",): (200, 560),
    ("skin",): (1300, 3600),
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("labels", RANGES_ML, ids=lambda labels: labels[0])
def test_an_organ_has_a_size_that_adults_have(labels: tuple[str, ...], body: str) -> None:
    low, high = RANGES_ML[labels]
    assert low < volume_ml(body, *labels) < high


@pytest.mark.parametrize("number", range(1, 13))
def test_every_rib_stands_beside_its_twin(number: int) -> None:
    left = centre_mm("adult_male", f"rib_left_{number}")
    right = centre_mm("adult_male", f"rib_right_{number}")
    assert np.allclose((left[0], left[1], left[2]), (-right[0], right[1], right[2]), atol=9)


def test_the_female_has_breasts_and_a_uterus_and_no_prostate() -> None:
    assert 150 < volume_ml("adult_female", "breast_left", "breast_gland_left") < 900
    assert 40 < volume_ml("adult_female", "uterus", "cervix_uteri", "endometrium") < 180
    assert volume_ml("adult_female", "ovary_left", "ovary_right") > 3
    assert volume_ml("adult_female", "prostate", "penis", "testis_left") == 0


def test_the_male_has_a_prostate_and_testes_and_no_uterus() -> None:
    assert 12 < volume_ml("adult_male", "prostate") < 45
    assert 8 < volume_ml("adult_male", "testis_left") < 25
    assert volume_ml("adult_male", "uterus", "breast_gland_left") == 0


@pytest.mark.parametrize("body", BODIES)
def test_no_voxel_inside_the_body_is_without_a_label(body: str) -> None:
    # nose and mouth are open to the air outside: judged below the head
    solid = label_map(body)[: int((300.0 - LOW_MM[2]) / SPACING_MM)] > 0
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in solid])
    assert np.count_nonzero(filled & ~solid) < 1e-4 * np.count_nonzero(solid)


def test_the_female_is_smaller_than_the_male() -> None:
    def top(body: str) -> float:
        return float(np.argwhere(label_map(body) > 0)[:, 0].max()) * SPACING_MM + LOW_MM[2]

    assert 660 < top("adult_male") < 700
    assert 0.90 < top("adult_female") / top("adult_male") < 0.96
