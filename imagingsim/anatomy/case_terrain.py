"""The bodies of cases: searched once, and joined with the lesions of a timepoint."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from imagingsim.anatomy.body import Body, read_body
from imagingsim.anatomy.habitus_records import Habitus
from imagingsim.anatomy.lesion_parts import Entry
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.sampling import sample_points
from imagingsim.anatomy.sites import read_stations
from imagingsim.anatomy.state import REST, BodyState
from imagingsim.anatomy.terrain import Terrain
from imagingsim.content import Library
from imagingsim.geometry.machine import BLOCK, FASCIA, HALO, PAINT
from imagingsim.units import FloatArray, IntArray

HEAD_FRAME = "head"
PROBE_WIDTH_MM = 0.5

Point = tuple[float, float, float]


@lru_cache(maxsize=8)
def body_of(
    library: Library, name: str, habitus: Habitus | None, arms: str = "down",
    state: BodyState = REST,
) -> Body:  # fmt: skip
    """Read a body in one posture and state once."""
    return read_body(library, name, arms=arms, habitus=habitus, state=state)


@lru_cache(maxsize=4)
def terrain_of(library: Library, name: str, habitus: Habitus | None, arms: str = "down") -> Terrain:
    """Return a body without lesions, to be searched."""
    body = body_of(library, name, habitus, arms)
    phantom = Phantom(body)

    def probe(points_mm: FloatArray) -> IntArray:
        return sample_points(phantom, points_mm, width_mm=PROBE_WIDTH_MM)

    head = (0.0, 0.0, 0.0)
    if HEAD_FRAME in (body.record.frames or {}):
        head = _point(phantom.to_world_mm((0.0, 0.0, 0.0), HEAD_FRAME))
    low, high = phantom.bounds_mm
    return Terrain(
        probe=probe, layers=phantom.layers, low_mm=low, high_mm=high, boxes_mm=boxes_of(phantom),
        landmarks_mm=body.landmarks,
        sites_mm={**_sites(body, phantom), **_stations(library, phantom)}, head_mm=head,
    )  # fmt: skip


def boxes_of(phantom: Phantom) -> Mapping[str, tuple[Point, Point]]:
    """Return a box around everything that carries a label, from the bounds of its blocks."""
    tables, layers = phantom.tables(PROBE_WIDTH_MM), phantom.layers
    labels: dict[str, set[str]] = {}
    for layer in layers:
        labels.setdefault(layer.structure, set()).add(layer.label)
    boxes: dict[str, tuple[FloatArray, FloatArray]] = {}
    scale = np.asarray(phantom.body.scale)
    for block in np.flatnonzero(tables.code[:, 0] == BLOCK):
        inner = tables.code[block + 1 : tables.code[block, 3]]
        painted = {layers[_layer_of(row)].structure for row in inner[inner[:, 0] >= PAINT]}
        low = tables.bounds[block, 0::2] * scale - phantom.reach_mm
        high = tables.bounds[block, 1::2] * scale + phantom.reach_mm
        for label in sorted(set().union(*(labels[name] for name in painted))):
            before = boxes.get(label, (low, high))
            boxes[label] = (np.minimum(low, before[0]), np.maximum(high, before[1]))
    first, last = phantom.bounds_mm
    return {
        label: (_point(np.maximum(low, first)), _point(np.minimum(high, last)))
        for label, (low, high) in boxes.items()
    }


def _layer_of(row: IntArray) -> int:
    """Return the (first) layer an instruction paints with."""
    return int(row[2] if row[0] in (PAINT, HALO, FASCIA) else row[3])


def body_phantom(body: Body, entries: Sequence[Entry], numbers: Mapping[str, int]) -> Phantom:
    """Return a body with lesions spliced in, whose labels have the numbers of the case."""
    return Phantom(body, tuple(entries), label_numbers=numbers)


def _sites(body: Body, phantom: Phantom) -> Mapping[str, Point]:
    """Return the named places, and the middle of every vertebral body."""
    named = {
        name: _point(phantom.to_world_mm(site.at_mm, site.frame))
        for name, site in body.sites.items()
    }
    for vertebra in body.record.spine:
        y, z = vertebra.centre_mm
        named[f"vertebrae_{vertebra.level}.body"] = _point(phantom.to_world_mm((0.0, y, z)))
    return named


def _stations(library: Library, phantom: Phantom) -> Mapping[str, Point]:
    """Return every lymph node station, paired ones on both sides, as ``lymph_node.<name>``."""
    found: dict[str, Point] = {}
    for name, station in read_stations(library).items():
        x, y, z = station.centre_mm
        sides = {".left": (x, y, z), ".right": (-x, y, z)} if station.paired else {"": (x, y, z)}
        for side, centre in sides.items():
            found[f"lymph_node.{name}{side}"] = _point(phantom.to_world_mm(centre))
    return found


def _point(values: FloatArray) -> Point:
    x, y, z = (float(value) for value in np.asarray(values).reshape(3))
    return x, y, z
