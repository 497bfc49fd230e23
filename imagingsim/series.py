"""Series: one volume with what the scanner recorded about it, and the subject it shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from imagingsim.reformatting import PlaneName, Projection
from imagingsim.volume import Volume

EPOCH = datetime(2020, 1, 6, 9, 0, 0)
"""Monday of the first visit of every case; a virtual patient has no time zone."""

Modality = Literal["CT", "MR", "PT"]
Position = Literal["supine", "prone", "decubitus_left", "decubitus_right"]
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
        With the older and the newer published conversion factors.
    effective_dose_uncertainty
        Relative uncertainty of either.
    mode
        How the couch moved; a scout is a projection and no slice.
    position
        How the patient lay, the head first.
    added_filter
        A plate that hardened the beam, e.g. ``"tin_0.6"`` (mm).
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
    effective_dose_uncertainty: float | None = None
    contrast: Contrast | None = None
    mode: Literal["helical", "axial", "scout"] = "helical"
    position: Position = "supine"
    added_filter: str = "none"


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


@dataclass(frozen=True)
class Derivation:
    """How a series was made from another one.

    Attributes
    ----------
    source
        Name of the series it was made from.
    """

    source: str
    plane: PlaneName
    thickness_mm: float
    projection: Projection


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
    derivation
        How it was made from another series; None for what the scanner measured.
    """

    name: str
    description: str
    modality: Modality
    body_part: str
    volume: Volume
    technique: Technique
    derivation: Derivation | None = None

    @property
    def is_scout(self) -> bool:
        """Whether it is a projection that the scan was planned on."""
        return isinstance(self.technique, CtTechnique) and self.technique.mode == "scout"

    @property
    def is_measured(self) -> bool:
        """Whether it holds slices as they were acquired: neither a scout nor a reformat."""
        return self.derivation is None and not self.is_scout
