"""A body that moves while it is scanned."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.anatomy import Level
from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.timing import share_of_end
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid
from imagingsim.scan.motion import PERIOD_S, depth_of_breath
from imagingsim.series import Subject
from imagingsim.tissue import Tissues

Disc = tuple[str, float, float, float, float]
Settings = Callable[..., ct.CtSettings]
Paint = Callable[[Grid, Sequence[Disc]], SampledPhantom]
ANGLES = np.arange(180) * np.pi / 180
BOX = Box((-90.0, 90.0), (-90.0, 90.0), (0.0, 10.0))


def test_a_breath_keeps_its_mean_and_stays_longest_at_expiration() -> None:
    levels = (Level(breathing=0.05, share=0.5), Level(breathing=0.45, share=0.5))
    times = np.arange(4000) * PERIOD_S / 4000
    depth = depth_of_breath(levels, times, phase=0.3)
    assert depth.mean() == pytest.approx(0.25, abs=1e-3)
    assert np.median(depth) < 0.7 * depth.mean()
    assert depth_of_breath(levels, times + PERIOD_S, 0.3) == pytest.approx(depth)


def test_a_slice_is_seen_for_half_a_turn_while_the_couch_moves(settings: Settings) -> None:
    asked = settings(slice_thickness_mm=5.0, pitch=1.0, rotation_time_s=0.5, mas=100.0)
    grid = ct.sampling_grid(asked, Box((-50.0, 50.0), (-50.0, 50.0), (0.0, 384.0)))
    begin, end = ct.seen_s(asked, grid).T
    assert end - begin == pytest.approx(0.25)
    assert begin[-1] - begin[0] == pytest.approx(5.0, rel=0.03)  # ten turns of 38.4 mm


@pytest.mark.parametrize("mode", ["helical", "axial"])
def test_views_lie_between_begin_and_end(settings: Settings, mode: str) -> None:
    asked = settings(scan_mode=mode)
    for height_mm in (0.0, 7.0, 31.0):
        share = share_of_end(asked, height_mm, ANGLES)
        assert share.min() >= 0.0
        assert share.max() <= 1.0
        assert share.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("mode", ["helical", "axial"])
def test_what_moves_during_a_turn_shows_two_edges(
    paint: Paint, tissues: Tissues, subject: Subject, settings: Settings, mode: str
) -> None:
    asked = settings(scan_mode=mode, mas=800.0, reconstruction_diameter_mm=180.0, matrix=128)
    grid = ct.sampling_grid(asked, BOX)
    begin, end = (
        paint(grid, [("water", 0, 0, 80, 80), ("lung", x, 0, 20, 20)]) for x in (-6.0, 6.0)
    )

    def image(later: SampledPhantom | None) -> np.ndarray:
        rngs = [np.random.default_rng(1)]
        taken = ct.acquire_phases(begin, tissues, [asked], subject=subject, rngs=rngs, later=later)
        return taken[0][0].array[0].astype(float)

    still, same, moving = image(None), image(begin), image(end)
    assert np.abs(still - same).max() <= 1.0
    row = moving[62:66].mean(axis=0)
    x = (np.arange(128) - 63.5) * asked.pixel_mm
    between = row[np.abs(np.abs(x) - 20.0) < 3.0]
    assert -650.0 < between.mean() < -100.0
    assert row[np.abs(x) < 8.0].mean() == pytest.approx(-740.0, abs=40.0)


def test_moments_of_two_bodies_are_refused(
    paint: Paint, tissues: Tissues, subject: Subject, settings: Settings
) -> None:
    grid = ct.sampling_grid(settings(), BOX)
    one, other = paint(grid, [("water", 0, 0, 80, 80)]), paint(grid, [("liver", 0, 0, 80, 80)])
    with pytest.raises(AcquisitionError, match="samples of one body"):
        ct.acquire_phases(
            one, tissues, [settings()], subject=subject, rngs=[np.random.default_rng(1)],
            later=other,
        )  # fmt: skip
