"""X-ray tables against published values."""

import numpy as np
import pytest

from imagingsim.ct.limits import TUBE_VOLTAGES_KV
from imagingsim.ct.tables import (
    air_kerma_mgy_mas,
    attenuation_cm2_g,
    energy_nodes,
    spectrum,
)

NIST_CM2_G = {
    "water": {40: 0.2683, 60: 0.2059, 80: 0.1837, 100: 0.1707},
    "iodine": {40: 22.10, 60: 7.579, 80: 3.510, 100: 1.942},
    "aluminium": {40: 0.5685, 60: 0.2778, 80: 0.2018, 100: 0.1704},
}
"""NIST X-ray mass attenuation coefficients (Hubbell and Seltzer), doi:10.18434/T4D01F."""


@pytest.mark.parametrize("material", NIST_CM2_G)
def test_attenuation_agrees_with_nist(material: str) -> None:
    expected = NIST_CM2_G[material]
    found = attenuation_cm2_g(material, np.array(list(expected), dtype=float))
    assert found == pytest.approx(list(expected.values()), rel=2e-3)


def test_half_value_layer_at_120_kvp_is_8_1_mm_aluminium() -> None:
    """Within the 7 to 9 mm of clinical scanners; energy-absorption weighting left out, so wide."""
    energy, photons = spectrum(120.0)
    aluminium = np.exp(-attenuation_cm2_g("aluminium", energy) * 2.7 * 0.81)
    # Air kerma per photon, up to a factor, from 30 to 100 keV: Hubbell and Seltzer.
    kerma = np.interp(energy, [16, 20, 30, 40, 60, 80, 100, 140],
                      np.array([1.0, 0.539, 0.154, 0.0683, 0.0304, 0.0241, 0.0233, 0.0247])
                      * [16, 20, 30, 40, 60, 80, 100, 140])  # fmt: skip
    assert (photons * kerma * aluminium).sum() / (photons * kerma).sum() == pytest.approx(
        0.5, abs=0.03
    )


@pytest.mark.parametrize(
    ("kvp", "added"),
    [(70.0, "none"), (80.0, "none"), (110.0, "aluminium_3"), (120.0, "none"), (100.0, "tin_0.6"),
     (150.0, "none"), (150.0, "tin_0.6")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("devices", "longest", "error"),
    [
        (False, {"water": 45.0, "hydroxyapatite": 6.0, "iodine": 0.2}, 5e-5),
        (True, {"water": 40.0, "hydroxyapatite": 5.0, "bone_cement": 5.0, "titanium": 8.0}, 2.5e-4),
    ],
)
def test_few_energies_stand_for_the_whole_spectrum(
    kvp: float, added: str, devices: bool, longest: dict[str, float], error: float
) -> None:
    energy, photons = spectrum(kvp, added)
    absorbed = 1.0 - np.exp(-7.34 * 0.14 * attenuation_cm2_g("gadolinium_oxysulphide", energy))
    paths = np.random.default_rng(1).random((500, len(longest))) * list(longest.values())
    nodes = energy_nodes(kvp, devices, added)
    whole = paths @ np.stack([attenuation_cm2_g(name, energy) for name in longest])
    few = paths @ np.stack([attenuation_cm2_g(name, nodes.energy_kev) for name in longest])
    signal = np.exp(-whole) @ (photons * absorbed * energy)
    variance = np.exp(-whole) @ (photons * absorbed * energy**2)
    assert np.exp(-few) @ nodes.signal_kev == pytest.approx(signal, rel=error)
    assert np.exp(-few) @ nodes.variance_kev2 == pytest.approx(variance, rel=error)


def test_tube_output_follows_the_inverse_square() -> None:
    assert air_kerma_mgy_mas(120.0, 500.0) == pytest.approx(4 * air_kerma_mgy_mas(120.0, 1000.0))


def test_tin_hardens_the_beam_and_takes_most_of_it() -> None:
    """Sn 100 kV of a clinical scanner: mean energy near 75 keV, under a tenth of the output."""
    means = []
    for added in ("none", "aluminium_3", "tin_0.4", "tin_0.6"):
        energy, photons = spectrum(100.0, added)
        means.append(float((photons * energy).sum() / photons.sum()))
    assert np.all(np.diff(means) > 0.0)
    assert means[-1] == pytest.approx(75.0, abs=5.0)
    assert air_kerma_mgy_mas(100.0, 570.0, "tin_0.6") < 0.1 * air_kerma_mgy_mas(100.0, 570.0)


def test_a_higher_voltage_gives_more_photons_and_none_above_it() -> None:
    energy = spectrum(70.0)[0]
    for kvp in TUBE_VOLTAGES_KV:
        assert spectrum(kvp)[1][energy > kvp].sum() == 0.0
    output = [air_kerma_mgy_mas(kvp, 1000.0) for kvp in TUBE_VOLTAGES_KV]
    assert np.all(np.diff(output) > 0.0)
