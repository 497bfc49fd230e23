"""Frames: from the coordinates of a region file to those of the body's document."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.records import FrameRecord
from imagingsim.errors import UnknownNameError
from imagingsim.units import FloatArray

WORLD = "world"
"""The frame of final patient millimetres, neither warped nor scaled."""
BODY = "body"
_FLIP = np.diag([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Placement:
    """A rigid move, mirror image allowed, and a factor for lengths.

    Attributes
    ----------
    turn
        (3, 3): the frame's axes as columns.
    origin_mm
        (3,).
    scale
        Millimetres of the document per millimetre of the frame.
    world
        Whether the frame is that of the patient.
    """

    turn: FloatArray
    origin_mm: FloatArray
    scale: float = 1.0
    world: bool = False

    def point(self, point_mm: object) -> FloatArray:
        """Return a point, or points (n, 3), of the frame in the document, mm."""
        return np.asarray(point_mm, dtype=np.float64) @ self.turn.T * self.scale + self.origin_mm

    def direction(self, vector: object) -> FloatArray:
        """Return a direction of the frame in the document."""
        return np.asarray(vector, dtype=np.float64) @ self.turn.T


def rotation(degrees: tuple[float, float, float]) -> FloatArray:
    """Return the matrix that turns about x, then y, then z.

    Examples
    --------
    >>> rotation((0.0, 0.0, 90.0)).round(3)[:, 0]
    array([0., 1., 0.])
    """
    a, b, c = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def placement(
    name: str, frames: Mapping[str, FrameRecord], scale: tuple[float, float, float],
    *, mirrored: bool = False,
) -> Placement:  # fmt: skip
    """Return the placement of a frame.

    Parameters
    ----------
    scale
        Of the body: patient millimetres per document millimetre.
    mirrored
        Turn x round: in the frame itself, or, if the frame is one of a side, in the nearest
        of those it stands in that is not.

    Examples
    --------
    >>> arm = FrameRecord(origin_mm=(9.0, 0.0, 0.0), sided=True)
    >>> placement("arm", {"arm": arm}, (1.0, 1.0, 1.0), mirrored=True).point((1.0, 2.0, 3.0))
    array([-10.,   2.,   3.])
    >>> head = FrameRecord(origin_mm=(0.0, 0.0, 9.0), scale=2.0)
    >>> placement("head", {"head": head}, (1.0, 1.0, 1.0)).point((1.0, 2.0, 3.0))
    array([ 2.,  4., 15.])
    """
    if name == WORLD:
        length = float(np.prod(scale)) ** (1.0 / 3.0)
        turn = _FLIP if mirrored else np.eye(3)
        return Placement(turn, np.zeros(3), 1.0 / length, world=True)
    turn, origin, length = np.eye(3), np.zeros(3), 1.0
    while name != BODY:
        frame = frames.get(name)
        if frame is None:
            raise UnknownNameError.of("frame", name, [BODY, WORLD, *sorted(frames)])
        if mirrored and not frame.sided:
            turn, origin, mirrored = _FLIP @ turn, _FLIP @ origin, False
        own, pivot = rotation(frame.rotate_deg), np.asarray(frame.pivot_mm)
        turn = own @ turn
        origin = own @ (frame.scale * origin - pivot) + pivot + np.asarray(frame.origin_mm)
        length *= frame.scale
        name = frame.parent
    if mirrored:
        turn, origin = _FLIP @ turn, _FLIP @ origin
    return Placement(turn, origin, length)


def seed_of(name: str) -> float:
    """Return the noise offset of a name: the same wherever it stands in a file."""
    return (zlib.crc32(name.encode("utf-8")) % 8192) / 64.0
