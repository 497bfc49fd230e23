"""Vertebral arches: canal, pedicles, laminae and the joints between two levels."""

from collections.abc import Sequence

import numpy as np

from imagingsim.anatomy.facets import JOINTS, Joint, hollow, inferior, joint, superior
from imagingsim.anatomy.processes import spinous, transverse
from imagingsim.anatomy.records import VertebraRecord
from imagingsim.anatomy.solid_records import Ellipsoid, Solid, Tube
from imagingsim.anatomy.spine import PEDICLES, SMOOTH_MM, axes, beside_middle, disc, triple

_LUMBAR = (
    # aspect, direction of the radius, points (x, y, z, radius) with a: half width, b: half depth,
    # p: middle of the pedicle, w: its half width
    (1.9, (0, 1, 0), "p 0.5 b 12.5 1 4.6 | p -2.5 b 16.5 -5 3.7 | p -5 b 18.5 -11 3.2"),
    (2.5, (0, 1, 0), "p -2 b 16 -3 3.9 | 0 7.5 b 20.5 -4 3.7 | 0 0 b 24.5 -4.5 4"),
)
_PEDICLE_COURSE = ((-3.5, 0.96, -1.5), (0.0, 1.02, -0.5), (4.0, 0.97, 0.0), (11.0, 1.15, 1.0))
_PEDICLE_HALF_HEIGHT_MM = 6.9
_THORACIC = (
    (1.9, (1, 0, 0), "q 0 b -5 5 3.6 | p .5 b 5 5.5 3.3 | p 2 b 11 5 4.2"),
    (1.2, (0, 1, 0), "p 1 b 12 5 4.4 | a 5 b 18 5.5 4.2 | a 12 b 23 6 4.4"),
    (2.6, (0, 1, 0), "0 10 b 13 4 3.6 | 0 5.5 b 17 -3 3.2 | 0 0 b 20 -8 3.4"),
    (1.4, (0, 1, 0), "0 10.5 b 13.5 6 3.6 | 0 11 b 13.5 14 3"),
    (1.4, (0, 1, 0), "0 10 b 16 -2 3.6 | 0 10 b 17.5 -13 3"),
)
# Laminae of T1 to T3 are low and leave a gap between them; those further down overlap. Authored.
_LOW_LAMINA_ASPECT = 1.7
# The transverse process of T11 and T12 is a stump without a joint for the rib.
_SHORT_TRANSVERSE = (1.2, (0, 1, 0), "p 1 b 12 5 4.4 | a 0 b 17 5.5 4.2 | a 2 b 19.5 7 3.4")
_HALF_DISC_MM = 5.0
_VEIN_MM = ((-8.0, 0.7), (-3.0, 1.3), (0.0, 2.2), (3.0, 2.8))
_PEDICLE_SMOOTH_MM = 3.2


def arch(table: Sequence[VertebraRecord], vertebra: VertebraRecord) -> list[Solid]:
    """Return what is cut from a vertebral body, and the arch behind it."""
    lumbar = vertebra.level.startswith("L")
    out = [_canal(vertebra, lumbar), _vein(vertebra)]
    for side in (1.0, -1.0):
        out += _lumbar(table, vertebra, side) if lumbar else _thoracic(vertebra, side)
    out.append(_canal(vertebra, lumbar))
    for side in (1.0, -1.0):
        if vertebra.level in JOINTS:
            out.append(hollow(_joint(table, vertebra.level, side)))
    below = _below(table, vertebra)
    if below in JOINTS:
        for side in (1.0, -1.0):
            out += _inferior(table, vertebra, below, side)
    return [*out, *spinous(vertebra)]


def _canal(vertebra: VertebraRecord, lumbar: bool) -> Solid:
    """Return the canal as it is cut: round in the chest, a rounded triangle in the loin."""
    b = vertebra.half_depth_mm
    centre, turn = axes(vertebra)
    wide = PEDICLES[vertebra.level][1] if lumbar else 8.4
    shapes = ((wide, 7.6, 7.0), (0.62 * wide, 8.6, 11.4)) if lumbar else ((wide, 8.0, 7.6),)
    parts = tuple(
        Solid(ellipsoid=Ellipsoid(
            centre_mm=triple(centre + turn @ (0.0, b + away, 0.0)), semi_mm=(x, y, 34.0),
            rotate_deg=(vertebra.tilt_deg, 0.0, 0.0),
        ), smooth_mm=2.0)
        for x, y, away in shapes
    )  # fmt: skip
    return Solid(subtract=Solid(union=parts), smooth_mm=1.5)


def _vein(vertebra: VertebraRecord) -> Solid:
    centre, turn = axes(vertebra)
    vein = tuple(
        (*triple(centre + turn @ (0.0, vertebra.half_depth_mm + y, 0.0)), r) for y, r in _VEIN_MM
    )
    return Solid(subtract=Solid(tube=Tube(points=vein, aspect=1.5)), smooth_mm=1.0)


def _thoracic(vertebra: VertebraRecord, side: float) -> list[Solid]:
    rows = _THORACIC[:-1] if vertebra.level == "T12" else _THORACIC
    if vertebra.level in ("T11", "T12"):
        rows = (rows[0], _SHORT_TRANSVERSE, *rows[2:])
    elif vertebra.level in ("T1", "T2", "T3"):
        rows = (*rows[:2], (_LOW_LAMINA_ASPECT, *rows[2][1:]), *rows[3:])
    return [_process(vertebra, side, *part) for part in rows]


def _lumbar(table: Sequence[VertebraRecord], vertebra: VertebraRecord, side: float) -> list[Solid]:
    """Return pedicle, superior process, pars, lamina and transverse process of one side."""
    centre, turn = axes(vertebra)
    root = (side * (beside_middle(vertebra, "p") + 0.8), vertebra.half_depth_mm + 11.0, 3.5)
    at = _joint(table, vertebra.level, side)
    return [
        _pedicle(vertebra, side),
        transverse(vertebra, side),
        *superior(at, centre + turn @ root),
        *(_process(vertebra, side, *part) for part in _LUMBAR),
    ]


def _pedicle(vertebra: VertebraRecord, side: float) -> Solid:
    """Return a pedicle: short, taller than wide, the further out the further behind."""
    wide, _, out = PEDICLES[vertebra.level]
    centre, turn = axes(vertebra)
    middle = beside_middle(vertebra, "p")
    points = tuple(
        (*triple(centre + turn @ (
            side * (middle + shift * out), vertebra.half_depth_mm + y, 3.0 - 0.1 * max(y, 0.0)
        )), wide * share)
        for y, share, shift in _PEDICLE_COURSE
    )  # fmt: skip
    return Solid(
        tube=Tube(points=points, aspect=_PEDICLE_HALF_HEIGHT_MM / wide, up=(1.0, 0.0, 0.0)),
        smooth_mm=_PEDICLE_SMOOTH_MM,
    )


def _inferior(
    table: Sequence[VertebraRecord], vertebra: VertebraRecord, below: str, side: float
) -> list[Solid]:
    at = _joint(table, below, side)
    centre, turn = axes(vertebra)
    behind = 20.5 if vertebra.level.startswith("L") else 18.0
    across = side * 0.72 * JOINTS[below][0]
    root = centre + turn @ (across, vertebra.half_depth_mm + behind - 1.0, -7.0)
    middle = centre + turn @ (0.0, vertebra.half_depth_mm + behind + 6.5, -10.0)
    return inferior(at, root, middle)


def _below(table: Sequence[VertebraRecord], vertebra: VertebraRecord) -> str:
    """Return the level below a vertebra; S1 below the last."""
    lower = [v for v in table if v.centre_mm[1] < vertebra.centre_mm[1]]
    return max(lower, key=lambda v: v.centre_mm[1]).level if lower else "S1"


def _joint(table: Sequence[VertebraRecord], below: str, side: float) -> Joint:
    if below != "S1":
        centre, turn, half = disc(table, below)
        return joint(below, float(half[1]), centre, turn, side)
    last = min(table, key=lambda v: v.centre_mm[1])
    centre, turn = axes(last)
    middle = centre + turn @ np.array([0.0, 0.0, -0.5 * last.height_mm - _HALF_DISC_MM])
    return joint(below, last.half_depth_mm, middle, turn, side)


def _process(
    vertebra: VertebraRecord,
    side: float,
    aspect: float,
    up: tuple[float, float, float],
    course: str,
) -> Solid:  # fmt: skip
    centre, turn = axes(vertebra)
    points = []
    for text in course.split(" | "):
        across, x, back, y, z, radius = text.split()
        local = (
            side * (beside_middle(vertebra, across) + float(x)),
            (vertebra.half_depth_mm if back == "b" else 0.0) + float(y),
            float(z),
        )
        points.append((*triple(centre + turn @ local), float(radius)))
    return Solid(
        tube=Tube(points=tuple(points), aspect=aspect, up=(up[0] * side, up[1], up[2])),
        smooth_mm=SMOOTH_MM,
    )
