"""Series: one volume with what the scanner recorded about it, and the subject it shows."""

from dataclasses import dataclass
from typing import Literal

from imagingsim.volume import Volume

Modality = Literal["CT", "MR", "PT"]
Sex = Literal["female", "male", "other"]


@dataclass(frozen=True)
class Subject:
    """The virtual patient as a scanner's console knows them.

    Attributes
    ----------
    id
        Stable identifier, e.g. the case's id.
    egfr_ml_min_1p73
        Filtration of the kidneys, mL/min per 1.73 m2; None when it is not known.
    """

    id: str
    name: str
    sex: Sex
    age_y: float
    weight_kg: float
    height_m: float
    egfr_ml_min_1p73: float | None = None


@dataclass(frozen=True)
class Contrast:
    """A contrast medium as it was given."""

    agent: str
    route: Literal["intravenous", "oral"]
    volume_ml: float
    concentration_mg_ml: float
    ingredient: Literal["iodine", "gadolinium", "sulphur hexafluoride"]
    rate_ml_s: float
    delay_s: float
    phase: str


@dataclass(frozen=True)
class CtTechnique:
    """What a CT scanner records about a series; doses are for this series alone.

    Attributes
    ----------
    effective_dose_msv, effective_dose_icrp_103_msv
        With the older and the newer published conversion factors; each is uncertain by 40 %.
    """

    kvp: float
    tube_current_ma: float
    exposure_time_ms: float
    exposure_mas: float
    slice_thickness_mm: float
    kernel: str
    pitch: float
    total_collimation_mm: float
    reconstruction_diameter_mm: float
    ctdi_vol_mgy: float
    ctdi_phantom_cm: Literal[16, 32]
    scan_length_mm: float
    dlp_mgy_cm: float
    ssde_mgy: float
    effective_dose_msv: float
    metal_artefact_reduction: bool
    effective_dose_icrp_103_msv: float | None = None
    contrast: Contrast | None = None


@dataclass(frozen=True)
class MrTechnique:
    """What an MR scanner records about a series."""

    sequence_name: str
    scanning_sequence: tuple[str, ...]
    sequence_variant: tuple[str, ...]
    scan_options: tuple[str, ...]
    field_t: float
    tr_ms: float
    te_ms: float
    ti_ms: float | None
    flip_angle_deg: float
    echo_train_length: int
    averages: float
    pixel_bandwidth_hz: float
    slice_thickness_mm: float
    spacing_between_slices_mm: float
    acquisition_time_s: float
    b_value_s_mm2: float | None = None
    contrast: Contrast | None = None


@dataclass(frozen=True)
class PetTechnique:
    """What a PET scanner records about a series; activities are decay-corrected to scan start."""

    tracer: str
    nuclide: str
    half_life_s: float
    positron_fraction: float
    injected_bq: float
    uptake_s: float
    bed_duration_s: float
    bed_starts_s: tuple[float, ...]
    bed_of_slice: tuple[int, ...]
    algorithm: str
    iterations: int
    subsets: int
    filter_fwhm_mm: float
    scatter_fraction: float
    slice_thickness_mm: float
    effective_dose_msv: float
    attenuation_series: str | None = None


Technique = CtTechnique | MrTechnique | PetTechnique


@dataclass(frozen=True, eq=False)
class Series:
    """One volume with its technique.

    Attributes
    ----------
    name
        Key of its random stream and of its folder, e.g. ``"ct_portal"``.
    description
        What a worklist shows, e.g. ``"CT abdomen, portal venous, 3 mm"``.
    body_part
        DICOM Body Part Examined term, e.g. ``"ABDOMEN"``.
    """

    name: str
    description: str
    modality: Modality
    body_part: str
    volume: Volume
    technique: Technique
