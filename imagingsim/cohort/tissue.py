"""Tissue of virtual patients: what a needle brings, and how it stains."""

from dataclasses import dataclass
from functools import cached_property
from math import hypot, log

import numpy as np
from scipy.special import ndtri

from imagingsim.cohort.draws import normal, uniform
from imagingsim.cohort.population import Bools, Ints, Patients, Population
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import Catalogue, Procedure
from imagingsim.workup.names import REGIONS
from imagingsim.workup.pathology import KI67, KI67_HIGH_PERCENT, ROUTINE_SECTIONS
from imagingsim.workup.spec import Biopsy

BENIGN = "benign"


@dataclass(frozen=True, eq=False)
class Tissue:
    """The laboratory of a population.

    Attributes
    ----------
    malignant
        (diseases,) whether histology calls it malignant.
    features
        Histological features of the catalogue, in its order.
    """

    population: Population
    catalogue: Catalogue
    malignant: Bools
    features: tuple[str, ...]

    @classmethod
    def of(cls, population: Population, catalogue: Catalogue) -> "Tissue":
        """Return the laboratory that examines a population."""
        rows = population.differential.diagnoses.values()
        return cls(
            population, catalogue, np.array([row.group != BENIGN for row in rows]),
            tuple(name for name, row in catalogue.markers.items() if row.kind == "histology"),
        )  # fmt: skip

    def taken(
        self, patients: Patients, rows: Ints, region: Ints, technique: str, repeat: Ints
    ) -> Bools:
        """Tell of which patients the sample of a region gives a diagnosis, (k,)."""
        slope = self.catalogue.evidence.yield_slope.value
        size = np.log(patients.size_mm[rows, region])
        ease = self._eases[technique][region] + slope * size
        draw = normal(patients.seed, f"{technique}|yield", patients.ids[rows], repeat)
        return patients.involved[rows, region] & (draw < ease)

    @cached_property
    def _eases(self) -> dict[str, FloatArray]:
        """For each technique, (regions,) probits of a diagnosis at 1 mm.

        They are set so that the mean over the population's sizes is the published yield; the mean
        of a probit over a normal covariate is again a probit, so this is exact.
        """
        slope = self.catalogue.evidence.yield_slope.value
        sizes = [self.population.sizes_of(region) for region in REGIONS]
        steep = np.array([hypot(1.0, slope * one.sigma) for one in sizes])
        median = np.array([slope * log(one.median_mm) for one in sizes])
        return {
            name: ndtri([row.yield_of(region) for region in REGIONS]) * steep - median
            for name, row in self.catalogue.procedures.items()
        }

    def positive(self, patients: Patients, rows: Ints, marker: str) -> Bools:
        """Tell whose tumour has a feature or a stain, (k,); the same whenever it is asked."""
        if marker == KI67:
            return patients.ki67[rows] > KI67_HIGH_PERCENT
        draw = uniform(patients.seed, f"{marker}|stain", patients.ids[rows])
        return draw < self.rates[marker][patients.disease[rows]]

    @cached_property
    def rates(self) -> dict[str, FloatArray]:
        """How often each marker is positive, (diseases,)."""
        names = self.population.differential.diagnoses
        rows = self.catalogue.markers.items()
        return {marker: np.array([row.rate(name) for name in names]) for marker, row in rows}

    def sections(self, procedure: Procedure, state: Biopsy) -> int:
        """Return how many sections are left for stains of a sample that can be read."""
        return max(0, procedure.sections_per_core * state.cores - ROUTINE_SECTIONS)
