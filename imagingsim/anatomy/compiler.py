"""Compiles the structures of a body, and those a case adds, to a program and its layers."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

import numpy as np
from scipy import ndimage

from imagingsim.anatomy import cache
from imagingsim.anatomy.generators import Generators
from imagingsim.anatomy.layers import LayerList
from imagingsim.anatomy.painting import Painter
from imagingsim.anatomy.placement import placement, seed_of
from imagingsim.anatomy.records import (
    BodyRecord,
    Clip,
    FrameRecord,
    Redistance,
    Structure,
    TextureRecord,
)  # fmt: skip
from imagingsim.anatomy.solid_compiler import SolidCompiler
from imagingsim.errors import ContentError
from imagingsim.geometry import Baked, Program, Step, Surroundings, redistance
from imagingsim.geometry import machine as m
from imagingsim.geometry.evaluation import field_box, field_values
from imagingsim.geometry.field_kernels import INTERSECT, SUBTRACT
from imagingsim.units import FloatArray

_BAND_MM = 14.0
_SHAPE = ("solid", "displace", "redistance", "mirror", "frame", "inside", "outside")
T = TypeVar("T")


@dataclass
class Compiler:
    """Compiles structures one after another, stiff to soft.

    Attributes
    ----------
    body
        The body's own record: frames, spine, ribs.
    scale
        Patient millimetres per document millimetre.
    textures
        Texture of each tissue.
    around
        What the program runs in, for what must be evaluated while compiling.
    seed
        Individual variation of what is generated; 0 is the reference person.
    """

    body: BodyRecord
    scale: tuple[float, float, float]
    textures: Mapping[str, TextureRecord]
    around: Surroundings
    seed: int = 0
    program: Program = field(default_factory=Program)
    fields: dict[str, int] = field(default_factory=dict)
    layers: LayerList = field(init=False)
    records: dict[str, Structure] = field(default_factory=dict)
    _needs: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False)
    _closures: dict[str, object] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Start the list of layers."""
        self.layers = LayerList(self.textures)
        self.generators = Generators(self)

    @property
    def frames(self) -> Mapping[str, FrameRecord]:
        """Frames of the body."""
        return self.body.frames or {}

    def compile(self, structures: Iterable[Structure]) -> None:
        """Compile structures in their order of rank.

        Equal ranks stay in order, but what a structure refers to comes before it.
        """
        ordered = sorted(structures, key=lambda s: s.rank)
        _refuse_twins(ordered)
        waiting = {s.id: s for s in ordered}
        self._needs = {s.id: needs(s) for s in ordered}
        for structure in ordered:
            self._add_with_needs(structure, waiting)

    def _add_with_needs(self, structure: Structure, waiting: dict[str, Structure]) -> None:
        if waiting.pop(structure.id, None) is None:
            return
        for name in self._needs[structure.id]:
            needed = waiting.get(name)
            if needed is not None and needed.rank <= structure.rank:
                self._add_with_needs(needed, waiting)
        self.add(structure)

    def add(self, structure: Structure) -> None:
        """Compile one structure."""
        place = placement(
            structure.frame or "body", self.frames, self.scale, mirrored=structure.mirror
        )
        target = self.program.new_field()
        solids = SolidCompiler(
            self.program, structure.id, place, self.fields, self.generators.generate
        )
        self.records[structure.id] = structure
        if place.world:
            self.program.add(Step(m.SPACE, target, 1))
        block = self.program.add(Step(m.BLOCK, target, target))
        solids.start = block + 1
        arc = self._arc(structure, solids)
        self._shape(structure, solids, target)
        self._keep_clear(structure, solids, target)
        self.fields[structure.id] = target
        Painter(self, solids, structure, target, arc).paint()
        if structure.fix if structure.fix is not None else structure.gap is not None:
            self.program.add(Step(m.FIX, target))
        end = len(self.program.steps)
        self.program.steps[block] = dataclasses.replace(self.program.steps[block], b=end)
        if place.world:
            self.program.add(Step(m.SPACE, target, 0))

    def _arc(self, structure: Structure, solids: SolidCompiler) -> int:
        """Return the field of arc length, which hollow organs need, or -1."""
        kernel = structure.kernel
        if kernel is None or (kernel.bowel is None and kernel.haustra is None):
            return -1
        solids.arc = (self.program.new_field(), self.program.new_field())
        return solids.arc[0]

    def _shape(self, structure: Structure, solids: SolidCompiler, target: int) -> None:
        """Write the solid itself, before it meets its neighbours."""
        arc = solids.arc
        whole = structure.redistance
        inner = self.program.new_field() if whole else target
        for solid in structure.solid:
            solids.join(inner, solid)
        if structure.kernel is not None and structure.kernel.haustra is not None and arc:
            sack = structure.kernel.haustra
            seed = sack.seed if sack.seed is not None else seed_of(f"{structure.id}.haustra")
            numbers = (sack.period_mm, sack.depth_mm, seed)
            self.program.add(Step(m.HAUSTRA, target, *arc, numbers))
        for noise in structure.displace:
            solids.displace(inner, noise)
        if whole:
            self._rebake(structure.id, whole, solids, inner, target)
        if structure.grow_mm:
            self.program.add(grown(target, structure.grow_mm * solids.place.scale))

    def _rebake(
        self, name: str, how: Redistance, solids: SolidCompiler, inner: int, target: int
    ) -> None:
        """Evaluate a solid on a lattice, and use that instead."""
        steps = self._take_back(inner)
        box = field_box(steps, self.program.fields, inner)
        key = cache.digest("rebaked", self.closure(name), dataclasses.asdict(how))
        program = dataclasses.replace(self.program, steps=steps)

        def bake(pad_mm: float) -> Baked:
            values = field_values(
                program, inner, box, pad_mm, how.step_mm, self.around, band_mm=_BAND_MM
            )
            return _smoothed(redistance(values) if how.exact else values, how.smooth_mm)

        solids.baked(target, key, bake, box, 0.0)

    def _take_back(self, inner: int) -> list[Step]:
        """Return the steps so far; drop those of the open block, which the lattice replaces."""
        steps = list(self.program.steps)
        start = max(i for i, s in enumerate(steps) if s.operation == m.BLOCK)
        del self.program.steps[start + 1 :]
        steps[start] = dataclasses.replace(steps[start], a=inner, b=len(steps))
        return steps

    def _keep_clear(self, structure: Structure, solids: SolidCompiler, target: int) -> None:
        """Clip by compartments, and keep a gap to everything fixed."""
        for clip in structure.inside:
            self._clip(clip, solids, target, INTERSECT)
        for clip in structure.outside:
            self._clip(clip, solids, target, SUBTRACT)
        if structure.gap is not None:
            scale = solids.place.scale
            seed = seed_of(f"{structure.id}.gap")
            numbers = (structure.gap.mm * scale, structure.gap.smooth_mm * scale, seed)
            self.program.add(Step(m.CARVE, target, numbers=numbers))

    def _clip(self, clip: Clip, solids: SolidCompiler, target: int, mode: int) -> None:
        margin = clip.margin_mm * solids.place.scale
        shift = margin if mode == INTERSECT else -margin
        other = solids.offset(solids.find(clip.field), shift)
        solids.combine(target, other, mode, clip.smooth_mm)

    def _growth(self, name: str) -> dict[str, float]:
        """Return by how much the structures that a structure is made from are grown, mm."""
        found: dict[str, float] = {}
        for used in sorted(set(self._needs[name]) & set(self.records) - {name}):
            if self.records[used].grow_mm:
                found[used] = self.records[used].grow_mm
            found.update(self._growth(used))
        return found

    def closure(self, name: str) -> object:
        """Return everything a structure's solid is made from, for a hash.

        Growth is left out, as generators leave it out, but where it is baked in.
        """
        if name not in self._closures:
            self._closures[name] = self._closure(name)
        return self._closures[name]

    def _closure(self, name: str) -> object:
        structure = self.records[name]
        data = dataclasses.asdict(structure)
        own = {key: data[key] for key in _SHAPE}
        frames = self._frames_of(structure.frame or "body")
        used = sorted(set(self._needs[name]) & set(self.records) - {name})
        tables = self.generators.tables
        variant = [self.seed] if self.seed else []
        baked_in = [self._growth(name)] if structure.redistance else []
        return [name, own, frames, tables, [self.closure(u) for u in used], *variant, *baked_in]

    def _frames_of(self, name: str) -> list[dict[str, object]]:
        """Return a frame and those it stands in."""
        chain: list[dict[str, object]] = []
        while name in self.frames:
            chain.append(dataclasses.asdict(self.frames[name]))
            name = self.frames[name].parent
        return chain


def _refuse_twins(structures: Sequence[Structure]) -> None:
    names = [s.id for s in structures]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ContentError(f"Several structures are called {', '.join(twins)}; rename them.")


def grown(field: int, by_mm: float) -> Step:
    """Return the instruction that grows a finished field in place."""
    return Step(m.OFFSET, field, field, -1, (1.0, -by_mm))


def needs(structure: Structure) -> list[str]:
    """Return the names of the structures one refers to."""
    kernel = _fields(structure.kernel) if structure.kernel is not None else {}
    named = {
        value
        for part in kernel.values()
        if part is not None
        for key, value in _fields(part).items()
        if key in ("sinus", "sulci", "inner") and isinstance(value, str)
    }
    clips = {c.field for c in (*structure.inside, *structure.outside)}
    return sorted(_references(structure.solid) | clips | named)


def _fields(data: object) -> dict[str, object]:
    """Return the fields of a record by name."""
    return {f.name: getattr(data, f.name) for f in dataclasses.fields(data)}  # type: ignore[arg-type]


def _references(data: object) -> set[str]:
    """Return the names of structures a solid refers to."""
    if isinstance(data, list | tuple):
        if not data or isinstance(data[0], int | float):
            return set()
        return {name for item in data for name in _references(item)}
    if not dataclasses.is_dataclass(data):
        return set()
    values = _fields(data)
    found = _references(list(values.values()))
    found.update(v for key in ("id", "field", "rope") if isinstance(v := values.get(key), str))
    for key in ("within", "avoid", "along"):
        found.update(cast("tuple[str, ...]", values.get(key) or ()))
    return found


def _smoothed(baked: Baked, smooth_mm: float) -> Baked:
    if smooth_mm <= 0.0:
        return baked
    values: FloatArray = ndimage.gaussian_filter(baked.values, smooth_mm / baked.step_mm)
    return Baked(values.astype(np.float32), baked.origin_mm, baked.step_mm)


def expand(structures: Sequence[Structure]) -> list[Structure]:
    """Return structures with one for each level and side, left first, names filled in."""
    return [one for s in structures for level in _levelled(s) for one in _mirrored(level)]


def _levelled(structure: Structure) -> list[Structure]:
    if not structure.levels:
        return [structure]
    plain = dataclasses.replace(structure, levels=())
    return [_replaced(plain, "{level}", level) for level in structure.levels]


def _mirrored(structure: Structure) -> list[Structure]:
    if not structure.mirror:
        return [structure]
    left = dataclasses.replace(structure, mirror=False)
    return [_replaced(left, "{side}", "left"), _replaced(structure, "{side}", "right")]


def _replaced(value: T, mark: str, word: str) -> T:
    """Return a record with a mark replaced by a word in every text."""
    return cast("T", _filled(value, mark, word))


def _filled(value: object, mark: str, word: str) -> object:
    if isinstance(value, str):
        return value.replace(mark, word)
    if isinstance(value, tuple):
        return tuple(_filled(item, mark, word) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            f.name: _filled(getattr(value, f.name), mark, word) for f in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **changes)
    return value
