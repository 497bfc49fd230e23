"""What all kinds of lesion share: a placed lesion, and the writing of body entries.

An entry is one item of a region file of a body, as a mapping in that grammar: lesions are spliced
into the same painting order as the organs. Coordinates are final patient millimetres (``frame:
world``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.sites import Anchor
from imagingsim.anatomy.terrain import BONE, Terrain
from imagingsim.units import FloatArray

Entry = Mapping[str, object]
Solid = Mapping[str, object]
Ellipsoid = dict[str, dict[str, object]]

DISPLACING_RANK = 35
LATE_RANK = 85
BONE_NAMES = tuple(sorted(BONE))
FATTY = ("visceral_fat", "subcutaneous_fat", "connective_tissue")
"""Soft tissue between organs."""


@dataclass(frozen=True, eq=False)
class Placed:
    """One lesion at one timepoint, where it was found to lie.

    Attributes
    ----------
    size_mm
        Full extents along the rows of ``anchor.axes``.
    rng
        Keyed by the case and the lesion: the same at every timepoint, so a lesion grows in place.
    """

    id: str
    label: str
    anchor: Anchor
    size_mm: FloatArray
    tissue: str
    enters: str
    over: tuple[str, ...]
    leaves_mm: float
    terrain: Terrain
    rng: np.random.Generator

    @property
    def rank(self) -> int:
        """Where it enters the painting order."""
        return DISPLACING_RANK if self.enters == "displace" else LATE_RANK

    @property
    def late_rank(self) -> int:
        """Where it enters what is painted when all organs stand."""
        return LATE_RANK

    def point_mm(self, shift: Sequence[float] = (0.0, 0.0, 0.0)) -> FloatArray:
        """Return a point given along the lesion's own axes, mm from its centre."""
        point: FloatArray = self.anchor.point_mm + np.asarray(shift) @ self.anchor.axes
        return point

    def ellipsoid(
        self, semi_mm: FloatArray | None = None, shift: Sequence[float] = (0.0, 0.0, 0.0)
    ) -> Ellipsoid:
        """Return an ellipsoid along the lesion's axes; by default the lesion's own."""
        semi = 0.5 * self.size_mm if semi_mm is None else semi_mm
        return {
            "ellipsoid": {
                "centre_mm": rounded(self.point_mm(shift)),
                "semi_mm": rounded(semi),
                "axes": axes_of(self.anchor.axes),
            }
        }

    def entry(
        self,
        part: str,
        solid: Sequence[Solid],
        layers: Sequence[Mapping[str, object]],
        *,
        later: float = 0,
        **more: object,
    ) -> Entry:
        """Return an entry of the body's grammar for one part of the lesion."""
        entry: dict[str, object] = {
            "id": f"{self.label}.{part}" if part else self.label,
            "label": self.label,
            "frame": "world",
            "rank": self.rank + later,
            "solid": list(solid),
            "layers": self._over(layers),
        }
        return {**entry, **more}

    def _over(self, layers: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """Return layers of which the first keeps to its hosts, and the others to the lesion."""
        if not self.over:
            return [dict(layer) for layer in layers]
        first = {"over": list(self.over), **layers[0]}
        return [first, *({"over": [self.label], **layer} for layer in layers[1:])]


def rounded(values: FloatArray) -> list[float]:
    """Return plain numbers with a micrometre's precision."""
    return [round(float(value), 3) for value in values]


def axes_of(axes: FloatArray) -> list[list[float]]:
    """Return three unit vectors as plain numbers."""
    return [[round(float(value), 6) for value in axis] for axis in axes]


def ball_points(rng: np.random.Generator, count: int) -> FloatArray:
    """Return points evenly spread in the unit ball, shape (count, 3)."""
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * rng.random((count, 1)) ** (1 / 3)
