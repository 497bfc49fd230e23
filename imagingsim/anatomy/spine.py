"""Vertebrae, discs, canal-side joints: solids from a table of levels."""

from collections.abc import Sequence

import numpy as np

from imagingsim.anatomy.facets import JOINTS, Joint, hollow, inferior, joint, superior
from imagingsim.anatomy.placement import rotation
from imagingsim.anatomy.records import VertebraRecord
from imagingsim.anatomy.solid_records import Ellipsoid, Solid, Tube
from imagingsim.errors import UnknownNameError
from imagingsim.units import FloatArray

_LUMBAR = (
    # aspect, direction of the radius, points (x, y, z, radius) with a: half width, b: half depth,
    # p: middle of the pedicle, w: its half width
    (1.9, (0, 1, 0), "p 0.5 b 12.5 1 4.6 | p -2.5 b 16.5 -5 3.7 | p -5 b 18.5 -11 3.2"),
    (2.5, (0, 1, 0), "p -2 b 16 -3 3.9 | 0 7.5 b 20.5 -4 3.7 | 0 0 b 24.5 -4.5 4"),
)
# Half width of the pedicles (mm) and of the canal between them. Narrow and sagittal above, wide
# and oblique below; after Zindrick et al., Spine 1987 (values recalled).
_PEDICLES = {
    "L1": (4.3, 11.0, 1.0), "L2": (4.4, 11.3, 1.2), "L3": (4.9, 11.7, 1.6), "L4": (5.8, 12.3, 2.2),
    "L5": (7.2, 13.6, 4.0),
}  # fmt: skip
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
# Spinous processes: (slope deg, length mm behind the lamina, half height mm at lamina, neck, tip).
# Upper and lower ones stand out, those of T5-T8 cover each other like tiles, lumbar ones are
# hatchets. Authored after sagittal CT.
_SPINOUS = {
    "T1": (20, 31, 6.2, 4.8, 5.0), "T2": (24, 34, 6.0, 4.6, 4.6), "T3": (30, 38, 5.8, 4.4, 4.2),
    "T4": (36, 42, 5.6, 4.2, 3.9), "T5": (42, 45, 5.6, 4.1, 3.6), "T6": (45, 46, 5.6, 4.1, 3.6),
    "T7": (46, 45, 5.8, 4.2, 3.6), "T8": (45, 42, 6.0, 4.4, 3.8), "T9": (40, 36, 6.4, 4.8, 4.4),
    "T10": (32, 30, 7.0, 5.6, 5.2), "T11": (23, 24, 7.6, 6.2, 5.8), "T12": (15, 24, 8.6, 6.6, 7.2),
    "L1": (14, 28, 9.2, 7.6, 8.4), "L2": (9, 31, 10.0, 8.4, 10.2), "L3": (6, 33, 10.4, 8.8, 10.6),
    "L4": (11, 27, 8.4, 7.0, 7.8), "L5": (18, 24, 8.2, 6.4, 6.0),
}  # fmt: skip
# Transverse processes of the loin: length as a share of that of L2 (left, right), rise and sweep
# back of the tip (mm), thickness as a share. That of L3 is the longest, that of L4 rises, that of
# L5 is a short pyramid. Authored after axial and coronal CT.
_TRANSVERSE = {
    "L1": (0.84, 0.9, -1.5, 1.0, 0.92), "L2": (1.0, 0.95, -0.5, 2.5, 0.95),
    "L3": (1.16, 1.1, 1.0, 1.0, 0.9), "L4": (0.94, 1.02, 6.0, 2.0, 0.86),
    "L5": (0.72, 0.62, 7.0, 3.0, 1.5),
}  # fmt: skip
_TRANSVERSE_COURSE = (
    # share of the length from the pedicle to the tip, y behind the body, z, radius (mm)
    (0.0, 9.5, 1.5, 4.6), (0.3, 11.6, 2.4, 3.3), (0.62, 13.8, 3.2, 2.4), (0.88, 15.2, 3.6, 2.7),
    (1.0, 15.6, 3.8, 1.6),
)  # fmt: skip
_TRANSVERSE_TIP_MM = 23.0
_TRANSVERSE_ASPECT = 1.6
# The edge of a spinous process behind: how far (mm) its lower and upper corners stand out beyond
# its middle, so that no two are alike. Authored after sagittal CT.
_SPINOUS_EDGE = {
    "L1": (1.5, -1.0, 0.86), "L2": (2.6, -0.4, 0.95), "L3": (1.0, 0.8, 1.02),
    "L4": (3.2, -1.6, 0.9), "L5": (-0.5, -1.0, 0.8),
}  # fmt: skip
_PARTS = ("whole", "body", "core", "cleft")
_END_PLATE_MM = 1.1
_HALF_DISC_MM = 5.0
_CLEFT = (
    # share of half width, share of half depth, z (mm), half height (mm)
    ((0.0, 0.99, 0.2, 3.2), (0.0, 0.6, 0.8, 3.4), (0.02, 0.34, 1.0, 2.6)),
    ((0.0, 0.46, 0.8, 3.2), (0.2, 0.22, 1.6, 3.6), (0.44, -0.06, 2.2, 2.6)),
    ((0.0, 0.44, 0.8, 3.2), (-0.26, 0.24, 0.4, 3.4), (-0.4, 0.0, 1.0, 2.2)),
    ((0.02, 0.4, 1.0, 2.4), (-0.05, 0.1, 1.6, 2.8), (0.03, -0.22, 2.4, 1.4)),
)
_CLEFT_ASPECT = 0.7
_SPINOUS_HALF_WIDTH_MM = {True: (5.0, 4.1, 4.6), False: (3.2, 2.6, 3.2)}
_VEIN_MM = ((-8.0, 0.7), (-3.0, 1.3), (0.0, 2.2), (3.0, 2.8))
_SMOOTH_MM = 2.5
_PEDICLE_SMOOTH_MM = 3.2


def level(table: Sequence[VertebraRecord], name: str) -> VertebraRecord:
    """Return a level of the spine."""
    for vertebra in table:
        if vertebra.level == name:
            return vertebra
    raise UnknownNameError.of("vertebral level", name, [v.level for v in table])


def axes(vertebra: VertebraRecord) -> tuple[FloatArray, FloatArray]:
    """Return the centre (3,) of a body, mm, and its axes as columns."""
    y, z = vertebra.centre_mm
    return np.array([0.0, y, z]), rotation((vertebra.tilt_deg, 0.0, 0.0))


def half_sizes(vertebra: VertebraRecord, part: str) -> FloatArray | None:
    """Return half width, depth and height of the body in a part of a vertebra, mm; None without."""
    a, b, h = vertebra.half_width_mm, vertebra.half_depth_mm, vertebra.height_mm / 2
    if part == "core":
        return np.array([1.3 * a, 1.3 * b, h - _END_PLATE_MM])
    return None if part == "cleft" else np.array([a, b, h])


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
            (*_triple(centre + turn @ (u * a, v * b, z)), radius) for u, v, z, radius in course
        )
        out.append(Solid(tube=Tube(points=points, aspect=_CLEFT_ASPECT, samples=3)))
    return out


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
    return [*out, *_spinous(vertebra)]


def _canal(vertebra: VertebraRecord, lumbar: bool) -> Solid:
    """Return the canal as it is cut: round in the chest, a rounded triangle in the loin."""
    b = vertebra.half_depth_mm
    centre, turn = axes(vertebra)
    wide = _PEDICLES[vertebra.level][1] if lumbar else 8.4
    shapes = ((wide, 7.6, 7.0), (0.62 * wide, 8.6, 11.4)) if lumbar else ((wide, 8.0, 7.6),)
    parts = tuple(
        Solid(ellipsoid=Ellipsoid(
            centre_mm=_triple(centre + turn @ (0.0, b + away, 0.0)), semi_mm=(x, y, 34.0),
            rotate_deg=(vertebra.tilt_deg, 0.0, 0.0),
        ), smooth_mm=2.0)
        for x, y, away in shapes
    )  # fmt: skip
    return Solid(subtract=Solid(union=parts), smooth_mm=1.5)


def _vein(vertebra: VertebraRecord) -> Solid:
    centre, turn = axes(vertebra)
    vein = tuple(
        (*_triple(centre + turn @ (0.0, vertebra.half_depth_mm + y, 0.0)), r) for y, r in _VEIN_MM
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
    root = (side * (_across(vertebra, "p") + 0.8), vertebra.half_depth_mm + 11.0, 3.5)
    at = _joint(table, vertebra.level, side)
    return [
        _pedicle(vertebra, side),
        _transverse(vertebra, side),
        *superior(at, centre + turn @ root),
        *(_process(vertebra, side, *part) for part in _LUMBAR),
    ]


def _pedicle(vertebra: VertebraRecord, side: float) -> Solid:
    """Return a pedicle: short, taller than wide, the further out the further behind."""
    wide, _, out = _PEDICLES[vertebra.level]
    centre, turn = axes(vertebra)
    middle = _across(vertebra, "p")
    points = tuple(
        (*_triple(centre + turn @ (
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


def _transverse(vertebra: VertebraRecord, side: float) -> Solid:
    """Return a transverse process of the loin: flat, thinnest before its knobbed tip."""
    left, right, rise, back, thick = _TRANSVERSE[vertebra.level]
    long = left if side > 0.0 else right
    centre, turn = axes(vertebra)
    root = _across(vertebra, "p") + 2.0
    tip = vertebra.half_width_mm + _TRANSVERSE_TIP_MM * long
    points = []
    for share, y, z, radius in _TRANSVERSE_COURSE:
        across = side * (root + share * (tip - root))
        local = (across, vertebra.half_depth_mm + y + back * share, z + rise * share**2)
        points.append((*_triple(centre + turn @ local), radius * thick))
    return Solid(
        tube=Tube(points=tuple(points), aspect=_TRANSVERSE_ASPECT, up=(0.0, 1.0, 0.0)),
        smooth_mm=_SMOOTH_MM,
    )


def _spinous(vertebra: VertebraRecord) -> list[Solid]:
    """Return the spinous process: a plate that slopes down, thinnest before its thick tip."""
    slope, length, *heights = _SPINOUS[vertebra.level]
    lumbar = vertebra.level.startswith("L")
    start = (22.5, -5.0) if lumbar else (17.5, -5.0)
    half_width = _SPINOUS_HALF_WIDTH_MM[lumbar]
    a = np.radians(slope)
    centre, turn = axes(vertebra)
    shares = (0.0, 0.55, 0.94)
    points = [
        (start[0] + share * length * np.cos(a), start[1] - share * length * np.sin(a))
        for share in shares
    ]
    out = []
    for first in (0, 1):
        rows = []
        for i in (first, first + 1):
            local = (0.0, vertebra.half_depth_mm + points[i][0], points[i][1])
            rows.append((*_triple(centre + turn @ local), half_width[i]))
        tall = 0.5 * (heights[first] + heights[first + 1])
        wide = 0.5 * (half_width[first] + half_width[first + 1])
        out.append(Solid(
            tube=Tube(points=tuple(rows), aspect=tall / wide, up=(1.0, 0.0, 0.0)),
            smooth_mm=_SMOOTH_MM,
        ))  # fmt: skip
    if lumbar:
        out.append(_edge(vertebra, points[-1], half_width[2]))
    return out


def _edge(vertebra: VertebraRecord, end: tuple[float, float], half_width: float) -> Solid:
    """Return the thick rear edge of a spinous process of the loin."""
    low, high, share = _SPINOUS_EDGE[vertebra.level]
    tall = share * _SPINOUS[vertebra.level][4]
    centre, turn = axes(vertebra)
    rows = []
    for out, up, wide in ((high - 1.5, tall, 0.7), (0.0, 0.0, 1.0), (low - 1.0, -tall, 1.1)):
        local = (0.0, vertebra.half_depth_mm + end[0] + out, end[1] + up)
        rows.append((*_triple(centre + turn @ local), 0.85 * half_width * wide))
    return Solid(
        tube=Tube(points=tuple(rows), aspect=0.8, up=(1.0, 0.0, 0.0)), smooth_mm=_SMOOTH_MM
    )


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
            side * (_across(vertebra, across) + float(x)),
            (vertebra.half_depth_mm if back == "b" else 0.0) + float(y),
            float(z),
        )
        points.append((*_triple(centre + turn @ local), float(radius)))
    return Solid(
        tube=Tube(points=tuple(points), aspect=aspect, up=(up[0] * side, up[1], up[2])),
        smooth_mm=_SMOOTH_MM,
    )


def _across(vertebra: VertebraRecord, name: str) -> float:
    if vertebra.level in _PEDICLES:
        wide, canal, _ = _PEDICLES[vertebra.level]
        pedicle = canal + wide - 0.6
    else:
        pedicle = 0.62 * vertebra.half_width_mm
    return {"a": vertebra.half_width_mm, "p": pedicle, "q": 0.95 * pedicle, "0": 0.0}[name]


def disc(table: Sequence[VertebraRecord], above: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return centre, axes and half sizes of the disc above a vertebra."""
    lower = level(table, above)
    upper = min(
        (v for v in table if v.centre_mm[1] > lower.centre_mm[1]), key=lambda v: v.centre_mm[1],
        default=lower,
    )  # fmt: skip
    bottom = lower.centre_mm[1] + lower.height_mm / 2.0
    top = upper.centre_mm[1] - upper.height_mm / 2.0
    centre = np.array([0.0, 0.5 * (lower.centre_mm[0] + upper.centre_mm[0]), 0.5 * (top + bottom)])
    half = np.array([
        0.5 * (lower.half_width_mm + upper.half_width_mm) + 0.6,
        0.5 * (lower.half_depth_mm + upper.half_depth_mm) + 0.8,
        (top - bottom) / 2.0 + 2.2,
    ])  # fmt: skip
    return centre, rotation((0.5 * (lower.tilt_deg + upper.tilt_deg), 0.0, 0.0)), half


def _triple(point: FloatArray) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])
