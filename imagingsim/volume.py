"""Volume: an array on a Grid, with its quantity and unit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagingsim.errors import GeometryError
from imagingsim.grid import Grid


@dataclass(frozen=True, eq=False)
class Volume:
    """What a scanner gave, or the truth it was made from.

    Attributes
    ----------
    array
        (slices, rows, columns), read-only.
    grid
        Where its voxels lie.
    quantity
        What the numbers are: ``"CT number"``, ``"activity concentration"``, ``"signal"``.
    unit
        ``"HU"``, ``"Bq/mL"``, or ``"1"``.
    """

    array: npt.NDArray[np.number]
    grid: Grid
    quantity: str
    unit: str

    def __post_init__(self) -> None:
        """Refuse an array that does not fit its grid, and make it read-only."""
        if self.array.shape != self.grid.shape:
            raise GeometryError(
                f"An array of shape {self.array.shape} does not fit a grid of {self.grid.shape}."
            )
        view = self.array.view()
        view.setflags(write=False)
        object.__setattr__(self, "array", view)
