"""CtSettings: what is asked of the CT scanner, and what it can do."""

from typing import Final, Literal

from imagingsim.content import record
from imagingsim.errors import AcquisitionError

Kernel = Literal["soft", "standard", "bone", "lung"]
Bowtie = Literal["body", "head"]
Phase = Literal["unenhanced", "early_arterial", "late_arterial", "portal_venous", "delayed"]
ScanMode = Literal["helical", "axial"]
DoseRegion = Literal["head", "head_neck", "neck", "chest", "abdomen", "pelvis", "trunk"]

TUBE_VOLTAGES_KV: Final = (70.0, 80.0, 100.0, 120.0, 140.0)
RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "mas": (1.0, 800.0, "mAs"),
    "slice_thickness_mm": (0.5, 20.0, "mm"),
    "slice_interval_mm": (0.3, 20.0, "mm"),
    "reconstruction_diameter_mm": (50.0, 700.0, "mm"),
    "pitch": (0.2, 3.4, ""),
    "rotation_time_s": (0.25, 3.0, "s"),
    "total_collimation_mm": (1.0, 160.0, "mm"),
    "matrix": (64, 1024, "pixels"),
    "views": (180, 4000, "views"),
    "iterative_strength": (0, 5, ""),
}
"""What the scanner can be set to: lowest, highest, unit."""

BOLUS_RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "iodine_mg_kg": (50.0, 1000.0, "mg/kg"),
    "concentration_mg_ml": (150.0, 400.0, "mg/mL"),
    "rate_ml_s": (0.5, 8.0, "mL/s"),
    "delay_s": (0.0, 1200.0, "s"),
}
DUAL_RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "mas": (1.0, 800.0, "mAs"),
    "kev": (40.0, 140.0, "keV"),
}
TRACKING_RANGES: Final[dict[str, tuple[float, float, str]]] = {
    "threshold_hu": (30.0, 300.0, "HU"),
    "then_s": (0.0, 600.0, "s"),
}


@record
class BolusTracking:
    """The scan starts some time after the aorta has become brighter by a threshold."""

    threshold_hu: float = 100.0
    then_s: float


@record
class IodineBolus:
    """An intravenous iodinated contrast medium as it is given.

    Attributes
    ----------
    iodine_mg_kg
        Iodine per body weight.
    delay_s
        From the start of the injection to the start of the scan; or the aorta is watched:
    tracking
        Instead of a delay.
    """

    agent: str = "iohexol"
    iodine_mg_kg: float = 450.0
    concentration_mg_ml: float = 350.0
    rate_ml_s: float = 3.5
    delay_s: float | None = None
    tracking: BolusTracking | None = None


@record
class DualEnergy:
    """A second exposure at a higher tube voltage; the image is that of photons of one energy.

    Attributes
    ----------
    kev
        The energy the image is made for.
    """

    kvp: float = 140.0
    mas: float
    kev: float = 70.0


@record
class CtSettings:
    """Everything asked of the scanner for one series.

    Attributes
    ----------
    mas
        Tube current-time product of one rotation.
    slice_interval_mm
        Distance between reconstructed slices; at most the thickness.
    reconstruction_diameter_mm
        Side of the square image, centred on the axis of rotation.
    dose_region
        Which conversion factor gives the effective dose.
    scan_mode
        The couch moves on while the tube turns, or stands still for each turn.
    tube_modulation
        The tube current follows the body's thickness around and along it; the mean stays as asked.
    scatter_correction
        The scatter estimated from the readings is taken off; its noise stays.
    bone_correction
        A second pass corrects beam hardening in bone too, as for heads.
    metal_reduction
        Readings behind metal or cement are replaced from a prior image.
    dual
        A second exposure; ``kvp`` and ``mas`` are those of the first, at the lower voltage.
    iterative_strength
        0 for filtered back-projection, up to 5 for ever less and smoother noise.
    couch
        The body lies on the couch; a test object may hang in air instead.
    same_exposure
        The series is one more reconstruction of an exposure that another series already counts,
        so it adds no dose-length product and no effective dose.
    """

    kvp: float
    mas: float
    slice_thickness_mm: float
    slice_interval_mm: float
    reconstruction_diameter_mm: float
    kernel: Kernel
    dose_region: DoseRegion
    pitch: float = 1.0
    rotation_time_s: float = 0.5
    total_collimation_mm: float = 38.4
    matrix: int = 512
    views: int = 720
    bowtie: Bowtie = "body"
    scan_mode: ScanMode = "helical"
    phase: Phase = "unenhanced"
    bolus: IodineBolus | None = None
    tube_modulation: bool = True
    scatter_correction: bool = True
    bone_correction: bool = False
    metal_reduction: bool = False
    dual: DualEnergy | None = None
    iterative_strength: int = 0
    couch: bool = True
    same_exposure: bool = False

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel of the image."""
        return self.reconstruction_diameter_mm / self.matrix

    @property
    def effective_mas(self) -> float:
        """Tube current-time product per rotation over pitch: what noise and dose depend on."""
        return self.mas / self.pitch


def check(settings: CtSettings) -> None:
    """Refuse what the scanner cannot do.

    Raises
    ------
    AcquisitionError
        Naming the first setting out of range, what was asked and what is possible.
    """
    if settings.kvp not in TUBE_VOLTAGES_KV:
        known = ", ".join(f"{kvp:g}" for kvp in TUBE_VOLTAGES_KV)
        raise AcquisitionError(f"kvp is {settings.kvp:g}, but the tube runs at {known} kV.")
    _check_ranges(settings, RANGES)
    if settings.dual is not None:
        _check_dual(settings, settings.dual)
    if settings.slice_interval_mm > settings.slice_thickness_mm:
        raise AcquisitionError(
            f"slice_interval_mm is {settings.slice_interval_mm:g}, which leaves gaps between "
            f"slices of {settings.slice_thickness_mm:g} mm. Choose an interval up to the thickness."
        )
    if settings.bolus is not None:
        _check_bolus(settings.bolus)
    if (settings.bolus is None) != (settings.phase == "unenhanced"):
        given = "absent" if settings.bolus is None else "set"
        raise AcquisitionError(
            f"phase is {settings.phase} and bolus is {given}. "
            "An enhanced phase needs a bolus; an unenhanced one takes none."
        )


def _check_dual(settings: CtSettings, dual: DualEnergy) -> None:
    if dual.kvp not in TUBE_VOLTAGES_KV or dual.kvp <= settings.kvp:
        raise AcquisitionError(
            f"dual.kvp is {dual.kvp:g}; the second tube voltage must be one of the scanner's and "
            f"above the first, {settings.kvp:g} kV."
        )
    if settings.bone_correction or settings.metal_reduction:
        raise AcquisitionError(
            "A dual-energy image takes no bone_correction and no metal_reduction; it needs none "
            "for bone. Leave them out."
        )
    _check_ranges(dual, DUAL_RANGES)


def _check_bolus(bolus: IodineBolus) -> None:
    if (bolus.delay_s is None) == (bolus.tracking is None):
        raise AcquisitionError("A bolus needs a delay_s or tracking, one of them. Give one.")
    _check_ranges(bolus, BOLUS_RANGES)
    if bolus.tracking is not None:
        _check_ranges(bolus.tracking, TRACKING_RANGES)


def share_sample(first: CtSettings, second: CtSettings) -> bool:
    """Tell whether one scan of a body serves both series: they differ in what follows it only."""
    return all(
        getattr(first, name) == getattr(second, name)
        for name in (
            "slice_thickness_mm", "slice_interval_mm", "reconstruction_diameter_mm", "matrix",
            "views", "bowtie", "couch", "scan_mode", "pitch", "total_collimation_mm",
        )
    )  # fmt: skip


def _check_ranges(
    settings: CtSettings | DualEnergy | IodineBolus | BolusTracking,
    ranges: dict[str, tuple[float, float, str]],
) -> None:
    for name, (low, high, unit) in ranges.items():
        value = getattr(settings, name)
        if value is not None and not low <= value <= high:
            raise AcquisitionError(
                f"{name} is {value:g} {unit}, outside the scanner's range of "
                f"{low:g} to {high:g} {unit}."
            )
