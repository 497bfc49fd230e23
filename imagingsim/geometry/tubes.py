"""Swept tubes and trees as tables of tapered segments."""

from dataclasses import dataclass

import numpy as np

from imagingsim.geometry.machine import Float32
from imagingsim.geometry.splines import open_spline
from imagingsim.units import FloatArray, IntArray

COLUMNS = 20
PER_CLUSTER = 8
WANDER_MM = 10.0
"""How far a wandering tube goes before it turns."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Tapered segments in order.

    Attributes
    ----------
    start_mm, end_mm
        (n, 3).
    start_radius_mm, end_radius_mm
        (n,), along the first axis of the section.
    up
        (n, 3): direction of the first axis of the section.
    start_arc_mm, end_arc_mm
        (n,): arc length.
    aspect
        Second radius over first.
    """

    start_mm: FloatArray
    end_mm: FloatArray
    start_radius_mm: FloatArray
    end_radius_mm: FloatArray
    up: FloatArray
    start_arc_mm: FloatArray
    end_arc_mm: FloatArray
    aspect: float = 1.0

    @property
    def box_mm(self) -> FloatArray:
        """(3, 2): lowest and highest coordinate of the surface."""
        r = self.largest_radius_mm[:, np.newaxis]
        low = np.minimum(self.start_mm, self.end_mm) - r
        high = np.maximum(self.start_mm, self.end_mm) + r
        return np.stack([low.min(axis=0), high.max(axis=0)], axis=1)

    @property
    def largest_radius_mm(self) -> FloatArray:
        """(n,): the larger radius at the thicker end."""
        return np.maximum(self.start_radius_mm, self.end_radius_mm) * max(1.0, self.aspect)

    def table(self) -> Float32:
        """Return the rows the kernels read, shape (n, `COLUMNS`)."""
        out = np.zeros((len(self.start_mm), COLUMNS), dtype=np.float32)
        along = self.end_mm - self.start_mm
        squared = (along**2).sum(axis=1) + 1e-9
        direction = along / np.sqrt(squared)[:, np.newaxis]
        u = self.up - (self.up * direction).sum(axis=1)[:, np.newaxis] * direction
        u /= np.linalg.norm(u, axis=1)[:, np.newaxis] + 1e-9
        out[:, 0:3] = self.start_mm
        out[:, 3:6] = along
        out[:, 6] = 1.0 / squared
        out[:, 7] = self.start_radius_mm
        out[:, 8] = self.end_radius_mm - self.start_radius_mm
        out[:, 9:12] = u
        out[:, 12:15] = np.cross(direction, u)
        out[:, 15] = self.start_arc_mm
        out[:, 16] = self.end_arc_mm - self.start_arc_mm
        out[:, 17] = self.largest_radius_mm
        out[:, 18] = np.minimum(self.start_radius_mm, self.end_radius_mm) * min(1.0, self.aspect)
        return out


def swept(
    points: FloatArray,
    *,
    aspect: float = 1.0,
    up: tuple[float, float, float] = (0.0, 0.0, 1.0),
    samples: int = 6,
    spline: bool = True,
    wander_mm: float = 0.0,
    rng: np.random.Generator | None = None,
) -> Segments:
    """Return a tube through control points (x, y, z, radius), shape (n, 4), mm.

    With a generator its course strays sideways, across ``up``, by ``wander_mm`` (deviation).
    """
    line: FloatArray = np.array(points, dtype=np.float64)
    if spline and len(line) > 2:
        line = open_spline(line, samples)
    if rng is not None:
        line[:, :3] += wander_mm * _wandering(line[:, :3], np.asarray(up, np.float64), rng)
    line[:, 3] = np.maximum(line[:, 3], 0.05)
    length = np.linalg.norm(np.diff(line[:, :3], axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(length)])
    ups = np.tile(np.asarray(up, dtype=np.float64), (len(line) - 1, 1))
    return Segments(
        line[:-1, :3], line[1:, :3], line[:-1, 3], line[1:, 3], ups, arc[:-1], arc[1:], aspect
    )


def _wandering(points: FloatArray, up: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return sideways steps of unit deviation that change over `WANDER_MM` of length."""
    step = np.gradient(points, axis=0)
    sideways = np.cross(step, up)
    sideways /= np.linalg.norm(sideways, axis=1)[:, np.newaxis] + 1e-9
    length = np.linalg.norm(step, axis=1)
    arc = np.cumsum(length) / WANDER_MM
    knots = rng.normal(size=(int(arc[-1]) + 3, 1))
    smooth = open_spline(knots, 8)[:, 0]
    return sideways * np.interp(arc * 8.0, np.arange(len(smooth)), smooth)[:, np.newaxis]


def branched(nodes_mm: FloatArray, parent: IntArray, radius_mm: FloatArray) -> Segments:
    """Return a tree: nodes (n, 3), the index of each one's parent (-1 for a root), radii (n,)."""
    child = np.flatnonzero(np.asarray(parent) >= 0)
    root = np.asarray(parent)[child]
    zero = np.zeros(len(child))
    return Segments(
        nodes_mm[root], nodes_mm[child],
        np.minimum(radius_mm[root], radius_mm[child] * 1.35), radius_mm[child],
        np.tile([0.0, 0.0, 1.0], (len(child), 1)), zero, zero,
    )  # fmt: skip


def clusters(table: Float32, first: int) -> Float32:
    """Return spheres around eight segments each: centre, radius, first and last row."""
    starts = np.arange(0, len(table), PER_CLUSTER)
    stops = np.minimum(starts + PER_CLUSTER, len(table))
    tips = table[:, :3] + table[:, 3:6]
    low = np.minimum.reduceat(np.minimum(table[:, :3], tips), starts)
    high = np.maximum.reduceat(np.maximum(table[:, :3], tips), starts)
    centre = (low + high) / 2.0
    middle = np.repeat(centre, stops - starts, axis=0)
    away = [np.linalg.norm(ends - middle, axis=1) for ends in (table[:, :3], tips)]
    radius = np.maximum.reduceat(np.maximum(*away), starts)
    radius += np.maximum.reduceat(table[:, 17], starts)
    return np.column_stack([centre, radius, first + starts, first + stops]).astype(np.float32)
