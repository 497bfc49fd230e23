"""What the scanner can do, and every way in which settings ask for more."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imagingsim.ct.settings import (
    BolusTracking,
    ChannelDefect,
    CtSettings,
    DualEnergy,
    IodineBolus,
)
from imagingsim.errors import AcquisitionError

SCAN_FIELD_MM: Final = 500.0
"""Diameter of the circle that every view sees whole, as on clinical scanners."""

TUBE_VOLTAGES_KV: Final = (70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 140.0, 150.0)
LEAST_KV_BEHIND_TIN: Final = 100.0
"""A tin plate takes nearly all of a softer beam."""

TUBE_KW: Final = 120.0
TUBE_MA: Final = 1300.0
"""Largest power and current of the tube (data sheets of high-end scanners: 100 to 120 kW and
1300 mA per tube, from memory: verify)."""

Range = tuple[float, float, str]
RANGES: Final[dict[str, Range]] = {
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

BOLUS_RANGES: Final[dict[str, Range]] = {
    "iodine_mg_kg": (50.0, 1000.0, "mg/kg"),
    "concentration_mg_ml": (150.0, 400.0, "mg/mL"),
    "rate_ml_s": (0.5, 8.0, "mL/s"),
    "delay_s": (0.0, 1200.0, "s"),
}
DUAL_RANGES: Final[dict[str, Range]] = {
    "mas": (1.0, 800.0, "mAs"),
    "kev": (40.0, 150.0, "keV"),
}
TRACKING_RANGES: Final[dict[str, Range]] = {
    "threshold_hu": (30.0, 300.0, "HU"),
    "then_s": (0.0, 600.0, "s"),
}
DEFECT_RANGES: Final[dict[str, Range]] = {
    "offset_mm": (0.0, SCAN_FIELD_MM / 2.0, "mm"),
    "gain": (0.0, 2.0, ""),
}


@dataclass(frozen=True)
class Fault:
    """Something that cannot be: where it stands among the settings, and what is wrong."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return self.message


def check(settings: CtSettings) -> None:
    """Refuse what the scanner cannot do.

    Raises
    ------
    AcquisitionError
        Naming every setting out of range, what was asked and what is possible, one a line.
    """
    found = faults(settings)
    if found:
        raise AcquisitionError("\n".join(str(fault) for fault in found))


def faults(settings: CtSettings) -> tuple[Fault, ...]:
    """Return everything in the settings that the scanner cannot do."""
    parts = (
        _of_tube(settings), _of_ranges(settings, RANGES), _of_slices(settings),
        _of_contrast(settings), _of_dual(settings),
    )  # fmt: skip
    found = [fault for part in parts for fault in part]
    for number, one in enumerate(settings.defects):
        found += _of_ranges(one, DEFECT_RANGES, "defects", number)
    return tuple(found)


def _of_tube(settings: CtSettings) -> Iterator[Fault]:
    yield from _of_exposure(settings, settings.rotation_time_s)
    if settings.dual is not None:
        yield from _of_exposure(settings.dual, settings.rotation_time_s, "dual")


def _of_exposure(asked: CtSettings | DualEnergy, rotation_s: float, *path: str) -> Iterator[Fault]:
    said = "".join(f"{step}." for step in path)
    if asked.kvp not in TUBE_VOLTAGES_KV:
        known = ", ".join(f"{kvp:g}" for kvp in TUBE_VOLTAGES_KV)
        yield Fault((*path, "kvp"), f"{said}kvp is {asked.kvp:g}, but the tube runs at {known} kV.")
    if asked.added_filter.startswith("tin") and asked.kvp < LEAST_KV_BEHIND_TIN:
        yield Fault(
            (*path, "added_filter"),
            f"{said}added_filter is {asked.added_filter} at {asked.kvp:g} kV, of which too few "
            f"photons are left. Choose at least {LEAST_KV_BEHIND_TIN:g} kV, or no tin.",
        )
    if rotation_s <= 0.0:
        return
    current_ma = asked.mas / rotation_s
    power_kw = current_ma * asked.kvp / 1000.0
    if current_ma > TUBE_MA or power_kw > TUBE_KW:
        yield Fault(
            (*path, "mas"),
            f"{said}mas is {asked.mas:g} mAs in {rotation_s:g} s: {current_ma:.0f} mA and "
            f"{power_kw:.0f} kW, but the tube gives {TUBE_MA:g} mA and {TUBE_KW:g} kW. Lower mas "
            "or turn more slowly.",
        )


def _of_slices(settings: CtSettings) -> Iterator[Fault]:
    if settings.slice_interval_mm > settings.slice_thickness_mm:
        yield Fault(
            ("slice_interval_mm",),
            f"slice_interval_mm is {settings.slice_interval_mm:g}, which leaves gaps between "
            f"slices of {settings.slice_thickness_mm:g} mm. Choose an interval up to the "
            "thickness.",
        )


def _of_contrast(settings: CtSettings) -> Iterator[Fault]:
    bolus = settings.bolus
    if (bolus is None) != (settings.phase == "unenhanced"):
        given = "absent" if bolus is None else "set"
        yield Fault(
            ("phase",),
            f"phase is {settings.phase} and bolus is {given}. "
            "An enhanced phase needs a bolus; an unenhanced one takes none.",
        )
    if bolus is None:
        return
    if (bolus.delay_s is None) == (bolus.tracking is None):
        yield Fault(("bolus",), "A bolus needs a delay_s or tracking, one of them. Give one.")
    yield from _of_ranges(bolus, BOLUS_RANGES, "bolus")
    if bolus.tracking is not None:
        yield from _of_ranges(bolus.tracking, TRACKING_RANGES, "bolus", "tracking")


def _of_dual(settings: CtSettings) -> Iterator[Fault]:
    dual = settings.dual
    if dual is None:
        return
    if dual.kvp <= settings.kvp:
        yield Fault(
            ("dual", "kvp"),
            f"dual.kvp is {dual.kvp:g}; the second tube voltage must be above the first, "
            f"{settings.kvp:g} kV.",
        )
    if settings.bone_correction or settings.metal_reduction:
        yield Fault(
            ("dual",),
            "A dual-energy image takes no bone_correction and no metal_reduction; it needs none "
            "for bone. Leave them out.",
        )
    yield from _of_ranges(dual, DUAL_RANGES, "dual")


def _of_ranges(
    asked: CtSettings | DualEnergy | IodineBolus | BolusTracking | ChannelDefect,
    ranges: dict[str, Range],
    *path: str | int,
) -> Iterator[Fault]:
    said = "".join(f"{step}." for step in path)
    for name, (low, high, unit) in ranges.items():
        value = getattr(asked, name)
        if value is not None and not low <= value <= high:
            span = f"{low:g} to {high:g} {unit}".strip()
            yield Fault(
                (*path, name),
                f"{said}{name} is {value:g} {unit}".strip()
                + f", outside the scanner's range of {span}.",
            )
