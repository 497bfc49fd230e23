"""CtSettings: what is asked of the CT scanner; `limits` says what it can do."""

from typing import Literal

from imagingsim.content import record

Kernel = Literal["soft", "standard", "bone", "lung"]
Bowtie = Literal["body", "head"]
Phase = Literal["unenhanced", "early_arterial", "late_arterial", "portal_venous", "delayed"]
ScanMode = Literal["helical", "axial"]
DoseRegion = Literal["head", "head_neck", "neck", "chest", "abdomen", "pelvis", "trunk"]
AddedFilter = Literal["none", "aluminium_3", "tin_0.4", "tin_0.6"]
"""A plate before the bowtie filter: its metal and its thickness in mm."""


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
    added_filter: AddedFilter = "none"


@record
class ChannelDefect:
    """A channel of the detector that the last calibration in air did not see as it is now.

    Attributes
    ----------
    offset_mm
        Distance of the rays it measures from the axis, and so the radius of its ring.
    gain
        What it reads over what it should; 0 for a dead channel.
    """

    offset_mm: float
    gain: float


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
        Side of the square image, centred on the axis of rotation. It may be smaller than the
        body; rays outside it are measured all the same.
    dose_region
        Which conversion factor gives the effective dose.
    added_filter
        A plate that hardens the beam.
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
    defects
        Channels that are dead or off: each makes a ring.
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
    added_filter: AddedFilter = "none"
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
    defects: tuple[ChannelDefect, ...] = ()
    same_exposure: bool = False

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel of the image."""
        return self.reconstruction_diameter_mm / self.matrix

    @property
    def effective_mas(self) -> float:
        """Tube current-time product per rotation over pitch: what noise and dose depend on."""
        return self.mas / self.pitch

    @property
    def feed_mm_s(self) -> float:
        """How fast the couch moves in a helical scan."""
        return self.pitch * self.total_collimation_mm / self.rotation_time_s


def share_sample(first: CtSettings, second: CtSettings) -> bool:
    """Tell whether one scan of a body serves both series: they differ in what follows it only."""
    return all(
        getattr(first, name) == getattr(second, name)
        for name in (
            "slice_thickness_mm", "slice_interval_mm", "reconstruction_diameter_mm", "matrix",
            "views", "bowtie", "couch", "scan_mode", "pitch", "total_collimation_mm",
            "rotation_time_s",
        )
    )  # fmt: skip
