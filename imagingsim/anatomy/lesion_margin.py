"""What makes a tumour look grown: patches that fade in, ragged margins, seams with its host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from imagingsim.anatomy.lesion_parts import FATTY, Entry, Placed, Solid
from imagingsim.content import record

SHEETS = 8
"""Sheets, one below the other, in which a patchy tissue fades in."""
POORLY_PERFUSED = "tumour_necrosis"
HOST_GAP_MM = 2.5
"""More than the fat plane any organ keeps to a mass; a seam bridges it."""


@dataclass(frozen=True)
class Fading:
    """A patchy tissue that grows denser with depth below a surface.

    Attributes
    ----------
    from_mm, to_mm
        Depths of the first and the last sheet; negative is outside.
    bias
        Of the first and the last sheet: -1 leaves a sixth covered, 0 half, 1 five sixths.
    strength
        Largest share of the tissue, where all sheets add up.
    """

    from_mm: float
    to_mm: float
    wavelength_mm: float
    over: tuple[str, ...]
    bias: tuple[float, float] = (-1.2, 0.6)
    strength: float = 1.0
    contrast: float = 1.0

    def layers(self, material: str) -> list[dict[str, object]]:
        """Return one layer of the material for each sheet; all share one pattern and add up."""
        each = 1.0 - (1.0 - self.strength) ** (1.0 / SHEETS)
        depths = np.linspace(self.from_mm, self.to_mm, SHEETS)
        return [
            {
                "material": material, "inset_mm": round(float(depth), 3), "over": list(self.over),
                "strength": round(each, 4),
                "patches": {"contrast": self.contrast, "bias": round(float(bias), 3),
                            "wavelength_mm": round(self.wavelength_mm, 3)},
            }
            for depth, bias in zip(depths, np.linspace(*self.bias, SHEETS), strict=True)
        ]  # fmt: skip


@record
class Necrosis:
    """Dead tissue inside a mass: pockets that grow denser towards the middle.

    Attributes
    ----------
    rim_mm
        Thickness of the living tissue left outside.
    share
        Of the middle that is dead.
    pocket_mm
        Size of the pockets; 0: one that fills the middle.
    """

    rim_mm: float
    share: float = 0.75
    pocket_mm: float = 0.0
    tissue: str = "tumour_necrosis"


@record
class Merge:
    """Growth into the organ a mass stands in: no fat between the two, a border that is not a line.

    Attributes
    ----------
    host
        Structure it grows into.
    reach_mm
        How far patches of it go.
    """

    host: str
    reach_mm: float = 4.0


@record
class Duct:
    """A duct that a mass closes, dilated upstream.

    Attributes
    ----------
    of
        Structure of the duct.
    wider_mm
        By how much its radius grows.
    through
        Materials or structures its growth takes the place of.
    wall
        Material of its wall; none: the duct has no wall that images show.
    """

    of: str
    wider_mm: float
    through: tuple[str, ...]
    wall: str | None = None
    wall_mm: float = 0.6
    lumen: str = "bile"


def uneven_entry(placed: Placed, mottle: float, dead: Necrosis | None = None) -> Entry:
    """Return what enhances less in a mass: between all its cells a little, in its middle all.

    Parameters
    ----------
    mottle
        Largest share of poorly perfused tissue between living cells.
    """
    tissue = dead.tissue if dead else POORLY_PERFUSED
    smallest = float(placed.size_mm.min())
    layers: list[dict[str, object]] = []
    if mottle > 0.0:
        wave = round(max(3.5, 0.3 * smallest), 3)
        patches = {"contrast": 0.3, "bias": 0.0, "wavelength_mm": wave}
        layers = [{"material": tissue, "over": [placed.label], "strength": mottle,
                   "patches": patches}]  # fmt: skip
    if dead:
        layers += _dead(placed, dead).layers(tissue)
    return _late(placed, "uneven", [_itself(placed)], layers, 0.2)


def _dead(placed: Placed, dead: Necrosis) -> Fading:
    """Return dead tissue that grows denser from the rim to halfway to the middle."""
    inner = max(0.5 * float(placed.size_mm.min()) - dead.rim_mm, 1.0)
    wave = dead.pocket_mm or max(4.0, 1.3 * inner)
    last = NormalDist().inv_cdf(dead.share)
    return Fading(
        dead.rim_mm, dead.rim_mm + 0.5 * inner, wave, (placed.label,), bias=(last - 2.0, last)
    )


def strands_entry(placed: Placed, reach_mm: float) -> Entry:
    """Return the haze in the fat around a mass, densest at its surface."""
    fading = Fading(-reach_mm, 0.0, 7.0, FATTY, bias=(-0.5, 0.1), strength=0.6, contrast=0.3)
    layers = fading.layers("connective_tissue")
    solid = [_itself(placed, reach_mm)]
    return {**_late(placed, "strands", solid, layers, 0.5), "label": "connective_tissue"}


def creep_entry(placed: Placed, reach_mm: float, into: Sequence[str]) -> Entry:
    """Return patches of a mass that grow into what is around it."""
    fading = Fading(-reach_mm, 0.0, 0.9 * reach_mm + 2.0, tuple(into), bias=(-1.1, 0.7))
    return _late(placed, "creep", [_itself(placed, reach_mm)], fading.layers(placed.tissue), 0.3)


def oedema_entry(placed: Placed, reach_mm: float) -> Entry:
    """Return swollen muscle and fat around a wound, labelled as neither."""
    into = ("muscle", *FATTY)
    fading = Fading(
        -reach_mm, 0.0, reach_mm + 2.0, into, bias=(-0.5, 0.4), strength=0.65, contrast=0.35
    )
    solid = [_itself(placed, reach_mm)]
    layers = fading.layers("oedema")
    return {**_late(placed, "oedema", solid, layers, 0.3), "label": "connective_tissue"}


def merge_entries(placed: Placed, merge: Merge) -> list[Entry]:
    """Return the seam between a mass and its host, and patches that grow across it."""
    seam: list[Solid] = [
        {"field": {"id": merge.host, "offset_mm": HOST_GAP_MM}},
        {"intersect": _itself(placed, HOST_GAP_MM)},
    ]
    filled = [{"material": placed.tissue, "over": list(FATTY)}]
    return [
        _late(placed, "seam", seam, filled, 0.1),
        creep_entry(placed, merge.reach_mm, [merge.host]),
    ]


def duct_entries(placed: Placed, duct: Duct) -> list[Entry]:
    """Return the dilated part of a duct outside a mass, and the mass where the duct ran."""
    wide: list[Solid] = [
        {"field": {"id": duct.of, "offset_mm": duct.wider_mm}},
        {"subtract": _itself(placed, -1.0)},
    ]
    through = [*duct.through, duct.of]
    lumen: dict[str, object] = {"material": duct.lumen, "over": through}
    layers = [lumen]
    if duct.wall:
        layers = [{"material": duct.wall, "over": through}, {**lumen, "inset_mm": duct.wall_mm}]
    closed = [{"material": placed.tissue, "over": [duct.of]}]
    return [
        {**_late(placed, f"wide.{duct.of}", wide, layers, 0.6), "label": duct.of},
        _late(placed, f"closed.{duct.of}", [_itself(placed)], closed, 0.15),
    ]


def _itself(placed: Placed, offset_mm: float = 0.0) -> Solid:
    """Return the finished mass as a solid, grown or shrunk."""
    return {"field": {"id": placed.label, "offset_mm": round(offset_mm, 3)}}


def _late(
    placed: Placed, part: str, solid: Sequence[Solid], layers: Sequence[Mapping[str, object]],
    later: float,
) -> Entry:  # fmt: skip
    """Return an entry that is painted when all organs stand."""
    return {**placed.entry(part, solid, layers), "rank": placed.late_rank + later}
