"""The course of contrast medium against published times and values."""

from dataclasses import replace

import numpy as np
import pytest

from imagingsim.content import library
from imagingsim.ct.circulation import Circulation, Injection, cardiac_output_l_min, circulate
from imagingsim.ct.contrast import Course, course_of
from imagingsim.ct.materials import iodine_density
from imagingsim.ct.settings import IodineBolus, Phase
from imagingsim.series import Subject
from imagingsim.tissue import read_tissues

MAN = Subject(id="m", name="M", sex="male", age_y=50.0, weight_kg=75.0, height_m=1.76)
USUAL = Injection(volume_ml=96.4, concentration_mg_ml=350.0, rate_ml_s=4.0)
HU_PER_MG = 26.7


def peak(course: Circulation, pool: str = "aorta") -> tuple[float, float]:
    best = int(np.argmax(course.iodine_mg_ml[pool]))
    return float(course.times_s[best]), float(course.iodine_mg_ml[pool][best])


def test_enhancement_is_that_of_published_series() -> None:
    """450 mg/kg at 0.9 g/s: late arterial aorta 314 +- 30, portal vein 166 to 176 +- 25 HU.

    Both less 45 HU of blood without contrast.
    """
    course = circulate(replace(USUAL, rate_ml_s=0.9 / 0.35), MAN, 90.0)
    assert course.at("aorta", 40.0) * HU_PER_MG == pytest.approx(270.0, abs=45.0)
    assert course.at("portal", 75.0) * HU_PER_MG == pytest.approx(126.0, abs=30.0)


def test_the_aorta_peaks_after_the_injection_ends_and_before_the_portal_vein() -> None:
    """Bae: the peak follows the end of an injection by about ten seconds."""
    course = circulate(USUAL, MAN, 90.0)
    assert 3.0 < peak(course)[0] - USUAL.duration_s < 20.0
    assert peak(course)[0] < peak(course, "portal")[0] - 20.0


def test_a_faster_injection_is_brighter_and_earlier() -> None:
    slow, fast = (circulate(replace(USUAL, rate_ml_s=rate), MAN, 90.0) for rate in (2.0, 5.0))
    assert peak(fast)[0] < peak(slow)[0]
    assert peak(fast)[1] > 1.2 * peak(slow)[1]


def test_a_weak_heart_delays_and_brightens_the_aorta() -> None:
    """Bae 1998: cardiac output shifts the time to peak, and the peak rises as it falls."""
    old = replace(MAN, age_y=85.0)
    assert cardiac_output_l_min(old) < 0.8 * cardiac_output_l_min(MAN)
    young_peak, old_peak = (peak(circulate(USUAL, who, 90.0)) for who in (MAN, old))
    assert old_peak[0] > young_peak[0] + 2.0
    assert old_peak[1] > young_peak[1]


def test_failing_kidneys_excrete_less() -> None:
    well, ill = (circulate(USUAL, MAN, egfr) for egfr in (90.0, 15.0))
    assert ill.at("urine", 300.0) < 0.3 * well.at("urine", 300.0)
    assert ill.at("aorta", 600.0) > 1.1 * well.at("aorta", 600.0)


def test_all_iodine_is_somewhere() -> None:
    """Nothing is lost before the kidneys have passed it on."""
    course = circulate(USUAL, MAN, 0.0)
    at_once = circulate(replace(USUAL, volume_ml=48.2), MAN, 0.0)
    for pool, values in course.iodine_mg_ml.items():
        assert np.all(values >= -1e-9), pool
    later = {pool: values[-1] for pool, values in course.iodine_mg_ml.items() if pool != "urine"}
    half = {pool: values[-1] for pool, values in at_once.iodine_mg_ml.items() if pool != "urine"}
    for pool, value in later.items():
        assert half[pool] == pytest.approx(value / 2.0, rel=0.03), pool


PHASES: dict[str, tuple[Phase, float]] = {
    "arterial": ("late_arterial", 37.0), "portal": ("portal_venous", 70.0),
    "quarter hour": ("delayed", 900.0),
}  # fmt: skip


def enhancement(tissue: str, phase: str, egfr: float = 90.0) -> float:
    """Return by how much a tissue brightens at 120 kVp in a body of 30 cm, HU."""
    kind, time_s = PHASES[phase]
    bolus = IodineBolus(rate_ml_s=4.0, delay_s=time_s)
    course = Course(kind, course_of(bolus, replace(MAN, egfr_ml_min_1p73=egfr)), time_s)
    (density,) = iodine_density(read_tissues(library()), [tissue], course)
    return float(density) * 1000.0 * 22.7


@pytest.mark.parametrize(
    ("tissue", "unenhanced_hu", "absolute", "relative"),
    [("adrenal_adenoma", 5.0, (0.60, 0.85), (0.40, 0.80)),
     ("tumour_net_adrenal", 38.0, (0.10, 0.60), (0.05, 0.40))],
)  # fmt: skip
def test_an_adenoma_washes_out_in_a_quarter_of_an_hour_and_a_metastasis_does_not(
    tissue: str, unenhanced_hu: float, absolute: tuple[float, float], relative: tuple[float, float]
) -> None:
    """60 % of the enhancement, 40 % of the brightness; series: doi:10.1155/2013/957680.

    Adenomas there wash out by 74 and 66 %, others by 36 and 20 %.
    """
    portal, late = (enhancement(tissue, phase) for phase in ("portal", "quarter hour"))
    assert absolute[0] < (portal - late) / portal < absolute[1]
    assert relative[0] < (portal - late) / (portal + unenhanced_hu) < relative[1]


def test_a_neuroendocrine_tumour_is_bright_in_two_phases_and_its_necrosis_in_none() -> None:
    """Over pancreas 1.5 +- 0.3 in the arterial phase (Belousova 2017, PMC5552195: 1.53 +- 0.45)."""
    arterial = enhancement("tumour_net_pancreas", "arterial") / enhancement("pancreas", "arterial")
    assert arterial == pytest.approx(1.5, abs=0.3)
    assert enhancement("tumour_net_pancreas", "portal") > 1.2 * enhancement("pancreas", "portal")
    assert all(enhancement("tumour_necrosis", phase) < 6.0 for phase in PHASES)


def test_a_hypervascular_metastasis_of_the_liver_fades_into_it_later() -> None:
    early, later = (
        enhancement("tumour_net_liver", phase) - enhancement("liver", phase)
        for phase in ("arterial", "portal")
    )
    assert early > 50.0
    assert abs(later) < 20.0


def test_ill_kidneys_keep_the_blood_bright_and_the_urine_dark() -> None:
    well, ill = (
        [enhancement(tissue, "quarter hour", egfr) for tissue in ("blood_venous", "urine")]
        for egfr in (90.0, 10.0)
    )
    assert ill[0] > 1.15 * well[0]
    assert ill[1] < 0.3 * well[1]
