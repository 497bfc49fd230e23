"""Relaxation of each tissue, with field strength and contrast medium.

References
----------
.. [1] Shen Y et al. Invest Radiol 50 (2015) 330, relaxivities in human whole blood at 37 C.
   doi:10.1097/RLI.0000000000000132
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imagingsim.mr.settings import MrSettings
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray

R1_PER_MMOL_S: Final = {1.5: 4.6, 3.0: 4.5}
"""Longitudinal relaxivity of gadobutrol, L/mmol/s."""

R2_PER_MMOL_S: Final = {1.5: 5.3, 3.0: 5.9}
"""Transverse relaxivity of gadobutrol, L/mmol/s."""

FAT = "subcutaneous_fat"
"""The tissue whose relaxation all fat shares; other values of fatty tissues are their water's."""

_MS_PER_S = 1000.0
_REFERENCE_DOSE = 0.1


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Magnetic properties of the water of some tissues; times in ms, arrays of shape (tissues,)."""

    proton_density: FloatArray
    t1_ms: FloatArray
    t2_ms: FloatArray
    t2_star_ms: FloatArray
    adc_mm2_s: FloatArray
    flow_void: FloatArray


def of_materials(names: Sequence[str], tissues: Tissues, settings: MrSettings) -> Relaxation:
    """Return the relaxation of the water of materials."""
    t1 = tissues.array(names, "t1_3t" if settings.field_t == 3.0 else "t1_1p5t")
    t2 = tissues.array(names, "t2")
    slow = 1.0 / tissues.array(names, "t2_star_1p5t") - 1.0 / t2
    rate_star = 1.0 / t2 + np.clip(slow, 0.0, None) * settings.field_t / 1.5
    agent = _concentration(names, tissues, settings) / _MS_PER_S
    r1, r2 = R1_PER_MMOL_S[settings.field_t] * agent, R2_PER_MMOL_S[settings.field_t] * agent
    return Relaxation(
        proton_density=tissues.array(names, "proton_density"),
        t1_ms=1.0 / (1.0 / t1 + r1),
        t2_ms=1.0 / (1.0 / t2 + r2),
        t2_star_ms=1.0 / (rate_star + r2),
        adc_mm2_s=tissues.array(names, "adc") * 1e-3,
        flow_void=optional(names, tissues, "flow_void"),
    )


def optional(names: Sequence[str], tissues: Tissues, name: str) -> FloatArray:
    """Return a property that is zero where the tables do not give it."""
    known = (tissues[tissue].values.get(name) for tissue in names)
    return np.array([0.0 if quantity is None else quantity.value for quantity in known])


def _concentration(names: Sequence[str], tissues: Tissues, settings: MrSettings) -> FloatArray:
    """Return the contrast medium in each material, mmol/L."""
    given = settings.gadolinium
    if given is None:
        return np.zeros(len(names))
    reference = optional(names, tissues, f"gadolinium_{given.phase}")
    return reference * given.dose_mmol_kg / _REFERENCE_DOSE
