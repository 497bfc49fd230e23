"""Phantom: a body, what a case adds and changes, and its program."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache as remember
from functools import cached_property

import numpy as np

from imagingsim.anatomy import cache
from imagingsim.anatomy.body import Body
from imagingsim.anatomy.compiler import Compiler, expand
from imagingsim.anatomy.records import Modification, Structure, Warp
from imagingsim.anatomy.sampled import Layer
from imagingsim.anatomy.solid_records import Solid, Thinning
from imagingsim.content import Document, structure
from imagingsim.errors import UnknownNameError
from imagingsim.geometry import Surroundings, assemble, gradient_lattice, ripple_lattice
from imagingsim.geometry.machine import BLOCK, PAINT, Float32, Tables
from imagingsim.geometry.warping import warp_lattice
from imagingsim.streams import stream
from imagingsim.units import FloatArray

_FIRST_LESION = 1000
_WARP_MM = 6.0


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
        compiler = Compiler(
            self.body.record, self.body.scale, self.body.textures, self.surroundings
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
        low = painted[:, 0::2].min(axis=0) * scale - _WARP_MM
        high = painted[:, 1::2].max(axis=0) * scale + _WARP_MM
        a, b = low.tolist(), high.tolist()
        return (a[0], a[1], a[2]), (b[0], b[1], b[2])

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
        scale = np.asarray(self.body.scale)
        world = document * scale
        for _ in range(4):
            world = (document - self._shift(world / scale)) * scale
        return world

    def _shift(self, points_mm: FloatArray) -> FloatArray:
        """Return the warp's shift at points of the document."""
        frame = self.surroundings.warp_frame
        counts = frame[4:].astype(int)
        warp = self.surroundings.warp.reshape(counts[2], counts[1], counts[0], 3)
        index = np.clip((points_mm - frame[:3]) * frame[3], 0, counts - 1).round().astype(int)
        return warp[index[:, 2], index[:, 1], index[:, 0]].astype(np.float64)


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
def _lattices() -> tuple[Float32, Float32]:
    def make() -> dict[str, Float32]:
        return {
            "lattice": gradient_lattice(stream(7, "gradient lattice")),
            "ripples": ripple_lattice(stream(7, "ripple lattice")),
        }

    arrays = cache.keep("noise", cache.digest("lattices"), make)
    return np.asarray(arrays["lattice"], np.float32), np.asarray(arrays["ripples"], np.float32)


def surroundings(body: Body) -> Surroundings:
    """Return the noise, warp and scale a body's program runs in."""
    lattice, ripples = _lattices()
    warp = body.record.warp or Warp(amplitude_mm=0.0)
    profile = np.array(warp.profile, dtype=np.float64).reshape(-1, 2)
    shifts, frame = warp_lattice(
        lattice, amplitude_mm=warp.amplitude_mm, wavelength_mm=warp.wavelength_mm,
        seed=float(warp.seed), profile=profile,
    )  # fmt: skip
    x, y, z = body.scale
    return Surroundings(lattice, ripples, shifts, frame, (1.0 / x, 1.0 / y, 1.0 / z))
