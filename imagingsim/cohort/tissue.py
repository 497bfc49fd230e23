"""Tissue of virtual patients: what a needle brings, and how it stains."""

from dataclasses import dataclass
from math import log

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
REFERENCE_MM = 15.0
"""Size at which the published yield holds."""


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
        procedure = self.catalogue.procedures[technique]
        probit = np.array([float(ndtri(procedure.yield_of(one))) for one in REGIONS])[region]
        slope = self.catalogue.evidence.yield_slope.value
        ease = probit + slope * (np.log(patients.size_mm[rows, region]) - log(REFERENCE_MM))
        draw = normal(patients.seed, f"{technique}|yield", patients.ids[rows], repeat)
        return patients.involved[rows, region] & (draw < ease)

    def positive(self, patients: Patients, rows: Ints, marker: str) -> Bools:
        """Tell whose tumour has a feature or a stain, (k,); the same whenever it is asked."""
        if marker == KI67:
            return patients.ki67[rows] > KI67_HIGH_PERCENT
        draw = uniform(patients.seed, f"{marker}|stain", patients.ids[rows])
        return draw < self.rates(marker)[patients.disease[rows]]

    def rates(self, marker: str) -> FloatArray:
        """Return how often a marker is positive in each disease."""
        row = self.catalogue.markers[marker]
        return np.array([row.rate(name) for name in self.population.differential.diagnoses])

    def sections(self, procedure: Procedure, state: Biopsy) -> int:
        """Return how many sections are left for stains of a sample that can be read."""
        return max(0, procedure.sections_per_core * state.cores - ROUTINE_SECTIONS)
