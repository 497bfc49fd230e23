"""What each sequence makes of water and fat: the weight of every phase line of every tissue."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imagingsim.mr import diffusion, gradient_echo, spin_echo, turbo_spin_echo
from imagingsim.mr.relaxation import FAT, Relaxation, of_materials
from imagingsim.mr.settings import MrSettings
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray

PROTON_HZ_PER_T: Final = 42.577478518e6
"""Gyromagnetic ratio of the proton over 2 pi (CODATA 2018)."""

FAT_SHIFT_PPM: Final = -3.45
"""Resonance of the methylene protons of fat from that of water."""

FAT_RESIDUE: Final = 0.03
"""Fat signal left by spectral fat suppression; olefinic fat is close to water."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Signal of a sequence.

    Attributes
    ----------
    water
        (tissues, lines), units of water's equilibrium magnetisation per proton density of water.
    fat
        (lines,), the same for pure fat of proton density 1.
    fat_phase_rad
        Phase of fat against water at the echo.
    """

    water: FloatArray
    fat: FloatArray
    fat_phase_rad: float


def fat_offset_hz(settings: MrSettings) -> float:
    """Return the resonance offset of fat from water, Hz."""
    return FAT_SHIFT_PPM * 1e-6 * PROTON_HZ_PER_T * settings.field_t


def weights(water: Relaxation, tissues: Tissues, settings: MrSettings) -> Weights:
    """Return the weight of each phase line for the water of each tissue, and for fat."""
    plain = replace(settings, gadolinium=None)
    fat = of_materials([FAT], tissues, plain)
    fat = replace(fat, proton_density=np.ones(1))
    kept = FAT_RESIDUE if settings.fat_suppression else 1.0
    phase = 0.0
    if settings.sequence == "gradient_echo":
        phase = 2.0 * np.pi * fat_offset_hz(settings) * settings.te_ms * 1e-3
    return Weights(lines(water, settings), kept * lines(fat, settings)[0], phase)


def lines(tissue: Relaxation, settings: MrSettings) -> FloatArray:
    """Return the weight of each phase line, shape (tissues, lines)."""
    count = settings.phase_lines
    if settings.sequence == "gradient_echo":
        value = gradient_echo.signal(
            tissue.proton_density, tissue.t1_ms, tissue.t2_star_ms, tr_ms=settings.tr_ms,
            te_ms=settings.te_ms, flip_angle_deg=settings.flip_angle_deg,
        )  # fmt: skip
        return np.repeat(value[:, None], count, axis=1)
    stays = (1.0 - tissue.flow_void)[:, None]
    if settings.sequence in ("turbo_spin_echo", "flair"):
        return stays * _train_lines(tissue, settings)
    if settings.sequence == "spin_echo":
        value = spin_echo.signal(
            tissue.proton_density, tissue.t1_ms, tissue.t2_ms, tr_ms=settings.tr_ms,
            te_ms=settings.te_ms,
        )  # fmt: skip
        return stays * np.repeat(value[:, None], count, axis=1)
    return stays * _diffusion_lines(tissue, settings)


def _train_lines(tissue: Relaxation, settings: MrSettings) -> FloatArray:
    repetition_ms = math.inf if settings.single_shot else settings.tr_ms
    echoes = turbo_spin_echo.train(
        tissue.proton_density, tissue.t1_ms, tissue.t2_ms, tr_ms=repetition_ms,
        ti_ms=settings.ti_ms, echo_spacing_ms=settings.echo_spacing_ms,
        echoes=settings.echo_train_length,
        refocusing_deg=180.0 if settings.flip_angle_deg == 90.0 else settings.flip_angle_deg,
    )  # fmt: skip
    effective = round(settings.te_ms / settings.echo_spacing_ms) - 1
    order = turbo_spin_echo.echo_of_line(
        settings.phase_lines, settings.echo_train_length, effective, first=settings.missing_lines
    )
    return echoes[:, order]


def _diffusion_lines(tissue: Relaxation, settings: MrSettings) -> FloatArray:
    value = diffusion.signal(
        tissue.proton_density, tissue.t1_ms, tissue.t2_ms, tissue.adc_mm2_s,
        tr_ms=settings.tr_ms, te_ms=settings.te_ms, b_value_s_mm2=settings.b_value_s_mm2 or 0.0,
    )  # fmt: skip
    count = settings.phase_lines
    times_ms = (np.arange(count) - count // 2) * settings.echo_spacing_ms
    return value[:, None] * diffusion.line_decay(tissue.t2_ms, tissue.t2_star_ms, times_ms)


REFERENCE: Final = Relaxation(
    proton_density=np.array([0.8]),
    t1_ms=np.array([900.0]),
    t2_ms=np.array([70.0]),
    t2_star_ms=np.array([45.0]),
    adc_mm2_s=np.array([0.0]),
    flow_void=np.array([0.0]),
)
"""A soft tissue; series are scaled so that it would show the same grey in each."""


def reference_signal(settings: MrSettings) -> float:
    """Return the signal of the reference tissue at the centre of k-space."""
    return float(abs(lines(REFERENCE, settings)[0, settings.phase_lines // 2]))
