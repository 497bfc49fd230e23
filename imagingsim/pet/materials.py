"""What the tracer and the photons meet: activity and attenuation of each layer of a sample.

Attenuation at 511 keV comes from the same basis densities as the CT, so that bone, cement and
screws are the same in both.

References
----------
.. [1] Hubbell JH, Seltzer SM. NIST Standard Reference Database 126 (2004), interpolated in
   energy: water, calcium, phosphorus, oxygen, hydrogen, titanium, carbon, barium at 511 keV.
"""

from typing import Final

import numpy as np

from imagingsim.pet.breathing import Sampled
from imagingsim.pet.settings import PetSettings
from imagingsim.series import Subject
from imagingsim.tissue import Tissues
from imagingsim.units import F18_HALF_LIFE_S, FloatArray

MASS_ATTENUATION_CM2_G: Final[dict[str, float]] = {
    "water_density": 0.0960,
    "hydroxyapatite_density": 0.0866,
    "bone_cement_density": 0.0935,
    "titanium_density": 0.0811,
}
"""Mass attenuation coefficient at 511 keV of each basis material of the composition table."""

_CM_PER_MM = 0.1
_G_PER_KG = 1000.0


def attenuation_per_mm(sampled: Sampled, tissues: Tissues) -> FloatArray:
    """Return the linear attenuation coefficient at 511 keV of each layer, 1/mm."""
    total = np.zeros(len(sampled.layers))
    for number, layer in enumerate(sampled.layers):
        values = tissues[layer.material].values
        for basis, coefficient in MASS_ATTENUATION_CM2_G.items():
            if basis in values:
                total[number] += coefficient * values[basis].value * _CM_PER_MM
    return total


def uptake(sampled: Sampled, tissues: Tissues, settings: PetSettings) -> FloatArray:
    """Return the true body-weight SUV of each layer, g/mL."""
    return tissues.array((layer.material for layer in sampled.layers), f"{settings.tracer}_suv")


def injected_bq(settings: PetSettings, subject: Subject) -> float:
    """Return the activity at injection, Bq."""
    return settings.activity_mbq_per_kg * subject.weight_kg * 1e6


def bq_ml_per_suv(settings: PetSettings, subject: Subject) -> float:
    """Return the activity concentration at scan start of tissue of SUV 1, Bq/mL.

    Examples
    --------
    >>> from imagingsim.series import Subject
    >>> adult = Subject("a", "A", "male", 50.0, 75.0, 1.75)
    >>> round(bq_ml_per_suv(PetSettings(), adult))
    2739
    """
    remaining = 2.0 ** (-settings.uptake_s / F18_HALF_LIFE_S)
    return injected_bq(settings, subject) * remaining / (subject.weight_kg * _G_PER_KG)
