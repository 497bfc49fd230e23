"""A body that breathes while it is scanned: when each slice is seen, and in which state."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imagingsim import ct
from imagingsim.anatomy import BodyState, Level, Phantom, SampledPhantom, sample
from imagingsim.grid import Grid
from imagingsim.scan.visit import Visit
from imagingsim.units import FloatArray

PERIOD_S: Final = 4.0
"""Length of a quiet breath (15 a minute)."""

STEP: Final = 0.1
"""States are taken this far apart, in deep breaths: the diaphragm moves 2 mm from one to the
next, less than a slice (authored)."""

MEAN_OF_COURSE: Final = 3.0 / 8.0
"""Mean of the fourth power of a cosine."""


def depth_of_breath(levels: Sequence[Level], seconds: FloatArray, phase: float) -> FloatArray:
    """Return how deep the breath is at some times, 0 to 1.

    Parameters
    ----------
    levels
        Quiet breathing as a slow scan averages it; their mean is kept.
    phase
        Where in the cycle the scan begins, 0 to 1.

    Notes
    -----
    The position of the diaphragm goes as the fourth power of a cosine and stays longest at the
    end of expiration [1]_.

    References
    ----------
    .. [1] Lujan AE, Larsen EW, Balter JM, Ten Haken RK. Med Phys 26 (1999) 715.
       doi:10.1118/1.598577
    """
    deepest = sum(level.share * level.breathing for level in levels) / MEAN_OF_COURSE
    course = np.cos(np.pi * (np.asarray(seconds) / PERIOD_S + phase)) ** 4
    return np.clip(deepest * course, 0.0, 1.0)


def both_moments(
    visit: Visit, rest: BodyState, settings: ct.CtSettings, grid: Grid, phase: float
) -> tuple[SampledPhantom, SampledPhantom]:
    """Return the breathing patient as each sub-slice begins and as it ends to be seen."""
    seconds = ct.seen_s(settings, grid)
    levels = visit.case.free_breathing
    begin, end = (
        _moving(visit, rest, grid, depth_of_breath(levels, times, phase)) for times in seconds.T
    )
    return begin, end


def _moving(visit: Visit, rest: BodyState, grid: Grid, depths: FloatArray) -> SampledPhantom:
    """Sample each run of sub-slices in the state it is seen in."""
    steps = np.rint(depths / STEP).astype(int)
    cuts = [0, *(np.flatnonzero(np.diff(steps)) + 1), len(steps)]
    phantoms: dict[int, Phantom] = {}
    parts = []
    for first, last in itertools.pairwise(cuts):
        step = int(steps[first])
        if step not in phantoms:
            phantoms[step] = visit.in_state(replace(rest, breathing=min(step * STEP, 1.0)))
        parts.append(sample(phantoms[step], grid.slab(int(first), int(last))))
    return _joined(parts, grid)


def _joined(parts: Sequence[SampledPhantom], grid: Grid) -> SampledPhantom:
    """Return samples that follow each other along the body as one."""
    return replace(
        parts[0],
        grid=grid,
        first=np.concatenate([part.first for part in parts]),
        second=np.concatenate([part.second for part in parts]),
        fraction=np.concatenate([part.fraction for part in parts]),
        texture=np.concatenate([part.texture for part in parts]),
    )
