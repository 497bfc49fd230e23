"""What a tissue is made of, as densities of the basis materials, in each phase of contrast."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from imagingsim.ct.settings import Phase
from imagingsim.tissue import Tissue, Tissues
from imagingsim.units import FloatArray

REFERENCE_IODINE_MG_KG: Final = 450.0
"""Dose of iodine that the tables of enhancement hold for."""

DEVICES: Final = ("bone_cement", "titanium")
"""Basis materials that no living tissue contains."""

NATIVE: Final = ("water", "hydroxyapatite", *DEVICES)
"""Basis materials that do not depend on the phase of contrast."""


def native_densities(tissues: Tissues, materials: Sequence[str]) -> FloatArray:
    """Return the densities of NATIVE in each material, g/cm3, shape (len(NATIVE), n), float32.

    A material must have a water density; what it does not mention of the others it lacks.
    """
    rows = [tissues.array(materials, "water_density")]
    rows += [_optional(tissues, materials, f"{basis}_density") for basis in NATIVE[1:]]
    return np.stack(rows).astype(np.float32)


def iodine_density(
    tissues: Tissues, materials: Sequence[str], *, phase: Phase, iodine_mg_kg: float
) -> FloatArray:
    """Return the iodine in each material in a phase of contrast, g/cm3, shape (n,), float32.

    Enhancement is taken as proportional to the iodine given per body weight.
    """
    mg_cm3 = _optional(tissues, materials, "iodine_density")
    if phase != "unenhanced":
        dose = iodine_mg_kg / REFERENCE_IODINE_MG_KG
        mg_cm3 = mg_cm3 + dose * _optional(tissues, materials, f"iodine_{phase}")
    return (mg_cm3 / 1000.0).astype(np.float32)


def _optional(tissues: Tissues, materials: Iterable[str], name: str) -> FloatArray:
    return np.array([_value_or_zero(tissues[m], name) for m in materials], dtype=np.float64)


def _value_or_zero(tissue: Tissue, name: str) -> float:
    quantity = tissue.values.get(name)
    return 0.0 if quantity is None else quantity.value
