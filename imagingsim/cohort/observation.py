"""Observation: what a reader sees of a virtual patient's lesions on a study.

A lesion is seen when ``rho z + sqrt(1 - rho^2) e < mu0 + slope ln(size / 10 mm) - losses``: z is
the conspicuity it has on every study, e the draw of this reading. ``mu0`` is set so that the
published sensitivity comes out over the population's sizes; a free region is called involved as
often as the published specificity says.
"""

from dataclasses import dataclass
from math import hypot, log, sqrt

import numpy as np
from scipy.special import ndtri

from imagingsim.cohort.draws import uniform
from imagingsim.cohort.population import Bools, Ints, Patients, Population
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import Catalogue, StudyRow
from imagingsim.workup.names import REGIONS

REFERENCE_MM = 10.0


@dataclass(frozen=True, eq=False)
class Observer:
    """How one study is read, region by region.

    Attributes
    ----------
    regions
        (m,) indices into `REGIONS`.
    mu0
        (m,) probit of the sensitivity for a lesion of 10 mm.
    false_positive
        (m,) how often a free region is called involved.
    blurred
        For each artefact: the flag of the patient, and (m,) how much it costs.
    """

    study: str
    row: StudyRow
    regions: Ints
    mu0: FloatArray
    slope: float
    false_positive: FloatArray
    rho: float
    not_avid: float
    blurred: tuple[tuple[str, FloatArray], ...]

    def read(self, patients: Patients, rows: Ints, repeat: Ints) -> tuple[Bools, Bools]:
        """Return (k, m): what is called involved, and what cannot be judged.

        Parameters
        ----------
        rows
            (k,) which of the patients.
        repeat
            (k,) how often this study was made of them before.
        """
        at = np.ix_(rows, self.regions)
        mu = self.mu0 + self.slope * np.log(patients.size_mm[at] / REFERENCE_MM)
        if self.row.tracer is not None:
            mu = mu - self.not_avid * ~patients.avid[self.row.tracer][rows, None]
        blind = np.zeros(mu.shape, dtype=bool)
        for flag, loss in self.blurred:
            hit = (patients.values[flag][rows] > 0)[:, None]
            mu = mu - hit * loss
            blind |= hit & (loss > 0)
        index = self.regions + len(REGIONS) * repeat[:, None]
        u = uniform(patients.seed, f"{self.study}|read", patients.ids[rows, None], index)
        found = u < self.false_positive
        there = patients.involved[at]
        own = sqrt(1 - self.rho**2) * ndtri(u[there])
        found[there] = self.rho * patients.conspicuity[at][there] + own < mu[there]
        return found, blind & ~found


def observer(study: str, catalogue: Catalogue, population: Population) -> Observer:
    """Return how a study is read in a population."""
    row, evidence = catalogue.study(study), catalogue.evidence
    slope = evidence.size_slope.value
    rates = [evidence.rate(row.rate_key, region) for region in row.regions]
    mu0 = [
        _mu0(rate.sensitivity, slope, population, region)
        for rate, region in zip(rates, row.regions, strict=True)
    ]
    blurred = tuple(
        (
            one.patient,
            np.array([one.loss * (region in one.regions) for region in row.regions]),
        )
        for one in evidence.artefacts.values()
        if one.modality == row.modality
    )
    return Observer(
        study, row, np.array([REGIONS.index(one) for one in row.regions]), np.array(mu0), slope,
        np.array([1.0 - rate.specificity for rate in rates]), population.file.conspicuity.value,
        evidence.not_avid_loss.value, blurred,
    )  # fmt: skip


def _mu0(sensitivity: float, slope: float, population: Population, region: str) -> float:
    """Return the probit for 10 mm at which the mean over all sizes is the published sensitivity.

    The mean of a probit over a normal covariate is again a probit, so this is exact.
    """
    size = population.sizes_of(region)
    mean = log(size.median_mm / REFERENCE_MM)
    return float(ndtri(sensitivity)) * hypot(1.0, slope * size.sigma) - slope * mean
