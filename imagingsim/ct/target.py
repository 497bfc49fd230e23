"""What is in the beam: a sampled body as densities of basis materials, and the couch."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.contrast import course
from imagingsim.ct.couch import couch_paths
from imagingsim.ct.geometry import Geometry, SlicePlan, geometry, slice_plan
from imagingsim.ct.limits import SCAN_FIELD_MM
from imagingsim.ct.materials import NATIVE, iodine_density, native_densities
from imagingsim.ct.planes import density_planes
from imagingsim.ct.settings import CtSettings
from imagingsim.errors import AcquisitionError, AcquisitionWarning
from imagingsim.series import Subject
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray

_STRIDE = 4


@dataclass(frozen=True, eq=False)
class Target:
    """A sampled body and the rays through it.

    Attributes
    ----------
    sampled, later
        The body, every slice as it is when it begins to be seen; and, if it moves, as it is when
        it ends to be seen.
    densities
        (layers, bases) g/cm3, float32; the first basis is water.
    texture_hu
        (layers,) CT number of one count of texture.
    couch
        (views, channels) water-equivalent path through the couch, g/cm2, or None.
    """

    sampled: SampledPhantom
    later: SampledPhantom | None
    settings: CtSettings
    plan: SlicePlan
    geometry: Geometry
    densities: FloatArray
    texture_hu: FloatArray
    couch: FloatArray | None

    @classmethod
    def of(
        cls, sampled: SampledPhantom, later: SampledPhantom | None, settings: CtSettings,
        densities: FloatArray,
    ) -> "Target":  # fmt: skip
        """Return the target of a scan; ``densities`` are (bases, layers)."""
        rays = geometry(settings, *sampled.grid.shape[1:], settings.pixel_mm)
        _look_at(sampled, rays)
        return cls(
            sampled=sampled,
            later=later,
            settings=settings,
            plan=slice_plan(settings, sampled.grid),
            geometry=rays,
            densities=np.ascontiguousarray(densities.T),
            texture_hu=np.array([layer.texture_hu for layer in sampled.layers], dtype=np.float32),
            couch=couch_paths(settings.bowtie, rays, sampled) if settings.couch else None,
        )

    @property
    def moments(self) -> tuple[SampledPhantom, ...]:
        """The body when each slice begins and, if it moves, when it ends to be seen."""
        return (self.sampled,) if self.later is None else (self.sampled, self.later)

    def planes(self, one: SampledPhantom, first: int, weights: FloatArray) -> FloatArray:
        """Return the mean densities of sub-slices of a moment, (bases, rows, columns)."""
        part = slice(first, first + len(weights))
        return density_planes(
            one.first[part], one.second[part], one.fraction[part], one.texture[part], weights,
            self.densities, self.texture_hu,
        )  # fmt: skip


def _look_at(sampled: SampledPhantom, rays: Geometry) -> None:
    """Refuse a grid that misses the body, and warn of a body that the rays do not hold."""
    body = np.any(sampled.first[::_STRIDE] > 0, axis=0) | np.any(sampled.first[-1:] > 0, axis=0)
    if not body.any():
        raise AcquisitionError(
            "The grid holds nothing of the body, so there is nothing to scan. "
            "Choose a box that the body fills."
        )
    if not rays.truncated:
        return
    centre = (np.array(body.shape) - 1) / 2.0
    places_mm = (np.argwhere(body) - centre) * rays.pixel_mm
    if np.hypot(*places_mm.T).max() > SCAN_FIELD_MM / 2.0:
        warnings.warn(
            f"The body reaches beyond the scan field of {SCAN_FIELD_MM:g} mm: what lies outside "
            "is estimated, and CT numbers near the edge are too high. Raise the arms, or read "
            "the rim with care.",
            AcquisitionWarning,
            stacklevel=2,
        )


def target_of(
    sampled: SampledPhantom, tissues: Tissues, settings: Sequence[CtSettings], subject: Subject,
    later: SampledPhantom | None = None,
) -> tuple[Target, tuple[tuple[int, ...], ...]]:  # fmt: skip
    """Return the target of some series, and which bases of it each series reads.

    A series reads the native bases and the iodine of its own phase and dose.

    Raises
    ------
    AcquisitionError
        When two moments of a body do not fit each other.
    """
    if later is not None and (later.layers, later.grid.shape) != (
        sampled.layers, sampled.grid.shape
    ):  # fmt: skip
        raise AcquisitionError(
            "Both moments of a moving body must be samples of one body on one grid."
        )
    materials = [layer.material for layer in sampled.layers]
    keys = [(one.phase, one.bolus) for one in settings]
    different = dict(zip(keys, settings, strict=True))
    iodine = [
        iodine_density(tissues, materials, course(one, subject)) for one in different.values()
    ]
    densities = np.vstack([native_densities(tissues, materials), *iodine])
    native = tuple(range(len(NATIVE)))
    bases = tuple((*native, len(NATIVE) + list(different).index(key)) for key in keys)
    return Target.of(sampled, later, settings[0], densities), bases
