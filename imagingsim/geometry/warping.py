"""A slow random shift of all coordinates, kept on a lattice."""

import numpy as np

from imagingsim.geometry.jit import compiled_borrowing
from imagingsim.geometry.lookups import f32, noise
from imagingsim.geometry.machine import Float32
from imagingsim.units import FloatArray

LOW_MM = (-330.0, -210.0, -560.0)
HIGH_MM = (330.0, 220.0, 730.0)
STEP_MM = 8.0


def warp_lattice(
    lattice: Float32, *, amplitude_mm: float, wavelength_mm: float, seed: float, profile: FloatArray
) -> tuple[Float32, Float32]:
    """Return the shift at every node, flat (z, y, x, 3), and the lattice's frame.

    Parameters
    ----------
    profile
        (n, 2): heights z and the share of the amplitude there; empty for everywhere alike.
    """
    counts = np.ceil((np.array(HIGH_MM) - LOW_MM) / STEP_MM).astype(int) + 1
    z = LOW_MM[2] + np.arange(counts[2]) * STEP_MM
    share = np.ones(len(z)) if len(profile) == 0 else np.interp(z, profile[:, 0], profile[:, 1])
    out = np.empty((counts[2], counts[1], counts[0], 3), np.float32)
    _fill(
        out, lattice, np.array(LOW_MM, np.float32), f32(STEP_MM), f32(wavelength_mm), f32(seed),
        (share * amplitude_mm).astype(np.float32),
    )  # fmt: skip
    frame = np.array([*LOW_MM, 1.0 / STEP_MM, *counts], np.float32)
    return out.ravel(), frame


@compiled_borrowing
def _fill(
    out: Float32, lattice: Float32, low: Float32, step: f32, wavelength: f32, seed: f32,
    amplitude: Float32,
) -> None:  # fmt: skip
    fine = wavelength * f32(0.4)
    for k in range(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                x, y, z = low[0] + step * f32(i), low[1] + step * f32(j), low[2] + step * f32(k)
                a = amplitude[k]
                out[k, j, i, 0] = a * noise(lattice, x, y, z, wavelength, seed) + f32(
                    0.3
                ) * a * noise(lattice, x, y, z, fine, seed + f32(3.0))
                out[k, j, i, 1] = a * noise(lattice, x, y, z, wavelength, seed + f32(11.0)) + f32(
                    0.3
                ) * a * noise(lattice, x, y, z, fine, seed + f32(14.0))
                out[k, j, i, 2] = a * noise(lattice, x, y, z, wavelength, seed + f32(23.0))
