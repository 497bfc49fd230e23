"""The reader: contrast against noise, and what it makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from imagingsim.reading import Level, Reader, Site, read
from imagingsim.series import Series
from imagingsim.streams import stream
from imagingsim.study import Study
from imagingsim.testing import MASS_RADIUS_MM, MASS_SUV, ct_study, mr_study, petct_study
from imagingsim.volume import Volume

SITES = (Site("liver_mass", "liver"), Site("left_nodule", "soft_tissue"))


def with_noise(study: Study, sigma_hu: float) -> Study:
    """Return a CT study with more noise."""

    def noisier(one: Series) -> Series:
        added = stream(7, one.name).normal(0.0, sigma_hu, one.volume.grid.shape)
        array = np.rint(one.volume.array + added).astype(np.int16)
        return replace(one, volume=Volume(array, one.volume.grid, "CT number", "HU"))

    return replace(study, series=tuple(noisier(one) for one in study.series))


def test_the_measured_values_are_those_that_were_painted() -> None:
    mass = read(ct_study(), SITES, Reader(), seed=1).finding("liver_mass")
    assert mass.best.value == pytest.approx(60.0, abs=2.0)
    assert mass.best.contrast == pytest.approx(60.0 - 110.0, abs=2.0)


def test_the_diameter_is_that_of_the_ball_within_two_voxels() -> None:
    mass = read(ct_study(), SITES, Reader(), seed=1).finding("liver_mass")
    assert mass.best.diameter_mm == pytest.approx(2 * MASS_RADIUS_MM, abs=2 * 5.6)


def test_the_suv_is_read_from_pet_in_body_weight_units() -> None:
    mass = read(petct_study(), SITES, Reader(), seed=1).finding("liver_mass")
    assert mass.suv_max == pytest.approx(MASS_SUV, rel=0.02)


def test_a_bright_nodule_is_seen_on_mr() -> None:
    assert read(mr_study(), SITES, Reader(), seed=1).finding("liver_mass").seen


def test_more_noise_makes_a_lesion_harder_to_see() -> None:
    quiet = read(ct_study(), SITES, Reader(), seed=1).finding("liver_mass")
    noisy = read(with_noise(ct_study(), 120.0), SITES, Reader(), seed=1).finding("liver_mass")
    assert noisy.best.d_prime < 0.6 * quiet.best.d_prime
    assert noisy.chance < quiet.chance


def test_a_lesion_drowned_in_noise_is_missed() -> None:
    drowned = read(with_noise(ct_study(), 2000.0), SITES[:1], Reader(), seed=1)
    assert not drowned.finding("liver_mass").seen
    assert drowned.region("liver") is not None


def test_the_same_seed_gives_the_same_reading() -> None:
    study = with_noise(ct_study(), 100.0)
    assert read(study, SITES, Reader(), seed=3) == read(study, SITES, Reader(), seed=3)


def test_the_order_of_the_sites_does_not_matter() -> None:
    study = with_noise(ct_study(), 100.0)
    one = read(study, SITES, Reader(), seed=3)
    other = read(study, SITES[::-1], Reader(), seed=3)
    assert {f.lesion: f.seen for f in one.findings} == {f.lesion: f.seen for f in other.findings}


def test_a_site_outside_the_field_of_view_is_passed_over() -> None:
    reading = read(ct_study(), [Site("toe", "bone")], Reader(), seed=1)
    assert reading.findings == ()


def test_what_the_history_announces_is_seen_but_not_suspicious() -> None:
    site = Site("left_nodule", "soft_tissue", expected=True)
    finding = read(ct_study(), [site], Reader(), seed=1).finding("left_nodule")
    assert finding.seen
    assert not finding.suspicious


def test_streaks_over_the_liver_make_it_not_assessable() -> None:
    study = ct_study(pixels=160)
    grid = study.series[0].volume.grid
    slices, rows, _ = np.indices(grid.shape)
    bands = 60.0 * np.sign(np.sin(rows * 0.9)) * (np.abs(slices - 16) < 3)

    def streaked(one: Series) -> Series:
        array = np.rint(one.volume.array + bands).astype(np.int16)
        return replace(one, volume=Volume(array, grid, "CT number", "HU"))

    clean = read(study, SITES, Reader(), seed=1)
    spoilt = read(
        replace(study, series=tuple(map(streaked, study.series))), SITES, Reader(), seed=1
    )
    assert clean.region("liver").assessable  # type: ignore[union-attr]
    assert not spoilt.region("liver").assessable  # type: ignore[union-attr]
    assert spoilt.finding("liver_mass").chance < clean.finding("liver_mass").chance


def test_the_reader_is_calibrated_as_it_says() -> None:
    """Facts: d' 4 at 10 mm, threshold from specificity .95, efficiency from sensitivity .84."""
    reader = Reader()
    assert reader.chance(0.0) == pytest.approx(0.05, abs=0.001)
    assert reader.chance(4.0) == pytest.approx(0.61, abs=0.01)


def test_a_resident_sees_less_and_dismisses_more() -> None:
    """Patel 2019: odds of 2.09 of an interpretive error in the first years."""
    level = Level(efficiency=0.71, threshold_shift=-0.13, interpretive_odds=2.09, source="test")
    resident = Reader().at_level(level, dismissed=0.05)
    assert resident.chance(6.0) < Reader().chance(6.0)
    assert resident.chance(0.0) > Reader().chance(0.0)
    odds = resident.interpretive / (1 - resident.interpretive)
    assert odds == pytest.approx(2.09 * 0.05 / 0.95)


def test_what_is_seen_and_dismissed_is_an_error_of_interpretation() -> None:
    careless = Reader(interpretive=1.0)
    mass = read(ct_study(), SITES, careless, seed=1).finding("liver_mass")
    assert mass.seen
    assert not mass.suspicious
    assert mass.error == "interpretive"
    blind = read(with_noise(ct_study(), 2000.0), SITES[:1], Reader(), seed=1)
    assert blind.finding("liver_mass").error == "observational"
    assert read(ct_study(), SITES, Reader(), seed=1).finding("liver_mass").error is None
