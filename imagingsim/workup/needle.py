"""The needle: a track through the phantom decides which tissue a core holds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy import Layer
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import Procedure

Probe = Callable[[FloatArray], Sequence[Layer]]
"""Gives the layer of the patient at each of (n, 3) points, LPS mm."""

STEP_MM = 0.5
DIRECTIONS = 128
REACH_MM = 240.0
COARSE_MM = 3.0
OUTSIDE_MM = 12.0
PREFIX = "lesion_"
NOT_VIABLE = (
    "tumour_necrosis", "bone_cement", "titanium", "seroma", "oedema", "flap_muscle",
    "granuloma_calcified",
)  # fmt: skip
BONE = ("bone", "diploe")
PENALTIES = (
    ("bone", 60.0), ("diploe", 60.0), ("tooth", 60.0), ("blood", 25.0), ("vessel", 25.0),
    ("bowel", 20.0), ("gut", 20.0), ("stool", 20.0), ("lung", 3.0), ("cord", 200.0),
    ("matter", 60.0),
)  # fmt: skip
"""What a needle keeps out of: beginning or part of a material's name, cost per mm in mm of way."""


@dataclass(frozen=True)
class Piece:
    """A stretch of one tissue in a core."""

    material: str
    label: str
    length_mm: float


@dataclass(frozen=True)
class Specimen:
    """What was taken out.

    Attributes
    ----------
    lesion
        The lesion most of the viable tissue belongs to; None when there is none.
    viable_mm
        Viable tumour: length over all cores, or diameter of an excision.
    necrotic_share
        Share of the lesion's tissue that is not viable.
    cores
        Stretches of tissue along each core, from the tip outwards.
    crossed_lung_mm
        How much lung the needle went through.
    depth_mm
        From the skin to the target.
    """

    lesion: str | None
    viable_mm: float
    necrotic_share: float
    cores: tuple[tuple[Piece, ...], ...]
    crossed_lung_mm: float
    depth_mm: float


def take(
    probe: Probe,
    target_mm: tuple[float, float, float],
    procedure: Procedure,
    *,
    cores: int,
    rng: np.random.Generator,
) -> Specimen:
    """Sample a target by a procedure.

    Parameters
    ----------
    target_mm
        Where the doctor believes the lesion is, LPS.
    """
    target = np.asarray(target_mm) + rng.normal(0.0, procedure.aim_sd_mm, 3)
    if procedure.kind == "excision":
        return _excise(probe, target, procedure)
    return _core(probe, target, procedure, cores, rng)


def way_in(probe: Probe, target_mm: FloatArray) -> tuple[FloatArray, float, float]:
    """Return the direction of the safest way in, its length, and the lung it crosses, mm."""
    directions = _directions()
    steps = np.arange(COARSE_MM, REACH_MM, COARSE_MM)
    points = target_mm + directions[:, None, :] * steps[None, :, None]
    layers = probe(points.reshape(-1, 3))
    material = np.array([layer.material for layer in layers]).reshape(len(directions), len(steps))
    best = (np.inf, 0, 0.0, 0.0)
    for i, row in enumerate(material):
        length = _length_mm(row)
        track = row[: round(length / COARSE_MM)]
        cost = length + sum(_penalty(name) for name in track) * COARSE_MM
        if cost < best[0]:
            lung_mm = float((track == "lung").sum()) * COARSE_MM
            best = (cost, i, length, lung_mm)
    return directions[best[1]], best[2], best[3]


def _core(
    probe: Probe, target: FloatArray, procedure: Procedure, cores: int, rng: np.random.Generator
) -> Specimen:
    direction, depth_mm, lung_mm = way_in(probe, target)
    along = np.arange(-procedure.throw_mm / 2, procedure.throw_mm / 2, STEP_MM)
    taken = []
    for _ in range(cores):
        aim = target + rng.normal(0.0, procedure.aim_sd_mm / 2, 3)
        taken.append(tuple(probe(aim + along[:, None] * direction)))
    layers = [layer for core in taken for layer in core]
    lesion, viable, share = _tumour(layers)
    return Specimen(
        lesion, viable * STEP_MM, share, tuple(_pieces(core) for core in taken), lung_mm, depth_mm
    )


def _excise(probe: Probe, target: FloatArray, procedure: Procedure) -> Specimen:
    """Take out a ball; its tissue is shown along the line through its middle, from the depth."""
    radius = procedure.throw_mm / 2
    step = max(STEP_MM, radius / 20)
    side = np.arange(-radius, radius + step / 2, step)
    offsets = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)
    offsets = offsets[(offsets**2).sum(axis=1) <= radius**2]
    lesion, viable, share = _tumour(probe(target + offsets))
    direction, depth_mm, _ = way_in(probe, target)
    line = np.arange(-radius, radius, STEP_MM)[:, None] * direction
    shown = _taken(probe(target + line), through_bone=procedure.through_bone)
    diameter = float(np.cbrt(6.0 * viable * step**3 / np.pi))
    return Specimen(lesion, diameter, share, (_pieces(shown),), 0.0, depth_mm)


def _taken(layers: Sequence[Layer], *, through_bone: bool) -> Sequence[Layer]:
    """Leave out the air outside and, unless bone is opened, the bone and what lies below it."""
    inside = [layer for layer in layers if layer.material != "air"]
    bone = [i for i, layer in enumerate(inside) if any(word in layer.material for word in BONE)]
    return inside if through_bone or not bone else inside[bone[-1] + 1 :]


def _tumour(layers: Sequence[Layer]) -> tuple[str | None, int, float]:
    """Return the lesion with most viable tissue, how many samples, and the necrotic share."""
    viable: dict[str, int] = {}
    dead = 0
    for layer in layers:
        if not layer.label.startswith(PREFIX):
            continue
        name = layer.label.removeprefix(PREFIX)
        if layer.material.startswith(NOT_VIABLE):
            dead += 1
        else:
            viable[name] = viable.get(name, 0) + 1
    if not viable:
        return None, 0, 1.0 if dead else 0.0
    lesion = max(viable, key=lambda name: (viable[name], name))
    return lesion, viable[lesion], dead / (dead + sum(viable.values()))


def _pieces(layers: Sequence[Layer]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for layer in layers:
        if found and (found[-1].material, found[-1].label) == (layer.material, layer.label):
            last = found.pop()
            found.append(Piece(last.material, last.label, last.length_mm + STEP_MM))
        else:
            found.append(Piece(layer.material, layer.label, STEP_MM))
    return tuple(found)


def _length_mm(materials: Iterable[str]) -> float:
    """Return the way to the outside: the first stretch of air that is long enough."""
    needed = round(OUTSIDE_MM / COARSE_MM)
    run = 0
    for i, name in enumerate(materials):
        run = run + 1 if name == "air" else 0
        if run == needed:
            return (i + 1 - needed) * COARSE_MM
    return REACH_MM * 10


def _penalty(material: str) -> float:
    return max((cost for part, cost in PENALTIES if part in material), default=0.0)


def _directions() -> FloatArray:
    """Return evenly spread unit vectors (a Fibonacci sphere)."""
    k = np.arange(DIRECTIONS) + 0.5
    height = 1.0 - 2.0 * k / DIRECTIONS
    turn = np.pi * (1.0 + 5.0**0.5) * k
    flat = np.sqrt(1.0 - height**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)
