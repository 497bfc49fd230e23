"""Iodinated contrast medium as it is given to one patient."""

from typing import Final

from imagingsim.ct.settings import CtSettings
from imagingsim.series import Contrast, Subject

LARGEST_VOLUME_ML: Final = 150.0
"""No more is drawn up, however heavy the patient."""


def contrast(settings: CtSettings, subject: Subject) -> Contrast | None:
    """Return what is injected for a series, or None when it is unenhanced."""
    bolus = settings.bolus
    if bolus is None:
        return None
    wanted_ml = bolus.iodine_mg_kg * subject.weight_kg / bolus.concentration_mg_ml
    return Contrast(
        agent=bolus.agent,
        route="intravenous",
        volume_ml=round(min(wanted_ml, LARGEST_VOLUME_ML), 1),
        concentration_mg_ml=bolus.concentration_mg_ml,
        ingredient="iodine",
        rate_ml_s=bolus.rate_ml_s,
        delay_s=bolus.delay_s,
        phase=settings.phase,
    )


def iodine_given_mg_kg(settings: CtSettings, subject: Subject) -> float:
    """Return the iodine that reaches this patient, per body weight; 0 without a bolus."""
    given = contrast(settings, subject)
    if given is None:
        return 0.0
    return given.volume_ml * given.concentration_mg_ml / subject.weight_kg
