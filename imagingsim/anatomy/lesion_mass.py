"""Masses: ellipsoidal or lobulated, with a living rim and a dead core where they outgrew supply."""

import numpy as np

from imagingsim.anatomy.lesion_margin import (
    Duct,
    Merge,
    Necrosis,
    creep_entry,
    duct_entries,
    merge_entries,
    strands_entry,
    uneven_entry,
)
from imagingsim.anatomy.lesion_parts import BONE_NAMES, Entry, Placed, Solid, ball_points
from imagingsim.anatomy.placement import seed_of
from imagingsim.content import record

NOISE_REACH = 0.6
"""Amplitude of a noise whose largest bulges are about 1."""


@record
class Rim:
    """A shell that differs from the inside, as of a rim-enhancing metastasis."""

    thickness_mm: float
    inside: str


@record
class Cover:
    """Skin drawn over a mass that stands out of the surface.

    Attributes
    ----------
    skin_mm
        Thickness of the skin over the mass; 0 leaves it bare, as where it is ulcerated.
    collar_mm
        How far the raised skin at its foot runs out into the skin around.
    """

    skin_mm: float
    collar_mm: float = 8.0
    skin: str = "body"


@record
class Fragments:
    """Pieces of the bones a mass has destroyed, left where these bones ran.

    Attributes
    ----------
    of
        Structures of which pieces are left.
    count
        How many places are tried; a piece is left where one meets a bone.
    length_mm
        Shortest and longest piece.
    """

    of: tuple[str, ...]
    count: int
    length_mm: tuple[float, float]
    material: str = "cortical_bone"


@record
class Mass:
    """An ellipsoid with a displaced boundary.

    Attributes
    ----------
    lobulation
        Amplitude of the large bulges, as a fraction of the smallest radius.
    roughness_mm
        Amplitude of the fine irregularity.
    mottle
        Largest share of dead or poorly perfused tissue between its living cells: 0 is even.
    strands_mm
        How far strands reach into the fat around it.
    merges
        The organ it grows into without a border.
    ducts
        Ducts it closes.
    pushes
        Vessels it bends around itself; see `imagingsim.anatomy.lesion_push`.
    """

    lobulation: float = 0.08
    roughness_mm: float = 0.5
    necrosis: Necrosis | None = None
    rim: Rim | None = None
    cover: Cover | None = None
    fragments: Fragments | None = None
    mottle: float = 0.0
    strands_mm: float = 0.0
    merges: Merge | None = None
    ducts: tuple[Duct, ...] = ()
    pushes: tuple[str, ...] = ()


def bulges(placed: Placed, lobulation: float, roughness_mm: float) -> list[dict[str, float]]:
    """Return the displacements of a boundary: large bulges and fine irregularity."""
    smallest = 0.5 * float(placed.size_mm.min())
    largest = 0.5 * float(placed.size_mm.max())
    amplitude = round(NOISE_REACH * lobulation * smallest, 3)
    return [
        {"amplitude_mm": amplitude, "wavelength_mm": round(0.9 * largest, 2), "octaves": 2},
        {"amplitude_mm": min(roughness_mm, round(0.07 * smallest, 3)),
         "wavelength_mm": round(max(3.0, 0.34 * largest), 2), "octaves": 2},
    ]  # fmt: skip


def mass_entries(placed: Placed, shape: Mass) -> list[Entry]:
    """Return the entries of a mass: the whole, and its core."""
    layers: list[dict[str, object]] = [{"material": placed.tissue}]
    if shape.rim:
        layers.append({"inset_mm": shape.rim.thickness_mm, "material": shape.rim.inside})
    more: dict[str, object] = {"displace": bulges(placed, shape.lobulation, shape.roughness_mm)}
    if placed.enters == "displace":
        more |= {"fix": True, "gap": {"mm": 0.3, "smooth_mm": 2.0}}
    if placed.enters == "erode":
        more["outside"] = [{"field": "endocranium", "margin_mm": placed.leaves_mm}]
    entries: list[Entry] = [{**placed.entry("", [placed.ellipsoid()], layers), **more}]
    if shape.cover:
        bulging = bulges(placed, shape.lobulation, shape.roughness_mm)
        entries = [*_cover(placed, shape.cover, bulging), *entries]
    if shape.fragments:
        entries.append(_fragments(placed, shape.fragments))
    return [*entries, *_grown_in(placed, shape)]


def _grown_in(placed: Placed, shape: Mass) -> list[Entry]:
    """Return what joins a mass to its surroundings, and what makes it uneven."""
    entries: list[Entry] = []
    if shape.mottle > 0.0 or shape.necrosis:
        entries.append(uneven_entry(placed, shape.mottle, shape.necrosis))
    if placed.enters == "destroy":
        entries.append(creep_entry(placed, 4.0, [*BONE_NAMES, "muscle"]))
    if shape.strands_mm > 0.0:
        entries.append(strands_entry(placed, shape.strands_mm))
    if shape.merges:
        entries += merge_entries(placed, shape.merges)
    return [*entries, *(entry for duct in shape.ducts for entry in duct_entries(placed, duct))]


def _cover(placed: Placed, cover: Cover, bulging: list[dict[str, float]]) -> list[Entry]:
    """Return the form of a mass, unpainted, and the skin over it that runs out at its foot."""
    name = f"{placed.label}.form"
    alike = [
        {**one, "seed": seed_of(f"{placed.label}.{i}")} for i, one in enumerate(bulging)
    ]  # the same bulges as the mass
    form: Entry = {
        "id": name, "frame": "world", "rank": placed.rank - 2, "solid": [placed.ellipsoid()],
        "displace": alike,
    }  # fmt: skip
    solid: list[Solid] = [
        {"field": {"id": cover.skin}},
        {"field": {"id": name, "offset_mm": cover.skin_mm, "smooth_mm": cover.collar_mm}},
        {"intersect": placed.ellipsoid(0.5 * placed.size_mm + cover.skin_mm + cover.collar_mm)},
    ]
    skin = [{"material": "skin", "over": ["air", "skin"]}]
    return [form, {**placed.entry("cover", solid, skin, later=-1), "label": "skin"}]


def _fragments(placed: Placed, left: Fragments) -> Entry:
    """Return ragged pieces of the bones that ran through a mass."""
    short, long = 0.5 * left.length_mm[0], 0.5 * left.length_mm[1]
    room = np.maximum(0.5 * placed.size_mm - long, 1.0)
    pieces = [
        placed.ellipsoid(placed.rng.uniform([short, 0.5 * short, short], [long, short, long]), at)
        for at in ball_points(placed.rng, left.count) * room
    ]
    bones = {"union": [{"field": {"id": name}} for name in left.of]}
    return placed.entry(
        "fragments", [bones, {"intersect": {"union": pieces}}],
        [{"material": left.material, "over": [placed.label]}], later=2,
        displace=[{"amplitude_mm": 0.7, "wavelength_mm": 4.0}],
    )  # fmt: skip
