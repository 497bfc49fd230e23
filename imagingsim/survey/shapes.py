"""Finds shapes that cannot be meant: empty, inside out, outside the body, never seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.anatomy import Body, Phantom, needs, sample
from imagingsim.survey.scouting import Scout

_FINEST_MM = 0.4
_PER_SIDE = 48
_OUTSIDE_SHARE = 0.1
_OUTSIDE_ML = 0.3


@dataclass(frozen=True)
class Fault:
    """A shape that cannot be meant.

    Attributes
    ----------
    at_mm
        Point to look at, LPS mm; None when the shape is nowhere.
    """

    structure: str
    what: str
    at_mm: tuple[float, float, float] | None

    def __str__(self) -> str:
        """Return one line without the name."""
        if self.at_mm is None:
            return self.what
        x, y, z = self.at_mm
        return f"{self.what}; look at the axial slice z = {z:.0f} mm near x = {x:.0f}, y = {y:.0f}"


def shape_faults(scout: Scout, envelope: str) -> list[Fault]:
    """Return the faults of every shape of a body that paints anything.

    Parameters
    ----------
    envelope
        Structure that is the body's surface.
    """
    return [*_unseen(scout), *_outside(scout, envelope)]


def _unseen(scout: Scout) -> Iterator[Fault]:
    """Give shapes of which no voxel shows anything."""
    layers = scout.phantom.layers
    seen = {layers[i].structure for i in np.flatnonzero(scout.whole_ml > 0.0)}
    painting = dict.fromkeys(layer.structure for layer in layers[1:])
    for name in painting:
        if name not in seen:
            yield from _looked_for(scout, name)


def _looked_for(scout: Scout, name: str) -> Iterator[Fault]:
    """Look for one shape with a fine sample of its own box."""
    box = scout.phantom.solid_box_mm(name)
    size = box[:, 1] - box[:, 0]
    if (size <= 0.0).any():
        yield Fault(name, "is empty: nothing is left of its solids; check radii and clips", None)
        return
    spacing = float(max(_FINEST_MM, size.max() / _PER_SIDE))
    sampled = scout.inside(box[:, 0] - spacing, box[:, 1] + spacing, spacing)
    top = sampled.main_layer()
    used = set(np.unique(sampled.first)) | set(np.unique(sampled.second))
    if name in {sampled.layers[int(i)].structure for i in used}:
        return
    middle = box.mean(axis=1)
    at = (float(middle[0]), float(middle[1]), float(middle[2]))
    if scout.phantom.solid_depth_mm(name, spacing) >= 0.0:
        yield Fault(name, "is empty: its solids or clips leave nothing; check their numbers", at)
        return
    over = sampled.layers[int(np.bincount(top.ravel()).argmax())].structure
    yield Fault(name, f"is never seen: what is painted after it ({over}) covers it", at)


def _outside(scout: Scout, envelope: str) -> Iterator[Fault]:
    """Give shapes that reach through the end of the world, or lie out of the body's surface."""
    body = scout.phantom.body
    if envelope not in {s.id for s in body.structures}:
        return
    sampled = scout.whole
    surface = Phantom(_only(body, envelope))
    within = np.array([layer.structure == envelope for layer in surface.layers])
    inside = sample(surface, scout.whole.grid).main_layer()
    inside_mask = ndimage.binary_dilation(ndimage.binary_fill_holes(within[inside]), iterations=1)
    top = sampled.main_layer()
    volume = sampled.grid.voxel_ml
    names = [layer.structure if layer.label else "" for layer in sampled.layers]
    total = np.bincount(top.ravel(), minlength=len(names)) * volume
    beyond = np.bincount(top[~inside_mask], minlength=len(names)) * volume
    for i, name in enumerate(names):
        share = beyond[i] / total[i] if total[i] else 0.0
        if name and beyond[i] > _OUTSIDE_ML and share > _OUTSIDE_SHARE:
            at = np.argwhere((top == i) & ~inside_mask)
            point = sampled.grid.position_mm(*(float(v) for v in at[len(at) // 2]))
            yield Fault(name, _how_far(sampled.first.shape, at, beyond[i], share), point)


def _how_far(
    shape: tuple[int, ...], at: npt.NDArray[np.intp], millilitres: float, share: float
) -> str:
    """Say whether a shape fills the world or merely sticks out."""
    edges = ((at == 0) | (at == np.array(shape) - 1)).any()
    if edges and share > 0.5:
        return "is inside out: it reaches to the edge of everything; check signs and normals"
    return f"lies outside the body: {millilitres:.1f} mL, {100 * share:.0f} % of it"


def _only(body: Body, name: str) -> Body:
    """Return a body that shows one structure, and has what its solid needs."""
    by_name = {s.id: s for s in body.structures}
    wanted: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in wanted and one in by_name:
            wanted.add(one)
            waiting += needs(by_name[one])
    kept = tuple(
        replace(s, material="muscle" if s.id == name else None, layers=(), kernel=None, halo=None)
        for s in body.structures
        if s.id in wanted
    )
    return replace(body, structures=kept)
