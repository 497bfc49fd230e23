"""Solids that are generated: vertebrae, discs, ribs, vessel trees, the rope of the bowel."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.anatomy import cache, ribs, spine, vertebrae
from imagingsim.anatomy.companions import beside
from imagingsim.anatomy.folds import FoldShape, folded, padded
from imagingsim.anatomy.solid_records import (
    Beside,
    Disc,
    Folds,
    Fringe,
    Rib,
    Rope,
    Tree,
    Tube,
    Vertebra,
)  # fmt: skip
from imagingsim.errors import ContentError, GeometryError
from imagingsim.geometry import Baked, Segments, Step, branched, open_spline
from imagingsim.geometry import machine as m
from imagingsim.geometry.evaluation import field_values
from imagingsim.geometry.trees import fold_rope, grow_tree
from imagingsim.streams import stream
from imagingsim.units import FloatArray

if TYPE_CHECKING:
    from imagingsim.anatomy.compiler import Compiler
    from imagingsim.anatomy.solid_compiler import SolidCompiler

_BAND_MM = 16.0
_THROWS = 4000
_WAIST = 0.05
_FAR_MM = 1000.0
_SMALLEST = 0.55
_SWING_NODES = 14.0


class Generators:
    """Writes generated solids for one compiler."""

    def __init__(self, compiler: Compiler) -> None:
        """Remember whose tables and fields to use."""
        self.compiler = compiler

    @cached_property
    def tables(self) -> object:
        """Tables that generated solids come from, for a hash."""
        body = self.compiler.body
        return [
            [dataclasses.asdict(v) for v in body.spine],
            [dataclasses.asdict(r) for r in body.ribs],
            body.rib_cage,
        ]

    @property
    def _variant(self) -> list[int]:
        """What the individual adds to a key."""
        return [self.compiler.seed] if self.compiler.seed else []

    def _stream(self, seed: int, name: str) -> np.random.Generator:
        """Return the random stream of a generated solid of this individual."""
        individual = self.compiler.seed
        return stream(individual, f"{seed} {name}") if individual else stream(seed, name)

    def generate(
        self, solids: SolidCompiler, kind: str, shape: object, target: int, smooth: float
    ) -> None:
        """Write one generated solid into a field."""
        getattr(self, f"_{kind}")(solids, shape, target, smooth)

    def _vertebra(self, solids: SolidCompiler, shape: Vertebra, target: int, _: float) -> None:
        vertebra = spine.level(self.compiler.body.spine, shape.level)
        centre, turn = spine.axes(vertebra)
        parts = vertebrae.parts(self.compiler.body.spine, vertebra, shape.part)
        half = spine.half_sizes(vertebra, shape.part)
        if half is not None:
            self._block(m.VERTEBRA, solids, target, centre, turn, half)
        for part in parts:
            solids.join(target, part)

    def _disc(self, solids: SolidCompiler, shape: Disc, target: int, _: float) -> None:
        centre, turn, half = spine.disc(self.compiler.body.spine, shape.above)
        self._block(m.DISC, solids, target, centre, turn, half)

    def _block(
        self, operation: int, solids: SolidCompiler, target: int, centre: FloatArray,
        turn: FloatArray, half: FloatArray,
    ) -> None:  # fmt: skip
        place = solids.place
        axes, at = place.turn @ turn, place.point(centre)
        sizes = half * place.scale
        numbers = (*at, *axes.T.ravel(), *sizes, 0.0, 0.0, _WAIST)
        reach = np.abs(axes) @ sizes
        box = np.stack([at - reach, at + reach], axis=1)
        self.compiler.program.add(
            Step(operation, target, -1, -1, tuple(float(n) for n in numbers), box)
        )

    def _rib(self, solids: SolidCompiler, shape: Rib, target: int, smooth: float) -> None:
        body = self.compiler.body
        if body.rib_cage is None:
            raise ContentError("body.yaml has ribs but no `rib_cage`; name the solid they lie on.")
        key = cache.digest("rib", shape.number, self.tables, self.compiler.closure(body.rib_cage))
        kept = cache.keep("ribs", key, lambda: {"points": self._course(shape.number)})
        side = "right" if np.linalg.det(solids.place.turn) < 0.0 else "left"
        rng = self._stream(shape.number, f"rib {side}")
        points = ribs.strayed(np.array(kept["points"], dtype=np.float64), rng)
        if shape.part == "cartilage":
            points = ribs.cartilage(ribs.record(body.ribs, shape.number), points[-1])
            tube = _tube(points, 0.7, (0.0, -0.4, 1.0), 5)
        elif shape.part == "vessels":
            tube = _tube(ribs.bundle(points[1:]), 1.0, (0.0, 0.0, 1.0), 2)
        else:
            tube = _tube(points, 0.55, (0.0, 0.15, 1.0), 4)
        solids.tube(target, tube, smooth)

    def _course(self, number: int) -> FloatArray:
        body = self.compiler.body
        rib = ribs.record(body.ribs, number)
        low = min(rib.lateral_z_mm, rib.front_z_mm, rib.head_z_mm) - 12.0
        high = max(rib.lateral_z_mm, rib.front_z_mm, rib.head_z_mm) + 12.0
        box = np.array([[-10.0, 195.0], [-195.0, 195.0], [low, high]])
        cage = self.values(str(body.rib_cage), box, 2.0)
        return ribs.course(body.ribs, body.spine, number, cage.at)

    def values(
        self, name: str, box: FloatArray, step_mm: float, band_mm: float = _BAND_MM
    ) -> Baked:
        """Return a structure's distances in a box of the document, right near its surface.

        Calibrated growth is left out: a millimetre more or less of an organ shall not make
        another tree or bowel.
        """
        compiler = self.compiler
        if name not in compiler.fields:
            raise ContentError(f"{name!r} must stand before the solid that is grown in it.")
        steps = [s for s in compiler.program.steps if s.operation != m.OFFSET or s.a != s.field]
        return field_values(
            dataclasses.replace(compiler.program, steps=steps), compiler.fields[name],
            np.asarray(box), 0.0, step_mm, compiler.around, band_mm=band_mm,
        )  # fmt: skip

    def _tree(self, solids: SolidCompiler, shape: Tree, target: int, smooth: float) -> None:
        arrays = self._grown(solids.id, solids, shape)
        solids.segments(target, _segments(arrays, shape.radius_scale, shape.largest_radius_mm),
                        smooth)  # fmt: skip

    def _beside(self, solids: SolidCompiler, shape: Beside, target: int, smooth: float) -> None:
        structure = self.compiler.records.get(shape.tree)
        tree = next((s.tree for s in structure.solid if s.tree), None) if structure else None
        if tree is None:
            raise ContentError(f"{solids.id}: {shape.tree!r} is not a tree that stands before.")
        arrays = self._grown(shape.tree, solids, tree)
        nodes, parent, radius = beside(
            np.asarray(arrays["nodes"], dtype=np.float64),
            np.asarray(arrays["parent"], dtype=np.int64),
            _radius(arrays, tree.radius_scale, tree.largest_radius_mm),
            side=solids.place.direction(shape.side), smallest_mm=shape.smallest_mm,
            share=shape.share, gap_mm=shape.gap_mm,
        )  # fmt: skip
        solids.segments(target, branched(nodes, parent, radius), smooth)

    def _grown(self, name: str, solids: SolidCompiler, shape: Tree) -> cache.Arrays:
        """Return the nodes of a structure's tree."""
        names = [*shape.within, *shape.avoid]
        key = cache.digest(
            "tree", name, dataclasses.asdict(shape), solids.place.turn.tolist(),
            solids.place.origin_mm.tolist(), [self.compiler.closure(n) for n in names],
            *self._variant,
        )  # fmt: skip
        return cache.keep("trees", key, lambda: self._grow(name, solids, shape))

    def _grow(self, tree: str, solids: SolidCompiler, shape: Tree) -> cache.Arrays:
        rng = self._stream(shape.seed, f"tree {tree}")
        box = np.asarray(shape.box_mm, dtype=np.float64)
        corners = solids.place.point(np.array([(x, y, z) for x in box[0] for y in box[1]
                                               for z in box[2]]))  # fmt: skip
        box = np.stack([corners.min(axis=0), corners.max(axis=0)], axis=1)
        inside = [self.values(name, box, 4.0) for name in shape.within]
        outside = [self.values(name, box, 4.0) for name in shape.avoid]
        tips = np.zeros((0, 3))
        for _ in range(60):
            thrown = rng.uniform(box[:, 0], box[:, 1], size=(_THROWS, 3))
            good = np.ones(_THROWS, dtype=bool)
            for baked in inside:
                good &= baked.at(thrown) < -shape.margin_mm
            for baked in outside:
                good &= baked.at(thrown) > shape.margin_mm
            tips = np.vstack([tips, thrown[good]])
            if len(tips) >= shape.tips:
                break
        if len(tips) < shape.tips:
            raise GeometryError(f"{tree}: only {len(tips)} of {shape.tips} tips found room.")
        root = open_spline(solids.place.point(np.array(shape.root)), 4)
        nodes, parent, radius = grow_tree(
            root, tips[: shape.tips], rng, path_cost=shape.path_cost, step_mm=shape.step_mm,
            tip_radius_mm=shape.tip_radius_mm, exponent=shape.exponent,
            jitter_mm=shape.jitter_mm, straightness=shape.straightness, taper_mm=shape.taper_mm,
        )  # fmt: skip
        return {"nodes": nodes, "parent": parent, "radius": radius}

    def _rope(self, solids: SolidCompiler, shape: Rope, target: int, smooth: float) -> None:
        solids.tube(target, _tube(self.rope_points(solids.id, shape), 1.0, (0.0, 0.0, 1.0), 2),
                    smooth)  # fmt: skip

    def rope_points(self, name: str, shape: Rope) -> FloatArray:
        """Return the points (x, y, z, radius) of a rope."""
        names = [*shape.within, *shape.avoid]
        key = cache.digest(
            "rope", name, dataclasses.asdict(shape), [self.compiler.closure(n) for n in names],
            *self._variant,
        )  # fmt: skip
        return np.asarray(
            cache.keep("ropes", key, lambda: {"points": self._fold(name, shape)})["points"]
        )

    def _fold(self, name: str, shape: Rope) -> FloatArray:
        rng = self._stream(shape.seed, f"rope {name}")
        box, step = np.asarray(shape.box_mm, dtype=np.float64), 5.0
        space = np.full((1, 1, 1), -_FAR_MM)
        for inner in shape.within:
            space = np.maximum(space, self.values(inner, box, step).values)
        for outer in shape.avoid:
            space = np.maximum(space, -self.values(outer, box, step).values)
        origin = box[:, 0].astype(np.float32).astype(np.float64)
        n = shape.nodes
        first, last = shape.radius_mm
        radius = first + (last - first) * np.linspace(0.0, 1.0, n)
        radius += shape.calibre_mm * _wander(rng, n, shape.calibre_length_mm / shape.rest_mm)
        radius = np.maximum(radius, _SMALLEST * min(first, last))
        start = _walk(shape, rng)
        space = np.ascontiguousarray(space + shape.clearance_mm, dtype=np.float32)
        points = fold_rope(
            start, radius, space, origin, step, rng, rest_mm=shape.rest_mm,
            iterations=shape.iterations, end_fixed=shape.end_mm is not None,
        )  # fmt: skip
        return np.column_stack([points, radius])

    def _folds(self, solids: SolidCompiler, shape: Folds, target: int, smooth: float) -> None:
        place = solids.place
        corners = place.point(np.array(shape.box_mm, dtype=np.float64).T)
        box = np.stack([corners.min(axis=0), corners.max(axis=0)], axis=1)
        names = [*shape.within, *shape.avoid, *shape.along]
        key = cache.digest(
            "folds", solids.id, dataclasses.asdict(shape), box.tolist(), place.scale,
            [self.compiler.closure(n) for n in names], *self._variant,
        )  # fmt: skip

        def bake(pad_mm: float) -> Baked:
            kept = cache.keep("folds", key, lambda: {"values": self._fold_up(solids, shape, box)})
            values = np.asarray(kept["values"], np.float32)
            x, y, z = (float(v) for v in box[:, 0].astype(np.float32))
            return padded(Baked(values, (x, y, z), shape.step_mm), pad_mm)

        solids.baked(target, key, bake, box, smooth)

    def _fold_up(self, solids: SolidCompiler, shape: Folds, box: FloatArray) -> FloatArray:
        """Return the distance to the sheets of a folded surface on the lattice of its box."""
        reach = shape.depth_mm[1] + shape.spacing_mm

        def nearest(names: tuple[str, ...]) -> FloatArray:
            found = [self.values(n, box, shape.step_mm, reach).values for n in names]
            return np.minimum.reduce([np.full(depth.shape, _FAR_MM), *found])

        hulls = [self.values(n, box, shape.step_mm, reach).values for n in shape.within]
        depth: FloatArray = -np.maximum.reduce(hulls)
        scale, grain = solids.place.scale, solids.place.direction(shape.grain)
        look = FoldShape(
            spacing_mm=scale * shape.spacing_mm,
            depth_mm=(scale * shape.depth_mm[0], scale * shape.depth_mm[1]),
            width_mm=(scale * shape.width_mm[0], scale * shape.width_mm[1]),
            wander_mm=scale * shape.wander_mm, grain=(grain[0], grain[1], grain[2]),
        )  # fmt: skip
        rng = self._stream(shape.seed, f"folds {solids.id}")
        return folded(depth, nearest(shape.along), nearest(shape.avoid), shape.step_mm, look, rng)

    def _fringe(self, solids: SolidCompiler, shape: Fringe, target: int, smooth: float) -> None:
        structure = self.compiler.records.get(shape.rope)
        rope = next((s.rope for s in structure.solid if s.rope), None) if structure else None
        if rope is None:
            raise ContentError(f"{solids.id}: {shape.rope!r} is not a rope that stands before.")
        points = self.rope_points(shape.rope, rope)
        key = cache.digest(
            "fringe", dataclasses.asdict(shape), points.round(4).tolist(), *self._variant
        )
        rng = self._stream(shape.seed, "fringe")
        arrays = cache.keep("trees", key, lambda: _supply(points, shape, rng))
        solids.segments(target, _segments(arrays, shape.radius_scale, shape.largest_radius_mm),
                        smooth)  # fmt: skip


def _walk(shape: Rope, rng: np.random.Generator) -> FloatArray:
    """Return a first guess of a rope: a walk past the guiding points."""
    n = shape.nodes
    ends = () if shape.end_mm is None else (shape.end_mm,)
    guide = np.array([shape.start_mm, *shape.guide, *ends])
    at = np.linspace(0.0, len(guide) - 1.0, n)
    swing = np.column_stack([_wander(rng, n, _SWING_NODES) for _ in range(3)])
    swing *= np.minimum(np.arange(n), np.arange(n)[::-1])[:, np.newaxis] / n * 4.0 + 0.1
    path = [np.interp(at, np.arange(len(guide)), guide[:, axis]) for axis in range(3)]
    points: FloatArray = np.column_stack(path) + np.clip(swing, -2.0, 2.0) * shape.swing_mm
    points[[0, -1]] = guide[[0, -1]]
    return points


def _wander(rng: np.random.Generator, count: int, width: float) -> FloatArray:
    """Return smooth noise of unit standard deviation along a line."""
    rough = rng.normal(size=count + int(8 * width))
    smooth = ndimage.gaussian_filter1d(rough, width / 2.0)[int(4 * width) :][:count]
    out: FloatArray = (smooth - smooth.mean()) / smooth.std()
    return out


def _supply(rope: FloatArray, shape: Fringe, rng: np.random.Generator) -> cache.Arrays:
    """Grow a tree to the inner border of a rope."""
    index = np.tile(np.arange(4, len(rope)), 2)
    points, radius = rope[index, :3], rope[index, 3:]
    inwards = np.array(shape.towards_mm) - points
    far = np.linalg.norm(inwards, axis=1, keepdims=True)
    deeper = (
        rng.uniform(0.0, 0.75, size=far.shape)
        * (np.arange(len(index)) >= len(index) // 2)[:, np.newaxis]
    )
    reach = radius + 1.5 + np.maximum(far - radius - 8.0, 0.0) * deeper
    tips = points + inwards / far * reach + 2.0 * rng.normal(size=points.shape)
    nodes, parent, size = grow_tree(
        open_spline(np.array(shape.root), 4), tips, rng, path_cost=0.35, step_mm=5.0,
        tip_radius_mm=shape.tip_radius_mm, jitter_mm=0.8, straightness=0.3,
    )  # fmt: skip
    return {"nodes": nodes + np.array(shape.shift_mm), "parent": parent, "radius": size}


def _segments(
    arrays: cache.Arrays, radius_scale: float, largest_radius_mm: float | None
) -> Segments:
    nodes = np.asarray(arrays["nodes"], dtype=np.float64)
    radius = _radius(arrays, radius_scale, largest_radius_mm)
    return branched(nodes, np.asarray(arrays["parent"], dtype=np.int64), radius)


def _radius(
    arrays: cache.Arrays, radius_scale: float, largest_radius_mm: float | None
) -> FloatArray:
    radius = np.asarray(arrays["radius"], dtype=np.float64) * radius_scale
    return radius if largest_radius_mm is None else np.minimum(radius, largest_radius_mm)


def _tube(
    points: npt.ArrayLike, aspect: float, up: tuple[float, float, float], samples: int
) -> Tube:
    rows = tuple((float(x), float(y), float(z), float(r)) for x, y, z, r in np.asarray(points))
    return Tube(points=rows, aspect=aspect, up=up, samples=samples)
