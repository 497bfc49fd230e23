"""Measures lengths and levels in a sampled body, as a reader would on the images."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.anatomy import Body, sample_points
from imagingsim.anatomy.solid_records import Point
from imagingsim.anatomy.spine import axes, level
from imagingsim.errors import ContentError
from imagingsim.survey.references import LengthRow, LevelRow, References
from imagingsim.survey.scouting import Part, Scout, coverage, heights_mm, parts
from imagingsim.units import FloatArray

_AXES = {"x": 0, "y": 1, "z": 2}
_VEIN = 2
"""Half of the longest break of a line that is closed, in steps."""
_STEP_MM = 0.25
_RIM = 0.6
_REACH_MM = 320.0
_FINE_MM = 1.0
_COARSER_MM = 2.0
_BIG_MM3 = 2.0e6
_SECTION_MM = 0.5


@dataclass(frozen=True)
class Length:
    """A length of a body, measured; 0 when there is nothing to measure."""

    name: str
    reference_mm: float
    mm: float
    tolerance_percent: float

    @property
    def error_percent(self) -> float:
        """Deviation from the reference, percent."""
        return 100.0 * (self.mm / self.reference_mm - 1.0)

    @property
    def good(self) -> bool:
        """Whether the deviation is within its tolerance."""
        return abs(self.error_percent) <= self.tolerance_percent


@dataclass(frozen=True)
class Level:
    """A height, measured, and where it must lie; no number when there is nothing to measure."""

    name: str
    z_mm: float
    low_mm: float
    high_mm: float

    @property
    def good(self) -> bool:
        """Whether it lies where it must."""
        return self.low_mm <= self.z_mm <= self.high_mm


def measure_length(scout: Scout, body: Body, row: LengthRow) -> Length:
    """Measure one length."""
    how = {"extent": _extent, "chord": _chord, "calibre": _calibre}[row.how]
    reference = row.mm[1 if body.record.sex == "female" else 0]
    found = how(scout, body, row) if scout.box_mm(parts(row.of)) is not None else 0.0
    return Length(row.name, reference, found, row.tolerance_percent)


def measure_level(scout: Scout, body: Body, row: LevelRow) -> Level:
    """Measure one level."""
    upper, lower = (body.landmark_mm(name) for name in row.between)
    z = _height(scout, row)
    return Level(row.name, z, lower - row.margin_mm, upper + row.margin_mm)


def in_order(scout: Scout, references: References, names: tuple[str, ...]) -> bool:
    """Tell whether levels lie below one another in the order they are named."""
    rows = {row.name: row for row in references.file.levels}
    heights = [_height(scout, rows[name]) for name in names]
    return heights == sorted(heights, reverse=True)


def _extent(scout: Scout, _: Body, row: LengthRow) -> float:
    chosen = parts(row.of)
    sampled = scout.around(chosen, _spacing_mm(scout, chosen))
    inside = coverage(sampled, scout.weights(chosen)) >= 0.5
    axis = 2 - _AXES[row.axis]
    others = tuple(a for a in range(3) if a != axis)
    at = np.flatnonzero(inside.any(axis=others))
    return float((at[-1] - at[0] + 1) * sampled.grid.spacing_mm[axis]) if len(at) else 0.0


def _chord(scout: Scout, body: Body, row: LengthRow) -> float:
    """Return the length of the piece of a line that holds a point and stays in the parts.

    The height of a vertebra is the largest of those a little in front of its middle and behind:
    its ends are hollow, and veins leave its back.
    """
    if isinstance(row.at, str) and row.axis == "z":
        depth = _RIM * level(body.record.spine, row.at).half_depth_mm
        return max(_along(scout, body, row, (0.0, y, 0.0)) for y in (-depth, depth))
    return _along(scout, body, row, row.shift_mm)


def _along(scout: Scout, body: Body, row: LengthRow, shift_mm: Point) -> float:
    """Return the length of the piece of one line that holds its middle.

    Breaks no longer than a vein is wide are closed.
    """
    centre, direction = _line(scout, body, row, shift_mm)
    along = np.arange(-_REACH_MM, _REACH_MM, _STEP_MM)
    layers = sample_points(scout.phantom, centre + along[:, np.newaxis] * direction)
    inside = scout.weights(parts(row.of))[layers] > 0
    inside |= ndimage.binary_closing(inside, iterations=_VEIN)
    if not inside[len(along) // 2]:
        return 0.0
    pieces, _ = ndimage.label(inside)
    return float((pieces == pieces[len(along) // 2]).sum() * _STEP_MM)


def _line(
    scout: Scout, body: Body, row: LengthRow, shift_mm: Point
) -> tuple[FloatArray, FloatArray]:
    """Return a point and a direction in the patient, LPS mm."""
    axis = _AXES[row.axis]
    if isinstance(row.at, str):
        centre, turn = axes(level(body.record.spine, row.at))
        centre = centre + turn @ np.asarray(shift_mm)
        ends, frame = np.stack([centre, centre + turn[:, axis]]), "body"
    elif row.at is not None:
        ends, frame = np.stack([row.at, np.asarray(row.at) + np.eye(3)[axis]]), row.frame
    else:
        raise ContentError(f"reference.yaml: {row.name} is a chord; say `at` which point.")
    points = body.to_document_mm(ends, frame)
    away = (points[1] - points[0]) * np.asarray(body.scale)
    centre = scout.phantom.to_world_mm(ends[:1], frame)[0]
    return centre, away / np.linalg.norm(away)


def _calibre(scout: Scout, body: Body, row: LengthRow) -> float:
    """Return the smaller diameter of an axial section, as of an ellipse of its moments."""
    if not isinstance(row.at, str):
        raise ContentError(f"reference.yaml: {row.name} is a calibre; say `at` which landmark.")
    chosen = parts(row.of)
    box = scout.box_mm(chosen)
    z = body.landmark_mm(row.at) + row.above_mm * body.scale[2]
    if box is None:
        return 0.0
    low = np.array([*box[:2, 0] - 4.0, z])
    high = np.array([*box[:2, 1] + 4.0, z + _SECTION_MM])
    sampled = scout.inside(low, high, _SECTION_MM)
    pieces, count = ndimage.label(coverage(sampled, scout.weights(chosen))[0] >= 0.5)
    sections = [np.argwhere(pieces == 1 + i) for i in range(count)]
    sections = [s for s in sections if len(s) > 12]
    if not sections:
        return 0.0
    rank = {"front": lambda s: -s[:, 0].mean(), "back": lambda s: s[:, 0].mean(), "largest": len}
    section = max(sections, key=rank[row.side])
    return _minor_mm(section * _SECTION_MM)


def _minor_mm(points_mm: FloatArray) -> float:
    """Return the smaller diameter of the ellipse with the moments of some points."""
    return float(4.0 * np.sqrt(np.linalg.eigvalsh(np.cov(points_mm.T))[0]))


def _height(scout: Scout, row: LevelRow) -> float:
    """Return the height of a level, mm; not a number when there is nothing to measure."""
    chosen = parts(row.of)
    if scout.box_mm(chosen) is None:
        return float("nan")
    sampled = scout.around(chosen, _spacing_mm(scout, chosen))
    inside = coverage(sampled, scout.weights(chosen)) >= 0.5
    if row.how == "origin":
        inside = _meeting(inside, coverage(sampled, scout.weights(parts(row.on or ""))) >= 0.5)
    at = heights_mm(sampled.grid)[np.flatnonzero(inside.any(axis=(1, 2)))]
    if not len(at):
        return float("nan")
    ends = {"top": at[-1], "bottom": at[0]}
    return float(ends.get(row.how, (at[0] + at[-1]) / 2.0))


def _spacing_mm(scout: Scout, chosen: tuple[Part, ...]) -> float:
    """Return how finely something is measured: big things, whose size matters less, coarsely."""
    box = scout.box_mm(chosen)
    big = box is not None and float(np.prod(box[:, 1] - box[:, 0])) > _BIG_MM3
    return _COARSER_MM if big else _FINE_MM


def _meeting(inside: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return where one thing lies within two voxels of another."""
    near = ndimage.binary_dilation(other, iterations=2)
    return np.asarray(inside & near)
