"""Iodinated contrast medium as it is given to one patient, and what reaches the tissues."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.optimize import nnls

from imagingsim.ct.circulation import Circulation, Injection, circulate
from imagingsim.ct.settings import CtSettings, IodineBolus, Phase
from imagingsim.errors import AcquisitionError
from imagingsim.series import Contrast, Subject
from imagingsim.units import FloatArray

LARGEST_VOLUME_ML: Final = 150.0
"""No more is drawn up, however heavy the patient."""

HU_PER_MG_ML: Final = 26.7
"""Brightness of iodine in blood at 120 kVp, at which a bolus is tracked."""

PHASE_TIMES_S: Final[dict[Phase, float]] = {
    "early_arterial": 25.0, "late_arterial": 37.0, "portal_venous": 70.0, "delayed": 180.0,
}  # fmt: skip
"""When the reference patient is in the phase that the tables of enhancement hold for, from the
start of the injection (authored: usual delays; the aorta passes 100 HU at 13.5 s)."""

REFERENCE_BOLUS: Final = IodineBolus(
    iodine_mg_kg=450.0, concentration_mg_ml=350.0, rate_ml_s=4.0, delay_s=37.0
)
REFERENCE_PATIENT: Final = Subject(
    id="reference", name="Reference", sex="male", age_y=50.0, weight_kg=75.0, height_m=1.76,
    egfr_ml_min_1p73=90.0,
)  # fmt: skip
"""Whom the tables of enhancement hold for."""

POOLS: Final = (
    "aorta", "portal", "lower_vein", "liver_water", "kidney", "lower_water", "urine",
)  # fmt: skip
"""Pools whose courses, mixed, make up the course of any tissue; urine, the last, that of urine."""

UNEXPLAINED: Final = 0.35
"""Share of a tissue's values that blood must leave unexplained before the tissue counts as one
that collects urine (the tissues of the tables leave at most 0.28, urine 0.49)."""


@dataclass(frozen=True, eq=False)
class Course:
    """What one patient's circulation makes of the tables of enhancement in one phase."""

    phase: Phase
    circulation: Circulation
    time_s: float

    def iodine_mg_cm3(self, table: FloatArray) -> FloatArray:
        """Return the iodine of tissues in this patient at this time.

        Parameters
        ----------
        table
            (tissues, phases) iodine in the reference patient, in the order of `PHASE_TIMES_S`.

        Notes
        -----
        A tissue's four values are explained as a mixture of pools; by as much as the mixture
        is more or less in this patient at this time, so is the tissue's own value.
        """
        reference = _reference()
        known = _pools(reference, tuple(PHASE_TIMES_S.values()))
        now = _pools(self.circulation, (self.time_s,))[0]
        column = list(PHASE_TIMES_S).index(self.phase)
        found = np.zeros(len(table))
        for row, values in enumerate(table):
            if values[column] > 0.0:
                mixture = _mixture(known, values)
                there = float(known[column] @ mixture)
                scale = float(now @ mixture) / there if there > 0.0 else 1.0
                found[row] = values[column] * scale
        return found


def _mixture(known: FloatArray, values: FloatArray) -> FloatArray:
    """Return how much of each pool, (pools,), explains values, (times,), best."""
    blood, left = nnls(known[:, :-1], values)
    if left < UNEXPLAINED * float(np.linalg.norm(values)):
        return np.append(blood, 0.0)
    mixture: FloatArray = nnls(known, values)[0]
    return mixture


def contrast(settings: CtSettings, subject: Subject) -> Contrast | None:
    """Return what is injected for a series, or None when it is unenhanced.

    Raises
    ------
    AcquisitionError
        When the renal function is not known, or a tracked bolus never reaches its threshold.
    """
    bolus = settings.bolus
    if bolus is None:
        return None
    return Contrast(
        agent=bolus.agent,
        route="intravenous",
        volume_ml=_injection(bolus, subject).volume_ml,
        concentration_mg_ml=bolus.concentration_mg_ml,
        ingredient="iodine",
        rate_ml_s=bolus.rate_ml_s,
        delay_s=round(_time_s(bolus, course_of(bolus, subject)), 1),
        phase=settings.phase,
    )


def course(settings: CtSettings, subject: Subject) -> Course | None:
    """Return the course of a series' contrast medium in a patient; None when it is unenhanced."""
    bolus = settings.bolus
    if bolus is None:
        return None
    circulation = course_of(bolus, subject)
    return Course(settings.phase, circulation, _time_s(bolus, circulation))


def reference_course(phase: Phase) -> Course:
    """Return the course in the reference patient, whom the tables of enhancement hold for."""
    return Course(phase, _reference(), PHASE_TIMES_S[phase])


def course_of(bolus: IodineBolus, subject: Subject) -> Circulation:
    """Return the course of a bolus through a patient."""
    if subject.egfr_ml_min_1p73 is None:
        raise AcquisitionError(
            f"{subject.id}: iodinated contrast is asked for, but the renal function is not known. "
            "Give the patient an egfr, or choose an unenhanced acquisition."
        )
    return _circulation(_injection(bolus, subject), subject)


def _injection(bolus: IodineBolus, subject: Subject) -> Injection:
    wanted_ml = bolus.iodine_mg_kg * subject.weight_kg / bolus.concentration_mg_ml
    volume_ml = round(min(wanted_ml, LARGEST_VOLUME_ML), 1)
    return Injection(volume_ml, bolus.concentration_mg_ml, bolus.rate_ml_s)


def _time_s(bolus: IodineBolus, circulation: Circulation) -> float:
    """Return when the scan starts after the injection."""
    if bolus.tracking is None:
        return bolus.delay_s or 0.0
    reached_s = circulation.time_over("aorta", bolus.tracking.threshold_hu / HU_PER_MG_ML)
    if reached_s is None:
        raise AcquisitionError(
            f"The aorta never becomes {bolus.tracking.threshold_hu:g} HU brighter with this bolus. "
            "Lower the threshold, or give more iodine or give it faster."
        )
    return reached_s + bolus.tracking.then_s


@lru_cache(maxsize=64)
def _circulation(injection: Injection, subject: Subject) -> Circulation:
    return circulate(injection, subject, subject.egfr_ml_min_1p73 or 0.0)


def _reference() -> Circulation:
    return _circulation(_injection(REFERENCE_BOLUS, REFERENCE_PATIENT), REFERENCE_PATIENT)


def _pools(circulation: Circulation, times_s: tuple[float, ...]) -> FloatArray:
    """Return the iodine in `POOLS` at some times, (times, pools)."""
    return np.array([[circulation.at(pool, time) for pool in POOLS] for time in times_s])
