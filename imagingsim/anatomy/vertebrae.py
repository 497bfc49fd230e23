"""The parts a vertebra is written in: whole, its body, its core, its veins."""

from collections.abc import Sequence

from imagingsim.anatomy.arches import arch
from imagingsim.anatomy.records import VertebraRecord
from imagingsim.anatomy.solid_records import Solid, Tube
from imagingsim.anatomy.spine import axes, triple
from imagingsim.errors import UnknownNameError

_PARTS = ("whole", "body", "core", "cleft")
_CLEFT = (
    # share of half width, share of half depth, z (mm), half height (mm)
    ((0.0, 0.99, 0.2, 3.2), (0.0, 0.6, 0.8, 3.4), (0.02, 0.34, 1.0, 2.6)),
    ((0.0, 0.46, 0.8, 3.2), (0.2, 0.22, 1.6, 3.6), (0.44, -0.06, 2.2, 2.6)),
    ((0.0, 0.44, 0.8, 3.2), (-0.26, 0.24, 0.4, 3.4), (-0.4, 0.0, 1.0, 2.2)),
    ((0.02, 0.4, 1.0, 2.4), (-0.05, 0.1, 1.6, 2.8), (0.03, -0.22, 2.4, 1.4)),
)
_CLEFT_ASPECT = 0.7


def parts(table: Sequence[VertebraRecord], vertebra: VertebraRecord, part: str) -> list[Solid]:
    """Return what is joined with the body of a vertebra in one of its parts."""
    if part not in _PARTS:
        raise UnknownNameError.of("part of a vertebra", part, list(_PARTS))
    if part == "whole":
        return arch(table, vertebra)
    return _cleft(vertebra) if part == "cleft" else []


def _cleft(vertebra: VertebraRecord) -> list[Solid]:
    """Return the basivertebral veins: a trunk behind and branches, all upright bands."""
    a, b = vertebra.half_width_mm, vertebra.half_depth_mm
    centre, turn = axes(vertebra)
    out = []
    for course in _CLEFT:
        points = tuple(
            (*triple(centre + turn @ (u * a, v * b, z)), radius) for u, v, z, radius in course
        )
        out.append(Solid(tube=Tube(points=points, aspect=_CLEFT_ASPECT, samples=3)))
    return out
