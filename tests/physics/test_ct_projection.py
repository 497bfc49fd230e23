"""Projector and back-projector against exact integrals."""

import numpy as np
import pytest

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.project import FOCAL_SPOT_SIGMA_MM, Projector
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
