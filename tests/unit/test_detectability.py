"""The model observer, lesions put into samples, tables of detectability, and who reads by them."""

from dataclasses import replace

import numpy as np
import pytest

from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.cohort import read_population
from imagingsim.cohort.observation import observer
from imagingsim.content import library, load, written
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.grid import Grid
from imagingsim.reading import DetectionTable, Row, TableFile, check_table
from imagingsim.reading.insertion import with_balls, with_layer
from imagingsim.reading.levels import dismissing, seen
from imagingsim.reading.model_observer import channels, hotelling, responses
from imagingsim.workup import read_catalogue
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.evidence import Detection
from imagingsim.workup.names import REGIONS

CATALOGUE = read_catalogue(library())
SIZES = (5.0, 10.0, 20.0)
CT = "ct_chest_abdomen_pelvis"


def disc(radius: float) -> np.ndarray:
    """Return a disc of height 1 in 64 x 64 pixels."""
    x = np.arange(64) - 31.5
    return (np.hypot(x[:, None], x) < radius).astype(float)


def seen_in_noise(contrast: float, sigma: float, radius: float = 6.0) -> float:
    """Return the detectability of a disc in white noise at 12 places."""
    rng = np.random.default_rng(1)
    absent = responses(rng.normal(0.0, sigma, (12, 12, 64, 64)))
    signal = np.repeat(responses(contrast * disc(radius))[None], 12, axis=0)
    return hotelling(absent, signal).d_prime


def test_in_white_noise_the_observer_is_nearly_ideal() -> None:
    """The ideal observer has the root of the signal's energy over the noise."""
    ideal = 2.0 * np.sqrt(disc(6.0).sum()) / 10.0
    assert 0.6 * ideal < seen_in_noise(2.0, 10.0) < 1.1 * ideal


def test_detectability_is_proportional_to_contrast_and_against_noise() -> None:
    once = seen_in_noise(2.0, 10.0)
    assert seen_in_noise(4.0, 10.0) == pytest.approx(2 * once, rel=1e-6)
    assert seen_in_noise(2.0, 20.0) == pytest.approx(once / 2, rel=1e-6)
    assert seen_in_noise(2.0, 10.0, radius=9.0) > once


def test_streaks_that_differ_from_place_to_place_hide_a_lesion_and_anatomy_does_not() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0.0, 10.0, (12, 12, 64, 64))
    blobs = disc(8.0) * rng.normal(0.0, 3.0, (12, 1, 1, 1))
    signal = np.repeat(responses(2.0 * disc(6.0))[None], 12, axis=0)
    even = hotelling(responses(noise), signal).d_prime
    assert hotelling(responses(noise + blobs), signal).d_prime == pytest.approx(even)
    spoilt = hotelling(responses(noise + blobs), signal, clean=responses(noise))
    assert spoilt.d_prime < 0.7 * even


def test_an_observer_needs_places_to_learn_at() -> None:
    with pytest.raises(ValueError, match="4 places or more, got 3"):
        hotelling(np.zeros((3, 5, len(channels(64)))), np.zeros((3, len(channels(64)))))


def block() -> SampledPhantom:
    """Return a block of liver."""
    shape = (12, 24, 24)
    grid = Grid.axial(shape, (1.5, 1.0, 1.0), (0.0, 0.0, 0.0))
    whole = np.zeros(shape, np.uint16)
    return SampledPhantom(
        grid, (Layer("liver", "liver", "liver", 2.0),), whole, whole,
        np.full(shape, 255, np.uint8), np.zeros(shape, np.int8),
    )  # fmt: skip


def test_a_ball_has_the_volume_of_a_ball_and_the_grain_of_its_organ() -> None:
    host = with_layer(block(), "tumour_net_liver", ["liver"])
    filled = with_balls(host, np.array([[5.5, 11.5, 11.5]]), 10.0, 1)
    assert filled.layers[1].texture_hu == 2.0
    assert filled.volume_ml("inserted_lesion") == pytest.approx(np.pi / 6, rel=0.03)
    assert host.volume_ml("inserted_lesion") == 0.0


def row(region: str, series: str, artefact: str, scale: float, dose: float = 1.0) -> Row:
    """Return a row in which detectability is proportional to size."""
    part = 1.0 if artefact == "none" else 0.5
    values = tuple(round(scale * size, 4) for size in SIZES)
    return Row(
        region=region, series=series, dose=dose, artefact=artefact, contrast=20.0, share=part,
        places=9, d_prime=values, error=(0.1,) * len(SIZES),
    )  # fmt: skip


def table() -> DetectionTable:
    """Return a table of three regions, with cement over all of them."""
    rows = tuple(
        row(region, series, artefact, 0.3 * loss * gain * dose**0.5, dose)
        for region in ("liver", "adrenal", "pancreas")
        for series, gain in (("arterial", 0.5), ("portal", 1.0))
        for artefact, loss in (("none", 1.0), ("cement_l1", 0.3), ("cement_l1_reduced", 0.8))
        for dose in (0.25, 1.0)
    )
    file = TableFile(
        schema="imagingsim.detection/1", title="made", command="none", content="none", seed=1,
        realisations=8, settings="none", sizes_mm=SIZES, rows=rows,
    )  # fmt: skip
    return DetectionTable("made", file)


def test_a_table_is_exact_at_its_sizes_and_a_power_between_and_beyond() -> None:
    sizes = np.array([5.0, 7.0, 20.0, 40.0])
    assert table().d_prime("liver", ("portal",), sizes) == pytest.approx(0.3 * sizes)
    assert table().d_prime("liver", ("arterial", "portal"), sizes) == pytest.approx(0.3 * sizes)
    half = table().d_prime("liver", ("portal",), sizes, dose=0.5)
    assert half == pytest.approx(0.3 * sizes * 0.5**0.5)


def test_a_row_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(UnknownNameError, match="liver portal none"):
        table().d_prime("liver", ("delayed",), np.array([5.0]))


def test_a_table_comes_back_from_its_text() -> None:
    text = written(table().file)
    again = check_table("made", load(text, where="made.table.yaml"))
    assert again.file.rows == table().file.rows
    short = text.replace("d_prime: [1.5, 3.0, 6.0]", "d_prime: [1.5, 3.0]", 1)
    with pytest.raises(ContentError, match="has 2 figures and 3 errors for 3 sizes"):
        check_table("made", load(short, where="made.table.yaml"))


def with_table() -> Catalogue:
    """Return the catalogue with the made table for CT."""
    both = Detection(table="made", series=("arterial", "portal"))
    rows = {
        "full": both, "portal": replace(both, series=("portal",)),
        "arterial": replace(both, series=("arterial",)), "low": replace(both, dose=0.25),
        "corrected": replace(both, reduced=True),
    }  # fmt: skip
    studies = {name: replace(CATALOGUE.studies[CT], detection=one) for name, one in rows.items()}
    evidence = replace(CATALOGUE.evidence, calibrated_on={"CT": both})
    return replace(
        CATALOGUE, studies={**CATALOGUE.studies, **studies}, evidence=evidence,
        detection={"made": table()},
    )  # fmt: skip


def found(study: str, *, cement: bool) -> dict[str, float]:
    """Return in which share of the lesions of each region a study shows them."""
    catalogue, ids = with_table(), np.arange(20_000, dtype=np.uint64)
    population = read_population(library(), "skin_metastases", catalogue)
    patients = population.draw(3, ids)
    patients.values["cement"][:] = float(cement)
    one, everyone = observer(study, catalogue, population), np.arange(len(ids))
    called = one.read(patients, everyone, np.zeros_like(everyone))[0]
    return {
        region: float(called[patients.involved[:, REGIONS.index(region)], k].mean())
        for k, region in enumerate(one.row.regions)
        if region in ("liver", "adrenal", "pancreas", "bone", "lung", "node")
    }


def test_the_published_sensitivity_comes_out_of_the_table() -> None:
    for region in ("liver", "pancreas", "adrenal"):
        wanted = CATALOGUE.evidence.rate("CT", region).sensitivity
        assert found("full", cement=False)[region] == pytest.approx(wanted, abs=0.02)


def test_less_dose_or_one_poorer_phase_finds_less() -> None:
    full = found("full", cement=False)["liver"]
    assert found("portal", cement=False)["liver"] == pytest.approx(full, abs=0.02)
    assert found("low", cement=False)["liver"] < full - 0.05
    assert found("arterial", cement=False)["liver"] < full - 0.05


def test_cement_costs_liver_and_adrenals_and_its_correction_gives_some_of_it_back() -> None:
    clean, hidden = found("full", cement=False), found("full", cement=True)
    lower = {region for region in clean if hidden[region] < clean[region] - 0.02}
    assert lower == {"liver", "adrenal"}
    assert {r for r in clean if hidden[r] != clean[r]} == {"liver", "adrenal"}
    corrected = found("corrected", cement=True)
    assert hidden["liver"] + 0.02 < corrected["liver"] <= clean["liver"]


def test_errors_of_perception_and_interpretation_add_up_to_the_published_misses() -> None:
    """Patel 2019: a quarter of the errors are of interpretation."""
    for sensitivity in (0.62, 0.84, 0.97):
        look = seen(sensitivity, 0.252)
        assert look * (1 - dismissing(sensitivity, 0.252)) == pytest.approx(sensitivity)
        assert (look - sensitivity) / (1 - sensitivity) == pytest.approx(0.252)
