"""What an operation leaves: a cavity, a flap over a bone defect, screws and plates."""

import numpy as np

from imagingsim.anatomy.lesion_margin import oedema_entry
from imagingsim.anatomy.lesion_mass import bulges
from imagingsim.anatomy.lesion_parts import Entry, Placed, Solid, axes_of, rounded
from imagingsim.content import record

SKIN_MM = 2.0
BULGE = 0.2
"""Half width of a flap's bulge as a fraction of its width and height together: it ends near 0."""
THINNING_MM = 16.0
"""Half thickness of the lens a flap's muscle is cut to: its edge runs out flat."""
SCAR = 1.4
"""Outline within which skin rises to a flap's edge, as a fraction of the flap's."""


@record
class Cavity:
    """A resection cavity filled with fluid, in a rim of healing tissue and swollen surroundings."""

    rim_mm: float = 2.0
    rim: str = "connective_tissue"
    oedema_mm: float = 6.0


def cavity_entries(placed: Placed, shape: Cavity) -> list[Entry]:
    """Return the entries of a cavity."""
    layers: list[dict[str, object]] = [
        {"material": shape.rim},
        {"inset_mm": shape.rim_mm, "material": placed.tissue},
    ]
    cavity = placed.entry("", [placed.ellipsoid()], layers, displace=bulges(placed, 0.3, 0.8))
    return [cavity, oedema_entry(placed, shape.oedema_mm)]


@record
class Flap:
    """A myocutaneous flap over a defect of the skull.

    Its size is (width, bulge over the old surface, height).

    Attributes
    ----------
    bone_defect
        Width and height of the bone removed, as a fraction of the flap's.
    fat_mm
        Thickness of the fat under its skin.
    """

    bone_defect: float
    fat_mm: float
    skin: str = "body"
    endocranium: str = "endocranium"


def flap_entries(placed: Placed, shape: Flap) -> list[Entry]:
    """Return the entries of a flap: muscle, then the fat and skin it carries."""
    half, part = 0.5 * placed.size_mm, shape.bone_defect
    edge: Solid = placed.ellipsoid(np.array([half[0], 45.0, half[2]]))
    hole = placed.ellipsoid(np.array([part * half[0], 45.0, part * half[2]]))
    raised = {"intersect": _raised(placed, shape, 0.0)}
    deep = {"subtract": _raised(placed, shape, shape.fat_mm + SKIN_MM)}
    under_skin = {"subtract": _raised(placed, shape, SKIN_MM)}
    outside = [{"field": shape.endocranium, "margin_mm": -0.4}]
    soft = ["subcutaneous_fat", "skin", "muscle", "connective_tissue", "air", "visceral_fat"]
    ripple = [{"amplitude_mm": 0.5, "wavelength_mm": 14.0}]
    lens = placed.ellipsoid(np.array([half[0], THINNING_MM, half[2]]))
    muscle = [{"material": placed.tissue}]
    fat, skin = [{"material": "subcutaneous_fat"}], [{"material": "skin"}]
    around = placed.ellipsoid(np.array([SCAR * half[0], 45.0, SCAR * half[2]]))
    rising = [{"material": "skin", "over": ["air", "skin"]}]
    scar = placed.entry("scar", [around, raised], rising, later=-1)
    return [
        {**scar, "label": "skin"},
        placed.entry("", [lens, raised], muscle, over=soft, displace=ripple, outside=outside),
        placed.entry("defect", [hole, raised], muscle, later=1, displace=ripple, outside=outside),
        placed.entry("fat", [edge, raised, deep], fat, later=2),
        placed.entry("skin", [edge, raised, under_skin], skin, later=3),
    ]


def _raised(placed: Placed, shape: Flap, below_mm: float) -> dict[str, object]:
    """Return the body as it bulges over the flap, down to a depth below its surface."""
    width = BULGE * float(placed.size_mm[0] + placed.size_mm[2])
    bump = {
        "mm": round(float(placed.size_mm[1]), 3),
        "at_mm": rounded(placed.anchor.point_mm),
        "semi_mm": [round(width, 3)] * 3,
    }
    return {"field": {"id": shape.skin, "offset_mm": round(-below_mm, 3), "bumps": [bump]}}


@record
class Screw:
    """A screw through the outer table; its size is (head diameter, length, shaft diameter)."""


def screw_entries(placed: Placed, shape: Screw) -> list[Entry]:
    """Return the entry of a screw: a flat head on the bone and a shaft into it."""
    head, length, shaft = (float(side) for side in placed.size_mm)
    ends = [
        [*rounded(placed.point_mm([0.0, depth, 0.0])), round(0.5 * width, 3)]
        for depth, width in ((0.4, shaft), (-length, 0.8 * shaft))
    ]
    solid: list[Solid] = [
        placed.ellipsoid(np.array([0.5 * head, 0.7, 0.5 * head]), [0.0, 0.3, 0.0]),
        {"tube": {"points": ends}},
    ]
    return [placed.entry("", solid, [{"material": placed.tissue}], later=6)]


@record
class Plate:
    """A straight plate on the bone; its size is (length, thickness, width)."""

    turned_deg: float = 0.0


def plate_entries(placed: Placed, shape: Plate) -> list[Entry]:
    """Return the entry of a plate, turned about the normal of the bone."""
    turn = np.radians(shape.turned_deg)
    across, normal, up = placed.anchor.axes
    along = np.cos(turn) * across + np.sin(turn) * up
    axes = np.stack([along, normal, np.cross(along, normal)])
    box = {
        "box": {
            "centre_mm": rounded(placed.anchor.point_mm + 0.5 * normal),
            "half_mm": rounded(0.5 * placed.size_mm),
            "round_mm": 0.2,
            "axes": axes_of(axes),
        }
    }
    return [placed.entry("", [box], [{"material": placed.tissue}], later=5)]
