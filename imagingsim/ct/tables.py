"""Reads the X-ray tables shipped in ``_tables`` (see the README there)."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from imagingsim.units import FloatArray

BASES = ("water", "hydroxyapatite", "iodine", "bone_cement", "titanium")
"""The materials every tissue is expressed in; a projection is made of each."""

PLATES_G_CM3 = {"aluminium": 2.70, "tin": 7.31}
"""Density of the metals of added filters."""


@dataclass(frozen=True, eq=False)
class EnergyNodes:
    """A few energies that stand for a whole spectrum behind the scanner's own filters.

    Attributes
    ----------
    energy_kev
        (n,) photon energies.
    signal_kev
        (n,) energy absorbed by the detector, keV per cm2 and mAs at 1 m.
    variance_kev2
        (n,) its variance, keV2 per cm2 and mAs at 1 m.
    """

    energy_kev: FloatArray
    signal_kev: FloatArray
    variance_kev2: FloatArray


@cache
def mass_attenuation_cm2_g(material: str) -> tuple[FloatArray, FloatArray]:
    """Return (energies in keV, total mass attenuation in cm2/g) of a tabulated material.

    Examples
    --------
    >>> energy_kev, mu = mass_attenuation_cm2_g("water")
    >>> round(float(mu[energy_kev == 60.0][0]), 3)  # NIST XCOM: 0.2059
    0.206
    """
    table = _read("attenuation.csv")
    return table["energy_kev"], table[material]


def attenuation_cm2_g(material: str, energy_kev: FloatArray) -> FloatArray:
    """Return the mass attenuation of a tabulated material at whole energies, cm2/g."""
    energies, values = mass_attenuation_cm2_g(material)
    return np.interp(energy_kev, energies, values)


def spectrum(kvp: float, added_filter: str = "none") -> tuple[FloatArray, FloatArray]:
    """Return (energies in keV, photons per cm2, keV and mAs at 1 m) behind an added filter."""
    table = _read("spectra.csv")
    energy_kev, photons = table["energy_kev"], table[f"kvp_{kvp:g}"]
    if added_filter == "none":
        return energy_kev, photons
    metal, thickness_mm = added_filter.split("_")
    plate_g_cm2 = PLATES_G_CM3[metal] * float(thickness_mm) / 10.0
    return energy_kev, photons * np.exp(-attenuation_cm2_g(metal, energy_kev) * plate_g_cm2)


def air_kerma_mgy_mas(kvp: float, distance_mm: float, added_filter: str = "none") -> float:
    """Return the air kerma free in air, mGy per mAs, at a distance from the focal spot."""
    table = _read("tube_output.csv", "utf-8")
    row = (table["kvp"] == kvp) & (table["added_filter"] == added_filter)
    at_1m_ugy = table["air_kerma_ugy_mas_1m"][row][0]
    return float(at_1m_ugy) / 1000.0 * (1000.0 / distance_mm) ** 2


@cache
def energy_nodes(kvp: float, devices: bool, added_filter: str = "none") -> EnergyNodes:
    """Return the energies that stand for a spectrum; ``devices``: behind cement or metal too."""
    table = _read("energy_nodes.csv", "utf-8")
    kind = "device" if devices else "tissue"
    beam = (table["kvp"] == kvp) & (table["added_filter"] == added_filter)
    chosen = table[beam & (table["set"] == kind)]
    return EnergyNodes(chosen["energy_kev"], chosen["signal_kev"], chosen["variance_kev2"])


@cache
def _read(name: str, encoding: str = "ascii") -> np.ndarray:
    text = (resources.files("imagingsim.ct") / "_tables" / name).read_text(encoding="utf-8")
    table: np.ndarray = np.genfromtxt(
        text.splitlines(), delimiter=",", names=True, dtype=None, encoding=encoding
    )
    table.setflags(write=False)
    return table
