"""CT settings, geometry, materials and small parts."""

import json
from dataclasses import replace

import numpy as np
import pydantic
import pytest

from imagingsim import ct
from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.content import library
from imagingsim.ct.contrast import PHASE_TIMES_S, course, reference_course
from imagingsim.ct.geometry import bowtie_g_cm2, geometry, image_grid, slice_plan
from imagingsim.ct.materials import NATIVE, iodine_density, native_densities
from imagingsim.ct.planes import density_planes
from imagingsim.errors import AcquisitionError, ImagingSimError
from imagingsim.grid import Box, Grid
from imagingsim.series import Subject
from imagingsim.streams import stream
from imagingsim.tissue import Tissues, read_tissues

BOX = Box((-60.0, 60.0), (-50.0, 70.0), (100.0, 130.0))
SUBJECT = Subject(
    id="test",
    name="Test",
    sex="female",
    age_y=60.0,
    weight_kg=140.0,
    height_m=1.6,
    egfr_ml_min_1p73=90.0,
)


def settings(**changes: object) -> ct.CtSettings:
    usual: dict[str, object] = {
        "kvp": 120.0, "mas": 100.0, "slice_thickness_mm": 3.0, "slice_interval_mm": 3.0,
        "reconstruction_diameter_mm": 128.0, "kernel": "soft", "dose_region": "abdomen",
        "matrix": 64, "views": 180,
    }  # fmt: skip
    return ct.CtSettings(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tissues() -> Tissues:
    return read_tissues(library())


def filled(grid: Grid, material: str) -> SampledPhantom:
    layers = (Layer("outside", "", "air"), Layer("body", "body", material))
    first = np.ones(grid.shape, np.uint16)
    whole = np.full(grid.shape, 255, np.uint8)
    return SampledPhantom(grid, layers, first, first, whole, np.zeros(grid.shape, np.int8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kvp": 115.0}, "kvp is 115, but the tube runs at 70, 80, 90, 100, 110, 120, 130, 140"),
        ({"mas": 0.0}, "mas is 0 mAs, outside the scanner's range of 1 to 800 mAs."),
        ({"pitch": 9.0}, "pitch is 9, outside the scanner's range of 0.2 to 3.4."),
        ({"slice_thickness_mm": 0.2}, "slice_thickness_mm is 0.2 mm, outside the scanner's range"),
        ({"reconstruction_diameter_mm": 900.0}, "reconstruction_diameter_mm is 900 mm, outside"),
        ({"matrix": 32}, "matrix is 32 pixels, outside"),
        ({"views": 20}, "views is 20 views, outside"),
        ({"iterative_strength": 9}, "iterative_strength is 9, outside"),
        ({"rotation_time_s": 0.0}, "rotation_time_s is 0 s, outside"),
        ({"total_collimation_mm": 500.0}, "total_collimation_mm is 500 mm, outside"),
        ({"mas": 780.0, "rotation_time_s": 0.5}, "1560 mA and 187 kW, but the tube gives 1300 mA"),
        ({"kvp": 80.0, "added_filter": "tin_0.6"}, "of which too few photons are left"),
        ({"defects": (ct.ChannelDefect(offset_mm=400.0, gain=0.9),)}, "defects.0.offset_mm is 400"),
        ({"dual": ct.DualEnergy(kvp=100.0, mas=80.0)}, "must be above the first, 120 kV"),
        ({"dual": ct.DualEnergy(kvp=145.0, mas=80.0)}, "dual.kvp is 145, but the tube runs at"),
        ({"dual": ct.DualEnergy(kvp=140.0, mas=0.0)}, "dual.mas is 0 mAs, outside"),
        ({"dual": ct.DualEnergy(mas=80.0), "metal_reduction": True}, "takes no bone_correction"),
        ({"phase": "delayed", "bolus": ct.IodineBolus()}, "A bolus needs a delay_s or tracking"),
        ({"slice_interval_mm": 5.0}, "which leaves gaps between slices of 3 mm"),
        ({"phase": "portal_venous"}, "An enhanced phase needs a bolus"),
        ({"bolus": ct.IodineBolus(delay_s=70.0)}, "An enhanced phase needs a bolus"),
        (
            {"phase": "delayed", "bolus": ct.IodineBolus(delay_s=70.0, rate_ml_s=20.0)},
            "bolus.rate_ml_s is 20 mL/s",
        ),
    ],
)
def test_what_the_scanner_cannot_do_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(AcquisitionError) as error:
        ct.sampling_grid(settings(**changes), BOX)
    assert message in str(error.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(AcquisitionError) as error:
        ct.check(settings(kvp=50.0, mas=0.0, pitch=0.01))
    assert len(str(error.value).splitlines()) == 3


def test_a_grid_beside_the_body_is_refused(tissues: Tissues) -> None:
    sampled = filled(ct.sampling_grid(settings(), BOX), "liver")
    empty = replace(sampled, first=np.zeros_like(sampled.first))
    with pytest.raises(AcquisitionError, match="nothing of the body"):
        ct.acquire(empty, tissues, settings(), subject=SUBJECT, rng=stream(1, "ct"))


def test_the_sampling_grid_covers_the_box_and_is_centred_on_it() -> None:
    grid = ct.sampling_grid(settings(), BOX)
    low = np.array(grid.position_mm(0, 0, 0))
    high = np.array(grid.position_mm(*(n - 1 for n in grid.shape)))
    assert (low + high) / 2.0 == pytest.approx(BOX.centre_mm)
    half_voxel = np.array(grid.spacing_mm)[::-1] / 2.0
    assert np.all(low - half_voxel <= [-60.0, -50.0, 100.0])
    assert np.all(high + half_voxel >= [60.0, 70.0, 130.0])


@pytest.mark.parametrize(
    ("thickness", "interval"), [(3.0, 3.0), (3.0, 1.5), (5.0, 3.0), (1.0, 1.0)]
)
def test_slices_cover_the_box_at_their_interval(thickness: float, interval: float) -> None:
    asked = settings(slice_thickness_mm=thickness, slice_interval_mm=interval)
    sampled = ct.sampling_grid(asked, BOX)
    grid = image_grid(asked, sampled)
    assert grid.shape == (round(30.0 / interval), 64, 64)
    assert grid.position_mm(0, 31.5, 31.5) == pytest.approx((0.0, 10.0, 100.0 + interval / 2.0))
    plan = slice_plan(asked, sampled)
    assert plan.weights.sum() == pytest.approx(1.0)
    assert plan.start(plan.count - 1) + len(plan.weights) <= sampled.shape[0]


def test_a_body_sampled_on_another_grid_is_refused(tissues: Tissues) -> None:
    grid = Grid.axial((4, 20, 20), (4.0, 4.0, 4.0), (0.0, 0.0, 0.0))
    with pytest.raises(AcquisitionError, match=r"Sample it on ct.sampling_grid"):
        ct.acquire(filled(grid, "liver"), tissues, settings(), subject=SUBJECT, rng=stream(1, "ct"))


def test_series_with_other_slices_are_not_acquired_together(tissues: Tissues) -> None:
    both = [settings(), settings(slice_thickness_mm=1.0, slice_interval_mm=1.0)]
    sampled = filled(ct.sampling_grid(both[0], BOX), "liver")
    with pytest.raises(AcquisitionError, match="Acquire the others on their own"):
        ct.acquire_phases(
            sampled, tissues, both, subject=SUBJECT, rngs=[stream(1, "a"), stream(1, "b")]
        )


def test_a_body_wider_than_the_image_still_attenuates() -> None:
    grid = ct.sampling_grid(settings(), Box((-200.0, 200.0), (-100.0, 100.0), (0.0, 3.0)))
    scanner = geometry(settings(), *grid.shape[1:], settings().pixel_mm)
    assert scanner.channels * scanner.channel_mm >= 400.0
    assert scanner.matrix == 64


def test_phases_acquired_together_equal_each_alone(tissues: Tissues) -> None:
    bolus = ct.IodineBolus(delay_s=40.0)
    both = [settings(phase=phase, bolus=bolus) for phase in ("late_arterial", "portal_venous")]
    sampled = filled(ct.sampling_grid(both[0], BOX), "liver")
    together = ct.acquire_phases(
        sampled, tissues, both, subject=SUBJECT, rngs=[stream(1, "a"), stream(1, "b")]
    )
    alone = ct.acquire(sampled, tissues, both[1], subject=SUBJECT, rng=stream(1, "b"))
    difference = together[1][0].array.astype(int) - alone[0].array
    assert np.abs(difference).max() <= 1
    assert together[1][1].ssde_mgy == pytest.approx(alone[1].ssde_mgy, rel=1e-5)
    assert together[1][1].contrast == alone[1].contrast


def test_progress_ends_at_one(tissues: Tissues) -> None:
    seen: list[float] = []
    sampled = filled(ct.sampling_grid(settings(), BOX), "liver")
    ct.acquire(
        sampled, tissues, settings(), subject=SUBJECT, rng=stream(1, "a"), progress=seen.append
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_contrast_is_capped_at_150_ml_in_a_heavy_patient(tissues: Tissues) -> None:
    asked = settings(phase="portal_venous", bolus=ct.IodineBolus(delay_s=70.0))
    sampled = filled(ct.sampling_grid(asked, BOX), "liver")
    _, technique = ct.acquire(sampled, tissues, asked, subject=SUBJECT, rng=stream(1, "a"))
    assert technique.contrast is not None
    assert technique.contrast.volume_ml == 150.0


def test_texture_and_partial_volume_reach_the_water_plane() -> None:
    shape = (2, 1, 2)
    first = np.array([[[1, 1]], [[1, 2]]], np.uint16)
    second = np.array([[[1, 0]], [[1, 2]]], np.uint16)
    fraction = np.array([[[255, 51]], [[255, 255]]], np.uint8)
    texture = np.array([[[10, 0]], [[0, 0]]], np.int8)
    densities = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 0.0]], np.float32)
    planes = density_planes(
        first, second, fraction, texture, np.array([0.5, 0.5]), densities,
        np.array([0.0, 2.0, 0.0], np.float32),
    )  # fmt: skip
    assert planes.shape == (2, *shape[1:])
    assert planes[0, 0] == pytest.approx([1.0 + 0.5 * 0.020, 0.5 * 0.2 + 0.5 * 2.0])
    assert planes[1, 0] == pytest.approx([0.5, 0.05])


def test_the_reference_patient_has_the_tables_iodine(tissues: Tissues) -> None:
    names = ["blood_arterial", "blood_portal", "liver", "pancreas", "renal_cortex", "urine"]
    for phase in PHASE_TIMES_S:
        found = iodine_density(tissues, names, reference_course(phase)) * 1000.0
        table = [tissues[name].values.get(f"iodine_{phase}") for name in names]
        assert found == pytest.approx([0.0 if q is None else q.value for q in table], rel=1e-5)


def test_half_the_iodine_is_half_as_bright(tissues: Tissues) -> None:
    full, half = (
        iodine_density(
            tissues, ["blood_arterial", "liver"], course(enhanced(dose, dose / 100), SUBJECT)
        )
        for dose in (300.0, 150.0)
    )
    assert full == pytest.approx(2.0 * half, rel=0.02)


def test_an_unenhanced_scan_shows_the_thyroids_own_iodine_only(tissues: Tissues) -> None:
    found = iodine_density(tissues, ["thyroid", "blood_arterial"], None)
    assert found[0] > 0.0
    assert found[1] == 0.0


def enhanced(iodine_mg_kg: float, rate_ml_s: float) -> ct.CtSettings:
    bolus = ct.IodineBolus(iodine_mg_kg=iodine_mg_kg, rate_ml_s=rate_ml_s, delay_s=40.0)
    return settings(phase="late_arterial", bolus=bolus)


def test_contrast_without_known_renal_function_is_refused(tissues: Tissues) -> None:
    unknown = replace(SUBJECT, egfr_ml_min_1p73=None)
    with pytest.raises(AcquisitionError, match="renal function is not known"):
        course(enhanced(300.0, 3.0), unknown)


def test_a_threshold_that_is_never_reached_is_refused() -> None:
    tracking = ct.BolusTracking(threshold_hu=300.0, then_s=5.0)
    weak = ct.IodineBolus(iodine_mg_kg=60.0, rate_ml_s=0.5, tracking=tracking)
    with pytest.raises(AcquisitionError, match="never becomes 300 HU brighter"):
        course(settings(phase="late_arterial", bolus=weak), SUBJECT)


def test_a_tissue_without_composition_is_named(tissues: Tissues) -> None:
    unknown = tissues.derive("ghost", "liver", {})
    with pytest.raises(ImagingSimError, match="No tissue named 'wraith'"):
        native_densities(unknown, ["ghost", "wraith"])


def test_cement_and_titanium_have_planes_of_their_own(tissues: Tissues) -> None:
    found = native_densities(tissues, ["bone_cement", "titanium", "liver"])
    assert found[NATIVE.index("bone_cement")] == pytest.approx([1.39, 0.0, 0.0])
    assert found[NATIVE.index("titanium")] == pytest.approx([0.0, 4.43, 0.0])
    assert found[0, :2] == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("kind", ["body", "head"])
def test_the_bowtie_is_empty_on_the_axis_and_thickens_outwards(kind: str) -> None:
    thickness = bowtie_g_cm2(kind, np.arange(0.0, 200.0, 10.0))
    assert thickness[0] == 0.0
    assert np.all(np.diff(thickness) >= 0.0)


EXAMINATIONS = [name for name in library().names("protocols/acquisition") if name[:3] == "ct_"]


@pytest.mark.parametrize("name", EXAMINATIONS)
def test_built_in_examinations_are_within_the_scanners_range(name: str) -> None:
    tree = library().document(f"protocols/acquisition/{name}.yaml").tree
    for series in tree["series"]:
        keys = json.dumps(series["ct"])
        ct.check(pydantic.TypeAdapter(ct.CtSettings).validate_json(keys, strict=True))


def test_every_tissue_with_an_uptake_has_a_composition(tissues: Tissues) -> None:
    known = [name for name, tissue in tissues.by_name.items() if "fdg_suv" in tissue.values]
    assert [n for n in known if "water_density" not in tissues[n].values] == []


def test_the_couch_lies_under_the_body_and_not_in_it(tissues: Tissues) -> None:
    asked = settings(reconstruction_diameter_mm=256.0)
    sampled = filled(ct.sampling_grid(asked, BOX), "liver")
    volume, _ = ct.acquire(sampled, tissues, asked, subject=SUBJECT, rng=stream(1, "ct"))
    points = volume.grid.points_mm()[0]
    below = (points[..., 1] > 78.0) & (np.abs(points[..., 0]) < 60.0)
    assert volume.array[0, below].max() > -800
    beside = (np.abs(points[..., 0]) > 70.0) & (points[..., 1] < 20.0)
    assert volume.array[0, beside].mean() == pytest.approx(-1000.0, abs=15.0)
