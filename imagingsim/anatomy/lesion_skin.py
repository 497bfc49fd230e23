"""Plaques: patches of thickened skin that follow the surface of the body."""

import numpy as np

from imagingsim.anatomy.lesion_parts import Entry, Placed, Solid
from imagingsim.content import record

OUTWARD = 0.4


@record
class Plaque:
    """A patch of skin; its size is (width, thickness, height).

    Attributes
    ----------
    skin
        Field of the body's surface.
    lobes
        Overlapping round patches that make the ragged outline.
    """

    skin: str = "body"
    lobes: int = 4


def plaque_entries(placed: Placed, shape: Plaque) -> list[Entry]:
    """Return the entry of a plaque: the part of a shell of skin inside an outline."""
    thickness = float(placed.size_mm[1])
    shell = {
        "shell": {
            "field": shape.skin,
            "inner_mm": round(-(1.0 - OUTWARD) * thickness, 3),
            "outer_mm": round(OUTWARD * thickness, 3),
        }
    }
    within_skin = {"intersect": {**shell, "smooth_mm": 3.0}}
    solid: list[Solid] = [*_outline(placed, shape.lobes), within_skin]
    return [
        placed.entry("", solid, [{"material": placed.tissue}],
                     displace=[{"amplitude_mm": 0.3, "wavelength_mm": 5.0}])
    ]  # fmt: skip


def _outline(placed: Placed, lobes: int) -> list[Solid]:
    """Return upright columns through the skin whose union spans the plaque's size."""
    half = 0.5 * placed.size_mm
    turns = placed.rng.uniform(0.0, 2 * np.pi) + np.arange(lobes) * 2 * np.pi / lobes
    columns: list[Solid] = [placed.ellipsoid(np.array([0.72 * half[0], 14.0, 0.72 * half[2]]))]
    for turn in turns:
        radius = placed.rng.uniform(0.35, 0.5)
        shift = (1.0 - radius) * half * np.array([np.cos(turn), 0.0, np.sin(turn)])
        columns.append(
            placed.ellipsoid(np.array([radius * half[0], 14.0, radius * half[2]]), shift)
        )
    return columns
