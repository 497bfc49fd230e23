"""The properties a tissue can have: one name, one unit, one meaning."""

from typing import Final

PROPERTIES: Final[dict[str, str]] = {
    # Composition for X-rays and 511 keV photons, as densities of basis materials.
    "density": "g/cm3",
    "water_density": "g/cm3",
    "hydroxyapatite_density": "g/cm3",
    "iodine_density": "mg/cm3",
    "bone_cement_density": "g/cm3",
    "titanium_density": "g/cm3",
    # Iodine taken up from an intravenous contrast medium, per phase, at the reference dose.
    "iodine_early_arterial": "mg/cm3",
    "iodine_late_arterial": "mg/cm3",
    "iodine_portal_venous": "mg/cm3",
    "iodine_delayed": "mg/cm3",
    # Magnetic resonance.
    "proton_density": "1",
    "t1_1p5t": "ms",
    "t1_3t": "ms",
    "t2": "ms",
    "t2_star_1p5t": "ms",
    "adc": "1e-3 mm2/s",
    "fat_fraction": "1",
    "gadolinium_arterial": "mmol/L",
    "gadolinium_portal_venous": "mmol/L",
    "gadolinium_delayed": "mmol/L",
    "susceptibility": "ppm",
    "flow_void": "1",
    # Tracer uptake, body-weight SUV at one hour.
    "fdg_suv": "g/mL",
    "dotatoc_suv": "g/mL",
    # Acoustics.
    "sound_speed": "m/s",
    "acoustic_attenuation": "dB/cm/MHz",
    "acoustic_impedance": "MRayl",
    "scatterer_strength": "1",
}
"""Unit of each property; a value in a table must state the same unit."""
