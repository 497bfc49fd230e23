"""The course of contrast medium against published times and values."""

from dataclasses import replace

import numpy as np
import pytest

from imagingsim.ct.circulation import Circulation, Injection, cardiac_output_l_min, circulate
from imagingsim.series import Subject

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
