"""Dose: CTDIvol, DLP, size-specific dose and effective dose."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from imagingsim.ct.geometry import SOURCE_TO_AXIS_MM
from imagingsim.ct.settings import CtSettings
from imagingsim.ct.tables import air_kerma_mgy_mas
from imagingsim.units import FloatArray

CTDI_PER_AIR_KERMA: Final = {32: 0.35, 16: 0.70}
"""Weighted CTDI in the 32 and 16 cm phantoms over the air kerma at the axis.

Chosen so that CTDIvol is 6.6 (32 cm) mGy per 100 mAs at 120 kVp, as on typical scanners.
"""

EFFECTIVE_MSV_PER_MGY_CM: Final = {
    "head": 0.0021,
    "head_neck": 0.0031,
    "neck": 0.0059,
    "chest": 0.014,
    "abdomen": 0.015,
    "pelvis": 0.015,
    "trunk": 0.015,
}
"""Effective dose per dose-length product, adults (AAPM report 96, 2008, table 3; ICRP 60)."""

EFFECTIVE_ICRP_103_MSV_PER_MGY_CM: Final = {
    "head": 0.0019,
    "neck": 0.0051,
    "chest": 0.0145,
    "abdomen": 0.0153,
    "pelvis": 0.0129,
    "trunk": 0.0152,
}
"""The same with the tissue weights of ICRP 103 (table of radclass.mudr.org; none for head and
neck together)."""

EFFECTIVE_UNCERTAINTY: Final = 0.4
"""Relative uncertainty of an effective dose for a reference patient (AAPM 2018 registry of 1.4
million examinations: factors spread by that much)."""

SIZE_FACTOR: Final = {32: (3.704369, 0.03671937), 16: (1.874799, 0.03871313)}
"""Coefficients a and b of a exp(-b D), D in cm (AAPM reports 204, 2011, and 220, 2014)."""


@dataclass(frozen=True)
class Dose:
    """What one exposure gave."""

    ctdi_vol_mgy: float
    ctdi_phantom_cm: Literal[16, 32]
    scan_length_mm: float
    dlp_mgy_cm: float
    ssde_mgy: float
    effective_dose_msv: float
    effective_dose_icrp_103_msv: float | None
    effective_dose_uncertainty: float


def phantom_cm(settings: CtSettings) -> Literal[16, 32]:
    """Return the diameter of the CTDI phantom that doses refer to."""
    return 16 if settings.bowtie == "head" else 32


def ctdi_vol_mgy(settings: CtSettings) -> float:
    """Return the volume CT dose index.

    Examples
    --------
    >>> from imagingsim.ct import CtSettings
    >>> settings = CtSettings(
    ...     kvp=120.0,
    ...     mas=100.0,
    ...     slice_thickness_mm=3.0,
    ...     slice_interval_mm=3.0,
    ...     reconstruction_diameter_mm=350.0,
    ...     kernel="soft",
    ...     dose_region="trunk",
    ... )
    >>> round(ctdi_vol_mgy(settings), 1)
    6.6
    """
    exposures = [one for one in (settings, settings.dual) if one is not None]
    kerma_mgy = sum(
        air_kerma_mgy_mas(one.kvp, SOURCE_TO_AXIS_MM, one.added_filter) * one.mas
        for one in exposures
    )
    return kerma_mgy * CTDI_PER_AIR_KERMA[phantom_cm(settings)] / settings.pitch


def size_specific_factor(water_diameter_cm: FloatArray, phantom: Literal[16, 32]) -> FloatArray:
    """Return the factor from CTDIvol to size-specific dose for water-equivalent diameters."""
    a, b = SIZE_FACTOR[phantom]
    return a * np.exp(-b * water_diameter_cm)


def dose(
    settings: CtSettings, *, imaged_mm: float, water_diameters_cm: FloatArray,
    current: FloatArray | None = None,
) -> Dose:  # fmt: skip
    """Return the dose of a series.

    Parameters
    ----------
    imaged_mm
        Length of the body that the images cover; the tube is on for one collimation more.
    water_diameters_cm
        (slices,) water-equivalent diameters.
    current
        (slices,) tube current over the mean; 1 when not given.
    """
    ctdi = ctdi_vol_mgy(settings)
    phantom = phantom_cm(settings)
    scanned_mm = imaged_mm + settings.total_collimation_mm
    newer = EFFECTIVE_ICRP_103_MSV_PER_MGY_CM.get(settings.dose_region)
    factors = size_specific_factor(np.asarray(water_diameters_cm), phantom)
    dlp = 0.0 if settings.same_exposure else ctdi * scanned_mm / 10.0
    return Dose(
        ctdi_vol_mgy=ctdi,
        ctdi_phantom_cm=phantom,
        scan_length_mm=scanned_mm,
        dlp_mgy_cm=dlp,
        ssde_mgy=float(np.mean(factors if current is None else factors * current)) * ctdi,
        effective_dose_msv=dlp * EFFECTIVE_MSV_PER_MGY_CM[settings.dose_region],
        effective_dose_icrp_103_msv=None if newer is None else dlp * newer,
        effective_dose_uncertainty=EFFECTIVE_UNCERTAINTY,
    )
