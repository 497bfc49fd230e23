"""Turns solids into instructions."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from imagingsim.anatomy import cache
from imagingsim.anatomy.formula import formula_values
from imagingsim.anatomy.placement import Placement, rotation, seed_of
from imagingsim.anatomy.solid_records import (
    SHAPES,
    Box,
    Bump,
    Displace,
    Ellipsoid,
    Field,
    Formula,
    Loft,
    Plane,
    Ripple,
    Shell,
    Solid,
    Thinning,
    Tube,
)  # fmt: skip
from imagingsim.errors import GeometryError, UnknownNameError
from imagingsim.geometry import (
    Baked,
    Packed,
    Program,
    Segments,
    Step,
    bake_loft,
    cell_ranges,
    followed,
    in_256ths,
    redistance,
    swept,
)  # fmt: skip
from imagingsim.geometry import machine as m
from imagingsim.geometry.field_kernels import INTERSECT, SUBTRACT, UNION
from imagingsim.streams import stream
from imagingsim.units import FloatArray

GENERATED = ("vertebra", "disc", "rib", "tree", "beside", "rope", "fringe", "folds")
_PACKED: dict[str, Packed] = {}
Generate = Callable[["SolidCompiler", str, object, int, float], None]


@dataclass
class SolidCompiler:
    """Writes the solids of one structure into a program.

    Attributes
    ----------
    id
        The structure's id: seeds come from it.
    fields
        Field of each structure that stands before.
    generate
        Writes a generated solid (spine, ribs, trees): ``(compiler, kind, record, field, smooth)``.
    arc
        Fields of arc length and angle the next tube shall write, if any.
    start
        Place of the structure's first step.
    """

    program: Program
    id: str
    place: Placement
    fields: Mapping[str, int]
    generate: Generate
    arc: tuple[int, int] | None = None
    start: int = 0
    _displaced: int = field(default=0, init=False)

    def join(self, target: int, solid: Solid) -> None:
        """Join one solid to a field."""
        kinds = [name for name in SHAPES if getattr(solid, name) is not None]
        if len(kinds) != 1:
            raise GeometryError(
                f"{self.id}: a solid needs exactly one of {', '.join(SHAPES)}; "
                f"found {', '.join(kinds) or 'none'}."
            )
        kind, shape = kinds[0], getattr(solid, kinds[0])
        smooth = max(solid.smooth_mm, getattr(shape, "smooth_mm", 0.0)) * self.place.scale
        if kind in ("subtract", "intersect"):
            other = self._alone(shape, solid.displace)
            self._combine(target, other, SUBTRACT if kind == "subtract" else INTERSECT, smooth)
        elif solid.displace:
            other = self.program.new_field()
            self._join_shape(other, kind, shape, 0.0)
            self._displace(other, solid.displace)
            self._combine(target, other, UNION, smooth)
        else:
            self._join_shape(target, kind, shape, smooth)

    def _alone(self, solid: Solid, noise: tuple[Displace, ...]) -> int:
        """Return a field that holds one solid and nothing else."""
        plain = solid.field if solid.displace == () and noise == () else None
        if plain is not None and not (plain.bumps or plain.noise or plain.thinning):
            return self.offset(self.find(plain.id), -plain.offset_mm * self.place.scale)
        other = self.program.new_field()
        self.join(other, dataclasses.replace(solid, smooth_mm=0.0))
        self._displace(other, noise)
        return other

    def _join_shape(self, target: int, kind: str, shape: object, smooth: float) -> None:
        if kind == "union":
            group = self.program.new_field()
            for part in shape:  # type: ignore[attr-defined]
                self.join(group, part)
            self._combine(target, group, UNION, smooth)
        elif kind == "tubes":
            for part in shape:  # type: ignore[attr-defined]
                self.tube(target, part, max(smooth, part.smooth_mm))
        elif kind in GENERATED:
            self.generate(self, kind, shape, target, smooth)
        else:
            getattr(self, kind)(target, shape, smooth)

    def ellipsoid(self, target: int, shape: Ellipsoid, smooth: float) -> None:
        """Join an ellipsoid."""
        self._axes(m.ELLIPSOID, target, shape, shape.semi_mm, smooth)

    def box(self, target: int, shape: Box, smooth: float) -> None:
        """Join a rounded box."""
        self._axes(m.BOX, target, shape, shape.half_mm, smooth, shape.round_mm * self.place.scale)

    def plane(self, target: int, shape: Plane, smooth: float) -> None:
        """Join a half space."""
        normal = np.asarray(shape.normal, dtype=np.float64)
        length = float(np.linalg.norm(normal))
        away = self.place.direction(normal / length)
        offset = shape.offset_mm / length * self.place.scale + float(away @ self.place.origin_mm)
        numbers = (*away.tolist(), offset, smooth)
        self.program.add(Step(m.PLANE, target, numbers=numbers, smooth_mm=smooth))

    def tube(self, target: int, shape: Tube, smooth: float) -> None:
        """Join a swept tube."""
        points = np.array(shape.points, dtype=np.float64)
        points = np.column_stack([self.place.point(points[:, :3]), points[:, 3] * self.place.scale])
        up = self.place.direction(shape.up)
        rng = stream(0, f"wander {self.id} {shape.points[0]}") if shape.wander_mm > 0.0 else None
        tube = swept(
            points, aspect=shape.aspect, up=(up[0], up[1], up[2]), samples=shape.samples,
            spline=shape.spline, wander_mm=shape.wander_mm * self.place.scale, rng=rng,
        )  # fmt: skip
        self.segments(target, tube, smooth)

    def segments(self, target: int, tube: Segments, smooth: float) -> None:
        """Join a tube or tree given as segments."""
        first, last = self.program.add_tube(tube)
        arc, angle = self.arc or (-1, -1)
        self.arc = None
        numbers = (smooth, tube.aspect, float(first), float(last))
        self.program.add(Step(m.TUBE, target, arc, angle, numbers, tube.box_mm, smooth))

    def loft(self, target: int, shape: Loft, smooth: float) -> None:
        """Join a loft, baked when the program is assembled."""
        levels = {z: _ring(ring, shape.symmetric) for z, ring in shape.levels.items()}
        if shape.follow_mm:
            levels = followed(levels, apart_mm=shape.follow_mm)
        place = self.place
        key = cache.digest(
            "loft", sorted((z, ring.tolist()) for z, ring in levels.items()), shape.step_mm,
            shape.redistance, place.turn.tolist(), place.origin_mm.tolist(), place.scale,
        )  # fmt: skip

        def bake(pad_mm: float) -> Baked:
            scaled = {z * place.scale: ring * place.scale for z, ring in levels.items()}
            baked = bake_loft(
                scaled, step_mm=shape.step_mm, pad_mm=pad_mm, rotation=place.turn,
                origin_mm=place.origin_mm,
            )  # fmt: skip
            return redistance(baked) if shape.redistance else baked

        points = np.vstack([
            place.point(np.column_stack([ring, np.full(len(ring), z)]))
            for z, ring in levels.items()
        ])  # fmt: skip
        box = np.stack([points.min(axis=0) - 3.0, points.max(axis=0) + 3.0], axis=1)
        self.baked(target, key, bake, box, smooth)

    def formula(self, target: int, shape: Formula, smooth: float) -> None:
        """Join an expression, evaluated on a lattice when the program is assembled."""
        place = self.place
        box = np.asarray(shape.box_mm, dtype=np.float64)
        corners = np.array([
            (x, y, z) for x in box[0] for y in box[1] for z in box[2]
        ])  # fmt: skip
        placed = place.point(corners)
        box = np.stack([placed.min(axis=0), placed.max(axis=0)], axis=1)
        key = cache.digest(
            "formula", shape.expression, box.tolist(), shape.step_mm, shape.redistance,
            place.turn.tolist(), place.origin_mm.tolist(),
        )  # fmt: skip

        def bake(pad_mm: float) -> Baked:
            first = box[:, 0] - pad_mm
            counts = np.ceil((box[:, 1] + pad_mm - first) / shape.step_mm).astype(int) + 1
            x, y, z = (first[a] + np.arange(counts[a]) * shape.step_mm for a in range(3))
            values = np.empty((len(z), len(y), len(x)), dtype=np.float32)
            for k, height in enumerate(z):  # a plane's numbers stay in the processor's cache
                plane = np.stack(np.broadcast_arrays(x, y[:, np.newaxis], height), axis=-1)
                points = (plane - place.origin_mm) @ place.turn / place.scale
                distances = formula_values(shape.expression, points) * place.scale
                beyond = np.maximum(box[:, 0] - plane, plane - box[:, 1]).max(axis=-1)
                values[k] = np.clip(np.maximum(distances, beyond), -80.0, 80.0)
            baked = Baked(
                values, (float(first[0]), float(first[1]), float(first[2])), shape.step_mm
            )
            return redistance(baked) if shape.redistance else baked

        self.baked(target, key, bake, box, smooth)

    def baked(
        self, target: int, key: str, bake: Callable[[float], Baked], box: FloatArray, smooth: float
    ) -> int:
        """Join a solid that is baked when the program is assembled; return its number."""

        def kept(pad_mm: float) -> Packed:
            return _kept(f"{key}_{pad_mm:g}", lambda: bake(pad_mm))

        self.program.lofts.append(kept)
        number = len(self.program.lofts) - 1
        self.program.add(Step(m.LOFT, target, number, -1, (smooth,), box, smooth))
        return number

    def field(self, target: int, shape: Field, smooth: float) -> None:
        """Join the solid of another structure, grown or shrunk."""
        fresh = all(step.field != target for step in self.program.steps[self.start :])
        if fresh and not (shape.bumps or shape.noise or shape.thinning):
            numbers = (1.0, -shape.offset_mm * self.place.scale)
            self.program.add(Step(m.OFFSET, target, self.find(shape.id), -1, numbers))
            return
        other = self._grown(
            self.find(shape.id), shape.offset_mm, shape.bumps, shape.noise, shape.thinning, shape.id
        )
        self._combine(target, other, UNION, smooth)

    def shell(self, target: int, shape: Shell, smooth: float) -> None:
        """Join what lies between two distances from another structure."""
        source = self.find(shape.field)
        scale = self.place.scale
        if not (shape.bumps or shape.noise or shape.thinning):
            other = self.program.new_field()
            numbers = (shape.inner_mm * scale, shape.outer_mm * scale)
            self.program.add(Step(m.SHELL, other, source, -1, numbers))
        else:
            thick = shape.outer_mm - shape.inner_mm
            inner = self.offset(source, -shape.inner_mm * scale)
            other = self._grown(inner, thick, shape.bumps, shape.noise, shape.thinning, shape.field)
            self._combine(other, inner, SUBTRACT, 0.0)
        self._combine(target, other, UNION, smooth)

    def find(self, name: str) -> int:
        """Return the field of a structure that stands before."""
        if name not in self.fields:
            raise UnknownNameError.of(f"structure before {self.id}", name, sorted(self.fields))
        return self.fields[name]

    def offset(self, source: int, shift_mm: float, sign: float = 1.0) -> int:
        """Return a new field: another one times ``sign`` plus ``shift_mm``."""
        if shift_mm == 0.0 and sign > 0:
            return source
        other = self.program.new_field()
        self.program.add(Step(m.OFFSET, other, source, -1, (sign, shift_mm)))
        return other

    def _grown(
        self, source: int, thick_mm: float, bumps: tuple[Bump, ...], noise: tuple[Ripple, ...],
        thinning: tuple[Thinning, ...], name: str,
    ) -> int:  # fmt: skip
        """Return a new field: another one grown by a thickness, which the kernel keeps above 0."""
        scale = self.place.scale
        if not (bumps or noise or thinning):
            return self.offset(source, -thick_mm * scale)
        least = min(thick_mm, 0.0) + sum(min(bump.mm, 0.0) for bump in bumps)
        if least < 0.0 and not thinning:
            source, thick_mm = self.offset(source, -least * scale), thick_mm - least
        at = self.program.add_extra(self._thickness(thick_mm, bumps, noise, thinning, name))
        most = (
            thick_mm + sum(max(b.mm, 0.0) for b in bumps) + 3.5 * sum(r.amplitude_mm for r in noise)
        )
        other = self.program.new_field()
        self.program.add(Step(m.THICKEN, other, source, -1, (float(at), most * scale)))
        return other

    def _thickness(
        self, thick_mm: float, bumps: tuple[Bump, ...], noise: tuple[Ripple, ...],
        thinning: tuple[Thinning, ...], name: str,
    ) -> list[float]:  # fmt: skip
        s = self.place.scale
        out = [thick_mm * s, float(len(noise)), float(len(bumps)), float(len(thinning))]
        for i, ripple in enumerate(noise):
            out += [ripple.amplitude_mm * s, ripple.wavelength_mm * s, seed_of(f"{name}.{i}")]
        for bump in bumps:
            out += [bump.mm * s, *self.place.point(bump.at_mm), *(v * s for v in bump.semi_mm)]
        for patch in thinning:
            out += [patch.share, *self.place.point(patch.at_mm), patch.radius_mm * s]
        return out

    def _displace(self, target: int, noise: tuple[Displace, ...]) -> None:
        for one in noise:
            self.displace(target, one)

    def displace(self, target: int, noise: Displace) -> None:
        """Roughen a field."""
        seed = noise.seed if noise.seed is not None else seed_of(f"{self.id}.{self._displaced}")
        self._displaced += 1
        s = self.place.scale
        numbers = (
            noise.amplitude_mm * s, noise.wavelength_mm * s, seed, float(noise.octaves),
            *noise.stretch,
        )  # fmt: skip
        self.program.add(Step(m.DISPLACE, target, numbers=numbers))

    def combine(self, target: int, other: int, mode: int, smooth_mm: float) -> None:
        """Unite, subtract or intersect two fields."""
        self._combine(target, other, mode, smooth_mm * self.place.scale)

    def _combine(self, target: int, other: int, mode: int, smooth: float) -> None:
        self.program.add(Step(m.COMBINE, target, other, mode, (smooth,), smooth_mm=smooth))

    def _axes(
        self, operation: int, target: int, shape: Ellipsoid | Box, size: tuple[float, ...],
        smooth: float, *more: float,
    ) -> None:  # fmt: skip
        """Join a solid that has a centre, three axes and three sizes."""
        own = rotation(shape.rotate_deg)
        if shape.axes is not None:
            own = np.array(shape.axes, dtype=np.float64).T
            own = own / np.linalg.norm(own, axis=0)
        axes = self.place.turn @ own
        centre = self.place.point(shape.centre_mm)
        sizes = np.asarray(size) * self.place.scale
        half = np.sqrt(((axes * sizes) ** 2).sum(axis=1))
        if operation == m.BOX:
            half = np.abs(axes) @ sizes
        numbers = (*centre, *axes.T.ravel(), *sizes, smooth, *more)
        box = np.stack([centre - half, centre + half], axis=1)
        self.program.add(Step(operation, target, -1, -1, tuple(map(float, numbers)), box, smooth))


def _ring(ring: tuple[tuple[float, float], ...], symmetric: bool) -> FloatArray:
    """Return a contour; of a symmetric one the other half, from behind forwards, is added."""
    points = np.asarray(ring, dtype=np.float64)
    if not symmetric:
        return points
    other = points[::-1] * (-1.0, 1.0)
    start = 1 if abs(points[-1, 0]) < 1e-6 else 0
    end = len(other) - (1 if abs(points[0, 0]) < 1e-6 else 0)
    return np.vstack([points, other[start:end]])


def _kept(key: str, bake: Callable[[], Baked]) -> Packed:
    """Return a baked solid: from memory, which all phantoms share, from disk, or baked now."""
    if key not in _PACKED:
        arrays = cache.keep("baked", key, lambda: _arrays(bake()))
        x, y, z, step = (float(v) for v in arrays["frame"])
        kept = arrays["values"]
        if kept.dtype != np.int16:
            kept = in_256ths(np.asarray(kept, np.float32))
        values = np.asarray(kept, np.int16)
        ranges = cache.keep(f"ranges_{m.CELL}", key, lambda: {"ranges": cell_ranges(values)})
        _PACKED[key] = Packed(values, np.asarray(ranges["ranges"], np.int16), (x, y, z), step)
    return _PACKED[key]


def _arrays(baked: Baked) -> cache.Arrays:
    frame = np.array([*baked.origin_mm, baked.step_mm])
    return {"values": in_256ths(baked.values), "frame": frame}
