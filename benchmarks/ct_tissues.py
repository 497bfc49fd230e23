"""Makes composition.csv, perfusion.csv and test_objects.csv of phantoms/tissues.

The first two come from benchmarks/ct_tissues.csv.

Each tissue takes its dependence on energy from a parent of ICRU report 46, fitted as water and
hydroxyapatite over 20 to 140 keV, and its CT number at 120 kVp from the list: soft tissues by a
trim of the water, bone by a trim of the hydroxyapatite. Needs SpekPy (for the ICRU
compositions) and xraydb, which imagingsim itself does not.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import spekpy
from ct_tables import ENERGY_KEV, MU, attenuation_cm2_g, detected, spectrum
from xraydb import atomic_mass

Row = dict[str, str]
Line = tuple[str, ...]

HERE = Path(__file__).parent
OUT = HERE.parent / "phantoms" / "tissues"
PHASES = ("early_arterial", "late_arterial", "portal_venous", "delayed")
ICRU = {
    "muscle": "Muscle Skeletal", "liver": "Liver", "kidney": "Kidney", "pancreas": "Pancreas",
    "spleen": "Spleen", "heart": "Heart, Blood Filled", "gut": "GI-tract Intestine",
    "lymph": "Lymph", "brain": "Brain, Grey and White Matter", "blood": "Blood, Whole",
    "ovary": "Ovary", "testis": "Testes", "skin": "Skin", "lens": "Eye Lens",
    "cartilage": "Skeletal Cartilage", "red_marrow": "Red Marrow Skeletal",
    "yellow_marrow": "Yellow Marrow, Skeletal", "spongiosa": "Skeletal Spongiosa",
    "cortical": "Bone, Cortical", "lung": "Lung Inflated", "breast": "Breast Tissue",
}  # fmt: skip
# ICRU 46 adipose tissue 3 (Woodard and White 1986), lowest in water; SpekPy has only number 2.
ADIPOSE_3 = {
    "H": 0.116, "C": 0.681, "N": 0.002, "O": 0.198, "Na": 0.001, "S": 0.001, "Cl": 0.001,
}  # fmt: skip
DRY_AIR = {"N": 0.7553, "O": 0.2318, "Ar": 0.0129}
IN_BODY = {"hydroxyapatite": 0.945, "iodine": 0.85}
"""CT number behind a body over that of the spectrum behind 20 cm of water, after correction.

Water-only correction leaves bone and iodine a little low, as on real scanners; measured on a
32 x 24 cm ellipse with imagingsim.ct.
"""


def weight_120() -> npt.NDArray[np.float64]:
    """Return the relative signal of each energy at 120 kVp behind 20 cm of water."""
    signal = detected(spectrum(120)[0]) * ENERGY_KEV * np.exp(-20.0 * MU["water"])
    return signal / signal.sum()


WEIGHT = weight_120()
WATER_EFFECTIVE = float(WEIGHT @ MU["water"])


def hu_per_g_cm3(basis: str) -> float:
    return 1000.0 * float(WEIGHT @ MU[basis]) / WATER_EFFECTIVE * IN_BODY.get(basis, 1.0)


BONE, IODINE = hu_per_g_cm3("hydroxyapatite"), hu_per_g_cm3("iodine")


def parent_mix(parent: str) -> tuple[float, float]:
    """Return the (water, hydroxyapatite) per gram of a parent tissue."""
    if parent == "water":
        return 1.0, 0.0
    if parent in {"adipose", "air"}:
        attenuation = attenuation_cm2_g(ADIPOSE_3 if parent == "adipose" else DRY_AIR)
    else:
        file = Path(spekpy.__file__).parent / "data" / "matl_def" / f"{ICRU[parent]} (ICRU).comp"
        elements = json.loads(file.read_text())["composition"]["elements"]
        by_number = {int(z): fraction for z, fraction in elements}
        attenuation = attenuation_cm2_g(by_number)
    return as_water_and_bone(attenuation)


def as_water_and_bone(attenuation: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the mixture of water and hydroxyapatite that attenuates alike at 120 kVp."""
    basis = np.stack([MU["water"], MU["hydroxyapatite"]], axis=1)
    weight = np.sqrt(WEIGHT + 1e-5)
    fit = np.linalg.lstsq(basis * weight[:, None], attenuation * weight, rcond=None)[0]
    return float(fit[0]), float(fit[1])


BONY = {"spongiosa", "cortical"}


def densities(row: Row) -> tuple[float, float]:
    """Return water and hydroxyapatite of a tissue, g/cm3."""
    water, bone = (part * float(row["density_g_cm3"]) for part in parent_mix(row["parent"]))
    if not row["unenhanced_hu"]:
        return water, bone
    wanted = float(row["unenhanced_hu"])
    if row["parent"] in BONY:
        return water, (wanted + 1000.0 - 1000.0 * water) / BONE
    return (wanted + 1000.0 - bone * BONE) / 1000.0, bone


def composition(row: Row) -> Iterator[Line]:
    water, bone = densities(row)
    name, source = row["tissue"], row["source"]
    if row["unenhanced_hu"]:
        trimmed = f"; trimmed to {row['unenhanced_hu']} HU at 120 kVp: {source}"
    else:
        trimmed = f"; {source}"
    base = {"water": "water", "air": "dry air", "adipose": "ICRU 46 adipose 3"}
    parent = base.get(row["parent"], f"ICRU 46 {ICRU.get(row['parent'], '').lower()}")
    yield name, "density", row["density_g_cm3"], "g/cm3", f"{parent}; density for {name}"
    yield name, "water_density", f"{water:.5f}", "g/cm3", parent + trimmed
    yield name, "hydroxyapatite_density", f"{bone:.5f}", "g/cm3", f"{parent} as water and bone"


def perfusion(row: Row) -> Iterator[Line]:
    native = row["unenhanced_hu"]
    for phase in PHASES:
        enhanced = row[f"{phase}_hu"]
        if not native or not enhanced or enhanced == native:
            continue
        iodine = (float(enhanced) - float(native)) / IODINE * 1000.0
        source = f"{enhanced} HU at 120 kVp and 450 mg iodine per kg: {row['source']}"
        yield row["tissue"], f"iodine_{phase}", f"{iodine:.3f}", "mg/cm3", source


def thyroid_iodine(rows: list[Row]) -> Iterator[Line]:
    """Give the thyroid its own iodine instead of water, so that it follows the tube voltage."""
    row = next(row for row in rows if row["tissue"] == "thyroid")
    own = (float(row["unenhanced_hu"]) - 45.0) / IODINE * 1000.0
    row_without = {**row, "unenhanced_hu": "45"}
    yield from composition(row_without)
    yield "thyroid", "iodine_density", f"{own:.3f}", "mg/cm3", f"105 HU of 45: {row['source']}"


PLASTICS = {
    "polymethylpentene": ({"C": 6, "H": 12}, 0.83), "polystyrene": ({"C": 8, "H": 8}, 1.03),
    "polyethylene_low_density": ({"C": 2, "H": 4}, 0.92),
    "acrylic": ({"C": 5, "H": 8, "O": 2}, 1.18),
    "polyoxymethylene": ({"C": 1, "H": 2, "O": 1}, 1.42),
    "polytetrafluoroethylene": ({"C": 2, "F": 4}, 2.16),
}  # fmt: skip
"""Formula and density of the inserts of a test object (manual of the Catphan 503)."""


def test_object(name: str) -> Iterator[Line]:
    """Return a plastic as water and hydroxyapatite of its true density."""
    atoms, density = PLASTICS[name]
    masses = {element: count * atomic_mass(element) for element, count in atoms.items()}
    whole = sum(masses.values())
    shares = {element: mass / whole for element, mass in masses.items()}
    formula = "".join(f"{e}{n if n > 1 else ''}" for e, n in atoms.items())
    water, bone = as_water_and_bone(attenuation_cm2_g(shares))
    yield name, "density", f"{density}", "g/cm3", "manual of the Catphan 503"
    for basis, value in (("water", water), ("hydroxyapatite", bone)):
        source = f"{formula} as water and bone"
        yield name, f"{basis}_density", f"{value * density:.5f}", "g/cm3", source


FAINT = "water, 1 % denser: 10 HU brighter at every tube voltage"
WATER = [
    ("water", "density", "1.0", "g/cm3", "by definition of the CT number"),
    ("water", "water_density", "1.0", "g/cm3", "by definition of the CT number"),
    ("water", "hydroxyapatite_density", "0.0", "g/cm3", "by definition of the CT number"),
    ("faint_10_hu", "density", "1.01", "g/cm3", FAINT),
    ("faint_10_hu", "water_density", "1.01", "g/cm3", FAINT),
    ("faint_10_hu", "hydroxyapatite_density", "0.0", "g/cm3", FAINT),
]

CEMENT = (
    "PMMA with 20 % BaSO4 by mass when set (30 % of the powder, two parts to one of liquid, as in "
    "vertebroplasty cements); density of the parts"
)
DEVICES = [
    ("bone_cement", "density", "1.39", "g/cm3", CEMENT),
    ("bone_cement", "water_density", "0", "g/cm3", "all on its own basis material"),
    ("bone_cement", "hydroxyapatite_density", "0", "g/cm3", "all on its own basis material"),
    ("bone_cement", "bone_cement_density", "1.39", "g/cm3", CEMENT),
    ("titanium", "density", "4.43", "g/cm3", "Ti-6Al-4V, ISO 5832-3"),
    ("titanium", "water_density", "0", "g/cm3", "all on its own basis material"),
    ("titanium", "hydroxyapatite_density", "0", "g/cm3", "all on its own basis material"),
    ("titanium", "titanium_density", "4.43", "g/cm3", "Ti-6Al-4V, ISO 5832-3"),
]  # fmt: skip


def write(name: str, lines: Iterable[Line]) -> None:
    with (OUT / name).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["tissue", "property", "value", "unit", "source"])
        table.writerows(lines)


def main() -> None:
    with (HERE / "ct_tissues.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [line for row in rows if row["tissue"] != "thyroid" for line in composition(row)]
    write("composition.csv", [*lines, *thyroid_iodine(rows), *DEVICES])
    write("perfusion.csv", [line for row in rows for line in perfusion(row)])
    write("test_objects.csv", [*WATER, *(line for name in PLASTICS for line in test_object(name))])
    print(f"HU per g/cm3 at 120 kVp: hydroxyapatite {BONE:.0f}, iodine {IODINE:.0f}")


if __name__ == "__main__":
    main()
