"""What is in the beam: a sampled body as densities of basis materials, and the couch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.contrast import course
from imagingsim.ct.couch import couch_paths
from imagingsim.ct.geometry import Geometry, SlicePlan, geometry, slice_plan
from imagingsim.ct.materials import NATIVE, iodine_density, native_densities
from imagingsim.ct.planes import density_planes
from imagingsim.ct.settings import CtSettings
from imagingsim.series import Subject
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray


@dataclass(frozen=True, eq=False)
class Target:
    """A sampled body and the rays through it.

    Attributes
    ----------
    densities
        (layers, bases) g/cm3, float32; the first basis is water.
    texture_hu
        (layers,) CT number of one count of texture.
    couch
        (views, channels) water-equivalent path through the couch, g/cm2, or None.
    """

    sampled: SampledPhantom
    settings: CtSettings
    plan: SlicePlan
    geometry: Geometry
    densities: FloatArray
    texture_hu: FloatArray
    couch: FloatArray | None

    @classmethod
    def of(cls, sampled: SampledPhantom, settings: CtSettings, densities: FloatArray) -> "Target":
        """Return the target of a scan; ``densities`` are (bases, layers)."""
        rays = geometry(settings, *sampled.grid.shape[1:], settings.pixel_mm)
        return cls(
            sampled=sampled,
            settings=settings,
            plan=slice_plan(settings, sampled.grid),
            geometry=rays,
            densities=np.ascontiguousarray(densities.T),
            texture_hu=np.array([layer.texture_hu for layer in sampled.layers], dtype=np.float32),
            couch=couch_paths(settings.bowtie, rays, sampled) if settings.couch else None,
        )

    def planes(self, first: int, weights: FloatArray) -> FloatArray:
        """Return the mean densities of sub-slices from ``first`` on, (bases, rows, columns)."""
        part = slice(first, first + len(weights))
        one = self.sampled
        return density_planes(
            one.first[part], one.second[part], one.fraction[part], one.texture[part], weights,
            self.densities, self.texture_hu,
        )  # fmt: skip


def target_of(
    sampled: SampledPhantom, tissues: Tissues, settings: Sequence[CtSettings], subject: Subject
) -> tuple[Target, tuple[tuple[int, ...], ...]]:
    """Return the target of some series, and which bases of it each series reads.

    A series reads the native bases and the iodine of its own phase and dose.
    """
    materials = [layer.material for layer in sampled.layers]
    keys = [(one.phase, one.bolus) for one in settings]
    different = dict(zip(keys, settings, strict=True))
    iodine = [
        iodine_density(tissues, materials, course(one, subject)) for one in different.values()
    ]
    densities = np.vstack([native_densities(tissues, materials), *iodine])
    native = tuple(range(len(NATIVE)))
    bases = tuple((*native, len(NATIVE) + list(different).index(key)) for key in keys)
    return Target.of(sampled, settings[0], densities), bases
