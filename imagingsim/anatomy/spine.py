"""Vertebrae, discs, canal-side joints: solids from a table of levels."""

from collections.abc import Sequence

import numpy as np

from imagingsim.anatomy.placement import rotation
from imagingsim.anatomy.records import VertebraRecord
from imagingsim.anatomy.solid_records import Ellipsoid, Solid, Tube
from imagingsim.errors import UnknownNameError
from imagingsim.units import FloatArray

_LUMBAR = (
    # aspect, direction of the radius, points (x, y, z, radius) with a: half width, b: half depth,
    # p: offset of the pedicle
    (1.55, (1, 0, 0), "p 0 b -5 4 4.6 | p 1 b 6 4.5 4.3 | p 3 b 13 3 5.2"),
    (1.35, (0, 1, 0), "p 3 b 14 2 4.6 | a 10 b 16 3 3.4 | a 21 b 17 5 2.6"),
    (0.8, (0.5, 1, 0), "0 15.5 b 14.5 4 5.6 | 0 17.5 b 13.5 13 5.4 | 0 18.5 b 12.5 21 4.2"),
    (0.85, (0.5, 1, 0), "0 13.5 b 16 2 5.2 | 0 12.5 b 18 -10 5.2 | 0 12 b 19 -20 4.4"),
    (2.1, (0, 1, 0), "0 13 b 18 -2 3.6 | 0 7 b 22.5 -4 3.5 | 0 0 b 26.5 -5 3.8"),
)
_THORACIC = (
    (1.9, (1, 0, 0), "q 0 b -5 5 3.6 | p .5 b 5 5.5 3.3 | p 2 b 11 5 4.2"),
    (1.2, (0, 1, 0), "p 1 b 12 5 4.4 | a 5 b 18 5.5 4.2 | a 12 b 23 6 4.4"),
    (2.6, (0, 1, 0), "0 10 b 13 4 3.6 | 0 5.5 b 17 -3 3.2 | 0 0 b 20 -8 3.4"),
    (1.4, (0, 1, 0), "0 10.5 b 13.5 6 3.6 | 0 11 b 13.5 14 3"),
    (1.4, (0, 1, 0), "0 10 b 16 -2 3.6 | 0 10 b 17.5 -13 3"),
)
# Spinous processes: (slope deg, length mm behind the lamina, half height mm at lamina, neck, tip).
# Upper and lower ones stand out, those of T5-T8 cover each other like tiles, lumbar ones are
# hatchets. Authored after sagittal CT.
_SPINOUS = {
    "T1": (20, 31, 6.2, 4.8, 5.0), "T2": (24, 34, 6.0, 4.6, 4.6), "T3": (30, 38, 5.8, 4.4, 4.2),
    "T4": (36, 42, 5.6, 4.2, 3.9), "T5": (42, 45, 5.6, 4.1, 3.6), "T6": (45, 46, 5.6, 4.1, 3.6),
    "T7": (46, 45, 5.8, 4.2, 3.6), "T8": (45, 42, 6.0, 4.4, 3.8), "T9": (40, 36, 6.4, 4.8, 4.4),
    "T10": (32, 30, 7.0, 5.6, 5.2), "T11": (23, 24, 7.8, 6.8, 6.6), "T12": (14, 25, 8.8, 7.8, 8.2),
    "L1": (11, 29, 9.6, 8.6, 9.6), "L2": (9, 31, 10.0, 9.2, 10.6), "L3": (8, 32, 10.2, 9.4, 11.0),
    "L4": (8, 29, 9.6, 8.6, 9.4), "L5": (15, 23, 8.2, 6.6, 6.0),
}  # fmt: skip
_SPINOUS_HALF_WIDTH_MM = {True: (4.4, 3.4, 4.2), False: (3.2, 2.6, 3.2)}
_VEIN_MM = ((-8.0, 0.7), (-3.0, 1.3), (0.0, 2.2), (3.0, 2.8))
_SMOOTH_MM = 2.5


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


def arch(vertebra: VertebraRecord) -> list[Solid]:
    """Return canal and basivertebral vein cut from a vertebral body, and the arch behind it."""
    lumbar = vertebra.level.startswith("L")
    b = vertebra.half_depth_mm
    semi, away = ((11.5, 9.4, 30.0), 8.0) if lumbar else ((8.0, 8.2, 30.0), 7.5)
    centre, turn = axes(vertebra)
    canal = Ellipsoid(
        centre_mm=_triple(centre + turn @ (0.0, b + away, 0.0)), semi_mm=semi,
        rotate_deg=(vertebra.tilt_deg, 0.0, 0.0),
    )  # fmt: skip
    vein = tuple((*_triple(centre + turn @ (0.0, b + y, 0.0)), r) for y, r in _VEIN_MM)
    out = [
        Solid(subtract=Solid(ellipsoid=canal), smooth_mm=2.0),
        Solid(subtract=Solid(tube=Tube(points=vein, aspect=1.5)), smooth_mm=1.0),
    ]
    for part in _LUMBAR if lumbar else _THORACIC:
        out += [_process(vertebra, side, *part) for side in (1.0, -1.0)]
    return [*out, *_spinous(vertebra)]


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
    return out


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
    pedicle = vertebra.half_width_mm * (0.58 if vertebra.level.startswith("L") else 0.62)
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
