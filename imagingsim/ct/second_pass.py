"""A first image of a slice and its projection, for corrections that need to know what is where."""

from dataclasses import replace

from imagingsim.ct.geometry import Geometry
from imagingsim.ct.project import Projector
from imagingsim.ct.recon import BackProjector
from imagingsim.units import FloatArray


class SecondPass:
    """Reconstructs smooth images and projects them again; one object serves one thread."""

    def __init__(self, geometry: Geometry) -> None:
        lattice = replace(
            geometry, rows=geometry.matrix, columns=geometry.matrix,
            pixel_mm=geometry.image_pixel_mm,
        )  # fmt: skip
        self._projector = Projector(lattice)
        self._back_projector = BackProjector(geometry, "soft")

    def image_hu(self, views: FloatArray) -> FloatArray:
        """Return the image of views, (matrix, matrix), HU."""
        return self._back_projector.images_hu(views)[0]

    def paths(self, *densities: FloatArray) -> FloatArray:
        """Return the paths through images of densities, g/cm3, (n, views, channels), g/cm2."""
        return self._projector.project(densities)
