"""Places spoken as anatomy, and where they are in a body.

A lesion stands ``in: pancreas_head`` or ``in: vertebrae_L1.body``, ``in: lymph_node`` with a
station, ``on: skull.outer`` at an azimuth and elevation, ``on: rib_right_8`` at a fraction of its
course, ``on: skin`` at a level and an angle, over a structure, or along dermatomes. Each is found
by searching the body, so it stays right when the body is scaled, warped or redrawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pydantic

from imagingsim.anatomy.terrain import FAT, Terrain, tangents, unit
from imagingsim.content import Library, record
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.units import FloatArray

NODES = "phantoms/bodies/lymph_nodes.yaml"
FACING = {
    "right": (-1.0, 0.0, 0.0), "left": (1.0, 0.0, 0.0), "anterior": (0.0, -1.0, 0.0),
    "posterior": (0.0, 1.0, 0.0), "inferior": (0.0, 0.0, -1.0), "superior": (0.0, 0.0, 1.0),
}  # fmt: skip
"""Unit vector of each direction, LPS."""


@record
class Fraction:
    """A place inside a structure: 0 is its right, anterior, inferior end, 1 the opposite one."""

    left: float = 0.5
    posterior: float = 0.5
    superior: float = 0.5


@record
class Offset:
    """A shift from the place found, mm."""

    left: float = 0.0
    posterior: float = 0.0
    superior: float = 0.0


@record
class Place:
    """Where a lesion stands; the keys depend on what stands after ``in`` or ``on``.

    Attributes
    ----------
    azimuth_deg, angle_deg
        Turned from straight ahead (0) towards ``side`` (90) to straight behind (180).
    depth_mm
        How far below the surface the centre lies.
    """

    in_: str | None = pydantic.Field(default=None, alias="in")
    on: str | None = None
    side: Literal["left", "right"] | None = None
    station: str | None = None
    at: Fraction | None = None
    s: float | None = None
    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    level: str | None = None
    angle_deg: float | None = None
    over: str | None = None
    facing: Literal["right", "left", "anterior", "posterior", "inferior", "superior"] | None = None
    depth_mm: float = 0.0
    offset_mm: Offset = Offset()

    def __post_init__(self) -> None:
        """Refuse a place that says too little or too much."""
        if (self.in_ is None) == (self.on is None):
            raise ContentError("a place needs either `in` or `on`; give one of them")
        missing = [key for key in self._needed() if getattr(self, key) is None]
        if missing:
            raise ContentError(f"a place {self.words} needs {' and '.join(missing)}; add it")

    def _needed(self) -> tuple[str, ...]:
        if self.in_ is not None:
            return ("station",) if self.in_ == "lymph_node" else ()
        if self.on in _HEAD_SURFACES:
            return "azimuth_deg", "elevation_deg", "side"
        if self.on == "skin":
            return ("over", "facing") if self.over else ("level", "angle_deg", "side")
        return ("s",)

    @classmethod
    def on_skin(cls, level: str, angle_deg: float, side: str, rise_mm: float) -> "Place":
        """Return the place on the skin at a level, raised by some mm."""
        side_name: Literal["left", "right"] = "left" if side == "left" else "right"
        return cls(
            on="skin",
            level=level,
            angle_deg=angle_deg,
            side=side_name,
            offset_mm=Offset(superior=rise_mm),
        )

    @property
    def words(self) -> str:
        """The place in a few words, for messages."""
        return f"in {self.in_}" if self.in_ is not None else f"on {self.on}"


@dataclass(frozen=True, eq=False)
class Anchor:
    """A place found.

    Attributes
    ----------
    point_mm
        LPS position.
    axes
        Rows are the unit vectors along which a lesion's three sizes are measured: on a surface the
        horizontal tangent, the outward normal and the vertical tangent; on a rib its course, the
        outward normal and across; inside a structure left, posterior and superior.
    """

    point_mm: FloatArray
    axes: FloatArray

    def moved(self, offset: Offset, depth_mm: float) -> "Anchor":
        """Return the anchor shifted, and sunk along its normal."""
        shift = np.array([offset.left, offset.posterior, offset.superior])
        return Anchor(self.point_mm + shift - depth_mm * self.axes[1], self.axes)


@record
class Station:
    """A lymph node station: where its middle lies in the reference body."""

    centre_mm: tuple[float, float, float]
    paired: bool = True


@record
class NodeAtlas:
    """The lymph node stations; paired ones are given for the left side."""

    title: str
    stations: dict[str, Station]
    sources: tuple[str, ...]


def read_stations(library: Library) -> Mapping[str, Station]:
    """Return the lymph node stations of the library."""
    return library.read("node atlas", "phantoms/bodies", "lymph_nodes", NodeAtlas).stations


def find(place: Place, terrain: Terrain) -> Anchor:
    """Return where a place is in a body.

    Raises
    ------
    UnknownNameError
        When the body has no such structure, site, station or landmark; it lists the known ones.
    """
    if place.in_ == "lymph_node":
        anchor = _node(place, terrain)
    elif place.in_ is not None:
        anchor = _inside(place.in_, place.at, terrain)
    elif place.on in _HEAD_SURFACES:
        anchor = _on_head(place, terrain)
    elif place.on == "skin":
        anchor = _on_skin(place, terrain)
    else:
        anchor = _on_course(place, terrain)
    offset = Offset() if place.on == "skin" else place.offset_mm
    return anchor.moved(offset, place.depth_mm)


_HEAD_SURFACES = ("skull.outer", "skull.inner", "scalp")


def _inside(name: str, at: Fraction | None, terrain: Terrain) -> Anchor:
    if name in terrain.sites_mm:
        return Anchor(np.array(terrain.sites_mm[name]), np.eye(3))
    label, _, part = name.partition(".")
    if part not in ("", "body"):
        raise UnknownNameError.of("part of a structure", part, ["body"])
    if label not in terrain.labels:
        known = [*sorted(terrain.sites_mm), *terrain.labels]
        raise UnknownNameError.of("anatomical site", name, known)
    cloud = terrain.cloud(label)
    if part == "body" or at is None:
        return Anchor(cloud.points_mm[int(np.argmax(cloud.depth_mm))], np.eye(3))
    wanted = cloud.low_mm + (cloud.high_mm - cloud.low_mm) * np.array(
        [at.left, at.posterior, at.superior]
    )
    deep = cloud.points_mm[cloud.depth_mm >= min(4.0, 0.6 * cloud.depth_mm.max())]
    return Anchor(deep[int(np.argmin(np.linalg.norm(deep - wanted, axis=1)))], np.eye(3))


def _node(place: Place, terrain: Terrain) -> Anchor:
    name = f"lymph_node.{place.station}" + (f".{place.side}" if place.side else "")
    if name not in terrain.sites_mm:
        known = [site for site in sorted(terrain.sites_mm) if site.startswith("lymph_node.")]
        raise UnknownNameError.of(
            "lymph node station",
            name.removeprefix("lymph_node."),
            [site.removeprefix("lymph_node.") for site in known],
        )
    near = np.array(terrain.sites_mm[name])
    return Anchor(terrain.clearest_mm(near, FAT, within_mm=15.0, radius_mm=12.0), np.eye(3))


def _on_head(place: Place, terrain: Terrain) -> Anchor:
    azimuth, elevation = np.radians([place.azimuth_deg or 0.0, place.elevation_deg or 0.0])
    side = 1.0 if place.side == "left" else -1.0
    direction = np.array(
        [side * np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation),
         np.sin(elevation)]
    )  # fmt: skip
    surface = {"skull.outer": terrain.outer_bone_mm, "skull.inner": terrain.inner_bone_mm,
               "scalp": terrain.exit_mm}[str(place.on)]  # fmt: skip
    start = np.array(terrain.head_mm)
    return _on_surface(surface(start, direction), terrain.normal(surface, start, direction))


def _on_skin(place: Place, terrain: Terrain) -> Anchor:
    if place.over is not None:
        start = _inside(place.over, place.at, terrain).point_mm
        direction = np.array(FACING[str(place.facing)])
    else:
        start = terrain.axis_mm(terrain.landmark_mm(str(place.level)))
        angle = np.radians(place.angle_deg or 0.0)
        side = 1.0 if place.side == "left" else -1.0
        direction = np.array([side * np.sin(angle), -np.cos(angle), 0.0])
    offset = place.offset_mm
    start = start + np.array([offset.left, offset.posterior, offset.superior])
    return _on_surface(
        terrain.exit_mm(start, direction), terrain.normal(terrain.exit_mm, start, direction)
    )


def _on_course(place: Place, terrain: Terrain) -> Anchor:
    point, along = terrain.course(str(place.on), float(place.s or 0.0))
    away = point - terrain.axis_mm(float(point[2]))
    outward = unit(away - (away @ along) * along)
    return Anchor(point, np.stack([along, outward, np.cross(along, outward)]))


def _on_surface(point: FloatArray, normal: FloatArray) -> Anchor:
    horizontal, vertical = tangents(normal)
    return Anchor(point, np.stack([horizontal, normal, vertical]))
