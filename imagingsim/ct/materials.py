"""What a tissue is made of, as densities of the basis materials, in each phase of contrast."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from imagingsim.ct.contrast import PHASE_TIMES_S, Course
from imagingsim.tissue import Tissue, Tissues
from imagingsim.units import FloatArray

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


def iodine_density(tissues: Tissues, materials: Sequence[str], course: Course | None) -> FloatArray:
    """Return the iodine in each material, g/cm3, shape (n,), float32; no course: unenhanced."""
    mg_cm3 = _optional(tissues, materials, "iodine_density")
    if course is not None:
        columns = [_optional(tissues, materials, f"iodine_{phase}") for phase in PHASE_TIMES_S]
        mg_cm3 = mg_cm3 + course.iodine_mg_cm3(np.stack(columns, axis=1))
    return (mg_cm3 / 1000.0).astype(np.float32)


def _optional(tissues: Tissues, materials: Iterable[str], name: str) -> FloatArray:
    return np.array([_value_or_zero(tissues[m], name) for m in materials], dtype=np.float64)


def _value_or_zero(tissue: Tissue, name: str) -> float:
    quantity = tissue.values.get(name)
    return 0.0 if quantity is None else quantity.value
