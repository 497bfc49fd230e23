"""One height of one body at which lesions are looked for: its sample, and where they go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy import SampledPhantom, sample
from imagingsim.reading.cameras import grid_of
from imagingsim.reading.detection_records import Recipe
from imagingsim.reading.insertion import places, with_balls, with_layer
from imagingsim.scan.protocol import SeriesRequest
from imagingsim.scan.visit import Visit
from imagingsim.units import FloatArray

SHELL = "cortical_bone"
"""No lesion begins in it."""

Spot = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Stand:
    """One height of one body: its sample, and where lesions go in it.

    Attributes
    ----------
    layer_of
        Layer that lesions of a region are made of.
    spots
        Rows and columns of lesions by region, only of regions that hold some.
    """

    visit: Visit
    height_mm: float
    sampled: SampledPhantom
    layer_of: dict[str, int]
    spots: dict[str, list[Spot]]

    @classmethod
    def of(
        cls, visit: Visit, requests: Sequence[SeriesRequest], height_mm: float, recipe: Recipe
    ) -> "Stand":
        """Return a body at a height."""
        grid = grid_of(visit, requests[0], height_mm)
        sampled = sample(visit.in_state(visit.state(requests[0])), grid)
        layer_of, spots = {}, {}
        main = sampled.main_layer()[round((grid.shape[0] - 1) / 2)]
        for region, target in recipe.targets.items():
            inside = np.array(
                [one.label in target.labels and one.material != SHELL for one in sampled.layers]
            )
            some = places(
                inside[main], grid.spacing_mm[1:], depth_mm=target.depth_mm,
                apart_mm=recipe.apart_mm, most=recipe.places,
            )  # fmt: skip
            if some:
                spots[region] = some
        for region, target in recipe.targets.items():
            layer_of[region] = len(sampled.layers)
            sampled = with_layer(sampled, target.tissue, target.labels)
        return cls(visit, height_mm, sampled, layer_of, spots)

    @property
    def middle(self) -> float:
        """Index of the middle of the slab."""
        return (self.sampled.grid.shape[0] - 1) / 2

    def filled(self, region: str, spots: list[Spot], size_mm: float) -> SampledPhantom:
        """Return the sample with lesions of a size in a region."""
        return with_balls(self.sampled, self.centres(spots), size_mm, self.layer_of[region])

    def centres(self, spots: list[Spot]) -> FloatArray:
        """Return the indices of the lesions' centres."""
        return np.array([(self.middle, *spot) for spot in spots])

    def points_mm(self, spots: list[Spot]) -> FloatArray:
        """Return where the lesions' centres lie."""
        return np.array([self.sampled.grid.position_mm(*one) for one in self.centres(spots)])
