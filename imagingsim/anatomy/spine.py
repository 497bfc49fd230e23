"""The spine as a table of levels: where vertebrae and discs lie, and how large they are."""

from collections.abc import Sequence

import numpy as np

from imagingsim.anatomy.placement import rotation
from imagingsim.anatomy.records import VertebraRecord
from imagingsim.errors import UnknownNameError
from imagingsim.units import FloatArray

_END_PLATE_MM = 1.1
# Half width of the pedicles (mm) and of the canal between them. Narrow and sagittal above, wide
# and oblique below; after Zindrick et al., Spine 1987 (values recalled).
PEDICLES = {
    "L1": (4.3, 11.0, 1.0), "L2": (4.4, 11.3, 1.2), "L3": (4.9, 11.7, 1.6), "L4": (5.8, 12.3, 2.2),
    "L5": (7.2, 13.6, 4.0),
}  # fmt: skip
SMOOTH_MM = 2.5


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


def beside_middle(vertebra: VertebraRecord, name: str) -> float:
    """Return how far (mm) from the middle plane a side `a` or pedicle `p`, `q` lies; 0 for `0`."""
    if vertebra.level in PEDICLES:
        wide, canal, _ = PEDICLES[vertebra.level]
        pedicle = canal + wide - 0.6
    else:
        pedicle = 0.62 * vertebra.half_width_mm
    return {"a": vertebra.half_width_mm, "p": pedicle, "q": 0.95 * pedicle, "0": 0.0}[name]


def triple(point: FloatArray) -> tuple[float, float, float]:
    """Return a point (3,) as plain numbers."""
    return float(point[0]), float(point[1]), float(point[2])
