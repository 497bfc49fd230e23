"""What an MR scanner writes down about a series."""

import math
from typing import Final

from imagingsim.mr.settings import Gadolinium, MrSettings
from imagingsim.series import Contrast, MrTechnique, Subject

_GADOBUTROL_MMOL_ML = 1.0
_GADOBUTROL_MG_ML = 604.72
_DIRECTIONS = 3

_KINDS: Final[dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "spin_echo": ("se2d", ("SE",), ("NONE",)),
    "turbo_spin_echo": ("tse2d", ("SE",), ("SK",)),
    "flair": ("tir2d", ("SE", "IR"), ("SK",)),
    "gradient_echo": ("fl2d", ("GR",), ("SP",)),
    "diffusion": ("ep_b", ("EP", "SE"), ("SK",)),
    "diffusion_map": ("ep_adc", ("EP", "SE"), ("SK",)),
}


def technique(settings: MrSettings, slices: int, subject: Subject) -> MrTechnique:
    """Return the record of a series."""
    name, scanning, variant = _KINDS[settings.sequence]
    options = ("FS",) * settings.fat_suppression + ("PFP",) * (settings.partial_fourier < 1.0)
    if settings.sequence == "diffusion":
        name = f"{name}{settings.b_value_s_mm2:g}"
    return MrTechnique(
        sequence_name=name,
        scanning_sequence=scanning,
        sequence_variant=variant,
        scan_options=options,
        field_t=settings.field_t,
        tr_ms=settings.tr_ms,
        te_ms=settings.te_ms,
        ti_ms=settings.ti_ms,
        flip_angle_deg=settings.flip_angle_deg,
        echo_train_length=_echo_train(settings),
        averages=settings.averages,
        pixel_bandwidth_hz=settings.bandwidth_hz,
        slice_thickness_mm=settings.slice_thickness_mm,
        spacing_between_slices_mm=settings.slice_spacing_mm,
        acquisition_time_s=acquisition_time_s(settings, slices),
        b_value_s_mm2=settings.b_value_s_mm2,
        contrast=_contrast(settings.gadolinium, subject),
    )


def acquisition_time_s(settings: MrSettings, slices: int) -> float:
    """Return how long the series takes, s, all slices interleaved within one repetition time."""
    lines = settings.phase_lines - settings.missing_lines
    excitations = math.ceil(lines / _echo_train(settings)) * settings.averages
    if settings.sequence.startswith("diffusion"):
        excitations = settings.averages * (_DIRECTIONS if settings.b_value_s_mm2 else 1)
    elif settings.is_volume:
        excitations *= slices
    elif settings.single_shot:
        excitations = settings.averages * slices
    return excitations * settings.tr_ms * 1e-3


def _echo_train(settings: MrSettings) -> int:
    if settings.sequence in ("turbo_spin_echo", "flair"):
        return settings.echo_train_length
    return 1


def _contrast(given: Gadolinium | None, subject: Subject) -> Contrast | None:
    if given is None:
        return None
    return Contrast(
        agent=given.agent,
        route="intravenous",
        volume_ml=round(given.dose_mmol_kg * subject.weight_kg / _GADOBUTROL_MMOL_ML, 1),
        concentration_mg_ml=_GADOBUTROL_MG_ML,
        ingredient="gadolinium",
        rate_ml_s=given.rate_ml_s,
        delay_s=given.delay_s,
        phase=given.phase,
    )
