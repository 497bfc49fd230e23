"""Projector and back-projector against exact integrals."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.project import FOCAL_SPOT_SIGMA_MM, Projector, radial_lines, transform
from imagingsim.ct.recon import BackProjector, kernel_response
from imagingsim.units import FloatArray

GEOMETRY = Geometry(
    rows=300, columns=256, pixel_mm=0.8, views=90, channels=440, channel_mm=0.55, matrix=256,
    image_pixel_mm=0.8,
)  # fmt: skip


def blob(x: float, y: float, sigma: float) -> FloatArray:
    """Return a Gaussian hill of height 1 on the sampled lattice."""
    rows = (np.arange(GEOMETRY.rows) - (GEOMETRY.rows - 1) / 2) * GEOMETRY.pixel_mm
    columns = (np.arange(GEOMETRY.columns) - (GEOMETRY.columns - 1) / 2) * GEOMETRY.pixel_mm
    return np.exp(-((columns[None, :] - x) ** 2 + (rows[:, None] - y) ** 2) / (2 * sigma**2))


def exact(x: float, y: float, sigma: float) -> FloatArray:
    """Return its line integrals blurred by focal spot and channel, g/cm2."""
    angles = GEOMETRY.angles_rad[:, None]
    middle = x * np.cos(angles) + y * np.sin(angles)
    width2 = (
        sigma**2 + FOCAL_SPOT_SIGMA_MM**2 + (GEOMETRY.channel_mm**2 - GEOMETRY.pixel_mm**2) / 12
    )
    # The projector divides out the pixel's box, as if the hill had been averaged over pixels.
    away = GEOMETRY.channel_positions_mm[None, :] - middle
    height = sigma * np.sqrt(2 * np.pi) * sigma / np.sqrt(width2)
    return height * np.exp(-(away**2) / (2 * width2)) / 10.0


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (31.3, -47.7), (-60.0, 80.5)])
def test_a_hill_projects_to_its_exact_line_integrals(x: float, y: float) -> None:
    views = Projector(GEOMETRY).project(np.stack([blob(x, y, 4.0)]))[0]
    assert views == pytest.approx(exact(x, y, 4.0), abs=2e-3)


def test_two_planes_at_once_equal_each_alone() -> None:
    projector = Projector(GEOMETRY)
    planes = np.stack([blob(10.0, 5.0, 6.0), blob(-30.0, 20.0, 9.0), blob(0.0, 40.0, 3.0)])
    together = projector.project(planes)
    alone = np.concatenate([projector.project(planes[n : n + 1]) for n in range(3)])
    assert together == pytest.approx(alone, abs=2e-4)


def test_reconstruction_gives_back_what_was_projected() -> None:
    hill = blob(-20.0, 15.0, 8.0)
    views = Projector(GEOMETRY).project(np.stack([hill]))[0]
    image = BackProjector(GEOMETRY, "standard").images_hu(views)[0] / 1000.0 + 1.0
    assert image == pytest.approx(hill[22:-22], abs=0.02)


@pytest.mark.parametrize(
    ("kernel", "half", "tenth"),
    [("soft", 3.5, 6.2), ("standard", 4.0, 6.9), ("bone", 7.7, 9.2)],
)
def test_kernels_reach_their_modulation_transfer(kernel: str, half: float, tenth: float) -> None:
    """Bands of clinical kernels in line pairs per cm; the tolerance is that of their listing."""
    f = np.linspace(0.0, 1.2, 2401)
    system = np.sinc(f * 0.55) * np.exp(-2 * (np.pi * f * FOCAL_SPOT_SIGMA_MM) ** 2)
    transfer = system * kernel_response(kernel, f)  # type: ignore[arg-type]
    assert 10 * f[transfer > 0.5][-1] == pytest.approx(half, abs=0.6)
    assert 10 * f[transfer > 0.1][-1] == pytest.approx(tenth, abs=0.9)


def test_an_ellipse_projects_to_its_chords() -> None:
    """Root mean square error 0.06 mm and largest 0.9 mm of 313 mm at 0.8 mm pixels."""
    a, b, pixel = 157.0, 100.0, 0.78
    rays = Geometry(
        rows=512, columns=512, pixel_mm=pixel, views=36, channels=728, channel_mm=0.55,
        matrix=256, image_pixel_mm=1.0,
    )  # fmt: skip
    fine = (np.arange(512 * 4) - (512 * 4 - 1) / 2) * pixel / 4
    inside = (fine / a) ** 2 + (fine[:, None] / b) ** 2 < 1.0
    plane = inside.reshape(512, 4, 512, 4).mean(axis=(1, 3)).astype(np.float32)
    views = Projector(rays).project([plane])[0] * 10.0
    angle = rays.angles_rad[:, None, None]
    reach = np.sqrt((a * np.cos(angle)) ** 2 + (b * np.sin(angle)) ** 2)
    # Channel width and focal spot, the blur of the system, as a mean over shifted rays.
    shifts = np.linspace(-1.2, 1.2, 97)
    edge = np.abs(shifts[:, None] - np.linspace(-0.275, 0.275, 23))
    blur = np.exp(-(edge**2) / (2 * FOCAL_SPOT_SIGMA_MM**2)).sum(axis=1)
    away = rays.channel_positions_mm[None, :, None] + shifts
    chords = 2 * a * b / reach**2 * np.sqrt(np.clip(reach**2 - away**2, 0.0, None))
    # The listing's figures hold for a blur of 1 mm full width, so both get what is missing to it.
    more = np.sqrt((1.0 / 2.355) ** 2 - FOCAL_SPOT_SIGMA_MM**2) / rays.channel_mm
    error = gaussian_filter1d(views - chords @ (blur / blur.sum()), more, axis=1)
    assert np.sqrt(np.mean(error**2)) < 0.06
    assert np.abs(error).max() < 0.9


def test_projection_and_back_projection_are_adjoint() -> None:
    """The two transforms, which differ in sign and direction alone, to 1e-5."""
    lines = radial_lines(GEOMETRY, 256, 256, 0.8)
    rng = np.random.default_rng(3)
    image = (rng.normal(size=(256, 256)) + 0j).astype(np.complex64)
    spectrum = rng.normal(size=(2, GEOMETRY.views * lines.frequencies.size)).astype(np.float32)
    values = spectrum[0] + 1j * spectrum[1]
    there = transform(2, GEOMETRY, lines, (256, 256), 0.8).execute(image)
    back = transform(1, GEOMETRY, lines, (256, 256), 0.8).execute(values)
    left = np.vdot(values.astype(complex), there.astype(complex))
    right = np.vdot(back.astype(complex), image.astype(complex))
    scale = np.linalg.norm(there) * np.linalg.norm(values)
    assert abs(left - right) < 1e-5 * scale
