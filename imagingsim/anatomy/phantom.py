"""Phantom: a body, what a case adds and changes, and its program."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache as remember
from functools import cached_property, partial

import numpy as np

from imagingsim.anatomy import cache
from imagingsim.anatomy.body import Body
from imagingsim.anatomy.compiler import Compiler, expand
from imagingsim.anatomy.deformations import total_shift_mm
from imagingsim.anatomy.records import Modification, Structure, Warp
from imagingsim.anatomy.sampled import Layer
from imagingsim.anatomy.solid_records import Solid, Thinning
from imagingsim.anatomy.state import BREATH_STEPS, breath_step_mm
from imagingsim.content import Document, structure
from imagingsim.errors import UnknownNameError
from imagingsim.geometry import Surroundings, assemble, gradient_lattice, ripple_lattice
from imagingsim.geometry.evaluation import field_box, field_values
from imagingsim.geometry.machine import BLOCK, PAINT, Float32, Tables
from imagingsim.geometry.warping import (
    HIGH_MM,
    LOW_MM,
    ROOM_MM,
    deformed,
    lattice_frame,
    shift_at,
    warp_lattice,
    way_back,
)
from imagingsim.streams import stream
from imagingsim.units import FloatArray

_FIRST_LESION = 1000


@dataclass(frozen=True, eq=False)
class Phantom:
    """A body with what a case adds to it.

    Attributes
    ----------
    body
        The body.
    extra
        Structures a case adds, spliced in by rank: records, or mappings in the grammar of a region
        file.
    modify
        Changes of the body's own structures.
    label_numbers
        Number of each label the case adds; others count on from 1000.
    """

    body: Body
    extra: tuple[Structure | Mapping[str, object], ...] = ()
    modify: tuple[Modification, ...] = ()
    label_numbers: Mapping[str, int] = field(default_factory=dict)
    _tables: dict[float, Tables] = field(default_factory=dict, repr=False)

    @cached_property
    def structures(self) -> tuple[Structure, ...]:
        """Everything there is, in the order of the files, the case's after the body's."""
        known = {s.id for s in self.body.structures}
        for change in self.modify:
            if change.id not in known:
                raise UnknownNameError.of("structure", change.id, sorted(known))
        changes = {change.id: change for change in self.modify}
        kept = (
            _modified(s, changes.get(s.id))
            for s in self.body.structures
            if not (s.id in changes and changes[s.id].remove)
        )
        return (*kept, *self.added)

    @cached_property
    def added(self) -> tuple[Structure, ...]:
        """What the case adds, as records, left and right written out."""
        return tuple(expand([_record(entry) for entry in self.extra]))

    @cached_property
    def surroundings(self) -> Surroundings:
        """Noise, warp and scale."""
        return surroundings(self.body)

    @cached_property
    def _compiled(self) -> Compiler:
        body = self.body
        compiler = Compiler(
            body.record, body.scale, body.textures, self.surroundings, seed=body.seed
        )
        compiler.compile(self.structures)
        return compiler

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What voxels can be made of."""
        return tuple(self._compiled.layers.layers)

    @property
    def fields(self) -> int:
        """Number of fields of the program."""
        return self._compiled.program.fields

    @cached_property
    def numbers(self) -> tuple[tuple[str, int], ...]:
        """Number of each label that occurs."""
        labels = dict.fromkeys(layer.label for layer in self.layers if layer.label)
        known = {**self.body.label_numbers, **self.label_numbers}
        own = dict.fromkeys(s.label or s.id for s in self.added)
        fresh = [name for name in own if name not in known and name in labels]
        free = max([_FIRST_LESION - 1, *self.label_numbers.values()]) + 1
        known.update({name: free + i for i, name in enumerate(fresh)})
        return tuple((name, known.get(name, 0)) for name in labels)

    @cached_property
    def bounds_mm(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """The low and the high corner of everything painted, in the patient, mm."""
        tables = self.tables(1.0)
        painted = _painted_boxes(tables)
        scale = np.asarray(self.body.scale)
        low = painted[:, 0::2].min(axis=0) * scale - self.reach_mm
        high = painted[:, 1::2].max(axis=0) * scale + self.reach_mm
        ends = np.stack([low, high]) @ self.turn
        a, b = ends.min(axis=0).tolist(), ends.max(axis=0).tolist()
        return (a[0], a[1], a[2]), (b[0], b[1], b[2])

    @property
    def turn(self) -> FloatArray:
        """From directions in the room to those of the body: how the patient lies, (3, 3)."""
        return self.body.state.turn

    def turned(self, affine: FloatArray) -> FloatArray:
        """Return a grid's way into the room, (4, 4), as a way into the body."""
        turned = affine.copy()
        turned[:3] = self.turn @ affine[:3]
        return turned

    def solid_box_mm(self, name: str) -> FloatArray:
        """Return the box around the surface of a structure's solid, patient mm, shape (3, 2)."""
        program = self._compiled.program
        box = field_box(program.steps, program.fields, self._field(name))
        room = np.array([-self.reach_mm, self.reach_mm]) / 2.0
        ends = (np.asarray(self.body.scale) * box.T + room[:, np.newaxis]) @ self.turn
        return np.clip(np.stack([ends.min(axis=0), ends.max(axis=0)]), *self.bounds_mm).T

    def solid_depth_mm(self, name: str, step_mm: float) -> float:
        """Return the smallest signed distance in a structure's solid: 0 or more when empty."""
        compiled = self._compiled
        ends = (self.solid_box_mm(name).T @ self.turn.T) / np.asarray(self.body.scale)
        box = np.stack([ends.min(axis=0), ends.max(axis=0)], axis=1)
        found = field_values(
            compiled.program, self._field(name), box, step_mm, step_mm, self.surroundings,
            band_mm=4.0 * step_mm,
        )  # fmt: skip
        return float(found.values.min())

    def _field(self, name: str) -> int:
        fields = self._compiled.fields
        if name not in fields:
            raise UnknownNameError.of("structure", name, sorted(fields))
        return fields[name]

    def tables(self, width_mm: float) -> Tables:
        """Return the program's tables for surfaces blurred over ``width_mm``."""
        width = float(np.ceil(width_mm * 4.0) / 4.0)
        if width not in self._tables:
            compiled = self._compiled
            self._tables[width] = assemble(
                compiled.program, compiled.layers.textures, compiled.layers.classes(),
                self.surroundings, width_mm=width, reuse=next(iter(self._tables.values()), None),
            )  # fmt: skip
        return self._tables[width]

    def to_world_mm(self, points_mm: object, frame: str = "body") -> FloatArray:
        """Return points of a frame in the patient's millimetres: scaled and warped."""
        document = np.atleast_2d(self.body.to_document_mm(points_mm, frame))
        if frame == "world":
            return np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
        around = self.surroundings
        place = _taken_to(document, around.warp, around.warp_frame)
        return self._in_state(place * np.asarray(self.body.scale))

    def to_document_mm(self, points_mm: object) -> FloatArray:
        """Return where points of the patient at rest lie in the body's document, shape (n, 3)."""
        around = self.surroundings
        place = np.atleast_2d(np.asarray(points_mm, dtype=np.float64)) / self.body.scale
        document: FloatArray = place + shift_at(around.warp, around.warp_frame, place)
        return document

    def _in_state(self, points_mm: FloatArray) -> FloatArray:
        """Return where the state takes points of the patient at rest."""
        around = self.surroundings
        if around.state_frame[4] > 0:
            points_mm = _taken_to(points_mm, around.state, around.state_frame)
        return points_mm @ self.turn

    def at_rest_mm(self, points_mm: object) -> FloatArray:
        """Return where points of the patient as imaged lie at rest, shape (n, 3)."""
        points = np.atleast_2d(np.asarray(points_mm, dtype=np.float64)) @ self.turn.T
        around = self.surroundings
        if around.state_frame[4] == 0:
            return points
        rest: FloatArray = points + shift_at(around.state, around.state_frame, points)
        return rest

    @cached_property
    def reach_mm(self) -> float:
        """How far the warp moves anything at most, mm."""
        most = float(np.abs(self.surroundings.warp).max(initial=0.0))
        if self.body.breath:
            most += float(np.abs(self.surroundings.state).max(initial=0.0))
        return most + 1.0


def _taken_to(goal: FloatArray, table: Float32, frame: Float32) -> FloatArray:
    """Return the points that a lattice's shift brings to ``goal``."""
    place = goal
    for _ in range(60):
        away = goal - place - shift_at(table, frame, place)
        place = place + away
        if float(np.abs(away).max(initial=0.0)) < 1e-3:
            break
    return place


def _record(entry: Structure | Mapping[str, object]) -> Structure:
    """Return an entry of the grammar as a record, checked."""
    if isinstance(entry, Structure):
        return entry
    return structure(Document(dict(entry), f"structure {entry.get('id')}"), Structure)


def _painted_boxes(tables: Tables) -> Float32:
    """Return the boxes of the blocks that paint anything, shape (n, 6)."""
    blocks = np.flatnonzero(tables.code[:, 0] == BLOCK)
    paints = np.flatnonzero(tables.code[:, 0] == PAINT)
    keep = [b for b in blocks if ((paints > b) & (paints < tables.code[b, 3])).any()]
    boxes = tables.bounds[keep]
    return boxes[np.abs(boxes).max(axis=1) < 5000.0]


def _modified(original: Structure, change: Modification | None) -> Structure:
    if change is None or not change.thinning:
        return original
    solids = tuple(_thinned(solid, change.thinning) for solid in original.solid)
    return dataclasses.replace(original, solid=solids)


def _thinned(solid: Solid, patches: tuple[Thinning, ...]) -> Solid:
    """Return a solid whose shell, if it is one, is thinned in places."""
    if solid.shell is None:
        return solid
    shell = dataclasses.replace(solid.shell, thinning=(*solid.shell.thinning, *patches))
    return dataclasses.replace(solid, shell=shell)


@remember
def _lattices(seed: int) -> tuple[Float32, Float32]:
    """Return the two noise tiles of an individual; all patterns come from them."""

    def make() -> dict[str, Float32]:
        if seed == 0:
            first, second = stream(7, "gradient lattice"), stream(7, "ripple lattice")
        else:
            first, second = stream(seed, "habitus noise"), stream(seed, "habitus ripples")
        return {"lattice": gradient_lattice(first), "ripples": ripple_lattice(second)}

    variant = [seed] if seed else []
    arrays = cache.keep("noise", cache.digest("closed lattices", *variant), make)
    return np.asarray(arrays["lattice"], np.float32), np.asarray(arrays["ripples"], np.float32)


def surroundings(body: Body) -> Surroundings:
    """Return the noise, warp and scale a body's program runs in."""
    lattice, ripples = _lattices(body.seed)
    warp = body.record.warp or Warp(amplitude_mm=0.0)
    profile = np.array(warp.profile, dtype=np.float64).reshape(-1, 2)
    shifts, frame = warp_lattice(
        lattice, amplitude_mm=warp.amplitude_mm, wavelength_mm=warp.wavelength_mm,
        seed=float(warp.seed), profile=profile, room_mm=ROOM_MM if body.moves else 0.0,
    )  # fmt: skip
    if body.moves:
        shifts = _moved(body, shifts, frame)
    x, y, z = body.scale
    rest = Surroundings(
        lattice, ripples, shifts, frame, (1.0 / x, 1.0 / y, 1.0 / z), body.state.gravity
    )
    if not body.breath:
        return rest
    state, state_frame = _state(body)
    return dataclasses.replace(rest, state=state, state_frame=state_frame)


def _moved(body: Body, shifts: Float32, frame: Float32) -> Float32:
    """Return the warp of a body that is bent, stretched or swollen; it takes seconds to make."""

    def make() -> dict[str, Float32]:
        return {"warp": deformed(shifts, frame, partial(total_shift_mm, body.moves))}

    key = cache.digest(
        "warp, way back refined", [dataclasses.asdict(move) for move in body.moves],
        dataclasses.asdict(body.record.warp or Warp(amplitude_mm=0.0)), body.seed,
    )  # fmt: skip
    return np.asarray(cache.keep("warps", key, make)["warp"], np.float32)


def _state(body: Body) -> tuple[Float32, Float32]:
    """Return the way from where a state takes each point back to the patient at rest."""
    frame = lattice_frame(np.array(LOW_MM) - ROOM_MM, np.array(HIGH_MM) + ROOM_MM)

    def make() -> dict[str, Float32]:
        back = way_back(frame, partial(breath_step_mm, body), BREATH_STEPS)
        return {"state": back.astype(np.float32).ravel()}

    moves = [dataclasses.asdict(move) for move in body.breath]
    key = cache.digest("state in steps", moves, list(body.scale))
    return np.asarray(cache.keep("warps", key, make)["state"], np.float32), frame
