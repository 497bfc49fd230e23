"""Mass effect: vessels and ducts that a mass bends around itself."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from imagingsim.anatomy.body import Body
from imagingsim.anatomy.lesion_parts import Placed
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.records import Structure
from imagingsim.anatomy.solid_records import Solid, Tube
from imagingsim.anatomy.state import REST
from imagingsim.errors import ContentError
from imagingsim.units import FloatArray

STIFFNESS = 4.0
"""How suddenly the push ends outside the mass: the higher, the nearer its surface."""
PARTS = 4
"""Points a span of a tube is divided into, so that it can bend."""
ROOM_MM = 7.0
"""Distance of a pushed axis from the mass: the radius of the large veins, which lie against it."""


def pushed(body: Body, masses: Sequence[tuple[Placed, tuple[str, ...]]]) -> Body:
    """Return a body whose tubes bend around masses.

    Parameters
    ----------
    masses
        Each with the ids of the structures it pushes.

    Raises
    ------
    ContentError
        When a structure that is to be pushed is no tube of the trunk.
    """
    by_name: dict[str, list[Placed]] = {}
    for placed, names in masses:
        for name in names:
            body.structure(name)
            by_name.setdefault(name, []).append(placed)
    if not by_name:
        return body
    phantom = Phantom(dataclasses.replace(body, state=REST, breath=()))
    moved = tuple(
        _bent(one, by_name[one.id], phantom) if one.id in by_name else one
        for one in body.structures
    )
    return dataclasses.replace(body, structures=moved)


def _bent(structure: Structure, masses: Sequence[Placed], phantom: Phantom) -> Structure:
    solids = tuple(_bent_solid(solid, masses, phantom) for solid in structure.solid)
    if structure.frame not in (None, "body") or solids == structure.solid:
        raise ContentError(
            f"{structure.id} cannot be pushed: it is no tube of the trunk, or the mass is far. "
            "Take it out of `pushes`."
        )
    return dataclasses.replace(structure, solid=solids)


def _bent_solid(solid: Solid, masses: Sequence[Placed], phantom: Phantom) -> Solid:
    if solid.tube is None:
        return solid
    points = _divided(np.array(solid.tube.points))
    place = phantom.to_world_mm(points[:, :3])
    for mass in masses:
        place = away_from(place, mass)
    points[:, :3] = phantom.to_document_mm(place)
    course = tuple((x, y, z, r) for x, y, z, r in np.round(points, 3).tolist())
    tube: Tube = dataclasses.replace(solid.tube, points=course)
    return dataclasses.replace(solid, tube=tube)


def away_from(points_mm: FloatArray, mass: Placed) -> FloatArray:
    """Return points (n, 3) pushed out of a mass; far from it they stay.

    A point at the share s of the way to the surface (with room for a vein) goes to
    ``(1 + s ** k) ** (1 / k)``, so the middle goes to the surface and nothing crosses anything.
    """
    half = 0.5 * mass.size_mm + ROOM_MM
    along = (points_mm - mass.anchor.point_mm) @ mass.anchor.axes.T / half
    share = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    farther = (1.0 + share**STIFFNESS) ** (1.0 / STIFFNESS)
    out: FloatArray = mass.anchor.point_mm + along * (farther / share) * half @ mass.anchor.axes
    return out


def _divided(points: FloatArray) -> FloatArray:
    """Return the points of a tube (n, 4) with others evenly between them."""
    at = np.arange(len(points))
    fine = np.linspace(0, len(points) - 1, PARTS * (len(points) - 1) + 1)
    return np.stack([np.interp(fine, at, column) for column in points.T], axis=1)
