"""Dose against AAPM reports and typical scanners."""

from collections.abc import Callable

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.ct.dose import ctdi_vol_mgy, dose, size_specific_factor

Settings = Callable[..., ct.CtSettings]


@pytest.mark.parametrize(("kvp", "mgy"), [(80.0, 2.3), (100.0, 4.2), (120.0, 6.6), (140.0, 9.3)])
def test_ctdi_per_100_mas_is_that_of_a_typical_scanner(
    settings: Settings, kvp: float, mgy: float
) -> None:
    assert ctdi_vol_mgy(settings(kvp=kvp, mas=100.0)) == pytest.approx(mgy, rel=0.15)


def test_ctdi_is_inversely_proportional_to_pitch(settings: Settings) -> None:
    assert ctdi_vol_mgy(settings(pitch=2.0)) == pytest.approx(ctdi_vol_mgy(settings()) / 2.0)


def test_size_specific_factors_are_those_of_aapm_204() -> None:
    """Tables 1D and 2D of the report: 30 cm, and 16 cm in the head phantom."""
    assert size_specific_factor(np.array(30.0), 32) == pytest.approx(1.23, abs=0.005)
    assert size_specific_factor(np.array(16.0), 16) == pytest.approx(1.01, abs=0.005)
    fitted = 3.704369 * np.exp(-0.03671937 * 27.0), 1.874799 * np.exp(-0.03871313 * 18.0)
    assert size_specific_factor(np.array(27.0), 32) == pytest.approx(fitted[0], rel=1e-6)
    assert size_specific_factor(np.array(18.0), 16) == pytest.approx(fitted[1], rel=1e-6)


def test_a_chest_of_365_mgy_cm_gives_5_1_msv(settings: Settings) -> None:
    asked = settings(dose_region="chest")
    given = dose(asked, imaged_mm=300.0, water_diameters_cm=np.array([28.0]))
    assert given.effective_dose_msv / given.dlp_mgy_cm * 365.0 == pytest.approx(5.1, abs=0.1)


def test_both_published_factors_are_given(settings: Settings) -> None:
    """365 mGy cm of a chest: 5.1 mSv with the older, 5.3 mSv with the newer factor."""
    given = dose(
        settings(dose_region="chest"), imaged_mm=300.0, water_diameters_cm=np.array([28.0])
    )
    per_dlp = 365.0 / given.dlp_mgy_cm
    assert given.effective_dose_icrp_103_msv is not None
    assert given.effective_dose_icrp_103_msv * per_dlp == pytest.approx(5.3, abs=0.1)
    assert given.effective_dose_uncertainty == pytest.approx(0.4)
    both = dose(settings(dose_region="head_neck"), imaged_mm=9.0, water_diameters_cm=np.ones(1))
    assert both.effective_dose_icrp_103_msv is None


def test_a_second_reconstruction_adds_no_dose(settings: Settings) -> None:
    given = dose(settings(same_exposure=True), imaged_mm=300.0, water_diameters_cm=np.array([28.0]))
    assert given.dlp_mgy_cm == 0.0
    assert given.effective_dose_msv == 0.0
    assert given.ctdi_vol_mgy > 0.0
