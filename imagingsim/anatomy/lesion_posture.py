"""Lesions go where a posture takes what they stand in: on a raised arm they rise with it."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

from imagingsim.anatomy.body import Body
from imagingsim.anatomy.lesion_growth import Instance
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.placement import BODY, placement
from imagingsim.anatomy.records import Structure
from imagingsim.anatomy.sites import Anchor
from imagingsim.anatomy.terrain import Terrain, lattice, tangents
from imagingsim.errors import GeometryError
from imagingsim.units import FloatArray

HOST_MM = 40.0
"""How far around a lesion its host is looked for: through the fat under the skin."""
UNDER_SKIN_MM = 25.0
"""From how deep the skin of the new posture is looked for."""
OVER_JOINT_MM = 65.0
"""As near to its joint the soft tissue turns half as far as the limb; at twice that, as far."""
SETTLED_MM = 0.5
"""Rise of the skin that is no move, but the step of the search."""
_DIRECTIONS = np.stack(np.meshgrid(*[np.linspace(-1.0, 1.0, 5)] * 3), axis=-1).reshape(-1, 3)
_DIRECTIONS = _DIRECTIONS[np.abs(_DIRECTIONS).max(axis=1) == 1.0]
_DIRECTIONS /= np.linalg.norm(_DIRECTIONS, axis=1, keepdims=True)
SOFT = frozenset({"skin", "subcutaneous_fat", "visceral_fat", "air", "connective_tissue"})
"""Materials that hang on what they cover, and are no host themselves."""


@dataclasses.dataclass(frozen=True, eq=False)
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
        before = instance.placed.anchor
        on_skin = _on_skin(instance)
        host = self._host(before, on_skin=on_skin)
        anchor = before if host is None else self._carried(before, host)
        if on_skin:
            anchor = self._onto_skin(before, anchor)
        if anchor is before:
            return instance
        placed = dataclasses.replace(instance.placed, anchor=anchor, terrain=self.terrain_moved)
        return dataclasses.replace(instance, placed=placed)

    def _host(self, anchor: Anchor, *, on_skin: bool) -> Structure | None:
        """Return what a lesion moves with, or None where nothing around it tells.

        That is the structure it lies in, or, on skin and in fat, the bone or muscle there is most
        of around, the near counting most. What a posture draws anew, as it spans trunk and arm,
        says nothing.
        """
        index = int(self.terrain_at_rest.probe(anchor.point_mm[np.newaxis])[0])
        layer = self.terrain_at_rest.layers[index]
        if not on_skin and layer.material not in SOFT and layer.structure in self._kept:
            return self._kept[layer.structure]
        away = lattice((-HOST_MM,) * 3, (HOST_MM,) * 3, 5.0).reshape(-1, 3)
        far = np.linalg.norm(away, axis=1)
        near = far <= HOST_MM
        layers = self.terrain_at_rest.probe(anchor.point_mm + away[near])
        weight = np.bincount(layers, 1.0 / (5.0 + far[near]) ** 2)
        most: dict[str, float] = {}
        for found in np.flatnonzero(weight).tolist():
            layer = self.terrain_at_rest.layers[found]
            if layer.material not in SOFT and layer.structure in self._kept:
                most[layer.structure] = most.get(layer.structure, 0.0) + float(weight[found])
        return self._kept[max(most, key=lambda name: most[name])] if most else None

    @cached_property
    def _kept(self) -> Mapping[str, Structure]:
        """The structures that are the same in both postures, but for where their frames stand."""
        after = {one.id: one for one in self.moved.structures}
        return {one.id: one for one in self.rest.structures if after.get(one.id) == one}

    def _carried(self, anchor: Anchor, host: Structure) -> Anchor:
        """Return an anchor moved as the frame of its host is; over the joint it turns half."""
        frames = [body.record.frames or {} for body in (self.rest, self.moved)]
        before, after = (
            placement(host.frame or BODY, known, self.rest.scale, mirrored=host.mirror)
            for known in frames
        )
        if np.allclose(before.turn, after.turn) and np.allclose(before.origin_mm, after.origin_mm):
            return anchor
        pivot = np.asarray(frames[1][str(host.frame)].pivot_mm)
        document = Phantom(self.rest).to_document_mm(anchor.point_mm)[0]
        from_joint = document - before.point(pivot)
        far = float(np.linalg.norm(from_joint))
        share = float(np.clip(0.5 + (far - OVER_JOINT_MM) / (2.0 * OVER_JOINT_MM), 0.5, 1.0))
        turn = Rotation.from_matrix(after.turn @ before.turn.T)
        part = Rotation.from_rotvec(share * turn.as_rotvec()).as_matrix()
        point = Phantom(self.moved).to_world_mm(after.point(pivot) + part @ from_joint)[0]
        return Anchor(point, anchor.axes @ part.T)

    def _onto_skin(self, before: Anchor, anchor: Anchor) -> Anchor:
        """Return an anchor as deep under the skin, or as far out of it, as it lay before."""
        was, now = (
            _skin_mm(terrain, one.point_mm, one.axes[1])
            for terrain, one in ((self.terrain_at_rest, before), (self.terrain_moved, anchor))
        )
        if was is None or (now is not None and abs(now - was) <= SETTLED_MM):
            return anchor
        if now is not None and abs(now - was) < UNDER_SKIN_MM:
            return Anchor(anchor.point_mm + (now - was) * anchor.axes[1], anchor.axes)
        return _nearest_skin(self.terrain_moved, anchor, was)


def _skin_mm(terrain: Terrain, point_mm: FloatArray, outward: FloatArray) -> float | None:
    """Return how far a point is under the skin, mm, or None where it is nowhere near."""
    start = point_mm - UNDER_SKIN_MM * outward
    if not terrain.probe(start[np.newaxis])[0]:
        return None
    skin = _skin(terrain, start, outward)
    return None if skin is None else float((skin - point_mm) @ outward)


def _skin(terrain: Terrain, inside_mm: FloatArray, way: FloatArray) -> FloatArray | None:
    """Return where a ray leaves the body; along a limb it may not."""
    try:
        return terrain.exit_mm(inside_mm, way)
    except GeometryError:
        return None


def _nearest_skin(terrain: Terrain, anchor: Anchor, depth_mm: float) -> Anchor:
    """Return an anchor on the nearest skin that looks about the same way."""
    inside = anchor.point_mm - UNDER_SKIN_MM * anchor.axes[1]
    ways = [way for way in _DIRECTIONS if way @ anchor.axes[1] > -0.2]
    skins = [(_skin(terrain, inside, way), way) for way in ways]
    skin, way = min(
        ((skin, way) for skin, way in skins if skin is not None),
        key=lambda one: np.linalg.norm(one[0] - inside) / (1.3 + one[1] @ anchor.axes[1]),
    )
    normal = terrain.normal(terrain.exit_mm, inside, way)
    across, up = tangents(normal)
    return Anchor(skin - depth_mm * normal, np.stack([across, normal, up]))


def _on_skin(instance: Instance) -> bool:
    """Return whether a lesion was placed on the skin."""
    lesion = instance.lesion
    return lesion.scatter is not None or any(
        place is not None and place.on == "skin"
        for place in (lesion.place, *(member.place for member in lesion.members))
    )
