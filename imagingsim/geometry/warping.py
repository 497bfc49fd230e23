"""A shift of all coordinates, kept on a lattice: slow random noise, and deformations turned round.

A program is asked what lies at a point of the patient, so the lattice holds the way back: from
there to the document. A deformation is given the other way, by how far it moves each point of the
document; `way_back` turns it round.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import ndimage

from imagingsim.errors import GeometryError
from imagingsim.geometry.jit import compiled_borrowing
from imagingsim.geometry.lookups import f32, noise
from imagingsim.geometry.machine import Float32
from imagingsim.units import FloatArray

LOW_MM = (-330.0, -210.0, -560.0)
HIGH_MM = (330.0, 220.0, 730.0)
STEP_MM = 8.0
ROOM_MM = 80.0
"""How much farther the lattice reaches to all sides of a deformed body."""

_COARSE_MM = 16.0
_STILL_MM = 1e-3
_STEEPEST = 0.85
"""Largest change of a shift per mm: beyond it a deformation may fold."""

Shift = Callable[[FloatArray], FloatArray]
"""From points (n, 3) to how far each moves, mm."""


def warp_lattice(
    lattice: Float32, *, amplitude_mm: float, wavelength_mm: float, seed: float,
    profile: FloatArray, room_mm: float = 0.0,
) -> tuple[Float32, Float32]:  # fmt: skip
    """Return the shift at every node, flat (z, y, x, 3), and the lattice's frame.

    Parameters
    ----------
    profile
        (n, 2): heights z and the share of the amplitude there; empty for everywhere alike.
    room_mm
        How much farther the lattice reaches to all sides.
    """
    low = np.array(LOW_MM) - room_mm
    frame = lattice_frame(low, np.array(HIGH_MM) + room_mm)
    counts = frame[4:].astype(int)
    z = low[2] + np.arange(counts[2]) * STEP_MM
    share = np.ones(len(z)) if len(profile) == 0 else np.interp(z, profile[:, 0], profile[:, 1])
    out = np.empty((counts[2], counts[1], counts[0], 3), np.float32)
    _fill(
        out, lattice, low.astype(np.float32), f32(STEP_MM), f32(wavelength_mm), f32(seed),
        (share * amplitude_mm).astype(np.float32),
    )  # fmt: skip
    return out.ravel(), frame


def lattice_frame(low_mm: FloatArray, high_mm: FloatArray, step_mm: float = STEP_MM) -> Float32:
    """Return the frame of a lattice: its origin, 1 / step and the number of nodes each way."""
    counts = np.ceil((high_mm - low_mm) / step_mm).astype(int) + 1
    return np.array([*low_mm, 1.0 / step_mm, *counts], np.float32)


def deformed(warp: Float32, frame: Float32, shift: Shift) -> Float32:
    """Return a warp that follows a deformation: first the way back, then the warp from there.

    Raises
    ------
    GeometryError
        When the deformation is so steep that the body might fold.
    """
    back = way_back(frame, shift)
    points = nodes(frame) + back
    return (back + shift_at(warp, frame, points)).astype(np.float32).ravel()


def way_back(frame: Float32, shift: Shift, steps: int = 1) -> FloatArray:
    """Return from each node of a lattice the way to the point that a deformation moves there.

    It is found on a coarse lattice, and made good on the fine one.

    Parameters
    ----------
    steps
        How often the shift is repeated, each time from where the last one led. Small shifts in a
        row shear farther than one large one could without folding.
    """
    counts = frame[4:].astype(int)
    low, step = frame[:3].astype(np.float64), 1.0 / float(frame[3])
    high = low + counts * step + _COARSE_MM
    sides = [np.arange(a, b, _COARSE_MM) for a, b in zip(low, high, strict=True)]
    mesh = np.stack(np.meshgrid(*sides[::-1], indexing="ij")[::-1], axis=-1)
    _refuse_folds(shift(mesh.reshape(-1, 3)).reshape(mesh.shape), mesh)
    goal = mesh.reshape(-1, 3)
    found = goal
    for _ in range(steps):
        found = _home(found, found, shift, 80)
    coarse = (found - goal).reshape(mesh.shape)
    index = np.stack(
        np.meshgrid(*(np.arange(n) * step / _COARSE_MM for n in counts[::-1]), indexing="ij")
    )
    guess = np.stack(
        [ndimage.map_coordinates(coarse[..., a], index, order=3, mode="nearest") for a in range(3)],
        axis=-1,
    )
    fine = nodes(frame)
    back = guess.reshape(-1, 3)
    moving = np.abs(back).max(axis=1) > _STILL_MM
    goal = fine.reshape(-1, 3)[moving]
    whole = partial(_repeated, shift=shift, steps=steps)
    if len(goal):
        back[moving] = _home(goal, goal + back[moving], whole, 3) - goal
    return back.reshape(fine.shape)


def _repeated(points_mm: FloatArray, *, shift: Shift, steps: int) -> FloatArray:
    """Return how far points are moved by a shift that is repeated."""
    here = points_mm
    for _ in range(steps):
        here = here + shift(here)
    return here - points_mm


def _home(goal: FloatArray, start: FloatArray, shift: Shift, rounds: int) -> FloatArray:
    """Return the points that are moved to ``goal``, from a first guess."""
    here = start
    for _ in range(rounds):
        better = goal - shift(here)
        change = float(np.abs(better - here).max())
        here = better
        if change < 1e-3:
            break
    return here


def _refuse_folds(moved: FloatArray, mesh: FloatArray) -> None:
    slope = np.stack([np.gradient(moved, _COARSE_MM, axis=axis) for axis in range(3)], axis=-1)
    steep = np.linalg.norm(slope, axis=(-2, -1))
    worst = np.unravel_index(int(np.argmax(steep)), steep.shape)
    if steep[worst] > _STEEPEST:
        raise GeometryError(
            f"The body is deformed by {steep[worst]:.2f} mm per mm at "
            f"{np.round(mesh[worst]).tolist()} mm, more than {_STEEPEST:g}: it might fold. "
            "Make the deformation smaller, or spread it."
        )


def nodes(frame: Float32) -> FloatArray:
    """Return the nodes of a lattice, shape (z, y, x, 3), mm."""
    counts = frame[4:].astype(int)
    sides = [float(frame[a]) + np.arange(counts[a]) / float(frame[3]) for a in range(3)]
    return np.stack(np.meshgrid(*sides[::-1], indexing="ij")[::-1], axis=-1)


def shift_at(warp: Float32, frame: Float32, points_mm: FloatArray) -> FloatArray:
    """Return a lattice's shift at points (..., 3), as the sampling kernel interpolates it."""
    counts = frame[4:].astype(int)
    index = (np.asarray(points_mm) - frame[:3]) * float(frame[3])
    index = np.clip(index, 0.0, counts - 1.001)
    table = warp.reshape(counts[2], counts[1], counts[0], 3)
    order = np.moveaxis(index[..., ::-1], -1, 0)
    return np.stack(
        [ndimage.map_coordinates(table[..., a], order, order=1, output=np.float64)
         for a in range(3)], axis=-1,
    )  # fmt: skip


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
