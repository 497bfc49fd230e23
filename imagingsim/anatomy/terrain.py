"""A sampled body that can be asked what is where: label masks, rays to surfaces, courses.

Everything is found by probing points, so it works for any body, warped and scaled as it is, and
what it returns is in the millimetres of the patient.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from imagingsim.anatomy.sampled import Layer
from imagingsim.errors import GeometryError, UnknownNameError
from imagingsim.units import BoolArray, FloatArray, IntArray

STRIDE_MM = 1.0
STEP_MM = 0.2
REACH_MM = 420.0
BLOCK = 8
CLOUD_POINTS = 2.5e4
SECTION_MM = 6.0
COURSE_POINTS = 24

Point = tuple[float, float, float]

BONE = frozenset(
    {"cortical_bone", "trabecular_bone", "diploe", "red_marrow", "yellow_marrow", "tooth"}
)
"""Materials a ray counts as bone."""

FAT = frozenset({"visceral_fat", "subcutaneous_fat", "orbital_fat", "yellow_marrow"})
"""Materials in which nodes lie."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """The lattice points that carry one label, and how deep each lies below its surface."""

    points_mm: FloatArray
    depth_mm: FloatArray
    spacing_mm: float

    @property
    def low_mm(self) -> FloatArray:
        """Right, anterior, inferior end of the box around the points."""
        return self.points_mm.min(axis=0)

    @property
    def high_mm(self) -> FloatArray:
        """Left, posterior, superior end of the box around the points."""
        return self.points_mm.max(axis=0)


@dataclass(frozen=True, eq=False)
class Terrain:
    """A body without lesions, as something to be searched.

    Attributes
    ----------
    probe
        Points (n, 3), LPS mm, to the index of the layer there; layer 0 is the air outside.
    low_mm, high_mm
        A box around the body.
    boxes_mm
        A box around each label: its low and its high corner.
    landmarks_mm
        Height of each landmark.
    sites_mm
        Position of each named site of the body file.
    """

    probe: Callable[[FloatArray], IntArray]
    layers: Sequence[Layer]
    low_mm: Point
    high_mm: Point
    boxes_mm: Mapping[str, tuple[Point, Point]]
    landmarks_mm: Mapping[str, float]
    sites_mm: Mapping[str, Point]
    head_mm: Point = (0.0, 0.0, 0.0)

    @cached_property
    def _labels(self) -> "np.typing.NDArray[np.str_]":
        return np.array([layer.label for layer in self.layers])

    @cached_property
    def _materials(self) -> "np.typing.NDArray[np.str_]":
        return np.array([layer.material for layer in self.layers])

    @cached_property
    def _sections(self) -> dict[float, FloatArray]:
        """The tissue of the horizontal sections asked for so far."""
        return {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur in the body, sorted."""
        return tuple(sorted(set(self._labels[1:].tolist())))

    def landmark_mm(self, name: str) -> float:
        """Return the height of a landmark, mm."""
        if name not in self.landmarks_mm:
            raise UnknownNameError.of("landmark", name, sorted(self.landmarks_mm))
        return self.landmarks_mm[name]

    def label_at(self, points_mm: FloatArray) -> "np.typing.NDArray[np.str_]":
        """Return the label at each point."""
        return self._labels[self.probe(np.atleast_2d(points_mm))]

    def material_at(self, points_mm: FloatArray) -> "np.typing.NDArray[np.str_]":
        """Return the material at each point."""
        return self._materials[self.probe(np.atleast_2d(points_mm))]

    def cloud(self, label: str, spacing_mm: float | None = None) -> Cloud:
        """Return the points of a label; an unknown label lists the known ones."""
        if label not in self._labels:
            raise UnknownNameError.of("anatomical structure", label, self.labels)
        wanted = np.flatnonzero(self._labels == label)
        low, high = (np.array(corner) for corner in self.boxes_mm[label])
        side = spacing_mm or float(np.clip(np.cbrt(np.prod(high - low) / CLOUD_POINTS), 1.0, 6.0))
        corners = lattice(low - side, high + side, side)
        mask = np.isin(self._probe_lattice(corners), wanted)
        if not mask.any():
            raise GeometryError(
                f"The structure {label!r} is declared but nowhere visible in the body. "
                "It may be hidden by a later one; look at the label map."
            )
        depth = ndimage.distance_transform_edt(mask, sampling=side)
        return Cloud(corners[mask], depth[mask], side)

    def exit_mm(self, start_mm: FloatArray, direction: FloatArray) -> FloatArray:
        """Return where a ray first leaves the body for good (3 mm of outside air)."""
        run = round(3.0 / STRIDE_MM)

        def leaves(layers: IntArray) -> int:
            outside = np.convolve(layers == 0, np.ones(run), "valid") == run
            return _first(outside, "leaves the body", start_mm)

        points, layers = self._walk(start_mm, direction, REACH_MM, STRIDE_MM)
        at = max(leaves(layers) - 1, 0)
        fine, found = self._walk(points[at], direction, STRIDE_MM + STEP_MM, STEP_MM)
        return fine[int(np.argmax(found == 0))]

    def outer_bone_mm(self, start_mm: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the outermost bone on a ray from inside the head."""
        points, layers = self._walk(start_mm, direction, REACH_MM, STRIDE_MM)
        bone = self._is_bone(layers)
        last = len(bone) - 1 - _first(bone[::-1], "meets bone", start_mm)
        fine, found = self._walk(points[last], direction, STRIDE_MM, STEP_MM)
        return fine[int(np.flatnonzero(self._is_bone(found))[-1])]

    def inner_bone_mm(self, start_mm: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the inner table: where the last run of bone on a ray begins."""
        points, layers = self._walk(start_mm, direction, REACH_MM, STRIDE_MM)
        bone = self._is_bone(layers)
        first = len(bone) - 1 - _first(bone[::-1], "meets bone", start_mm)
        gap = round(3.0 / STRIDE_MM)
        while first > 0 and bone[max(first - gap, 0) : first].any():
            first -= 1
        fine, found = self._walk(points[max(first - 1, 0)], direction, 2 * STRIDE_MM, STEP_MM)
        return fine[int(np.argmax(self._is_bone(found)))]

    def _walk(
        self, start_mm: FloatArray, direction: FloatArray, length_mm: float, step_mm: float
    ) -> tuple[FloatArray, IntArray]:
        """Return points on a ray and the layers there."""
        along = np.arange(0.0, length_mm + 0.5 * step_mm, step_mm)[:, None]
        points = np.asarray(start_mm) + along * np.asarray(direction)
        return points, self.probe(points)

    def _is_bone(self, layers: IntArray) -> BoolArray:
        return np.isin(self._materials[layers], list(BONE))

    def normal(
        self,
        surface: Callable[[FloatArray, FloatArray], FloatArray],
        start_mm: FloatArray,
        direction: FloatArray,
        *,
        across_mm: float = 6.0,
    ) -> FloatArray:
        """Return the outward normal of a surface where a ray meets it.

        The surface is met again by parallel rays ``across_mm`` to all sides; their plane is fitted.
        """
        u, v = tangents(direction)
        turns = np.linspace(0.0, 2 * np.pi, 6, endpoint=False)
        starts = [start_mm + across_mm * (np.cos(t) * u + np.sin(t) * v) for t in turns]
        hits = [surface(start, direction) for start in starts]
        centred = np.array(hits) - np.mean(hits, axis=0)
        normal: FloatArray = np.linalg.svd(centred)[2][-1]
        return normal * (1.0 if normal @ direction > 0 else -1.0)

    def axis_mm(self, height_mm: float) -> FloatArray:
        """Return the middle of the trunk (or neck, or head) at a height: arms are left out."""
        level = SECTION_MM * round(height_mm / SECTION_MM)
        if level not in self._sections:
            low, high = np.array(self.low_mm), np.array(self.high_mm)
            low[2] = high[2] = level
            corners = lattice(low, high, SECTION_MM).reshape(-1, 3)
            self._sections[level] = corners[self.probe(corners) > 0]
        tissue = self._sections[level]
        if not len(tissue):
            raise GeometryError(
                f"No tissue at height {height_mm:.0f} mm. Choose a landmark inside the body."
            )
        middle = tissue[np.abs(tissue[:, 0]) < 0.175 * np.ptp(tissue[:, 0]) + SECTION_MM]
        return np.array([0.0, 0.5 * (middle[:, 1].min() + middle[:, 1].max()), height_mm])

    def course(self, label: str, fraction: float) -> tuple[FloatArray, FloatArray]:
        """Return a point of a long structure, 0 at its posterior medial end, and its direction.

        The distance along the structure is the shortest way through it.
        """
        cloud = self.cloud(label, spacing_mm=2.5)
        points, away = geodesic_mm(cloud)
        along = away / away.max()

        def middle(where: float) -> FloatArray:
            nearest = np.argsort(np.abs(along - where), kind="stable")[:COURSE_POINTS]
            centre: FloatArray = points[nearest].mean(axis=0)
            return centre

        ahead = middle(min(fraction + 0.08, 1.0)) - middle(max(fraction - 0.08, 0.0))
        return middle(fraction), unit(ahead)

    def clearest_mm(
        self, near_mm: FloatArray, materials: frozenset[str], within_mm: float, radius_mm: float
    ) -> FloatArray:
        """Return the place near a point with enough room in the given materials.

        Room counts up to ``radius_mm``; among places with equal room the nearest wins.
        """
        near = np.asarray(near_mm)
        corners = lattice(near - within_mm - radius_mm, near + within_mm + radius_mm, 1.5)
        mask = np.isin(self._materials[self._probe_lattice(corners)], list(materials))
        room = np.minimum(ndimage.distance_transform_edt(mask, sampling=1.5), radius_mm)
        away = np.linalg.norm(corners - near, axis=-1)
        score = np.where(away <= within_mm, room - 0.15 * away, -np.inf)
        best: FloatArray = corners.reshape(-1, 3)[int(np.argmax(score))]
        return best

    def _probe_lattice(self, corners: FloatArray) -> IntArray:
        """Probe a lattice block by block: neighbours in space are neighbours in the batch."""
        shape = corners.shape[:3]
        i, j, k = (index // BLOCK for index in np.indices(shape).reshape(3, -1))
        order = np.lexsort((k, j, i))
        found = np.empty(len(order), dtype=np.int64)
        found[order] = self.probe(corners.reshape(-1, 3)[order])
        return found.reshape(shape)


def _first(where: BoolArray, what: str, start_mm: FloatArray) -> int:
    if not where.any():
        raise GeometryError(
            f"A ray from {np.round(start_mm, 1).tolist()} mm never {what}. "
            "Check the angles and the start of the ray."
        )
    return int(np.argmax(where))


def lattice(
    low_mm: FloatArray | tuple[float, float, float],
    high_mm: FloatArray | tuple[float, float, float],
    spacing_mm: float,
) -> FloatArray:
    """Return lattice points on multiples of the spacing, shape (nx, ny, nz, 3)."""
    sides = [
        np.arange(np.floor(a / spacing_mm), np.ceil(b / spacing_mm) + 1) * spacing_mm
        for a, b in zip(low_mm, high_mm, strict=True)
    ]
    return np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1)


def geodesic_mm(cloud: Cloud) -> tuple[FloatArray, FloatArray]:
    """Return the points of the largest piece, and their way to its posterior medial end.

    The way is the shortest one through the piece.
    """
    points = cloud.points_mm
    pairs = cKDTree(points).query_pairs(cloud.spacing_mm * 1.8, output_type="ndarray")
    length = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    graph = sparse.coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    pieces = csgraph.connected_components(graph, directed=False)[1]
    kept = pieces == np.argmax(np.bincount(pieces))
    end = kept & (points[:, 1] >= np.median(points[kept, 1]))
    start = int(np.argmin(np.where(end, np.abs(points[:, 0]), np.inf)))
    away = csgraph.dijkstra(graph, directed=False, indices=start)
    return points[kept], away[kept]


def unit(vector: FloatArray) -> FloatArray:
    """Return a vector of length 1."""
    return np.asarray(vector) / np.linalg.norm(vector)


def tangents(direction: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two unit vectors across a direction: the more horizontal, then the more vertical."""
    up = np.array([0.0, 0.0, 1.0]) if abs(direction[2]) < 0.95 else np.array([0.0, -1.0, 0.0])
    horizontal = unit(np.cross(up, direction))
    return horizontal, np.cross(direction, horizontal)
