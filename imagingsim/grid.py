"""Grid: which voxel lies where (LPS mm). It holds no pixels."""

from dataclasses import dataclass

import numpy as np

from imagingsim.errors import GeometryError
from imagingsim.units import FloatArray


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular lattice of voxel centres in patient space.

    Attributes
    ----------
    shape
        Number of (slices, rows, columns).
    affine
        (4, 4) matrix from (slice, row, column, 1) to (left, posterior, superior, 1), in mm.
    """

    shape: tuple[int, int, int]
    affine: FloatArray

    def __post_init__(self) -> None:
        """Refuse what is not a lattice, and make the matrix read-only."""
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.allclose(affine[3], (0, 0, 0, 1)):
            raise GeometryError(
                f"A grid's affine must be 4 x 4 with last row 0 0 0 1, got {affine}."
            )
        if min(self.shape) < 1 or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise GeometryError(
                f"A grid needs at least one voxel along each axis and three independent axes, "
                f"got shape {self.shape} and affine {affine.tolist()}."
            )
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @classmethod
    def axial(
        cls,
        shape: tuple[int, int, int],
        spacing_mm: tuple[float, float, float],
        origin_mm: tuple[float, float, float],
    ) -> "Grid":
        """Return a grid of axial slices, feet to head.

        Parameters
        ----------
        shape
            Number of (slices, rows, columns).
        spacing_mm
            Distance between (slices, rows, columns).
        origin_mm
            (left, posterior, superior) of the first voxel's centre.

        Examples
        --------
        >>> grid = Grid.axial((3, 4, 5), (2.0, 1.0, 0.5), (-10.0, -20.0, 30.0))
        >>> grid.position_mm(2, 0, 0)
        (-10.0, -20.0, 34.0)
        """
        dz, dy, dx = spacing_mm
        affine = np.array(
            [
                [0.0, 0.0, dx, origin_mm[0]],
                [0.0, dy, 0.0, origin_mm[1]],
                [dz, 0.0, 0.0, origin_mm[2]],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )
        return cls(shape, affine)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring slices, rows and columns, mm."""
        lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(lengths[0]), float(lengths[1]), float(lengths[2])

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel, mL."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    def position_mm(self, slice_: float, row: float, column: float) -> tuple[float, float, float]:
        """Return (left, posterior, superior) of an index, which may be fractional, in mm."""
        x, y, z, _ = self.affine @ np.array([slice_, row, column, 1.0])
        return float(x), float(y), float(z)

    def index(self, point_mm: FloatArray) -> FloatArray:
        """Return the fractional (slice, row, column) of LPS points, shape (..., 3) to (..., 3)."""
        points = np.asarray(point_mm, dtype=np.float64)
        inverse = np.linalg.inv(self.affine)
        return points @ inverse[:3, :3].T + inverse[:3, 3]

    def points_mm(self) -> FloatArray:
        """Return the LPS position of every voxel, shape (slices, rows, columns, 3), mm."""
        indices = np.moveaxis(np.indices(self.shape), 0, -1)
        return indices @ self.affine[:3, :3].T + self.affine[:3, 3]

    def slab(self, first: int, last: int) -> "Grid":
        """Return the grid of slices ``first`` to ``last - 1``."""
        affine = self.affine.copy()
        affine[:, 3] = self.affine @ np.array([first, 0.0, 0.0, 1.0])
        return Grid((last - first, *self.shape[1:]), affine)


@dataclass(frozen=True)
class Box:
    """An axis-aligned box in LPS mm: what a scan shall cover."""

    left_mm: tuple[float, float]
    posterior_mm: tuple[float, float]
    superior_mm: tuple[float, float]

    @property
    def centre_mm(self) -> tuple[float, float, float]:
        """The middle of the box, LPS mm."""
        x, y, z = (sum(side) / 2.0 for side in self.sides_mm)
        return x, y, z

    @property
    def sides_mm(self) -> tuple[tuple[float, float], ...]:
        """The three (low, high) pairs, in LPS order, mm."""
        return self.left_mm, self.posterior_mm, self.superior_mm
