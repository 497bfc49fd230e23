"""Bodies wider than the scan field, images smaller than the body, and defects of the detector."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.geometry import geometry
from imagingsim.ct.truncation import extended
from imagingsim.errors import AcquisitionWarning
from imagingsim.grid import Box, Grid
from imagingsim.series import Subject
from imagingsim.tissue import Tissues
from imagingsim.volume import Volume

Disc = tuple[str, float, float, float, float]
Settings = Callable[..., ct.CtSettings]
Scan = Callable[..., Volume]
Paint = Callable[[Grid, Sequence[Disc]], SampledPhantom]
WIDE: list[Disc] = [("water", 0, 0, 290, 160)]


@pytest.fixture
def wide(settings: Settings) -> ct.CtSettings:
    return settings(reconstruction_diameter_mm=500.0, mas=800.0, tube_modulation=False)


def rim_and_middle(image: Volume) -> tuple[float, float]:
    """Return the mean of the last 15 mm of the field at both sides of a wide body, and inside."""
    points = image.grid.points_mm()[0]
    x, y = np.abs(points[..., 0]), np.abs(points[..., 1])
    rim = (x > 230.0) & (x < 245.0) & (y < 40.0)
    middle = (x < 120.0) & (y < 60.0)
    return float(image.array[0, rim].mean()), float(image.array[0, middle].mean())


def test_a_body_beyond_the_field_shines_at_the_rim_and_is_right_inside(
    scan: Scan, wide: ct.CtSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(AcquisitionWarning, match="beyond the scan field of 500 mm"):
        continued = scan(WIDE, wide)
    monkeypatch.setattr("imagingsim.ct.recon.spare_channels", lambda geometry: 0)
    with pytest.warns(AcquisitionWarning):
        cut_off = scan(WIDE, wide)
    rim, middle = rim_and_middle(continued)
    assert 15.0 < rim < 0.5 * rim_and_middle(cut_off)[0]
    assert abs(middle) < 5.0


@pytest.mark.filterwarnings("error::imagingsim.errors.AcquisitionWarning")
def test_an_image_smaller_than_the_body_cuts_off_nothing(scan: Scan, settings: Settings) -> None:
    body: list[Disc] = [("water", 0, 0, 200, 140)]
    zoomed = scan(body, settings(reconstruction_diameter_mm=100.0, mas=800.0))
    assert abs(zoomed.array.mean()) < 1.0


def test_views_that_end_in_air_are_not_continued() -> None:
    views = np.zeros((3, 100), np.float32)
    views[:, 30:70] = 20.0
    assert extended(views, 50, 0.55)[:, [0, 49, 150, 199]].max() == 0.0
    assert extended(views, 0, 0.55) is views


def test_a_cylinder_is_continued_as_the_cylinder_it_is() -> None:
    channel_mm, radius_cm, spare = 0.5, 12.0, 200
    x = (np.arange(-400, 401) * channel_mm) / 10.0
    whole = 2.0 * np.sqrt(np.clip(radius_cm**2 - x**2, 0.0, None))
    cut = np.abs(x) <= 8.0
    views = extended(np.repeat(whole[None, cut], 4, axis=0), spare, channel_mm)
    known = whole[(len(x) - views.shape[1]) // 2 :][: views.shape[1]]
    assert views.shape[1] == cut.sum() + 2 * spare
    assert np.abs(views[0] - known).mean() < 0.05 * whole.max()
    assert views[0, [0, -1]].max() == 0.0


@pytest.mark.parametrize("gain", [0.97, 0.0])
def test_a_defective_channel_makes_a_ring_of_its_radius(
    paint: Paint, tissues: Tissues, subject: Subject, settings: Settings, gain: float
) -> None:
    asked = settings(reconstruction_diameter_mm=220.0, mas=800.0)
    box = Box((-106.0, 106.0), (-106.0, 106.0), (0.0, 5.0))
    sampled = paint(ct.sampling_grid(asked, box), [("water", 0, 0, 100, 100)])
    raw = ct.RawScan(sampled, tissues, [asked], subject=subject)
    bad = replace(asked, defects=(ct.ChannelDefect(offset_mm=42.0, gain=gain),))
    ring = raw.image(0, bad, noise=False).astype(float) - raw.image(0, noise=False)
    centre = (np.array(ring.shape) - 1) / 2.0
    row, column = np.indices(ring.shape)
    radius_mm = np.hypot(row - centre[0], column - centre[1]) * asked.pixel_mm
    profile = [ring[np.abs(radius_mm - at) < 0.5].mean() for at in range(10, 90)]
    assert 10 + int(np.argmax(profile)) == pytest.approx(42.0, abs=1.0)
    on_ring = np.abs(radius_mm - 42.0) < 0.6
    quadrants = [ring[on_ring & (row < centre[0])].mean(), ring[on_ring & (row > centre[0])].mean()]
    assert min(quadrants) > 0.5 * max(quadrants) > 5.0


def test_the_field_holds_every_channel_of_a_smaller_body(settings: Settings) -> None:
    rays = geometry(settings(), 400, 300, 1.0)
    assert rays.channels * rays.channel_mm >= 400.0
    assert not rays.truncated
    assert geometry(settings(), 700, 300, 1.0).truncated
