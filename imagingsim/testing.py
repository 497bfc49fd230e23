"""Small synthetic studies for tests and for trying things out: a body of ellipsoids, no physics."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from imagingsim import formats
from imagingsim.grid import Grid
from imagingsim.labels import LabelVolume
from imagingsim.reformatting import reformat
from imagingsim.series import (
    EPOCH,
    Contrast,
    CtTechnique,
    Derivation,
    MrTechnique,
    PetTechnique,
    Series,
    Subject,
    Technique,
)
from imagingsim.streams import stream
from imagingsim.study import Study
from imagingsim.units import F18_HALF_LIFE_S
from imagingsim.volume import Volume

SUBJECT = Subject("demo", "Demo", "female", age_y=72, weight_kg=64, height_m=1.62)
LIVER, LEFT_KIDNEY, FAT, MASS, NODULE = 5, 3, 203, 1000, 1001
LESION_NAMES = {MASS: "lesion_liver_mass", NODULE: "lesion_left_nodule"}
MASS_CENTRE_MM = (-60.0, -10.0, 10.0)
MASS_RADIUS_MM = 18.0
MASS_SUV = 12.0

HU = {0: -1000.0, FAT: -90.0, LIVER: 110.0, LEFT_KIDNEY: 180.0, MASS: 60.0, NODULE: 150.0}
SIGNAL = {0: 0.0, FAT: 300.0, LIVER: 900.0, LEFT_KIDNEY: 700.0, MASS: 1800.0, NODULE: 1500.0}
SUV = {0: 0.0, FAT: 0.4, LIVER: 2.2, LEFT_KIDNEY: 4.0, MASS: MASS_SUV, NODULE: 8.0}

IODINE = Contrast("iohexol", "intravenous", 100.0, 300.0, "iodine", 4.0, 35.0, "late_arterial")
GADOLINIUM = Contrast("gadobutrol", "intravenous", 6.0, 604.0, "gadolinium", 1.0, 300.0, "late")
CT = CtTechnique(
    kvp=120,
    tube_current_ma=220,
    exposure_time_ms=500,
    exposure_mas=110,
    slice_thickness_mm=6,
    kernel="soft",
    pitch=1.0,
    total_collimation_mm=40,
    reconstruction_diameter_mm=360,
    ctdi_vol_mgy=8.1,
    ctdi_phantom_cm=32,
    scan_length_mm=180,
    dlp_mgy_cm=146,
    ssde_mgy=9.5,
    effective_dose_msv=2.2,
    metal_artefact_reduction=False,
)
MR = MrTechnique(
    sequence_name="spin_echo",
    scanning_sequence=("SE",),
    sequence_variant=("SK",),
    scan_options=(),
    field_t=1.5,
    tr_ms=500,
    te_ms=12,
    ti_ms=None,
    flip_angle_deg=90,
    echo_train_length=4,
    averages=1,
    pixel_bandwidth_hz=200,
    slice_thickness_mm=5,
    spacing_between_slices_mm=5,
    acquisition_time_s=180,
)
PET = PetTechnique(
    tracer="FDG",
    nuclide="F-18",
    half_life_s=F18_HALF_LIFE_S,
    positron_fraction=0.967,
    injected_bq=250e6,
    uptake_s=3600,
    bed_duration_s=120,
    bed_starts_s=(0.0, 125.0, 250.0),
    bed_of_slice=tuple(slice_ // 15 for slice_ in range(45)),
    algorithm="OSEM",
    iterations=3,
    subsets=21,
    filter_fwhm_mm=5,
    scatter_fraction=0.32,
    slice_thickness_mm=4,
    effective_dose_msv=4.75,
    attenuation_series="ct_attenuation",
)


def ct_study(*, seed: int = 1, pixels: int = 64) -> Study:
    """Return two contrast phases of an axial CT, with labels."""
    grid = Grid.axial((30, pixels, pixels), (6, 360 / pixels, 340 / pixels), (-165, -175, -90))
    arterial = _ct("ct_arterial", grid, replace(CT, contrast=IODINE), seed)
    portal_contrast = replace(IODINE, delay_s=70.0, phase="portal_venous")
    portal = _ct("ct_portal", grid, replace(CT, contrast=portal_contrast), seed)
    return Study(
        id="01_ct",
        case="demo",
        timepoint="presentation",
        acquisition="ct_pancreas_two_phase",
        description="CT pancreas",
        subject=SUBJECT,
        seed=seed,
        series=(arterial, portal),
        labels=(_labels(grid, "ct_arterial"),),
        duration_min=20,
        cost=300,
    )


def ct_study_with_scout_and_reformat() -> Study:
    """Return the CT with a scout before it and a coronal reformat after it."""
    plain = ct_study()
    portal = plain.series_named("ct_portal")
    upright = reformat(portal.volume, "coronal", thickness_mm=6.0)
    derived = replace(
        portal, name="ct_portal_coronal", volume=upright,
        derivation=Derivation("ct_portal", "coronal", 6.0, "mean"),
    )  # fmt: skip
    seen = upright.array.astype(np.float64).mean(axis=0, keepdims=True)
    flat = Volume(np.rint(seen).astype(np.int16), upright.grid.slab(20, 21), "scout", "1")
    scout = replace(
        portal, name="scout_ap", description="Scout AP", volume=flat,
        technique=replace(CT, mode="scout", kernel="scout", effective_dose_msv=0.02),
    )  # fmt: skip
    return replace(plain, series=(scout, *plain.series, derived))


def mr_study(*, seed: int = 1) -> Study:
    """Return a sagittal and an axial contrast-enhanced MR with labels on the sagittal one."""
    affine = np.array(
        [[5.0, 0.0, 0.0, -100.0], [0.0, 0.0, 3.0, -120.0], [0.0, -2.5, 0.0, 80.0], [0, 0, 0, 1]]
    )
    sagittal = Grid((40, 64, 80), affine)
    axial = Grid.axial((25, 70, 60), (6.0, 4.0, 5.0), (-150.0, -140.0, -75.0))
    plain = _mr("t1_sagittal", sagittal, MR, seed)
    enhanced = _mr("t1_gd_axial", axial, replace(MR, contrast=GADOLINIUM), seed)
    return Study(
        id="02_mr",
        case="demo",
        timepoint="presentation",
        acquisition="mr_head_gd",
        description="MR head",
        subject=SUBJECT,
        seed=seed,
        series=(plain, enhanced),
        labels=(_labels(sagittal, "t1_sagittal"),),
        start=EPOCH + timedelta(days=4),
    )


def petct_study(*, seed: int = 1) -> Study:
    """Return a low-dose CT and an FDG PET of three bed positions on another grid."""
    ct_grid = Grid.axial((30, 64, 64), (6, 360 / 64, 340 / 64), (-165, -175, -90))
    pet_grid = Grid.axial((45, 40, 40), (4.0, 9.0, 8.0), (-160.0, -176.0, -88.0))
    low_dose = replace(_ct("ct_attenuation", ct_grid, CT, seed), body_part="WHOLEBODY")
    factor = formats.suv_per_bq_ml(
        weight_kg=SUBJECT.weight_kg,
        injected_bq=PET.injected_bq,
        half_life_s=PET.half_life_s,
        uptake_s=PET.uptake_s,
    )
    bq_ml = _image(pet_grid, SUV) / factor
    volume = Volume(bq_ml.astype(np.float32), pet_grid, "activity concentration", "Bq/mL")
    pet = Series("pet", "FDG PET, attenuation corrected", "PT", "WHOLEBODY", volume, PET)
    return Study(
        id="03_petct",
        case="demo",
        timepoint="presentation",
        acquisition="petct_fdg",
        description="FDG PET/CT",
        subject=SUBJECT,
        seed=seed,
        series=(low_dose, pet),
        labels=(_labels(ct_grid, "ct_attenuation"), _labels(pet_grid, "pet")),
        start=EPOCH + timedelta(days=9),
    )


def _ct(name: str, grid: Grid, technique: Technique, seed: int) -> Series:
    noisy = _image(grid, HU) + stream(seed, name).normal(0, 12, grid.shape)
    volume = Volume(np.rint(noisy).astype(np.int16), grid, "CT number", "HU")
    return Series(name, f"CT abdomen, {name}", "CT", "ABDOMEN", volume, technique)


def _mr(name: str, grid: Grid, technique: Technique, seed: int) -> Series:
    noisy = np.abs(_image(grid, SIGNAL) + stream(seed, name).normal(0, 20, grid.shape))
    volume = Volume(np.rint(noisy).astype(np.uint16), grid, "signal", "1")
    return Series(name, f"MR, {name}", "MR", "HEAD", volume, technique)


def _image(grid: Grid, values: Mapping[int, float]) -> npt.NDArray[np.float64]:
    table = np.zeros(max(values) + 1)
    table[list(values)] = list(values.values())
    return table[_label_map(grid)]


def _labels(grid: Grid, series: str) -> LabelVolume:
    labels = Volume(_label_map(grid), grid, "label", "1")
    return formats.label_volume(labels, LESION_NAMES, series=series)


def _label_map(grid: Grid) -> npt.NDArray[np.uint16]:
    x, y, z = np.moveaxis(grid.points_mm(), -1, 0)
    labels = np.zeros(grid.shape, dtype=np.uint16)
    labels[(x / 150) ** 2 + (y / 100) ** 2 < 1] = FAT
    labels[((x + 70) / 50) ** 2 + ((y + 20) / 50) ** 2 + (z / 60) ** 2 < 1] = LIVER
    labels[((x - 60) / 20) ** 2 + ((y - 40) / 20) ** 2 + ((z - 10) / 40) ** 2 < 1] = LEFT_KIDNEY
    a, b, c = MASS_CENTRE_MM
    labels[(x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 < MASS_RADIUS_MM**2] = MASS
    labels[(x - 80) ** 2 + y**2 + (z + 20) ** 2 < 12**2] = NODULE
    return labels
