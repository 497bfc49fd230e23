"""MR signal equations against closed forms and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingsim.mr import diffusion, gradient_echo, spin_echo, turbo_spin_echo
from imagingsim.units import FloatArray


def array(value: float) -> FloatArray:
    return np.array([value])


def isochromats(
    t1_ms: float, t2_ms: float, spacing_ms: float, echoes: int, angle: float
) -> FloatArray:
    """Two thousand spins with evenly spread phases, pulse by pulse."""
    phase = np.linspace(-math.pi, math.pi, 2000, endpoint=False)
    x, y, z = np.ones(2000), np.zeros(2000), np.zeros(2000)
    decay1, decay2 = math.exp(-spacing_ms / 2 / t1_ms), math.exp(-spacing_ms / 2 / t2_ms)
    c, s = np.cos(phase), np.sin(phase)
    result = []
    for _ in range(echoes):
        x, y, z = (c * x - s * y) * decay2, (s * x + c * y) * decay2, z * decay1
        y, z = math.cos(angle) * y - math.sin(angle) * z, math.sin(angle) * y + math.cos(angle) * z
        x, y, z = (c * x - s * y) * decay2, (s * x + c * y) * decay2, z * decay1
        result.append(x.mean())
    return np.array(result)


@pytest.mark.parametrize("refocusing_deg", [180.0, 150.0, 120.0, 60.0])
def test_phase_graph_equals_two_thousand_isochromats(refocusing_deg: float) -> None:
    train = turbo_spin_echo.train(
        array(1.0), array(900.0), array(72.0), tr_ms=math.inf, echo_spacing_ms=10.0, echoes=20,
        refocusing_deg=refocusing_deg,
    )  # fmt: skip
    expected = isochromats(900.0, 72.0, 10.0, 20, math.radians(refocusing_deg))
    assert train[0] == pytest.approx(expected, abs=1e-9)


def test_perfect_refocusing_decays_with_t2() -> None:
    train = turbo_spin_echo.train(
        array(1.0), array(900.0), array(72.0), tr_ms=math.inf, echo_spacing_ms=10.0, echoes=16,
        refocusing_deg=180.0,
    )  # fmt: skip
    assert train[0] == pytest.approx(np.exp(-10.0 * np.arange(1, 17) / 72.0))


def test_inversion_at_the_null_time_silences_csf_and_not_brain() -> None:
    rest_ms = 9000.0 - 200.0
    null_ms = 4160.0 * math.log(2.0 / (1.0 + math.exp(-rest_ms / 4160.0)))
    csf, white = (
        abs(
            turbo_spin_echo.train(
                array(1.0),
                array(t1),
                array(t2),
                tr_ms=9000.0,
                ti_ms=null_ms,
                echo_spacing_ms=10.0,
                echoes=20,
                refocusing_deg=180.0,
            )[0, 11]
        )
        for t1, t2 in ((4160.0, 2000.0), (838.0, 71.0))
    )
    assert csf < 0.01
    assert white > 0.1


@given(t1_ms=st.floats(100, 4000), tr_ms=st.floats(3, 500))
def test_ernst_angle_gives_the_strongest_signal(t1_ms: float, tr_ms: float) -> None:
    ernst = math.degrees(math.acos(math.exp(-tr_ms / t1_ms)))
    signals = [
        gradient_echo.signal(
            array(1.0), array(t1_ms), array(1e9), tr_ms=tr_ms, te_ms=1.0, flip_angle_deg=angle
        )[0]
        for angle in (ernst, 0.9 * ernst, min(180.0, 1.1 * ernst))
    ]
    assert signals[0] >= max(signals[1:]) * (1 - 1e-9)


@given(t1_ms=st.floats(100, 4000), tr_ms=st.floats(3, 500))
def test_doubling_t1_never_raises_the_signal(t1_ms: float, tr_ms: float) -> None:
    short, long = (
        spin_echo.signal(array(1.0), array(t1), array(80.0), tr_ms=tr_ms, te_ms=2.0)[0]
        for t1 in (t1_ms, 2 * t1_ms)
    )
    assert long <= short + 1e-12


def test_two_b_values_give_back_the_diffusion_coefficient() -> None:
    low, high = (
        diffusion.signal(
            array(0.8),
            array(1000.0),
            array(80.0),
            array(0.9e-3),
            tr_ms=5000.0,
            te_ms=76.0,
            b_value_s_mm2=b,
        )
        for b in (0.0, 1000.0)
    )
    adc = diffusion.adc_map(low, high, b_value_s_mm2=1000.0, inside=np.array([True]))
    assert adc[0] == pytest.approx(900.0)
