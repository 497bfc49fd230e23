"""Lesions go where a posture takes what they stand in: on a raised arm they rise with it."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from imagingsim.anatomy.body import Body
from imagingsim.anatomy.lesion_growth import Instance
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.placement import BODY, Placement, placement
from imagingsim.anatomy.records import Structure
from imagingsim.anatomy.sites import Anchor
from imagingsim.anatomy.terrain import Terrain, lattice
from imagingsim.errors import GeometryError

HOST_MM = 30.0
"""How far around a lesion its host is looked for: through the fat under the skin."""
UNDER_SKIN_MM = 25.0
"""From how deep the skin of the new posture is looked for."""
SETTLED_MM = 0.5
"""Rise of the skin that is no move, but the step of the search."""
SOFT = frozenset({"skin", "subcutaneous_fat", "visceral_fat", "air", "connective_tissue"})
"""Materials that hang on what they cover, and are no host themselves."""


@dataclasses.dataclass(frozen=True)
class Posture:
    """A body in two postures, and the raised one as something to be searched."""

    rest: Body
    moved: Body
    terrain_at_rest: Terrain
    terrain_moved: Terrain

    def follow(self, instances: Sequence[Instance]) -> tuple[Instance, ...]:
        """Return lesions placed at rest where the posture takes them."""
        return tuple(self._followed(instance) for instance in instances)

    def _followed(self, instance: Instance) -> Instance:
        anchor = instance.placed.anchor
        host = self._host(anchor)
        if host is not None and host.frame not in (None, BODY):
            anchor = self._carried(anchor, host)
        if _on_skin(instance):
            below = _skin_mm(self.terrain_at_rest, instance.placed.anchor)
            above = _skin_mm(self.terrain_moved, anchor)
            if below is not None and above is not None and abs(above - below) > SETTLED_MM:
                rise = (above - below) * anchor.axes[1]
                anchor = Anchor(anchor.point_mm + rise, anchor.axes)
        if anchor is instance.placed.anchor:
            return instance
        placed = dataclasses.replace(instance.placed, anchor=anchor, terrain=self.terrain_moved)
        return dataclasses.replace(instance, placed=placed)

    def _host(self, anchor: Anchor) -> Structure | None:
        """Return the bone, muscle or organ there is most of around a lesion, the near counting."""
        away = lattice((-HOST_MM,) * 3, (HOST_MM,) * 3, 5.0).reshape(-1, 3)
        far = np.linalg.norm(away, axis=1)
        near = far <= HOST_MM
        layers = self.terrain_at_rest.probe(anchor.point_mm + away[near])
        weight = np.bincount(layers, 1.0 / (5.0 + far[near]) ** 2)
        most: dict[str, float] = {}
        for index in np.flatnonzero(weight).tolist():
            layer = self.terrain_at_rest.layers[index]
            if layer.material not in SOFT:
                most[layer.structure] = most.get(layer.structure, 0.0) + float(weight[index])
        return self.rest.structure(max(most, key=lambda name: most[name])) if most else None

    def _carried(self, anchor: Anchor, host: Structure) -> Anchor:
        """Return an anchor moved as the frame of its host is."""
        before, after = (self._frame(body, host) for body in (self.rest, self.moved))
        if np.allclose(before.turn, after.turn) and np.allclose(before.origin_mm, after.origin_mm):
            return anchor
        document = Phantom(self.rest).to_document_mm(anchor.point_mm)
        own = (document - before.origin_mm) @ before.turn / before.scale
        point = Phantom(self.moved).to_world_mm(after.point(own))[0]
        return Anchor(point, anchor.axes @ (after.turn @ before.turn.T).T)

    def _frame(self, body: Body, host: Structure) -> Placement:
        frames = body.record.frames or {}
        return placement(host.frame or BODY, frames, body.scale, mirrored=host.mirror)


def _skin_mm(terrain: Terrain, anchor: Anchor) -> float | None:
    """Return how far outside a lesion the skin is, mm, or None where there is none near."""
    outward = anchor.axes[1]
    start = anchor.point_mm - UNDER_SKIN_MM * outward
    try:
        rise = float((terrain.exit_mm(start, outward) - anchor.point_mm) @ outward)
    except GeometryError:
        return None
    return rise if abs(rise) <= 2.0 * UNDER_SKIN_MM else None


def _on_skin(instance: Instance) -> bool:
    """Return whether a lesion was placed on the skin."""
    lesion = instance.lesion
    return lesion.scatter is not None or any(
        place is not None and place.on == "skin"
        for place in (lesion.place, *(member.place for member in lesion.members))
    )
