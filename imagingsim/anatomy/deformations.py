"""Smooth moves of a body: bends, girth, organs that swell, organs that are carried.

Each says by how much a point of the body moves, mm. Several are added up; `geometry.warping` turns
their sum round, because a program is asked where a point of the patient came from.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from imagingsim.content import record
from imagingsim.errors import ContentError
from imagingsim.units import FloatArray

Point = tuple[float, float, float]


@record
class Bend:
    """A bend of the spine in the sagittal plane; positive is kyphosis: the part above nods forward.

    Attributes
    ----------
    at_mm
        (y, z) of the hinge, which neither stretches nor shrinks.
    over_mm
        Height over which it bends.
    rigid_mm
        How far in front of and behind the hinge the bend keeps that height; farther away it
        spreads, so that the wall of the belly folds softly.
    """

    at_mm: tuple[float, float]
    degrees: float
    over_mm: float
    rigid_mm: float = 40.0
    spread: float = 1.8

    def times(self, amount: float) -> "Bend":
        """Return the move made larger."""
        return dataclasses.replace(self, degrees=self.degrees * amount)

    def shift_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far each point moves, (n, 3)."""
        y, z = points_mm[:, 1] - self.at_mm[0], points_mm[:, 2] - self.at_mm[1]
        angle = np.radians(self.degrees)
        width = self.over_mm + self.spread * np.maximum(np.abs(y) - self.rigid_mm, 0.0)
        out = np.zeros_like(points_mm)
        out[:, 1] = -angle * _ramp_integral(z, self.over_mm)
        out[:, 2] = angle * y * _ramp(z / width + 0.5)
        return out


@record
class Girth:
    """The wall of the trunk moves outwards, and what lies inside stretches.

    Attributes
    ----------
    axis_mm
        (x, y) of the axis; nothing moves nearer to it than ``from_mm``.
    to_mm
        From there on everything moves alike, so that the wall keeps its thickness.
    profile
        Heights z, and how far the wall moves there, mm.
    front, side, back
        Shares of that in each direction.
    """

    axis_mm: tuple[float, float]
    from_mm: float
    to_mm: float
    profile: tuple[tuple[float, float], ...]
    front: float = 1.0
    side: float = 1.0
    back: float = 0.0

    def times(self, amount: float) -> "Girth":
        """Return the move made larger."""
        return dataclasses.replace(self, profile=tuple((z, mm * amount) for z, mm in self.profile))

    def shift_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far each point moves, (n, 3)."""
        x, y = points_mm[:, 0] - self.axis_mm[0], points_mm[:, 1] - self.axis_mm[1]
        far = np.hypot(x, y)
        table = np.array(self.profile)
        much = _smooth_table(points_mm[:, 2], table) * _ramp(
            (far - self.from_mm) / (self.to_mm - self.from_mm)
        )
        toward = np.maximum(far, 1e-6)
        ahead = np.where(y < 0.0, self.front, self.back)
        out = np.zeros_like(points_mm)
        weight = self.side * (x / toward) ** 2 + ahead * (y / toward) ** 2
        out[:, 0], out[:, 1] = much * weight * x / toward, much * weight * y / toward
        return out


@record
class Swell:
    """An organ grows about its middle, and its neighbours give way.

    Attributes
    ----------
    semi_mm
        Half sizes of the ellipsoid that grows as a whole; at ``fades`` times them nothing moves.
    share
        By how much its lengths grow: 0.1 makes each a tenth longer.
    """

    centre_mm: Point
    semi_mm: Point
    share: float = 1.0
    fades: float = 1.8

    def times(self, amount: float) -> "Swell":
        """Return the move made larger."""
        return dataclasses.replace(self, share=self.share * amount)

    def shift_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far each point moves, (n, 3)."""
        away = points_mm - np.array(self.centre_mm)
        far = np.linalg.norm(away / np.array(self.semi_mm), axis=1)
        keep = 1.0 - _ramp((far - 1.0) / (self.fades - 1.0))
        shift: FloatArray = self.share * keep[:, None] * away
        return shift


@record
class Carry:
    """Everything in an ellipsoid moves along one way, less and less towards its border.

    Attributes
    ----------
    solid
        Share of the ellipsoid, from its middle, that moves as one piece.
    """

    centre_mm: Point
    semi_mm: Point
    shift: Point
    solid: float = 0.5

    def times(self, amount: float) -> "Carry":
        """Return the move made larger."""
        x, y, z = (amount * part for part in self.shift)
        return dataclasses.replace(self, shift=(x, y, z))

    def shift_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far each point moves, (n, 3)."""
        away = (points_mm - np.array(self.centre_mm)) / np.array(self.semi_mm)
        keep = 1.0 - _ramp((np.linalg.norm(away, axis=1) - self.solid) / (1.0 - self.solid))
        return keep[:, None] * np.array(self.shift)


@record
class Descend:
    """What fills the trunk slides down along its wall and its spine, as when the diaphragm pulls.

    Attributes
    ----------
    profile
        Heights z, and how far the middle moves up there (down when negative), mm.
    wall
        Heights z, and the half width and the middle and half depth in y of the ellipse that stays.
    slides_from
        Share of that ellipse, from its middle, that moves as one piece.
    spine
        Heights z, and y of the axis of the spine, which stays.
    spine_mm
        Distances from that axis at which things begin to move, and move freely.
    slender
        How many times distances to the side count in front of the axis: vertebral bodies are
        narrower than the arches behind them.
    """

    profile: tuple[tuple[float, float], ...]
    wall: tuple[tuple[float, float, float, float], ...]
    spine: tuple[tuple[float, float], ...]
    slides_from: float = 0.7
    spine_mm: tuple[float, float] = (34.0, 60.0)
    slender: float = 1.0

    def times(self, amount: float) -> "Descend":
        """Return the move made larger."""
        return dataclasses.replace(self, profile=tuple((z, mm * amount) for z, mm in self.profile))

    def shift_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far each point moves, (n, 3)."""
        x, y, z = points_mm[:, 0], points_mm[:, 1], points_mm[:, 2]
        wall = np.array(self.wall)
        wide, middle, deep = (np.interp(z, wall[:, 0], wall[:, i]) for i in (1, 2, 3))
        out = np.hypot(x / wide, (y - middle) / deep)
        spine = np.array(self.spine)
        behind = y - np.interp(z, spine[:, 0], spine[:, 1])
        near, far = self.spine_mm
        before = _ramp((0.45 * near - behind) / (0.5 * near))
        away = np.hypot(x * (1.0 + (self.slender - 1.0) * before), behind)
        free = _ramp((away - near) / (far - near))
        free *= 1.0 - _ramp((out - self.slides_from) / (1.0 - self.slides_from))
        shift = np.zeros_like(points_mm)
        shift[:, 2] = free * _smooth_table(z, np.array(self.profile))
        return shift


@record
class Move:
    """Exactly one of the moves."""

    bend: Bend | None = None
    girth: Girth | None = None
    swell: Swell | None = None
    carry: Carry | None = None
    descend: Descend | None = None

    def __post_init__(self) -> None:
        """Refuse none, and more than one."""
        if len(self._given) != 1:
            found = " and ".join(self._given) or "none"
            raise ContentError(f"a move is exactly one of {', '.join(MOVES)}; found {found}")

    @property
    def _given(self) -> dict[str, Bend | Girth | Swell | Carry | Descend]:
        return {name: move for name in MOVES if (move := getattr(self, name)) is not None}

    @property
    def one(self) -> Bend | Girth | Swell | Carry | Descend:
        """The move that is given."""
        return next(iter(self._given.values()))

    def times(self, amount: float) -> "Move":
        """Return the move made larger."""
        return Move(**{name: move.times(amount) for name, move in self._given.items()})  # type: ignore[arg-type]


MOVES = ("bend", "girth", "swell", "carry", "descend")
"""The keys of a move."""


def total_shift_mm(moves: Sequence[Move], points_mm: FloatArray) -> FloatArray:
    """Return how far points move, (n, 3) to (n, 3)."""
    points = np.asarray(points_mm, dtype=np.float64)
    out = np.zeros_like(points)
    for move in moves:
        out += move.one.shift_mm(points)
    return out


def _ramp(t: FloatArray) -> FloatArray:
    """Return 0 below 0, 1 above 1, and between them a curve without corners."""
    t = np.clip(t, 0.0, 1.0)
    smooth: FloatArray = t * t * (3.0 - 2.0 * t)
    return smooth


def _ramp_integral(z: FloatArray, over: float) -> FloatArray:
    """Return the integral of ``_ramp(z / over + 1/2)`` from far below."""
    t = np.clip(z / over + 0.5, 0.0, 1.0)
    return over * (t**3 - 0.5 * t**4) + np.maximum(z - 0.5 * over, 0.0)


def _smooth_table(z: FloatArray, table: FloatArray) -> FloatArray:
    """Return a table's value at heights, eased in and out at its rows."""
    at = np.clip(np.searchsorted(table[:, 0], z) - 1, 0, len(table) - 2)
    low, high = table[at], table[at + 1]
    share = _ramp((z - low[:, 0]) / (high[:, 0] - low[:, 0]))
    value: FloatArray = low[:, 1] + (high[:, 1] - low[:, 1]) * share
    return value
