"""Judges topological promises: what is one piece, what may not touch, what must meet."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.anatomy import sample_points
from imagingsim.grid import Grid
from imagingsim.survey.references import Promise
from imagingsim.survey.scouting import Part, Scout, coverage, parts

Mask = npt.NDArray[np.bool_]
_AROUND = np.ones((3, 3, 3), dtype=bool)
_SHELL_ML = 0.3
_HOLES_ML = 0.5
_PAD_MM = 8.0
_CUT_VOXELS = 100
_LOOKED_AT = 60
_LOOK, _LOOK_MM = 6, 0.6
_BARE_SHARE = 0.2


@dataclass(frozen=True)
class Breach:
    """A promise that is broken, and where to look.

    Attributes
    ----------
    structures
        Labels or structures concerned, as the promise writes them.
    at_mm
        Point to look at, LPS mm; None when something is absent altogether.
    """

    promise: str
    region: str
    what: str
    structures: str
    at_mm: tuple[float, float, float] | None

    def __str__(self) -> str:
        """Return one line."""
        where = ""
        if self.at_mm is not None:
            x, y, z = self.at_mm
            where = f"; look at the axial slice z = {z:.0f} mm near x = {x:.0f}, y = {y:.0f}"
        return f"{self.promise}: {self.what} ({self.structures}){where}"


def judge(scout: Scout, promise: Promise) -> list[Breach]:
    """Return how a promise is broken; nothing when it is kept."""
    return list(_breaches(scout, promise))


def _breaches(scout: Scout, promise: Promise) -> Iterator[Breach]:
    if promise.connected is not None:
        yield from _connected(scout, promise, promise.connected)
    if promise.apart is not None:
        yield from _apart(scout, promise, *promise.apart)
    if promise.meet is not None:
        yield from _meetings(scout, promise, _pairs(promise, *promise.meet))
    if promise.outside:
        yield from _outside(scout, promise)
    if promise.filled:
        yield from _filled(scout, promise)


def _connected(scout: Scout, promise: Promise, text: str) -> Iterator[Breach]:
    """Each part must exist, and all of them hang together."""
    chosen = parts(text)
    for part in chosen:
        if scout.box_mm((part,)) is None and not part.is_pattern:
            yield _breach(promise, "is nowhere in the body", part.name, None)
    if scout.box_mm(chosen) is None:
        return
    sampled = scout.around(chosen, promise.spacing_mm)
    inside = coverage(sampled, scout.weights(chosen)) >= 0.5
    pieces, count = ndimage.label(inside, _AROUND)
    if count < 2:
        return
    sizes = np.bincount(pieces.ravel())[1:]
    order = np.argsort(sizes)[::-1]
    lost = 100.0 * (1.0 - sizes[order[0]] / sizes.sum())
    if lost > promise.crumbs_percent:
        second = pieces == order[1] + 1
        at = _nearest(second, pieces == order[0] + 1)
        millilitres = sizes[order[1]] * sampled.grid.voxel_ml
        what = f"{count} pieces, {lost:.1f} % apart from the largest, the next {millilitres:.1f} mL"
        layer = int(np.bincount(sampled.main_layer()[second]).argmax())
        name = sampled.layers[layer].structure
        yield _breach(promise, what, name, _point(sampled.grid, at))


def _nearest(piece: Mask, rest: Mask) -> tuple[int, ...]:
    """Return the index of the voxel of a piece that is nearest to the rest."""
    away = np.where(piece, ndimage.distance_transform_edt(~rest), np.inf)
    return tuple(int(i) for i in np.unravel_index(int(away.argmin()), away.shape))


def _apart(scout: Scout, promise: Promise, one: str, other: str) -> Iterator[Breach]:
    """Two things may not share a face."""
    mine, theirs = scout.box_mm(parts(one)), scout.box_mm(parts(other))
    if mine is None or theirs is None:
        yield _breach(promise, "is not there to judge", f"{one} or {other}", None)
        return
    low = np.maximum(mine[:, 0], theirs[:, 0]) - _PAD_MM
    high = np.minimum(mine[:, 1], theirs[:, 1]) + _PAD_MM
    if (low > high).any():
        return
    sampled = scout.inside(low, high, promise.spacing_mm)
    a, b = (coverage(sampled, scout.weights(parts(text))) >= 0.5 for text in (one, other))
    at = np.argwhere(a & ndimage.binary_dilation(b))
    if len(at):
        what = f"{len(at)} voxels of {promise.spacing_mm:g} mm touch"
        point = _point(sampled.grid, tuple(at[len(at) // 2]))
        yield _breach(promise, what, f"{one} and {other}", point)


def _pairs(promise: Promise, one: str, other: str) -> list[tuple[str, str]]:
    """Return the pairs that must meet, sides and numbers written out."""
    sides = ("left", "right") if "{side}" in one + other else ("",)
    return [
        (one.format(side=side, n=n, m=n - 1), other.format(side=side, n=n, m=n - 1))
        for side in sides
        for n in promise.numbers or (0,)
    ]


def _meetings(scout: Scout, promise: Promise, pairs: list[tuple[str, str]]) -> Iterator[Breach]:
    """Two things must come close to one another; one sample serves all the pairs."""
    everything = tuple(part for one, _ in pairs for part in parts(one))
    if scout.box_mm(everything) is None:
        yield _breach(promise, "is nowhere in the body", pairs[0][0], None)
        return
    reach = promise.within_mm + _PAD_MM
    sampled = scout.around(everything, promise.spacing_mm, pad_mm=reach)
    for one, other in pairs:
        a, b = (coverage(sampled, scout.weights(parts(text))) >= 0.5 for text in (one, other))
        if not a.any() or scout.box_mm(parts(other)) is None:
            yield _breach(promise, "is nowhere in the body", f"{one} or {other}", None)
            continue
        gap, at = _gap(a, b, reach=round(reach / promise.spacing_mm))
        if gap * promise.spacing_mm > promise.within_mm:
            far = f"{gap * promise.spacing_mm:.0f}" if np.isfinite(gap) else f"over {reach:.0f}"
            what = f"{far} mm apart, {promise.within_mm:g} allowed"
            yield _breach(promise, what, f"{one} and {other}", _point(sampled.grid, at))


def _gap(one: Mask, other: Mask, *, reach: int) -> tuple[float, tuple[int, ...]]:
    """Return how many voxels lie between two things, and where in the first; judged near it."""
    box = ndimage.find_objects(one.astype(np.uint8))[0]
    near = tuple(slice(max(s.start - reach, 0), s.stop + reach) for s in box)
    if not other[near].any():
        return float("inf"), tuple((s.start + s.stop) // 2 for s in box)
    away = np.where(one[near], ndimage.distance_transform_edt(~other[near]), np.inf)
    at = np.unravel_index(int(away.argmin()), away.shape)
    where = tuple(int(i) + s.start for i, s in zip(at, near, strict=True))
    return float(away.min() - 1.0), where


def _outside(scout: Scout, promise: Promise) -> Iterator[Breach]:
    """Nothing but skin and its openings may lie against the air around the body.

    Skin is thinner than a voxel, so what is suspected is looked at again, more finely. The legs
    are cut off flat; what their cut shows is no fault.
    """
    sampled = scout.whole
    top = sampled.main_layer()
    labelled = np.array([bool(layer.label) for layer in sampled.layers])
    pieces, _ = ndimage.label(~labelled[top])
    around = pieces == pieces[-1, 0, 0]
    edge = ndimage.binary_dilation(around) & ~around
    cut = np.flatnonzero(labelled[top].sum(axis=(1, 2)) > _CUT_VOXELS)[0]
    edge[: cut + 3] = False
    allowed = scout.weights([Part.parse(label) for label in promise.outside]) > 0
    suspect = edge & labelled[top] & ~allowed[top]
    counts = np.bincount(top[suspect], minlength=len(labelled))
    for layer in np.flatnonzero(counts * sampled.grid.voxel_ml > _SHELL_ML):
        at = np.argwhere(suspect & (top == layer))
        at = at[:: max(1, len(at) // _LOOKED_AT)]
        bare = _bare(scout, sampled.grid, at, int(layer), labelled)
        if bare.mean() > _BARE_SHARE:
            area = counts[layer] * bare.mean() * sampled.grid.spacing_mm[0] ** 2 / 100.0
            name, found = sampled.layers[layer].structure, at[bare]
            what = f"{area:.0f} cm2 lie bare against the air outside"
            yield _breach(promise, what, name, _point(sampled.grid, tuple(found[len(found) // 2])))


def _bare(scout: Scout, grid: Grid, at: npt.NDArray[np.intp], layer: int, labelled: Mask) -> Mask:
    """Return which voxels hold a layer that touches air with nothing between, shape (n,)."""
    side = np.arange(-_LOOK, _LOOK + 1) * _LOOK_MM
    stencil = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1)
    centres = np.array([_point(grid, tuple(index)) for index in at])
    points = centres[:, np.newaxis] + stencil.reshape(1, -1, 3)
    seen = sample_points(scout.phantom, points.reshape(-1, 3), width_mm=0.2)
    seen = seen.reshape(len(at), *stencil.shape[:3])
    air, organ = ~labelled[seen], seen == layer
    touching = np.zeros(len(at), dtype=bool)
    for axis in (1, 2, 3):
        here, there = ((slice(None),) * axis + (cut,) for cut in (slice(1, None), slice(-1)))
        both = (organ[here] & air[there]) | (organ[there] & air[here])
        touching |= both.any(axis=(1, 2, 3))
    return touching


def _filled(scout: Scout, promise: Promise) -> Iterator[Breach]:
    """Inside the body every voxel has a label."""
    sampled = scout.whole
    top = sampled.main_layer()
    solid = np.array([bool(layer.label) for layer in sampled.layers])[top]
    holes, count = ndimage.label(ndimage.binary_fill_holes(solid) & ~solid)
    sizes = np.bincount(holes.ravel())[1:] * sampled.grid.voxel_ml
    for hole in range(count):
        if sizes[hole] > _HOLES_ML:
            at = np.argwhere(holes == hole + 1).mean(axis=0).round().astype(int)
            what = f"a hole of {sizes[hole]:.1f} mL without a label"
            yield _breach(promise, what, "body", _point(sampled.grid, tuple(at)))


def _breach(
    promise: Promise, what: str, structures: str, at: tuple[float, float, float] | None
) -> Breach:
    return Breach(promise.name, promise.region, what, structures, at)


def _point(grid: Grid, index: tuple[int, ...]) -> tuple[float, float, float]:
    return grid.position_mm(*(float(i) for i in index))
