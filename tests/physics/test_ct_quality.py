"""Image quality in the terms of a scanner's acceptance test: contrast, noise, its texture."""

from collections.abc import Callable

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.anatomy.quality_object import Insert
from imagingsim.ct import signal
from imagingsim.ct.correct import water_correction, water_path
from imagingsim.ct.geometry import geometry
from imagingsim.ct.recon import BackProjector
from imagingsim.grid import Grid
from imagingsim.survey.resolution import Resolution, edge_transfer
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

Disc = tuple[str, float, float, float, float]
Settings = Callable[..., ct.CtSettings]
Scan = Callable[..., Volume]
Raw = Callable[..., ct.RawScan]
Roi = Callable[[Volume, float, float, float], FloatArray]

INSERTS = {
    "air": (-1046, -986), "polymethylpentene": (-220, -172),
    "polyethylene_low_density": (-121, -87), "polystyrene": (-65, -29), "acrylic": (92, 137),
    "polyoxymethylene": (343, 387), "polytetrafluoroethylene": (941, 1060),
}  # fmt: skip
"""Ranges of the manual of the Catphan 503, HU at 120 kVp; the lowest of the resin less 1 HU."""

WATER: list[Disc] = [("water", 0, 0, 160, 160)]
SIDE = 48


def test_the_inserts_of_a_test_object_read_within_the_makers_ranges(
    scan: Scan, settings: Settings, roi: Roi
) -> None:
    ring = 58.5
    places = {
        name: (ring * np.cos(angle), ring * np.sin(angle))
        for name, angle in zip(INSERTS, np.arange(7) * 2 * np.pi / 7, strict=True)
    }
    body: list[Disc] = [("water", 0, 0, 100, 100)]
    body += [(name, float(x), float(y), 6.0, 6.0) for name, (x, y) in places.items()]
    image = scan(body, settings(mas=800.0, pitch=0.2, matrix=512, views=720,
                                reconstruction_diameter_mm=220.0))  # fmt: skip
    for name, (low, high) in INSERTS.items():
        assert low <= roi(image, *places[name], 3.5).mean() <= high, name


def noise_squares(scan: Scan, asked: ct.CtSettings, pairs: int) -> list[FloatArray]:
    """Return squares of noise alone: differences of two images of water, over root two."""
    squares = []
    for pair in range(pairs):
        two = [scan(WATER, asked, slices=2, seed=2 * pair + k).array.astype(float) for k in (0, 1)]
        difference = (two[0] - two[1]) / np.sqrt(2.0)
        middle = difference.shape[1] // 2
        for row in range(middle - SIDE, middle + SIDE - 1, SIDE):
            for column in range(middle - SIDE, middle + SIDE - 1, SIDE):
                squares += list(difference[:, row : row + SIDE, column : column + SIDE])
    return squares


@pytest.mark.parametrize(("kernel", "peak"), [("soft", 0.23), ("standard", 0.33)])
def test_the_noise_has_the_kernels_texture(
    scan: Scan, settings: Settings, kernel: str, peak: float
) -> None:
    """Peak of the noise power +- 0.06 per mm; the root of its integral is the noise within 3 %."""
    asked = settings(kernel=kernel, matrix=512, views=720, tube_modulation=False)
    squares = noise_squares(scan, asked, pairs=2)
    pixel = asked.pixel_mm
    spectrum = (
        np.mean([np.abs(np.fft.fft2(one - one.mean())) ** 2 for one in squares], axis=0)
        * (pixel / SIDE) ** 2
    )
    # From image to image, not from place to place, as the spectrum has it.
    noise = float(np.sqrt(np.mean(np.square(squares))))
    assert np.sqrt(spectrum.sum()) / (SIDE * pixel) == pytest.approx(noise, rel=0.03)
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(SIDE, pixel)] * 2))
    edges = np.arange(0.02, 0.68, 0.04)
    rings = [float(spectrum[(frequency >= low) & (frequency < low + 0.04)].mean()) for low in edges]
    assert edges[int(np.argmax(rings))] + 0.02 == pytest.approx(peak, abs=0.06)
    assert rings[0] < 0.5 * max(rings)


def test_images_do_not_depend_on_what_lies_far_along_the_body(
    scan: Scan, settings: Settings
) -> None:
    """A slice of a scan of many is that of a scan of few, but for the tube current along it."""
    asked = settings(tube_modulation=False)
    few, many = (scan(WATER, asked, slices=count).array[0].astype(int) for count in (1, 8))
    assert np.abs(few - many).max() <= 1  # rounding: slices are transformed two at a time


@pytest.mark.parametrize(
    ("kernel", "half", "band"),
    [("soft", 3.5, 0.3), ("standard", 4.0, 0.3), ("lung", 6.1, 0.5), ("bone", 7.7, 0.5)],
)
def test_an_edge_in_the_image_is_as_sharp_as_its_kernel(
    raw: Raw, settings: Settings, kernel: str, half: float, band: float
) -> None:
    """Where the transfer falls to a half, line pairs per cm, at the edge of a rod."""
    asked = settings(
        kernel=kernel, reconstruction_diameter_mm=90.0, views=720, tube_modulation=False
    )
    rod = Insert(structure="rod", at_mm=(0.0, 0.0, 2.5), radius_mm=12.0, hu=(0.0, 0.0))
    body: list[Disc] = [("water", 0, 0, 60, 60), ("acrylic", 0, 0, 12, 12)]
    image = raw(body, asked).image(0, noise=False)[None]
    side_mm = (asked.matrix - 1) / 2.0 * asked.pixel_mm
    pixel = asked.pixel_mm
    grid = Grid.axial(image.shape, (5.0, pixel, pixel), (-side_mm, -side_mm, 2.5))
    curve = edge_transfer(Volume(image, grid, "CT number", "HU"), rod)
    assert Resolution.of(kernel, curve).half_lp_cm == pytest.approx(half, abs=band)


def test_beam_hardening_cups_water_and_its_correction_flattens_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32 cm of water, no bowtie: 27 +- 5 HU without, under 1 HU with the correction."""
    monkeypatch.setattr(signal, "bowtie_g_cm2", lambda kind, positions_mm: 0.0 * positions_mm)
    asked = settings(views=180)
    rays = geometry(asked, 256, 256, 1.4)
    reader = signal.detector(asked, rays, ("water",), devices=False)
    chord = 2.0 * np.sqrt(np.clip(160.0**2 - rays.channel_positions_mm**2, 0.0, None)) / 10.0
    views = np.broadcast_to(chord, (rays.views, rays.channels)).astype(np.float32)
    read = signal.attenuation_views(views[None], np.array([0]), reader)
    bare = read * (chord.max() / read.max())
    corrected = water_path(read, water_correction(reader))
    side = (np.arange(rays.matrix) - (rays.matrix - 1) / 2.0) * rays.image_pixel_mm
    distance = np.hypot(side[:, None], side)
    cupping = []
    for image in BackProjector(rays, "soft").images_hu(bare, corrected):
        rim = image[(distance > 138.0) & (distance < 148.0)].mean()
        cupping.append(rim - image[distance < 20.0].mean())
    assert cupping[0] == pytest.approx(27.0, abs=5.0)
    assert abs(cupping[1]) < 1.0
