"""Simple bodies to scan: cylinders with inserts, and a slice like that of the abdomen."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.content import library
from imagingsim.grid import Box, Grid
from imagingsim.series import Subject
from imagingsim.tissue import Quantity, Tissues, read_tissues
from imagingsim.units import BoolArray, FloatArray
from imagingsim.volume import Volume

Disc = tuple[str, float, float, float, float]
"""Material, centre and semi-axes (left, posterior), mm; later ones cover earlier ones."""


@pytest.fixture(scope="session")
def tissues() -> Tissues:
    one, none = Quantity(1.0, "by definition"), Quantity(0.0, "by definition")
    water = {"water_density": one, "hydroxyapatite_density": none, "density": one}
    known = read_tissues(library()).derive("water", "bile", water)
    iodine = {**water, "iodine_density": Quantity(10.0, "by definition")}
    return known.derive("iodine_10_mg_ml", "bile", iodine)


@pytest.fixture
def subject() -> Subject:
    return Subject(
        id="test",
        name="Test",
        sex="male",
        age_y=50.0,
        weight_kg=75.0,
        height_m=1.76,
        egfr_ml_min_1p73=90.0,
    )


@pytest.fixture
def settings() -> Callable[..., ct.CtSettings]:
    def make(**changes: object) -> ct.CtSettings:
        usual: dict[str, object] = {
            "kvp": 120.0, "mas": 200.0, "slice_thickness_mm": 5.0, "slice_interval_mm": 5.0,
            "reconstruction_diameter_mm": 380.0, "kernel": "soft", "dose_region": "trunk",
            "matrix": 256, "views": 360, "couch": False, "rotation_time_s": 1.0,
        }  # fmt: skip
        return ct.CtSettings(**{**usual, **changes})  # type: ignore[arg-type]

    return make


def discs(grid: Grid, parts: Sequence[Disc]) -> SampledPhantom:
    """Paint elliptic cylinders along the body onto a grid, with partial volume at the edge."""
    points = grid.points_mm()[:1]
    shape = (1, *grid.shape[1:])
    first, second = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    fraction = np.full(shape, 255, np.uint8)
    for index, (_, x, y, a, b) in enumerate(parts, start=1):
        u, v = points[..., 0] - x, points[..., 1] - y
        radius = np.hypot(u / a, v / b)
        slope = np.hypot(u / a**2, v / b**2) / np.maximum(radius, 1e-9)
        cover = np.clip(0.5 - (radius - 1.0) / np.maximum(slope, 1e-9) / grid.spacing_mm[1], 0, 1)
        whole, edge = cover >= 1.0, (cover > 0.0) & (cover < 1.0)
        behind = np.where(fraction >= 128, first, second)
        second = np.where(whole, index, np.where(edge, behind, second)).astype(np.uint16)
        fraction = np.where(whole, 255, np.where(edge, np.rint(cover * 255), fraction))
        fraction = fraction.astype(np.uint8)
        first = np.where(whole | edge, index, first).astype(np.uint16)
    layers = (Layer("outside", "", "air"), *(Layer(p[0], p[0], p[0]) for p in parts))
    count = grid.shape[0]
    return SampledPhantom(
        grid, layers, np.repeat(first, count, axis=0), np.repeat(second, count, axis=0),
        np.repeat(fraction, count, axis=0), np.zeros(grid.shape, np.int8),
    )  # fmt: skip


@pytest.fixture
def paint() -> Callable[[Grid, Sequence[Disc]], SampledPhantom]:
    return discs


@pytest.fixture
def scan(tissues: Tissues, subject: Subject) -> Callable[..., Volume]:
    """Return a function that scans discs with settings and gives the volume."""

    def take(
        parts: Sequence[Disc], settings: ct.CtSettings, *, slices: int = 1, seed: int = 1,
        threads: int | None = None,
    ) -> Volume:  # fmt: skip
        reach = max(abs(c) + s for _, x, y, a, b in parts for c, s in ((x, a), (y, b))) + 6.0
        height = slices * settings.slice_interval_mm
        grid = ct.sampling_grid(settings, Box((-reach, reach), (-reach, reach), (0.0, height)))
        return ct.acquire(
            discs(grid, parts), tissues, settings, subject=subject,
            rng=np.random.default_rng(seed), threads=threads,
        )[0]  # fmt: skip

    return take


@pytest.fixture
def raw(tissues: Tissues, subject: Subject) -> Callable[..., ct.RawScan]:
    """Return a function that keeps the path lengths of discs, for images at many settings."""

    def keep(parts: Sequence[Disc], settings: ct.CtSettings) -> ct.RawScan:
        reach = max(abs(c) + s for _, x, y, a, b in parts for c, s in ((x, a), (y, b))) + 6.0
        side = (-reach, reach)
        grid = ct.sampling_grid(settings, Box(side, side, (0.0, settings.slice_interval_mm)))
        return ct.RawScan(discs(grid, parts), tissues, [settings], subject=subject)

    return keep


def near(volume: Volume, x: float, y: float, radius: float) -> FloatArray:
    """Return the CT numbers within a radius of a place in the plane, all slices."""
    return volume.array[:, disc_mask(volume, x, y, radius)].astype(np.float64)


def disc_mask(volume: Volume, x: float, y: float, radius: float) -> BoolArray:
    points = volume.grid.points_mm()[0]
    return np.hypot(points[..., 0] - x, points[..., 1] - y) < radius


@pytest.fixture
def roi() -> Callable[[Volume, float, float, float], FloatArray]:
    return near


ABDOMEN: tuple[Disc, ...] = (
    ("subcutaneous_fat", 0, 0, 165, 115), ("muscle", 0, 0, 148, 98),
    ("visceral_fat", 0, -6, 140, 86), ("liver", -70, -10, 65, 60), ("spleen", 104, 12, 26, 44),
    ("muscle", 42, 74, 34, 18), ("muscle", -42, 74, 34, 18),
    ("muscle", 32, 44, 11, 14), ("muscle", -32, 44, 11, 14),
    ("blood_arterial", 8, 10, 11, 11), ("pancreas", 35, -25, 20, 11),
    ("cortical_bone", 0, 42, 23, 17), ("trabecular_bone", 0, 42, 22, 16),
)  # fmt: skip


@pytest.fixture
def abdomen() -> tuple[Disc, ...]:
    return ABDOMEN
