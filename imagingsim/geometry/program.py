"""A program under construction, and its assembly into the tables the kernels read."""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from imagingsim.geometry.baking import Packed
from imagingsim.geometry.blocks import find_blocks
from imagingsim.geometry.field_kernels import OCCUPIED
from imagingsim.geometry.machine import (
    BLOCK,
    DEPTH,
    LOFT,
    MARGIN,
    PLAIN,
    REACH,
    SMOOTH,
    TUBE,
    WIDTH,
    Float32,
    Float64,
    Int64,
    Tables,
    UInt8,
)  # fmt: skip
from imagingsim.geometry.reach import Reach, Step, find_reach
from imagingsim.geometry.tubes import COLUMNS, Segments, clusters

_PADS_MM = (4.0, 8.0, 12.0, 16.0, 24.0, 36.0)
_WIDEST_MM = 6.0


@dataclass(frozen=True, eq=False)
class Texture:
    """How a layer looks: a kind, its parameters, the fields it reads.

    Attributes
    ----------
    kind
        One of the textures of `machine`.
    numbers
        At most 12 parameters.
    hu_per_count
        Size of one texture count.
    fields
        Fields read.
    reads_mm
        Reach and depth asked of each.
    companion
        Layer that is blended in, -1 for none.
    """

    kind: int = PLAIN
    numbers: tuple[float, ...] = ()
    hu_per_count: float = 0.0
    fields: tuple[int, ...] = ()
    reads_mm: tuple[tuple[float, float], ...] = ()
    companion: int = -1


@dataclass
class Program:
    """Instructions in order, and what they refer to."""

    steps: list[Step] = field(default_factory=list)
    lofts: list[Callable[[float], Packed]] = field(default_factory=list)
    tubes: list[Float32] = field(default_factory=list)
    extra: list[float] = field(default_factory=list)
    fields: int = OCCUPIED + 1
    segments: int = 0

    def new_field(self) -> int:
        """Return a field nobody has written yet."""
        self.fields += 1
        return self.fields - 1

    def add(self, step: Step) -> int:
        """Append an instruction and return its place."""
        self.steps.append(step)
        return len(self.steps) - 1

    def add_tube(self, segments: Segments) -> tuple[int, int]:
        """Append segments and return the range of their rows."""
        table = segments.table()
        first = self.segments
        self.tubes.append(table)
        self.segments += len(table)
        return first, self.segments

    def add_extra(self, numbers: Sequence[float]) -> int:
        """Append numbers of a pattern and return the place of the first."""
        first = len(self.extra)
        self.extra += [float(n) for n in numbers]
        return first


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a program runs in: noise, warp of the coordinates, space of the patient.

    Attributes
    ----------
    lattice, ripples
        Noise tiles, flat.
    warp, warp_frame
        See `machine.Tables`.
    space
        Millimetres of the document per millimetre of the patient, along x, y, z.
    gravity
        The direction in which things fall, in the patient's coordinates.
    state, state_frame
        A shift of the patient's coordinates before all else, like the warp; size 0 for none.
    """

    lattice: Float32
    ripples: Float32
    warp: Float32
    warp_frame: Float32
    space: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gravity: tuple[float, float, float] = (0.0, 1.0, 0.0)
    state: Float32 = field(default_factory=lambda: np.zeros(1, np.float32))
    state_frame: Float32 = field(default_factory=lambda: np.zeros(7, np.float32))

    @property
    def lengths(self) -> float:
        """Millimetres of the document per millimetre of the patient, over all directions."""
        return float(np.prod(self.space)) ** (1.0 / 3.0)

    @cached_property
    def shifts(self) -> tuple[Float32, Float32]:
        """Warp and state, with a number more at the end: kernels read triples as four numbers."""
        return np.append(self.warp, np.float32(0.0)), np.append(self.state, np.float32(0.0))

    @cached_property
    def farthest_mm(self) -> tuple[float, ...]:
        """How far warp and state together move a point at most, along x, y, z, in the document."""
        most = np.abs(self.warp.reshape(-1, 3)).max(axis=0)
        if self.state_frame[4] > 0:
            most = most + np.abs(self.state.reshape(-1, 3)).max(axis=0) * self.space
        return tuple(float(v) for v in most)


def assemble(
    program: Program,
    textures: Sequence[Texture],
    classes: UInt8,
    around: Surroundings,
    *,
    width_mm: float,
    reuse: Tables | None = None,
) -> Tables:
    """Return the tables of a program for surfaces blurred over ``width_mm``.

    Parameters
    ----------
    classes
        (layers, masks): 1 where a layer may be covered by what is painted over that mask.
    reuse
        Tables of the same program for another width: their baked solids are used again.
    """
    reads = [
        (f, reach, depth)
        for texture in textures
        for f, (reach, depth) in zip(texture.fields, texture.reads_mm, strict=True)
    ]
    reach = find_reach(program.steps, program.fields, reads, width_mm)
    numbers, bounds = _numbers(program, reach)
    table = np.vstack([*program.tubes, np.zeros((1, COLUMNS), np.float32)])
    if reuse is None:
        frames, places = _bake(program, reads)
    else:
        frames, places = reuse.loft_frames, reuse.loft_places
    spheres = _clusters(program, table, numbers)
    kinds, texture_numbers, scale, fields = _textures(textures)
    blocks = find_blocks(program.steps, bounds, {f for f, _, _ in reads})
    code = np.array([(s.operation, s.field, s.a, s.b) for s in program.steps], np.int64)
    code = np.column_stack([code.reshape(-1, 4), blocks.needs, blocks.exits])
    warp, state = around.shifts
    return Tables(
        code, numbers, bounds, blocks.rows, blocks.bounds, frames, places, table, spheres,
        np.array([*program.extra, 0.0], np.float32), kinds, texture_numbers, scale, fields,
        np.ascontiguousarray(classes, np.uint8), around.lattice, around.ripples, warp,
        around.warp_frame,
        np.array([*around.space, around.lengths, *around.farthest_mm, *around.gravity], np.float32),
        state, around.state_frame,
    )  # fmt: skip


def _numbers(program: Program, reach: Reach) -> tuple[Float32, Float32]:
    numbers = np.zeros((len(program.steps), WIDTH), np.float32)
    bounds = np.full((len(program.steps), 6), (-1e5, 1e5) * 3, np.float32)
    for i, step in enumerate(program.steps):
        numbers[i, : len(step.numbers)] = step.numbers
        numbers[i, [MARGIN, REACH, DEPTH]] = reach.margin[i], reach.reach[i], reach.depth[i]
        numbers[i, SMOOTH] = step.smooth_mm
        if step.operation == BLOCK:
            bounds[i] = reach.block_box[i].ravel()
        elif step.box is not None:
            bounds[i] = step.box.ravel()
    return numbers, bounds


def _clusters(program: Program, table: Float32, numbers: Float32) -> Float32:
    """Cluster the segments of every tube, and note in its numbers where its clusters stand."""
    out: list[Float32] = [np.zeros((1, 6), np.float32)]
    count = 1
    for i, step in enumerate(program.steps):
        if step.operation == TUBE:
            first, last = int(step.numbers[2]), int(step.numbers[3])
            out.append(clusters(table[first:last], first))
            numbers[i, 2] = count
            count += len(out[-1])
            numbers[i, 3] = count
    return np.vstack(out)


def _bake(program: Program, reads: list[tuple[int, float, float]]) -> tuple[Float64, Int64]:
    widest = find_reach(program.steps, program.fields, reads, _WIDEST_MM)
    need = np.zeros(len(program.lofts))
    for i, step in enumerate(program.steps):
        if step.operation == LOFT:
            need[step.a] = max(need[step.a], widest.margin[i])
    used = {step.a for step in program.steps if step.operation == LOFT}
    solids = {
        k: make(next((p for p in _PADS_MM if p >= need[k]), _PADS_MM[-1]))
        for k, make in enumerate(program.lofts)
        if k in used
    }
    frames = np.zeros((max(len(program.lofts), 1), 10))
    for k, one in solids.items():
        sizes = (*one.values.shape[::-1], *one.ranges.shape[2::-1])
        frames[k] = (*one.origin_mm, 1.0 / one.step_mm, *sizes)
    return frames, addresses(solids, len(frames))


def addresses(solids: Mapping[int, Packed], count: int) -> Int64:
    """Return where the numbers of solids stand in memory, and keep them there.

    A body's solids are half a gigabyte on disk, mapped: kernels read them where they are, and all
    bodies that have a solid in common share it.

    Returns
    -------
    (count, 2): of the values and of the ranges; 0 where there is no such solid. As long as the
    array or a view of it lives, so do the solids.
    """
    places = (ctypes.c_int64 * (2 * count))()
    kept = [
        (np.ascontiguousarray(s.values), np.ascontiguousarray(s.ranges)) for s in solids.values()
    ]
    for k, arrays in zip(solids, kept, strict=True):
        places[2 * k : 2 * k + 2] = [array.ctypes.data for array in arrays]
    places.kept = kept  # type: ignore[attr-defined]
    return np.ctypeslib.as_array(places).reshape(count, 2)


def _textures(textures: Sequence[Texture]) -> tuple:  # type: ignore[type-arg]
    kinds = np.array([t.kind for t in textures], np.int64)
    numbers = np.zeros((len(textures), 12), np.float32)
    scale = np.zeros(len(textures), np.float32)
    fields = np.zeros((len(textures), 3), np.int64)
    for i, texture in enumerate(textures):
        numbers[i, : len(texture.numbers)] = texture.numbers
        scale[i] = 1.0 / texture.hu_per_count if texture.hu_per_count > 0 else 0.0
        fields[i, : len(texture.fields)] = texture.fields
        fields[i, 2] = texture.companion
    return kinds, numbers, scale, fields
