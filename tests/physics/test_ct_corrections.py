"""Scatter, beam hardening in bone, metal, and two energies: what they do and what undoes it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from imagingsim import ct
from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box, Grid
from imagingsim.series import Subject
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

Disc = tuple[str, float, float, float, float]
Settings = Callable[..., ct.CtSettings]
Scan = Callable[..., Volume]
Roi = Callable[[Volume, float, float, float], FloatArray]
Paint = Callable[[Grid, Sequence[Disc]], SampledPhantom]

HEAD: list[Disc] = [
    ("cortical_bone", 0, 0, 80, 95), ("grey_matter", 0, 0, 74, 89),
    ("cortical_bone", -40, 30, 14, 9), ("cortical_bone", 40, 30, 14, 9),
]  # fmt: skip
SCREWS: list[Disc] = [("titanium", -12, 50, 3, 16), ("titanium", 12, 50, 3, 16)]


def test_scatter_darkens_the_centre_and_its_correction_undoes_it(
    scan: Scan, settings: Settings, roi: Roi
) -> None:
    """Scatter of 5 % of the primary lowers the centre of 32 cm of water by 18 +- 4 HU."""
    body: list[Disc] = [("water", 0, 0, 160, 160)]
    left, removed = (
        scan(body, settings(mas=800.0, pitch=0.2, scatter_correction=on)) for on in (False, True)
    )
    assert roi(left, 0.0, 0.0, 25.0).mean() == pytest.approx(-18.0, abs=4.0)
    assert abs(roi(removed, 0.0, 0.0, 25.0).mean()) < 1.0
    assert roi(removed, 0.0, 0.0, 25.0).std() > roi(left, 0.0, 0.0, 25.0).std()


def test_a_second_pass_fills_the_dark_bar_between_the_petrous_bones(
    scan: Scan, settings: Settings, roi: Roi
) -> None:
    asked = settings(bowtie="head", reconstruction_diameter_mm=240.0, mas=800.0, pitch=0.5)
    plain, corrected = (scan(HEAD, replace(asked, bone_correction=on)) for on in (False, True))

    def bar(image: Volume) -> float:
        return float(roi(image, 0.0, 30.0, 5.0).mean() - roi(image, 0.0, -60.0, 8.0).mean())

    assert bar(plain) < -15.0
    assert abs(bar(corrected)) < 0.4 * abs(bar(plain))


CEMENT: list[Disc] = [("bone_cement", -6, 40, 9, 9), ("bone_cement", 6, 43, 8, 7)]
PLACES = {"liver": (-50, -5, 30), "aorta": (8, 10, 8), "fat before the spine": (-12, 14, 5)}


@pytest.mark.parametrize("device", [SCREWS, CEMENT], ids=["screws", "cement"])
def test_reduction_of_metal_artefacts_gains_a_third_at_least(
    scan: Scan, settings: Settings, abdomen: tuple[Disc, ...], device: list[Disc]
) -> None:
    """Root mean square error against the same slice without the device (asked for: a fifth).

    The arm lies outside the image, where the correction must see it all the same.
    """
    body = [*abdomen, ("muscle", -195, 0, 20, 30)]
    asked = settings(mas=800.0, pitch=0.2, matrix=300, views=480, reconstruction_diameter_mm=340.0)
    truth = scan(body, asked)
    plain, reduced = (
        scan([*body, *device], replace(asked, metal_reduction=on)) for on in (False, True)
    )
    points = truth.grid.points_mm()[0]
    for name, (x, y, radius) in PLACES.items():
        place = np.hypot(points[..., 0] - x, points[..., 1] - y) < radius
        errors = [
            np.sqrt(np.mean((image.array[0] - truth.array[0].astype(float))[place] ** 2))
            for image in (plain, reduced)
        ]
        assert errors[1] < 0.67 * errors[0], (name, errors)
    assert reduced.array.max() > 2500


def test_without_metal_its_reduction_changes_nothing(
    scan: Scan, settings: Settings, abdomen: tuple[Disc, ...]
) -> None:
    asked = settings()
    same = scan(abdomen, asked).array == scan(abdomen, replace(asked, metal_reduction=True)).array
    assert same.all()


def dual(settings: Settings, kev: float) -> ct.CtSettings:
    bolus = ct.IodineBolus(rate_ml_s=4.0, delay_s=37.0)
    return settings(
        kvp=80.0, mas=300.0, phase="late_arterial", bolus=bolus,
        dual=ct.DualEnergy(mas=200.0, kev=kev),
    )  # fmt: skip


VESSEL: list[Disc] = [
    ("water", 0, 0, 140, 140), ("blood_arterial", 40, 0, 15, 15), ("water", -40, 0, 15, 15),
]  # fmt: skip


def test_images_of_one_energy_follow_the_attenuation_of_iodine(
    scan: Scan, settings: Settings, roi: Roi
) -> None:
    """Iodine over water, NIST: 15.2 at 50 and 6.6 at 70 keV per g/cm3 of either."""
    low, high = (scan(VESSEL, dual(settings, kev)) for kev in (50.0, 70.0))
    for image in (low, high):
        assert abs(roi(image, -40.0, 0.0, 10.0).mean()) < 3.0
    blood = 45.0
    ratio = (roi(low, 40.0, 0.0, 9.0).mean() - blood) / (roi(high, 40.0, 0.0, 9.0).mean() - blood)
    assert ratio == pytest.approx((12.32 / 0.2269) / (5.02 / 0.1929), rel=0.05)


def raw_scan(
    paint: Paint, tissues: Tissues, subject: Subject, settings: ct.CtSettings
) -> ct.RawScan:
    grid = ct.sampling_grid(settings, Box((-146.0, 146.0), (-146.0, 146.0), (0.0, 10.0)))
    return ct.RawScan(paint(grid, VESSEL), tissues, [settings], subject=subject)


def test_an_iodine_map_measures_iodine(
    paint: Paint, tissues: Tissues, subject: Subject, settings: Settings
) -> None:
    asked = dual(settings, 70.0)
    image = raw_scan(paint, tissues, subject, asked).iodine_mg_ml(0, asked)
    middle, radius = image.shape[0] // 2, 5
    at = round(middle + 40.0 / asked.pixel_mm)
    vessel = image[middle - radius : middle + radius, at - radius : at + radius].mean()
    water = image[middle - radius : middle + radius, : 2 * middle - at + radius]
    assert vessel == pytest.approx(10.9, rel=0.08)
    assert abs(water[:, -2 * radius :].mean()) < 0.2


def test_a_raw_scan_shows_other_settings_and_refuses_other_slices(
    paint: Paint, tissues: Tissues, subject: Subject, settings: Settings
) -> None:
    asked = settings()
    raw = raw_scan(paint, tissues, subject, asked)
    first = raw.image(0)
    assert (raw.image(0) == first).all()
    noisier = raw.image(0, replace(asked, mas=20.0))
    middle = slice(118, 138)
    assert noisier[middle, middle].std() > 2.0 * first[middle, middle].std()
    assert raw.image(1, noise=False)[middle, middle].std() < first[middle, middle].std()
    with pytest.raises(AcquisitionError, match="Scan again"):
        raw.image(0, replace(asked, slice_thickness_mm=8.0))
    with pytest.raises(AcquisitionError, match="Slice 7 is not among"):
        raw.image(7)
