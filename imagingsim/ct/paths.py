"""Path lengths through each basis material, slice by slice; every series of a scan reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from imagingsim.ct.project import Projector
from imagingsim.ct.spiral import spiral_weights
from imagingsim.ct.target import Target
from imagingsim.ct.timing import share_of_end
from imagingsim.units import FloatArray

WHOLE: Final = np.ones(1)
"""Weight of a sub-slice that is taken alone."""


@dataclass(frozen=True, eq=False)
class SlicePaths:
    """Line integrals of one slice.

    Attributes
    ----------
    lines
        (planes, views, channels) g/cm2, float32; only of bases that occur. Water comes first.
    plane_of
        Which plane each basis is.
    """

    lines: FloatArray
    plane_of: dict[int, int]


class PathFinder:
    """Projects the slices of a target; one object serves one thread.

    Parameters
    ----------
    projector
        Of the target's geometry, when there is one already.
    """

    def __init__(self, target: Target, projector: Projector | None = None) -> None:
        self.target = target
        self._projector = projector or Projector(target.geometry)

    def slices(self, wanted: range) -> list[SlicePaths]:
        """Return the line integrals of neighbouring slices, the couch included."""
        moves = self.target.settings.scan_mode == "helical" and self.target.plan.width > 1
        found = self._moving(wanted) if moves else self._still(wanted)
        if self.target.couch is not None:
            for one in found:
                one.lines[0] += self.target.couch
        return found

    def _still(self, wanted: range) -> list[SlicePaths]:
        target, plan = self.target, self.target.plan
        parts = self._projected(
            [
                target.planes(one, plan.start(k), plan.weights)
                for k in wanted
                for one in target.moments
            ]
        )
        if target.later is None:
            return parts
        alone = np.ones((target.geometry.views, 1))
        pairs = zip(wanted, parts[::2], parts[1::2], strict=True)
        return [_mixed((begin, end), self._over_time(k, alone)) for k, begin, end in pairs]

    def _moving(self, wanted: range) -> list[SlicePaths]:
        target, plan = self.target, self.target.plan
        first, end = plan.start(wanted[0]), plan.start(wanted[-1]) + plan.width
        parts = self._projected(
            [target.planes(one, k, WHOLE) for one in target.moments for k in range(first, end)]
        )
        found = []
        for slice_ in wanted:
            start = plan.start(slice_) - first
            own = [
                part
                for moment in range(len(target.moments))
                for part in parts[start + moment * (end - first) :][: plan.width]
            ]
            weights = spiral_weights(target.settings, plan, slice_, target.geometry.angles_rad)
            found.append(_mixed(own, self._over_time(slice_, weights)))
        return found

    def _over_time(self, slice_: int, weights: FloatArray) -> FloatArray:
        """Return weights, (views, n), for each moment of the body: (views, n x moments)."""
        target = self.target
        if target.later is None:
            return weights
        height_mm = slice_ * target.settings.slice_interval_mm
        end = share_of_end(target.settings, height_mm, target.geometry.angles_rad)[:, None]
        return np.hstack([weights * (1.0 - end), weights * end]).astype(np.float32)

    def _projected(self, planes: Sequence[FloatArray]) -> list[SlicePaths]:
        """Project what there is in some slices, two planes at a time whatever slice they are of."""
        where: list[dict[int, int]] = []
        stack: list[FloatArray] = []
        starts = []
        for one in planes:
            # Water is always read, even in a slice of air.
            present = [k for k in range(len(one)) if k == 0 or one[k].any()]
            where.append({k: n for n, k in enumerate(present)})
            starts.append(len(stack))
            stack += [one[k] for k in present]
        lines = self._projector.project(stack)
        ends = [*starts[1:], len(stack)]
        return [
            SlicePaths(lines[a:b], known) for a, b, known in zip(starts, ends, where, strict=True)
        ]


def _mixed(parts: Sequence[SlicePaths], weights: FloatArray) -> SlicePaths:
    """Return a slice from its sub-slices, with weights (views, sub-slices)."""
    bases = sorted({basis for part in parts for basis in part.plane_of})
    lines = np.zeros((len(bases), *parts[0].lines.shape[1:]), dtype=np.float32)
    for number, part in enumerate(parts):
        for plane, basis in enumerate(bases):
            if basis in part.plane_of:
                _add(lines[plane], part.lines[part.plane_of[basis]], weights[:, number].copy())
    return SlicePaths(lines, {basis: plane for plane, basis in enumerate(bases)})


@numba.njit(nogil=True, cache=True, fastmath=True)
def _add(total: FloatArray, lines: FloatArray, weight: FloatArray) -> None:
    """Add lines (views, channels), each view with its own weight."""
    for v in range(lines.shape[0]):
        if weight[v] != 0.0:
            for d in range(lines.shape[1]):
                total[v, d] += weight[v] * lines[v, d]
