"""Transverse processes of the loin and spinous processes."""

import numpy as np

from imagingsim.anatomy.records import VertebraRecord
from imagingsim.anatomy.solid_records import Solid, Tube
from imagingsim.anatomy.spine import SMOOTH_MM, axes, beside_middle, triple

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
_SPINOUS_HALF_WIDTH_MM = {True: (5.0, 4.1, 4.6), False: (3.2, 2.6, 3.2)}


def transverse(vertebra: VertebraRecord, side: float) -> Solid:
    """Return a transverse process of the loin: flat, thinnest before its knobbed tip."""
    left, right, rise, back, thick = _TRANSVERSE[vertebra.level]
    long = left if side > 0.0 else right
    centre, turn = axes(vertebra)
    root = beside_middle(vertebra, "p") + 2.0
    tip = vertebra.half_width_mm + _TRANSVERSE_TIP_MM * long
    points = []
    for share, y, z, radius in _TRANSVERSE_COURSE:
        across = side * (root + share * (tip - root))
        local = (across, vertebra.half_depth_mm + y + back * share, z + rise * share**2)
        points.append((*triple(centre + turn @ local), radius * thick))
    return Solid(
        tube=Tube(points=tuple(points), aspect=_TRANSVERSE_ASPECT, up=(0.0, 1.0, 0.0)),
        smooth_mm=SMOOTH_MM,
    )


def spinous(vertebra: VertebraRecord) -> list[Solid]:
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
            rows.append((*triple(centre + turn @ local), half_width[i]))
        tall = 0.5 * (heights[first] + heights[first + 1])
        wide = 0.5 * (half_width[first] + half_width[first + 1])
        out.append(Solid(
            tube=Tube(points=tuple(rows), aspect=tall / wide, up=(1.0, 0.0, 0.0)),
            smooth_mm=SMOOTH_MM,
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
        rows.append((*triple(centre + turn @ local), 0.85 * half_width * wide))
    return Solid(tube=Tube(points=tuple(rows), aspect=0.8, up=(1.0, 0.0, 0.0)), smooth_mm=SMOOTH_MM)
