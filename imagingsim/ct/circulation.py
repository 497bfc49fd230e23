"""Where an injected contrast medium is at each moment: a model of the circulation.

Well-mixed pools joined by blood flow, with exchange between the blood of an organ and the water
around its cells, and filtration by the kidneys [1]_. The flows are those of the reference
adult [2]_, [3]_, scaled to the patient; the exchange is authored, so that the courses of aorta,
portal vein and liver agree with published ones (see `tests/physics/test_ct_circulation.py`).

References
----------
.. [1] Bae KT, Heiken JP, Brink JA. Radiology 207 (1998) 647. doi:10.1148/radiology.207.3.9609886
.. [2] Williams LR, Leggett RW. Clin Phys Physiol Meas 10 (1989) 187.
   doi:10.1088/0143-0815/10/3/001
.. [3] National Research Council. Risk Assessment of Radon in Drinking Water (1999), table A-1 and
   page 240, which print the flows of [2]_ and the blood in arteries and veins. doi:10.17226/6287
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import expm

from imagingsim.series import Subject
from imagingsim.units import FloatArray

STEP_S: Final = 0.5
LAST_S: Final = 1200.0

CARDIAC_INDEX_L_MIN_M2: Final = {"male": 3.42, "female": 3.55}
"""Output of the heart per body surface at 30: 6.5 L/min in a man of 1.90 m2 [3]_; 5.9 L/min in a
woman of 1.66 m2 (ICRP 89)."""

DECLINE_PER_YEAR: Final = 0.0075
"""Loss of output per year of age after 30 (Brandfonbrener et al., Circulation 12 (1955) 557:
1 %; later series less; authored between)."""

FILLING: Final = {
    "arm": 0.012, "right": 0.045, "lung_in": 0.05, "lung_out": 0.055, "left": 0.045, "aorta": 0.05,
    "kidney": 0.02, "gut": 0.075, "spleen": 0.014, "portal": 0.025, "liver": 0.075,
    "upper": 0.06, "lower": 0.17, "upper_vein": 0.05, "lower_vein": 0.12,
}  # fmt: skip
"""Share of the blood in each pool; what is missing to 1 takes no part in the first minutes.

Arteries hold 6 % and veins 18 % of the blood [3]_: the aorta and its branches, arm and trunk veins
here. The rest is authored within what physiology texts give: heart 7 to 9, lungs 9 to 12 %.
"""

FLOW: Final = {"kidney": 0.19, "gut": 0.16, "spleen": 0.03, "liver": 0.065, "upper": 0.24}
"""Share of the heart's output through each organ; the rest goes through the lower body.

Table A-1 of [3]_: kidneys 19; stomach 1, small bowel 10, colon 4 and pancreas 1; spleen 3; liver,
arterial, 6.5 %. Upper body: brain 12, heart wall 4, bronchi 2.5, thyroid 1.5 % and, authored, 4 %
of muscle, skin and bone of arms and neck.
"""

ARM: Final = 0.1
"""Flow through the injected vein, its saline flush included, over the heart's output (authored:
9 mL/s with an injection of 4 mL/s followed by saline)."""

WATER: Final = {
    "gut": 0.16,
    "spleen": 0.006,
    "liver": 0.045,
    "kidney": 0.015,
    "upper": 0.40,
    "lower": 1.50,
}
"""Litres of exchangeable water outside the vessels per litre of all blood, by organ (authored: in
all 2.1, of the 2 to 3 that extracellular water without plasma is)."""

EXCHANGE: Final = {
    "gut": 1.2,
    "spleen": 3.0,
    "liver": 2.5,
    "kidney": 1.5,
    "upper": 0.6,
    "lower": 1.2,
}
"""Permeability times surface over the organ's blood flow (authored: free passage in spleen and
liver, whose sinusoids have no barrier; slower in the upper body, whose brain has one)."""

POOLS: Final = (*FILLING, *(f"{organ}_water" for organ in WATER), "urine")
HAEMATOCRIT: Final = 0.42
URINE_DELAY_S: Final = 110.0
"""From filtration to the calyces (authored: contrast reaches them at two to three minutes)."""


@dataclass(frozen=True)
class Injection:
    """What is injected: volume, iodine per mL, rate."""

    volume_ml: float
    concentration_mg_ml: float
    rate_ml_s: float

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.volume_ml / self.rate_ml_s


@dataclass(frozen=True, eq=False)
class Circulation:
    """Iodine in the pools after the start of an injection.

    Attributes
    ----------
    times_s
        (n,) from the start of the injection.
    iodine_mg_ml
        By pool, (n,): concentration in it. ``"urine"``: mg per mL of filtrate held in the
        collecting systems.
    """

    times_s: FloatArray
    iodine_mg_ml: dict[str, FloatArray]

    def at(self, pool: str, time_s: float) -> float:
        """Return the concentration in a pool at a time, mg/mL."""
        return float(np.interp(time_s, self.times_s, self.iodine_mg_ml[pool]))

    def time_over(self, pool: str, mg_ml: float) -> float | None:
        """Return when a pool first holds a concentration, s, or None."""
        over = self.iodine_mg_ml[pool] >= mg_ml
        return float(self.times_s[np.argmax(over)]) if over.any() else None


def body_surface_m2(subject: Subject) -> float:
    """Return the body surface (Du Bois and Du Bois, Arch Intern Med 17 (1916) 863)."""
    return 0.007184 * subject.weight_kg**0.425 * (100.0 * subject.height_m) ** 0.725


def blood_volume_l(subject: Subject) -> float:
    """Return the blood volume (Nadler et al., Surgery 51 (1962) 224)."""
    cube, slope, constant = (
        (0.3669, 0.03219, 0.6041) if subject.sex == "male" else (0.3561, 0.03308, 0.1833)
    )
    return cube * subject.height_m**3 + slope * subject.weight_kg + constant


def cardiac_output_l_min(subject: Subject) -> float:
    """Return the output of the heart at rest."""
    decline = 1.0 - DECLINE_PER_YEAR * max(0.0, subject.age_y - 30.0)
    return CARDIAC_INDEX_L_MIN_M2[subject.sex] * body_surface_m2(subject) * decline


def circulate(injection: Injection, subject: Subject, egfr_ml_min_1p73: float) -> Circulation:
    """Return the course of an injection through a patient.

    Parameters
    ----------
    egfr_ml_min_1p73
        Filtration of the kidneys per 1.73 m2 of body surface.
    """
    volumes = _volumes_ml(subject)
    filtered = egfr_ml_min_1p73 * body_surface_m2(subject) / 1.73 / 60.0 / (1.0 - HAEMATOCRIT)
    rates = _rates(volumes, cardiac_output_l_min(subject) * 1000.0 / 60.0, filtered)
    times = np.arange(0.0, LAST_S + STEP_S, STEP_S)
    step, forced = _propagators(rates, volumes)
    amounts = np.zeros((len(times), len(POOLS)))
    for k in range(1, len(times)):
        left_s = injection.duration_s - times[k - 1]
        share = min(max(left_s / STEP_S, 0.0), 1.0)
        dose_mg_s = share * injection.rate_ml_s * injection.concentration_mg_ml
        amounts[k] = step @ amounts[k - 1] + forced * dose_mg_s
    iodine = {pool: amounts[:, i] / volumes[i] for i, pool in enumerate(POOLS)}
    late = np.interp(times - URINE_DELAY_S, times, iodine["urine"], left=0.0)
    return Circulation(times, {**iodine, "urine": late})


def _volumes_ml(subject: Subject) -> FloatArray:
    """Return the volume of every pool."""
    blood_ml = blood_volume_l(subject) * 1000.0
    sizes = [share * blood_ml for share in FILLING.values()]
    sizes += [litres * blood_ml for litres in WATER.values()]
    return np.array([*sizes, 30.0])


def _rates(volumes: FloatArray, output_ml_s: float, filtered_ml_s: float) -> FloatArray:
    """Return the matrix of a linear system for the amounts in the pools, 1/s."""
    matrix = np.zeros((len(POOLS), len(POOLS)))

    def flow(source: str, target: str | None, ml_s: float) -> None:
        a = POOLS.index(source)
        matrix[a, a] -= ml_s / volumes[a]
        if target is not None:
            matrix[POOLS.index(target), a] += ml_s / volumes[a]

    lower = 1.0 - math.fsum(FLOW.values())
    flows = {**FLOW, "lower": lower}
    portal = flows["gut"] + flows["spleen"]
    for source, target in (
        ("right", "lung_in"),
        ("lung_in", "lung_out"),
        ("lung_out", "left"),
        ("left", "aorta"),
    ):
        flow(source, target, output_ml_s)
    flow("arm", "right", ARM * output_ml_s)
    for organ, share in flows.items():
        flow("aorta", organ, share * output_ml_s)
    for organ in ("gut", "spleen"):
        flow(organ, "portal", flows[organ] * output_ml_s)
    flow("portal", "liver", portal * output_ml_s)
    flow("liver", "right", (portal + flows["liver"]) * output_ml_s)
    flow("kidney", "right", flows["kidney"] * output_ml_s)
    for part in ("upper", "lower"):
        flow(part, f"{part}_vein", flows[part] * output_ml_s)
        flow(f"{part}_vein", "right", flows[part] * output_ml_s)
    for organ in WATER:
        through = flows[organ] + (portal if organ == "liver" else 0.0)
        exchange = EXCHANGE[organ] * through * output_ml_s
        flow(organ, f"{organ}_water", exchange)
        flow(f"{organ}_water", organ, exchange)
    flow("kidney", "urine", filtered_ml_s)
    flow("urine", None, 0.02)
    return matrix


def _propagators(rates: FloatArray, volumes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what one step makes of the amounts, and of one mg/s into the arm."""
    count = len(POOLS)
    joined = np.zeros((count + 1, count + 1))
    joined[:count, :count] = rates
    joined[POOLS.index("arm"), count] = 1.0
    step = expm(joined * STEP_S)
    return step[:count, :count], step[:count, count]
