"""Lesions of the brain and its coverings: diffuse white-matter change, tumour of the meninges."""

import numpy as np

from imagingsim.anatomy.lesion_parts import Entry, Placed, Solid, rounded
from imagingsim.content import record


@record
class WhiteMatter:
    """Confluent change around the ventricles, with scattered foci in the deep white matter.

    Attributes
    ----------
    ventricles
        Fields it surrounds.
    reach_mm
        How far it goes from the ventricular wall.
    foci, focus_mm
        Number of separate foci, and their smallest and largest diameter.
    white_matter
        Label it stays within.
    """

    ventricles: tuple[str, ...]
    reach_mm: float
    foci: int
    focus_mm: tuple[float, float]
    white_matter: str = "white_matter"


def white_matter_entries(placed: Placed, shape: WhiteMatter) -> list[Entry]:
    """Return the entries of diffuse white-matter change."""
    layers = [{"material": placed.tissue}]
    confluent: list[Solid] = [
        {"field": {"id": field, "offset_mm": shape.reach_mm}} for field in shape.ventricles
    ]
    uneven = [
        {"amplitude_mm": round(0.42 * shape.reach_mm, 3), "wavelength_mm": 17.0},
        {"amplitude_mm": round(0.12 * shape.reach_mm, 3), "wavelength_mm": 6.0},
    ]
    return [
        placed.entry("", confluent, layers, displace=uneven),
        placed.entry("foci", _foci(placed, shape), layers,
                     displace=[{"amplitude_mm": 0.8, "wavelength_mm": 5.0}]),
    ]  # fmt: skip


def _foci(placed: Placed, shape: WhiteMatter) -> list[Solid]:
    cloud = placed.terrain.cloud(shape.white_matter)
    above = cloud.points_mm[:, 2] > placed.anchor.point_mm[2]
    deep = cloud.points_mm[(cloud.depth_mm > 3.0) & above]
    chosen = deep[placed.rng.choice(len(deep), size=min(shape.foci, len(deep)), replace=False)]
    radii = 0.5 * placed.rng.uniform(*shape.focus_mm, size=(len(chosen), 3))
    return [
        {"ellipsoid": {"centre_mm": rounded(centre), "semi_mm": rounded(radius)}}
        for centre, radius in zip(chosen, radii, strict=True)
    ]


@record
class Meninges:
    """Tumour of the dura: a thickened sheet under the skull, and nodules that press on the brain.

    The size is (width, thickness of the sheet, height).

    Attributes
    ----------
    endocranium
        Field of the inside of the skull.
    nodules, nodule_mm
        Number of nodules, and how far each stands into the skull's inside.
    """

    nodules: int
    nodule_mm: float
    endocranium: str = "endocranium"


def meninges_entries(placed: Placed, shape: Meninges) -> list[Entry]:
    """Return the entries of a meningeal tumour: the sheet with its nodules."""
    half = 0.5 * placed.size_mm
    thickness = float(placed.size_mm[1])
    patch = placed.ellipsoid(np.array([half[0], 40.0, half[2]]))
    sheet = {"shell": {"field": shape.endocranium, "inner_mm": -thickness, "outer_mm": 0.0}}
    layers = [{"material": placed.tissue}]
    uneven = {"amplitude_mm": round(0.22 * thickness, 3), "wavelength_mm": 11.0}
    return [
        placed.entry("", [patch, {"intersect": {**sheet, "smooth_mm": 2.0}}], layers,
                     displace=[uneven]),
        placed.entry("nodules", _nodules(placed, shape, half), layers, later=1,
                     inside=[{"field": shape.endocranium, "margin_mm": 0.0}],
                     displace=[{"amplitude_mm": 0.9, "wavelength_mm": 7.0}]),
    ]  # fmt: skip


def _nodules(placed: Placed, shape: Meninges, half: np.ndarray) -> list[Solid]:
    turns = placed.rng.uniform(0.0, 2 * np.pi) + np.arange(shape.nodules) * 2.4
    away = np.linspace(0.0, 0.6, shape.nodules)
    return [
        placed.ellipsoid(
            np.array([1.25, 1.0, 1.15]) * shape.nodule_mm * (1.0 - 0.35 * far),
            [far * half[0] * np.cos(turn), 0.0, far * half[2] * np.sin(turn)],
        )
        for far, turn in zip(away, turns, strict=True)
    ]
