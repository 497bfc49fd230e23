"""Makes the X-ray tables in imagingsim/ct/_tables (see the README there).

Needs SpekPy 2.5 and xraydb 4.5, which imagingsim itself does not:

    pip install spekpy xraydb
    python benchmarks/ct_tables.py
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import spekpy
import xraydb
from scipy.optimize import nnls

Numbers = npt.NDArray[np.float64]
Fractions = dict[str, float]

FOLDER = Path(__file__).parents[1] / "imagingsim" / "ct" / "_tables"
ENERGY_KEV = np.arange(16.0, 151.0)
KVP = (70, 80, 90, 100, 110, 120, 130, 140, 150)
ANODE_ANGLE_DEG = 7.0
FILTERS = (("Al", 3.0), ("Ti", 0.9))
ADDED_FILTERS: dict[str, tuple[tuple[str, float], ...]] = {
    "none": (), "aluminium_3": (("Al", 3.0),), "tin_0.4": (("Sn", 0.4),), "tin_0.6": (("Sn", 0.6),),
}  # fmt: skip
LEAST_KVP_BEHIND_TIN = 100

WATER = {"H": 2, "O": 1}
HYDROXYAPATITE = {"Ca": 10, "P": 6, "O": 26, "H": 2}
PMMA = {"C": 5, "H": 8, "O": 2}
BARIUM_SULPHATE = {"Ba": 1, "S": 1, "O": 4}
OXYSULPHIDE = {"Gd": 2, "O": 2, "S": 1}


def mass_fractions(formula: dict[str, int]) -> Fractions:
    """Return the mass fraction of each element of a chemical formula."""
    masses = {symbol: n * xraydb.atomic_mass(symbol) for symbol, n in formula.items()}
    total = sum(masses.values())
    return {symbol: mass / total for symbol, mass in masses.items()}


def blend(*parts: tuple[float, Fractions]) -> Fractions:
    """Return the mass fractions of a mixture of (mass fraction, fractions) parts."""
    mixed: Fractions = {}
    for weight, fractions in parts:
        for symbol, fraction in fractions.items():
            mixed[symbol] = mixed.get(symbol, 0.0) + weight * fraction
    return mixed


def attenuation_cm2_g(fractions: Fractions) -> Numbers:
    """Return total mass attenuation, with coherent scatter, at ENERGY_KEV."""
    return sum(f * xraydb.mu_elam(symbol, ENERGY_KEV * 1e3) for symbol, f in fractions.items())


MATERIALS = {
    "water": mass_fractions(WATER),
    "hydroxyapatite": mass_fractions(HYDROXYAPATITE),
    "iodine": {"I": 1.0},
    "bone_cement": blend((0.8, mass_fractions(PMMA)), (0.2, mass_fractions(BARIUM_SULPHATE))),
    "titanium": {"Ti": 0.90, "Al": 0.06, "V": 0.04},
    "aluminium": {"Al": 1.0},
    "gadolinium_oxysulphide": mass_fractions(OXYSULPHIDE),
    "tin": {"Sn": 1.0},
}
PLATES_G_CM3 = {"Al": ("aluminium", 2.70), "Sn": ("tin", 7.31)}


MU = {name: attenuation_cm2_g(fractions) for name, fractions in MATERIALS.items()}


def exposures() -> list[tuple[int, str]]:
    """Return every tube voltage with each plate it is used with."""
    return [
        (kvp, added)
        for kvp in KVP
        for added in ADDED_FILTERS
        if not added.startswith("tin") or kvp >= LEAST_KVP_BEHIND_TIN
    ]


def behind(photons: Numbers, added: str) -> Numbers:
    """Return the photons that pass an added filter."""
    for metal, thickness_mm in ADDED_FILTERS[added]:
        name, density = PLATES_G_CM3[metal]
        photons = photons * np.exp(-MU[name] * density * thickness_mm / 10.0)
    return photons


def spectrum(kvp: float, added: str = "none") -> tuple[Numbers, float, float]:
    """Return photons per cm2, keV and mAs at 1 m, air kerma in uGy per mAs at 1 m, HVL in mm Al."""
    tube = spekpy.Spek(kvp=kvp, th=ANODE_ANGLE_DEG, dk=1.0, physics="casim")
    for metal, thickness_mm in (*FILTERS, *ADDED_FILTERS[added]):
        tube.filter(metal, thickness_mm)
    energy, photons = tube.get_spectrum()
    return np.interp(ENERGY_KEV, energy, photons, right=0.0), tube.get_kerma(), tube.get_hvl1()


def write(name: str, header: str, columns: list[Numbers]) -> None:
    """Write columns as a CSV with five significant figures."""
    np.savetxt(FOLDER / name, np.column_stack(columns), "%.6g", ",", header=header, comments="")


SCINTILLATOR_G_CM2 = 7.34 * 0.14
LONGEST_PATH_G_CM2 = {
    "water": 48.0,
    "hydroxyapatite": 8.0,
    "iodine": 0.3,
    "bone_cement": 6.0,
    "titanium": 22.0,
    "aluminium": 7.6,
}
NODE_SETS = {
    "tissue": (("water", "hydroxyapatite", "iodine", "aluminium"), 12),
    "device": (("water", "hydroxyapatite", "iodine", "bone_cement", "titanium", "aluminium"), 14),
}


def detected(photons: Numbers) -> Numbers:
    """Return the photons that a 1.4 mm ceramic scintillator absorbs."""
    absorbed = 1.0 - np.exp(-SCINTILLATOR_G_CM2 * MU["gadolinium_oxysulphide"])
    return photons * absorbed


def random_paths(materials: tuple[str, ...], count: int, rng: np.random.Generator) -> Numbers:
    """Return random path lengths, g/cm2; a tissue may hold a little negative hydroxyapatite."""
    longest = np.array([LONGEST_PATH_G_CM2[name] for name in materials])
    paths = rng.random((count, len(materials))) * longest
    paths *= rng.random(paths.shape) < 0.7
    paths[:, 1] -= 0.02 * longest[1] * rng.random(count)
    return paths


def relative_signal(weights: Numbers, materials: tuple[str, ...], paths: Numbers) -> Numbers:
    """Return each energy's share of the signal along each path, shape (paths, energies)."""
    signal = np.exp(-paths @ np.stack([MU[name] for name in materials])) * weights
    return signal / signal.sum(axis=1, keepdims=True)


def energy_nodes(
    photons: Numbers, materials: tuple[str, ...], count: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Return the energies and weights that stand for a whole spectrum along any path."""
    arrived = detected(photons)
    paths = random_paths(materials, 1200, np.random.default_rng(0))
    shares = relative_signal(arrived * ENERGY_KEV, materials, paths)
    ones = np.ones(len(paths))
    kept = np.flatnonzero(nnls(shares, ones)[0] > 0)
    while len(kept) > count:
        residuals = [nnls(shares[:, np.delete(kept, j)], ones)[1] for j in range(len(kept))]
        kept = np.delete(kept, int(np.argmin(residuals)))
    signal = nnls(shares[:, kept], ones)[0] * (arrived * ENERGY_KEV)[kept]
    squares = relative_signal(arrived * ENERGY_KEV**2, materials, paths)
    variance = nnls(squares[:, kept], ones)[0] * (arrived * ENERGY_KEV**2)[kept]
    return ENERGY_KEV[kept], signal, variance


def write_nodes() -> None:
    lines = ["kvp,added_filter,set,energy_kev,signal_kev,variance_kev2"]
    for kvp, added in exposures():
        photons = behind(spectrum(kvp)[0], added)
        for name, (materials, count) in NODE_SETS.items():
            for node in zip(*energy_nodes(photons, materials, count), strict=True):
                lines.append(f"{kvp},{added},{name},{node[0]:g},{node[1]:.6g},{node[2]:.6g}")
    (FOLDER / "energy_nodes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_output() -> None:
    lines = ["kvp,added_filter,air_kerma_ugy_mas_1m,half_value_layer_mm_al"]
    for kvp, added in exposures():
        _, kerma, hvl = spectrum(kvp, added)
        lines.append(f"{kvp},{added},{kerma:.6g},{hvl:.6g}")
    (FOLDER / "tube_output.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    write(
        "attenuation.csv",
        ",".join(["energy_kev", *MATERIALS]),
        [ENERGY_KEV, *MU.values()],
    )
    write(
        "spectra.csv",
        ",".join(["energy_kev", *(f"kvp_{kvp}" for kvp in KVP)]),
        [ENERGY_KEV, *(spectrum(kvp)[0] for kvp in KVP)],
    )
    write_output()
    write_nodes()


if __name__ == "__main__":
    main()
