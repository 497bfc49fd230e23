"""Truth: what is in the patient, and how well a good reader could have seen it on a study."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from imagingsim.cohort import VirtualWorld
from imagingsim.reading import Reading
from imagingsim.units import FloatArray
from imagingsim.workup.names import REGIONS

READINGS = 2000
"""Readings from which detectability in a patient of numbers is told."""

NEAR_MM = 15.0
"""How near to a lesion's centre a mark must lie, or within the lesion."""


@dataclass(frozen=True)
class Hidden:
    """A lesion that a study covers.

    Attributes
    ----------
    d_prime
        Detectability to a good reader, on that study.
    centre_mm
        None in a patient of numbers.
    """

    lesion: str
    region: str
    d_prime: float
    diameter_mm: float
    centre_mm: tuple[float, float, float] | None = None

    def marked_at(self, region: str, point_mm: tuple[float, float, float] | None) -> bool:
        """Tell whether a mark is on it."""
        if point_mm is None or self.centre_mm is None:
            return region == self.region
        apart = float(np.linalg.norm(np.subtract(point_mm, self.centre_mm)))
        return apart <= max(NEAR_MM, self.diameter_mm / 2)


def in_images(reading: Reading) -> Iterator[Hidden]:
    """Yield the lesions of a case that lie in the images of a study, as they were measured."""
    for one in reading.findings:
        if one.character == "lesion":
            best = one.best
            yield Hidden(one.lesion, one.region, best.d_prime, best.diameter_mm, best.centre_mm)


def in_numbers(world: VirtualWorld, study: str, repeat: int) -> Iterator[Hidden]:
    """Yield the lesions of a virtual patient that a study covers.

    Detectability is told from many readings of the same patient, with and without the lesions: the
    distance of the two shares of positive reports on the probit scale.
    """
    patients, row = world.patients, world.row
    covered = world.catalogue.study(study).regions
    rows = np.full(READINGS, row)
    repeats = np.arange(READINGS) + READINGS * (repeat + 1)
    reader = world.staff.observer(study)
    seen = reader.read(patients, rows, repeats)[0]
    healthy = replace(patients, involved=np.zeros_like(patients.involved))
    false = reader.read(healthy, rows, repeats)[0]
    apart = _probit(seen) - _probit(false)
    for k, region in enumerate(covered):
        column = REGIONS.index(region)
        if patients.involved[row, column]:
            yield Hidden(region, region, float(apart[k]), float(patients.size_mm[row, column]))


def _probit(called: np.ndarray) -> FloatArray:
    share = called.mean(axis=0)
    return ndtri(np.clip(share, 0.5 / READINGS, 1 - 0.5 / READINGS))
