"""The couch under the patient: a curved carbon-fibre shell filled with foam."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.geometry import Geometry
from imagingsim.ct.project import Projector
from imagingsim.units import BoolArray, FloatArray

PIXEL_MM: Final = 0.8
MATTRESS_MM: Final = 2.0
SHELL_G_CM3: Final = 1.35
"""Water-equivalent density of carbon-fibre laminate, 1.6 g/cm3 of low atomic number."""

FOAM_G_CM3: Final = 0.05


@dataclass(frozen=True)
class Couch:
    """A couch in cross-section, symmetric about the axis of rotation.

    Attributes
    ----------
    half_width_mm
        From the middle to the edge.
    sag_mm, belly_mm
        How far the middle of the upper and of the lower surface lies below the edge.
    """

    half_width_mm: float
    sag_mm: float
    belly_mm: float
    shell_mm: float

    def surface_mm(self, x_mm: FloatArray, depth_mm: float) -> FloatArray:
        """Return how far below the edge a surface of some depth lies, beside the middle."""
        return depth_mm * (1.0 - np.clip(np.abs(x_mm) / self.half_width_mm, 0.0, 1.0) ** 2)


COUCHES: Final = {
    "body": Couch(half_width_mm=212.0, sag_mm=22.0, belly_mm=66.0, shell_mm=1.8),
    "head": Couch(half_width_mm=125.0, sag_mm=95.0, belly_mm=101.0, shell_mm=2.0),
}
"""The table top, and the rest that holds a head."""


def couch_paths(kind: str, geometry: Geometry, sampled: SampledPhantom) -> FloatArray:
    """Return the path of every ray through the couch, g/cm2 of water, (views, channels), float32.

    The couch is raised until the mattress touches the body.
    """
    couch = COUCHES[kind]
    side = 2 * math.ceil((couch.half_width_mm + 20.0) / PIXEL_MM)
    centre_mm = (np.arange(side) - (side - 1) / 2.0) * PIXEL_MM
    edge_mm = _edge_mm(couch, sampled)
    side_rows = 2 * math.ceil((abs(edge_mm) + couch.belly_mm + 20.0) / PIXEL_MM)
    rows_mm = (np.arange(side_rows) - (side_rows - 1) / 2.0) * PIXEL_MM
    plane = _density(couch, centre_mm[None, :], rows_mm[:, None] - edge_mm)
    reach_mm = max(side, side_rows) * PIXEL_MM
    spare = max(0, math.ceil((reach_mm / geometry.channel_mm - geometry.channels) / 2.0))
    wide = replace(
        geometry, rows=side_rows, columns=side, pixel_mm=PIXEL_MM,
        channels=geometry.channels + 2 * spare,
    )  # fmt: skip
    paths = Projector(wide).project(plane[None])[0]
    return np.ascontiguousarray(paths[:, spare : spare + geometry.channels])


def _density(couch: Couch, x_mm: FloatArray, below_mm: FloatArray) -> FloatArray:
    """Return the density of the couch at places beside the middle and below its edge, g/cm3."""
    upper = below_mm - couch.surface_mm(x_mm, couch.sag_mm)
    lower = couch.surface_mm(x_mm, couch.belly_mm) - below_mm
    inside = np.minimum(upper, lower)
    cover = np.clip(inside / PIXEL_MM + 0.5, 0.0, 1.0)
    core = np.clip((inside - couch.shell_mm) / PIXEL_MM + 0.5, 0.0, 1.0)
    within = np.abs(x_mm) <= couch.half_width_mm
    density = np.where(within, SHELL_G_CM3 * (cover - core) + FOAM_G_CM3 * core, 0.0)
    return density.astype(np.float32)


def _edge_mm(couch: Couch, sampled: SampledPhantom) -> float:
    """Return where the couch's edge lies behind the axis so that it just clears the body."""
    body: BoolArray = np.any(sampled.first[::4] > 0, axis=0)
    _, rows, columns = sampled.grid.shape
    pixel_mm = sampled.grid.spacing_mm[1]
    occupied = np.any(body, axis=0)
    last = rows - 1 - np.argmax(body[::-1], axis=0)
    back_mm = (last - (rows - 1) / 2.0 + 0.5) * pixel_mm
    x_mm = (np.arange(columns) - (columns - 1) / 2.0) * pixel_mm
    over = occupied & (np.abs(x_mm) <= couch.half_width_mm)
    if not over.any():
        return 0.0
    room_mm = back_mm - couch.surface_mm(x_mm, couch.sag_mm)
    return float(room_mm[over].max()) + MATTRESS_MM
