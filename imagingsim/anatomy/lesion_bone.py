"""Lesions of bone: osteolysis, and the fractured vertebra filled with cement."""

import numpy as np

from imagingsim.anatomy.lesion_margin import creep_entry, uneven_entry
from imagingsim.anatomy.lesion_mass import bulges
from imagingsim.anatomy.lesion_parts import BONE_NAMES, Entry, Placed, Solid
from imagingsim.content import record
from imagingsim.units import FloatArray


@record
class Osteolysis:
    """Soft tissue in place of bone.

    Attributes
    ----------
    breach
        How much of the lesion also leaves the bone, as a fraction of its size: 0 stays inside.
    moth_eaten_mm
        Width of the zone in which only patches of the bone are gone.
    mottle
        As of a mass.
    specks_of
        Bones of which specks are left inside; none: all of it is gone.
    """

    breach: float = 0.0
    raggedness: float = 0.22
    moth_eaten_mm: float = 3.0
    mottle: float = 0.3
    specks_of: tuple[str, ...] = ()


def osteolysis_entries(placed: Placed, shape: Osteolysis) -> list[Entry]:
    """Return the entries of an osteolysis: inside the bone, and where it breaks out."""
    ragged = bulges(placed, shape.raggedness, 1.2)
    layers = [{"material": placed.tissue}]
    inside = placed.entry("", [placed.ellipsoid()], layers, displace=ragged, over=list(BONE_NAMES))
    entries = [creep_entry(placed, shape.moth_eaten_mm, BONE_NAMES), inside]
    if shape.mottle > 0.0:
        entries.append(uneven_entry(placed, shape.mottle))
    if shape.specks_of:
        entries.append(_specks(placed, shape.specks_of))
    if shape.breach <= 0.0:
        return entries
    out = placed.ellipsoid(0.5 * placed.size_mm * shape.breach)
    return [*entries, placed.entry("breach", [out], layers, later=0.1, displace=ragged)]


def _specks(placed: Placed, bones: tuple[str, ...]) -> Entry:
    """Return specks of bone of a few mm, where it ran, in about a tenth of its room."""
    ran = {"union": [{"field": {"id": name}} for name in bones]}
    patches = {"contrast": 2.5, "bias": -3.7, "wavelength_mm": 5.0}
    left = {"material": "cortical_bone", "over": [placed.label], "patches": patches}
    return placed.entry("specks", [ran, {"intersect": placed.ellipsoid()}], [left], later=0.4)


@record
class Vertebroplasty:
    """A compression fracture of the vertebra it stands in, filled with cement.

    The end plates are pressed in (most in front), and the disc follows; the cement lies in two
    pools, one from each pedicle, that grow into the trabeculae.

    Attributes
    ----------
    cement_ml
        Volume injected.
    height_loss
        Of the middle of the body, as a fraction of its height.
    """

    cement_ml: float
    height_loss: float
    vertebra: str
    disc_label: str = "intervertebral_disc"


def vertebroplasty_entries(placed: Placed, shape: Vertebroplasty) -> list[Entry]:
    """Return the entries of a treated fracture: two dents, then two pools of cement."""
    bottom, top = _ends(placed, shape.vertebra)
    height = float(top[2] - bottom[2])
    loss = shape.height_loss * height
    upper, lower = 0.65 * loss, 0.35 * loss
    middle = 0.5 * (top[2] - upper + bottom[2] + lower) - placed.anchor.point_mm[2]
    room = height - loss - 4.0
    return [
        _dent(placed, shape, top, upper, "upper"),
        _dent(placed, shape, bottom, lower, "lower"),
        _cement(placed, shape.cement_ml, float(middle), room),
    ]


def _ends(placed: Placed, vertebra: str) -> tuple[FloatArray, FloatArray]:
    """Return the middle of the lower and of the upper end plate."""
    centre = placed.anchor.point_mm
    steps = np.arange(0.0, 40.0, 0.25)[:, None]
    ends = []
    for up in (-1.0, 1.0):
        points = centre + steps * np.array([0.0, 0.0, up])
        bone = placed.terrain.label_at(points) == vertebra
        ends.append(points[int(np.argmin(bone)) if not bone.all() else -1])
    return ends[0], ends[1]


def _dent(placed: Placed, shape: Vertebroplasty, end: FloatArray, loss: float, part: str) -> Entry:
    """Return the lens of disc pressed into an end plate, with a new end plate around it."""
    lens = {
        "ellipsoid": {
            "centre_mm": [round(float(end[0]), 3), round(float(end[1]) - 5.0, 3),
                          round(float(end[2]), 3)],
            "semi_mm": [27.0, 24.0, round(loss + 1.0, 3)],
        }
    }  # fmt: skip
    return {
        **placed.entry(
            part, [lens],
            [{"material": "cortical_bone", "label": shape.vertebra},
             {"inset_mm": 1.0, "material": "intervertebral_disc", "label": shape.disc_label}],
            later=-2, displace=[{"amplitude_mm": 0.6, "wavelength_mm": 9.0}],
        ),
        "label": shape.vertebra,
        "over": list(BONE_NAMES),
    }  # fmt: skip


def _cement(placed: Placed, volume_ml: float, rise_mm: float, room_mm: float) -> Entry:
    """Return two pools whose volume is the cement injected."""
    tall = min(0.5 * room_mm, 9.0)
    wide = float(np.sqrt(0.5 * volume_ml * 1000.0 / (4.0 / 3.0 * np.pi * tall)))
    pools: list[Solid] = [
        placed.ellipsoid(np.array([wide * a, wide / a, tall]), [side * wide * 0.92, -4.0, rise_mm])
        for side, a in ((-1.0, 1.06), (1.0, 0.94))
    ]
    return placed.entry(
        "", pools, [{"material": placed.tissue}], later=2, over=list(BONE_NAMES),
        displace=[{"amplitude_mm": 1.6, "wavelength_mm": 8.0},
                  {"amplitude_mm": 0.8, "wavelength_mm": 3.0}],
    )  # fmt: skip
