"""From a declared lesion to placed single lesions, and from those to entries of the body."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imagingsim.anatomy.lesion import Lesion, Scatter
from imagingsim.anatomy.lesion_bone import osteolysis_entries, vertebroplasty_entries
from imagingsim.anatomy.lesion_brain import meninges_entries, white_matter_entries
from imagingsim.anatomy.lesion_infiltrate import infiltrate_entries
from imagingsim.anatomy.lesion_mass import mass_entries
from imagingsim.anatomy.lesion_parts import Entry, Placed
from imagingsim.anatomy.lesion_skin import plaque_entries
from imagingsim.anatomy.lesion_surgery import (
    cavity_entries,
    flap_entries,
    plate_entries,
    screw_entries,
)
from imagingsim.anatomy.sites import Anchor, Place, find
from imagingsim.anatomy.terrain import Terrain
from imagingsim.streams import stream
from imagingsim.units import FloatArray

SEED = 1
TRIES = 400

_BUILDERS: dict[str, Callable[[Placed, Any], list[Entry]]] = {
    "mass": mass_entries,
    "infiltrate": infiltrate_entries,
    "plaque": plaque_entries,
    "osteolysis": osteolysis_entries,
    "vertebroplasty": vertebroplasty_entries,
    "meninges": meninges_entries,
    "white_matter": white_matter_entries,
    "cavity": cavity_entries,
    "flap": flap_entries,
    "screw": screw_entries,
    "plate": plate_entries,
}


@dataclass(frozen=True, eq=False)
class Instance:
    """One single lesion: its declaration, and where it lies."""

    lesion: Lesion
    placed: Placed


def entries_of(instance: Instance) -> list[Entry]:
    """Return the body entries of a single lesion."""
    shape = instance.lesion.shape
    placed = instance.placed
    fresh = replace(placed, rng=stream(SEED, f"shape {placed.label}"))
    return _BUILDERS[shape.kind](fresh, getattr(shape, shape.kind))


def instances_of(
    lesion: Lesion, size_mm: FloatArray, case: str, terrain: Terrain
) -> list[Instance]:
    """Return the single lesions of a declaration, found in the body."""
    if lesion.scatter is not None:
        rng = stream(SEED, f"{case} {lesion.id}")
        found = scattered(lesion.scatter, size_mm, terrain, rng)
    elif lesion.place is not None:
        found = [(find(lesion.place, terrain), size_mm)]
    else:
        found = [
            (find(member.place, terrain), size_mm * member.size_factor) for member in lesion.members
        ]
    return [
        Instance(lesion, _placed(lesion, name, anchor, size, terrain))
        for name, (anchor, size) in zip(lesion.instances, found, strict=True)
    ]


def scattered(
    scatter: Scatter, size_mm: FloatArray, terrain: Terrain, rng: np.random.Generator
) -> list[tuple[Anchor, FloatArray]]:
    """Return places along dermatomes in turn, each clear of the ones before, with their sizes."""
    courses = list(scatter.courses.values())
    found: list[tuple[Anchor, FloatArray]] = []
    for attempt in range(TRIES):
        if len(found) == scatter.count:
            return found
        size = size_mm * _factors(scatter, rng)
        anchor = _on_course(courses[len(found) % len(courses)], scatter.side, terrain, rng)
        if attempt < TRIES // 2 and any(_touch(anchor, size, other, scatter) for other in found):
            continue
        found.append((anchor, size))
    return found


def _factors(scatter: Scatter, rng: np.random.Generator) -> FloatArray:
    across, thick = rng.uniform(*scatter.diameter_factor), rng.uniform(*scatter.thickness_factor)
    return np.array([across, thick, across * rng.uniform(0.75, 1.0)])


def _on_course(
    course: tuple[Any, ...], side: str, terrain: Terrain, rng: np.random.Generator
) -> Anchor:
    """Return a random point of a dermatome's course on the skin."""
    t = rng.uniform(0.0, len(course) - 1.0)
    first = min(int(t), len(course) - 2)
    part = t - first
    heights = [terrain.landmark_mm(point.level) for point in course]
    height = heights[first] + part * (heights[first + 1] - heights[first])
    angle = course[first].angle_deg + part * (course[first + 1].angle_deg - course[first].angle_deg)
    nearest = min(terrain.landmarks_mm, key=lambda name: abs(terrain.landmarks_mm[name] - height))
    rise = height - terrain.landmarks_mm[nearest]
    return find(
        Place.on_skin(nearest, angle + rng.normal(0.0, 4.0), side, rise + rng.normal(0.0, 3.0)),
        terrain,
    )


def _touch(
    anchor: Anchor, size: FloatArray, other: tuple[Anchor, FloatArray], scatter: Scatter
) -> bool:
    away = float(np.linalg.norm(anchor.point_mm - other[0].point_mm))
    return away < 0.5 * (max(size[0], size[2]) + max(other[1][0], other[1][2])) + scatter.gap_mm


def _placed(
    lesion: Lesion, name: str, anchor: Anchor, size_mm: FloatArray, terrain: Terrain
) -> Placed:
    return Placed(
        id=name, label=f"lesion_{name}", anchor=anchor, size_mm=size_mm, tissue=lesion.tissue_name,
        enters=lesion.enters, over=lesion.over, leaves_mm=lesion.leaves_mm, terrain=terrain,
        rng=stream(SEED, name),
    )  # fmt: skip
