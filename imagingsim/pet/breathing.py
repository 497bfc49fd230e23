"""What a slow scan sees of a body that breathes: an average, corrected with one moment of it.

Emission lasts minutes, so activity and attenuation are those of the whole cycle. The CT that
corrects for attenuation is over in seconds. Where the two differ, at the dome of the diaphragm,
the image is blurred and corrected with the wrong tissue.

References
----------
.. [1] Osman MM et al. J Nucl Med 44 (2003) 240: misplaced lesions of the liver dome.
.. [2] Nehmeh SA, Erdi YE. Semin Nucl Med 38 (2008) 167. doi:10.1053/j.semnuclmed.2008.01.002
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Grid
from imagingsim.units import FloatArray


@dataclass(frozen=True, eq=False)
class BreathingSample:
    """A body at several moments of a breathing cycle.

    Attributes
    ----------
    moments
        Samples on one grid, with the same layers.
    shares
        Share of the time of each; together 1.
    corrected_with
        The moment whose attenuation the reconstruction knows.
    """

    moments: tuple[SampledPhantom, ...]
    shares: tuple[float, ...]
    corrected_with: SampledPhantom

    def __post_init__(self) -> None:
        """Refuse moments that do not belong together."""
        grids = [one.grid for one in (*self.moments, self.corrected_with)]
        same = all(
            grid.shape == grids[0].shape and np.allclose(grid.affine, grids[0].affine)
            for grid in grids
        )
        if not same or any(one.layers != self.layers for one in self.moments):
            raise AcquisitionError(
                "The moments of a breathing cycle must be sampled on one grid from one body."
            )
        if len(self.shares) != len(self.moments) or abs(sum(self.shares) - 1.0) > 1e-6:
            raise AcquisitionError(
                f"{len(self.moments)} moments need as many shares of the time with the sum 1, "
                f"got {self.shares}."
            )

    @classmethod
    def still(cls, sampled: SampledPhantom) -> "BreathingSample":
        """Return a body that holds still."""
        return cls((sampled,), (1.0,), sampled)

    @property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        return self.corrected_with.grid

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What voxels can be made of."""
        return self.corrected_with.layers

    @property
    def is_still(self) -> bool:
        """Whether there is only the moment that is corrected for."""
        return len(self.moments) == 1 and self.moments[0] is self.corrected_with

    @property
    def usual(self) -> SampledPhantom:
        """The moment that lasts longest."""
        return self.moments[int(np.argmax(self.shares))]

    def property_map(self, values: FloatArray) -> npt.NDArray[np.float32]:
        """Return a property averaged over the cycle; see `SampledPhantom.property_map`."""
        total = np.float32(self.shares[0]) * self.moments[0].property_map(values)
        for share, one in zip(self.shares[1:], self.moments[1:], strict=True):
            total += np.float32(share) * one.property_map(values)
        return total

    def slices(self, first: int, last: int) -> "BreathingSample":
        """Return slices ``first`` to ``last - 1``."""
        if self.is_still:
            return BreathingSample.still(_slices(self.corrected_with, first, last))
        return BreathingSample(
            tuple(_slices(one, first, last) for one in self.moments), self.shares,
            _slices(self.corrected_with, first, last),
        )  # fmt: skip


Sampled = SampledPhantom | BreathingSample
"""A body that holds still, or one that breathes."""


def breathing(sampled: Sampled) -> BreathingSample:
    """Return any sample as one of a cycle."""
    return sampled if isinstance(sampled, BreathingSample) else BreathingSample.still(sampled)


def over_cycle(
    moments: Sequence[tuple[float, SampledPhantom]], corrected_with: SampledPhantom
) -> BreathingSample:
    """Return a body that breathes, from (share of the time, sample) of each moment."""
    return BreathingSample(
        tuple(one for _, one in moments), tuple(share for share, _ in moments), corrected_with
    )


def _slices(sampled: SampledPhantom, first: int, last: int) -> SampledPhantom:
    return replace(
        sampled,
        grid=sampled.grid.slab(first, last),
        first=sampled.first[first:last],
        second=sampled.second[first:last],
        fraction=sampled.fraction[first:last],
        texture=sampled.texture[first:last],
    )
