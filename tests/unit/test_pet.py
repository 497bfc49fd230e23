"""PET: settings, grids, beds, projector, counting noise."""

import math

import numpy as np
import pytest

from imagingsim import pet
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid
from imagingsim.pet.acquire import first_slice
from imagingsim.pet.beds import plan_beds
from imagingsim.pet.noise import add_counting_noise, slice_keys
from imagingsim.pet.projector import Blocks, Geometry, bounds, from_blocks, to_blocks
from imagingsim.streams import stream
from imagingsim.units import F18_HALF_LIFE_S

BOX = Box((-200.0, 200.0), (-150.0, 100.0), (-100.0, 300.0))


def test_subsets_that_do_not_divide_the_views_are_refused() -> None:
    with pytest.raises(ValueError, match="Use one of 1, 2, 3"):
        pet.PetSettings(subsets=20)


def test_a_table_feed_longer_than_the_ring_is_refused() -> None:
    with pytest.raises(ValueError, match="bed_advance_mm must lie between 20 and 180"):
        pet.PetSettings(bed_advance_mm=300.0)


def test_image_and_truth_cover_the_same_field() -> None:
    settings = pet.PetSettings()
    truth = pet.sampling_grid(settings, BOX)
    image = pet.image_grid(settings, truth)
    middles = [g.position_mm(*((n - 1) / 2 for n in g.shape)) for g in (truth, image)]
    assert middles[0] == pytest.approx(middles[1])
    assert middles[0] == pytest.approx(BOX.centre_mm)
    assert image.spacing_mm == pytest.approx((4.0, 4.0, 4.0))


def test_a_slab_lies_on_the_slices_of_the_whole() -> None:
    whole = pet.sampling_grid(pet.PetSettings(), BOX)
    part = pet.slab(whole, 0.0, 40.0)
    first = whole.index(np.array(part.position_mm(0, 0, 0)))
    assert first == pytest.approx([round(first[0]), 0, 0], abs=1e-9)
    assert part.position_mm(0, 0, 0)[2] <= -60.0
    assert part.position_mm(part.shape[0] - 1, 0, 0)[2] >= 100.0


def test_a_grid_that_is_no_slab_is_refused() -> None:
    whole = pet.sampling_grid(pet.PetSettings(), BOX)
    shifted = Grid.axial((2, 400, 400), (4.0, 2.0, 2.0), (0.0, 0.0, 1.0))
    with pytest.raises(AcquisitionError, match=r"pet\.slab"):
        first_slice(whole, shifted)


def test_every_slice_is_seen_and_later_beds_count_less() -> None:
    settings = pet.PetSettings()
    whole = pet.sampling_grid(settings, Box((-1, 1), (-1, 1), (-450.0, 690.0)))
    beds = plan_beds(settings, whole, F18_HALF_LIFE_S)
    assert beds.detected.min() > 0.1 * beds.detected.max()
    assert sorted(set(beds.of_slice.tolist())) == list(range(len(beds.starts_s)))
    centres = [beds.detected[beds.of_slice == bed].max() for bed in (1, len(beds.starts_s) - 2)]
    elapsed = beds.starts_s[-2] - beds.starts_s[1]
    assert centres[1] / centres[0] == pytest.approx(0.5 ** (elapsed / F18_HALF_LIFE_S), rel=0.02)


def _random_blocks(seed: int, shape: tuple[int, int, int]) -> Blocks:
    rng = np.random.default_rng(seed)
    return to_blocks(rng.random(shape).astype(np.float32))


def test_blocks_and_volumes_convert_both_ways() -> None:
    volume = np.random.default_rng(0).random((19, 5, 5)).astype(np.float32)
    assert np.array_equal(from_blocks(to_blocks(volume), 19), volume)


def test_back_projection_is_the_transpose_of_projection() -> None:
    geometry = Geometry(12, 40, 2.0, 4.0)
    image, views = _random_blocks(1, (16, 20, 20)), np.arange(12)
    data = np.random.default_rng(2).random((1, 12, 40, 16)).astype(np.float32)
    box = bounds(image, 0.0)
    projected = geometry.forward(image, box, views, np.zeros_like(data))
    back = geometry.backward(data, box, views, np.zeros_like(image))
    left, right = np.vdot(projected, data), np.vdot(image, back)
    assert left == pytest.approx(right, rel=1e-5)


def test_a_disc_projects_to_its_chords() -> None:
    side, radius_mm = 100, 60.0
    fine = (np.arange(side * 5) - (side * 5 - 1) / 2) * 0.4
    disc = (fine[:, None] ** 2 + fine[None, :] ** 2 < radius_mm**2).astype(np.float32)
    disc = disc.reshape(side, 5, side, 5).mean(axis=(1, 3))
    geometry = Geometry(8, 100, 2.0, 2.0)
    image = to_blocks(disc[None])
    out = np.zeros((1, 8, 100, 16), np.float32)
    data = geometry.forward(image, np.array([[0, side, 0, side]]), np.arange(8), out)[0, :, :, 0]
    at_mm = (np.arange(100) - 49.5) * 2.0
    chord = 2.0 * np.sqrt(np.clip(radius_mm**2 - at_mm**2, 0.0, None))
    inside = np.abs(at_mm) < 0.9 * radius_mm
    assert np.sqrt(np.mean((data[:, inside] - chord[inside]) ** 2)) < 0.005 * 2 * radius_mm


@pytest.mark.parametrize("mean", [0.3, 4.0, 15.9, 16.1, 250.0])
def test_counts_have_the_mean_spread_and_skewness_of_poisson(mean: float) -> None:
    counts = np.full((1, 50, 400, 16), mean, np.float32)
    add_counting_noise(counts, slice_keys(stream(3, "pet"), 0, 16))
    n = counts.size
    values = counts.astype(np.float64)
    assert np.array_equal(values, np.round(values))
    assert values.mean() == pytest.approx(mean, abs=5 * math.sqrt(mean / n))
    assert values.var() == pytest.approx(mean, rel=0.02 + 3 / math.sqrt(n * mean))
    skewness = ((values - mean) ** 3).mean() / mean**1.5
    assert skewness == pytest.approx(mean**-0.5, abs=0.05)


def test_noise_belongs_to_the_slice_wherever_the_slab_starts() -> None:
    whole = np.full((2, 4, 10, 16), 20.0, np.float32)
    part = np.full((1, 4, 10, 16), 20.0, np.float32)
    add_counting_noise(whole, slice_keys(stream(1, "pet"), 0, 32))
    add_counting_noise(part, slice_keys(stream(1, "pet"), 16, 16))
    assert np.array_equal(whole[1], part[0])


def test_a_slightly_higher_mean_changes_the_counts_slightly() -> None:
    low, high = (np.full((1, 4, 100, 16), mean, np.float32) for mean in (30.0, 30.3))
    for counts in (low, high):
        add_counting_noise(counts, slice_keys(stream(1, "pet"), 0, 16))
    assert np.abs(high - low).max() <= 1.0
    assert (high - low).mean() == pytest.approx(0.3, abs=0.05)
