"""Observation: what a reader sees of a virtual patient's lesions on a study.

A lesion is seen when ``rho z + sqrt(1 - rho^2) e < eta d' - tau``: z is the conspicuity it has on
every study, e the draw of this reading. Where a table of simulated images exists, d' is the one of
the lesion's size, the study's series and dose and what lies in the way; tau comes from the
published specificity, and eta from the published sensitivity over the population's sizes. Where no
table exists, ``eta d' - tau`` is a straight line in the logarithm of the size, with the slope of
``evidence.yaml``. What is seen may still be taken for something harmless.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import hypot, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from imagingsim.cohort import kernels
from imagingsim.cohort.draws import key, uniform
from imagingsim.cohort.population import Bools, Ints, Patients, Population
from imagingsim.cohort.population_records import Size
from imagingsim.reading.detection_records import NONE, REDUCED, DetectionTable
from imagingsim.reading.levels import Level, LevelName, dismissing, seen
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import Catalogue, StudyRow
from imagingsim.workup.evidence import Detection, Rate
from imagingsim.workup.names import REGIONS

REFERENCE_MM = 10.0
Ease = Callable[[FloatArray], FloatArray]
"""From sizes in mm to probits of being seen."""

DRAWS = ("read", "dismissed")
"""Streams of a reading: whether a lesion is seen, and whether it is taken for harmless."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


@dataclass(frozen=True, eq=False)
class Blur:
    """Something in the patient that lies over a region.

    Attributes
    ----------
    patient
        Flag of those who have it.
    column
        Which region of the study.
    share
        Part of the region it crosses.
    curve
        (nodes,) how lesions are seen there.
    blinds
        Whether a reader dares not call the region free.
    """

    patient: str
    column: int
    share: float
    curve: FloatArray
    blinds: bool


@dataclass(frozen=True, eq=False)
class Observer:
    """How one study is read, region by region.

    Attributes
    ----------
    regions
        (m,) indices into `REGIONS`.
    curves
        (m, nodes) how lesions of each region are seen, by the logarithm of their size.
    false_positive, dismissed
        (m,) how often a free region is called involved, and a lesion that was seen harmless.
    """

    study: str
    row: StudyRow
    regions: Ints
    curves: FloatArray
    false_positive: FloatArray
    dismissed: FloatArray
    rho: float
    not_avid: float
    blurs: tuple[Blur, ...]

    def read(self, patients: Patients, rows: Ints, repeat: Ints) -> tuple[Bools, Bools]:
        """Return (k, m): what is called involved, and what cannot be judged.

        Parameters
        ----------
        rows
            (k,) which of the patients.
        repeat
            (k,) how often this study was made of them before.
        """
        hidden, blind = self._spoilt(patients, rows)
        found = np.empty(hidden.shape, bool)
        loss = np.zeros(len(rows))
        if self.row.tracer is not None:
            loss[~patients.avid[self.row.tracer][rows]] = self.not_avid
        keys = np.array([key(patients.seed, f"{self.study}|{one}") for one in DRAWS])
        kernels.see(
            rows, self.regions, repeat, patients.ids, patients.involved, patients.size_mm,
            patients.conspicuity, self.curves, loss, self.rho, self.false_positive,
            self.dismissed, keys, hidden, found,
        )  # fmt: skip
        return found, blind & ~found

    def _spoilt(self, patients: Patients, rows: Ints) -> tuple[FloatArray, Bools]:
        """Return (k, m) how well lesions are seen at most, and where the image is spoilt."""
        hidden = np.full((len(rows), len(self.regions)), np.inf)
        blind = np.zeros(hidden.shape, dtype=bool)
        for blur in self.blurs:
            hit = np.flatnonzero(patients.values[blur.patient][rows] > 0)
            if not len(hit):
                continue
            ids, region = patients.ids[rows[hit]], int(self.regions[blur.column])
            crossed = uniform(patients.seed, f"{blur.patient}|crosses", ids, region) < blur.share
            spoilt = hit[crossed]
            sizes = patients.size_mm[rows[spoilt], region]
            left = np.interp(np.log(sizes), kernels.LOG_SIZES, blur.curve)
            hidden[spoilt, blur.column] = np.minimum(hidden[spoilt, blur.column], left)
            blind[hit, blur.column] |= blur.blinds
        return hidden, blind


def observer(
    study: str, catalogue: Catalogue, population: Population, level: LevelName = "consultant"
) -> Observer:
    """Return how a study is read in a population, by a reader of some experience."""
    row, evidence = catalogue.study(study), catalogue.evidence
    reader, share = evidence.readers[level], evidence.interpretive_share.value
    rates = [evidence.rate(row.rate_key, region) for region in row.regions]
    lines = [
        _Line(catalogue, row, region, rate, population.sizes_of(region), reader)
        for region, rate in zip(row.regions, rates, strict=True)
    ]
    return Observer(
        study, row, np.array([REGIONS.index(one) for one in row.regions]),
        np.stack([_sampled(one.ease()) for one in lines]),
        np.array([ndtr(ndtri(1 - one.specificity) - reader.threshold_shift) for one in rates]),
        np.array([dismissing(one.sensitivity, share, reader.interpretive_odds) for one in rates]),
        population.file.conspicuity.value, evidence.not_avid_loss.value,
        tuple(blur for k, one in enumerate(lines) for blur in one.blurs(k)),
    )  # fmt: skip


def _sampled(ease: Ease) -> FloatArray:
    """Return an ease at the sizes of `kernels.LOG_SIZES`."""
    return ease(np.exp(kernels.LOG_SIZES))


@dataclass(frozen=True, eq=False)
class _Line:
    """One region of a study, and what is known of reading it."""

    catalogue: Catalogue
    row: StudyRow
    region: str
    rate: Rate
    size: Size
    reader: Level

    def ease(self, artefact: str = NONE) -> Ease:
        """Return how lesions are seen."""
        tau = float(ndtri(self.rate.specificity)) + self.reader.threshold_shift
        wanted = seen(self.rate.sensitivity, self.catalogue.evidence.interpretive_share.value)
        shown = self.shown()
        if shown is None:
            return _straight(wanted, tau, self.size, self.catalogue.evidence.size_slope.value,
                             self.reader)  # fmt: skip
        table, detection, reference = shown
        sizes = self.size.median_mm * np.exp(self.size.sigma * _NODES)
        d_prime = table.d_prime(self.region, reference.series, sizes, dose=reference.dose)
        eta = efficiency(tuple(d_prime), float(ndtri(self.rate.specificity)), wanted)
        eta *= self.reader.efficiency

        def by_table(size_mm: FloatArray) -> FloatArray:
            found = table.d_prime(
                self.region, detection.series, size_mm, dose=detection.dose, artefact=artefact
            )
            return eta * found - tau

        return by_table

    def shown(self) -> tuple[DetectionTable, Detection, Detection] | None:
        """Return the table, what of it the study shows, and what its rates were measured on."""
        detection = self.row.detection
        reference = self.catalogue.evidence.calibrated_on.get(self.row.rate_key)
        if detection is None or reference is None:
            return None
        table = self.catalogue.detection[detection.table]
        return (table, detection, reference) if table.covers(self.region) else None

    def blurs(self, column: int) -> list[Blur]:
        """Return what may lie over the region."""
        shown, found = self.shown(), []
        for one in self.catalogue.evidence.artefacts.values():
            if one.modality != self.row.modality or self.region not in one.regions:
                continue
            reduced = self.row.detection is not None and self.row.detection.reduced
            name = f"{one.row}_{REDUCED}" if reduced else one.row
            if shown is not None and shown[0].covers(self.region, name):
                part, ease = shown[0].share(self.region, name), self.ease(name)
            else:
                part, ease = 1.0, _lowered(self.ease(), one.loss)
            found.append(Blur(one.patient, column, part, _sampled(ease), blinds=not reduced))
        return found


def _lowered(ease: Ease, loss: float) -> Ease:
    return lambda size_mm: ease(size_mm) - loss


@lru_cache(maxsize=4096)
def efficiency(d_prime: tuple[float, ...], tau: float, wanted: float) -> float:
    """Return the efficiency at which lesions of a mix of sizes are seen as often as wanted.

    Parameters
    ----------
    d_prime
        At the nodes of a normal distribution of the sizes' logarithm.
    """
    values, weights = np.array(d_prime), _WEIGHTS / _WEIGHTS.sum()

    def excess(log_eta: float) -> float:
        return float(weights @ ndtr(np.exp(log_eta) * values - tau)) - wanted

    return float(np.exp(brentq(excess, -16.0, 12.0, xtol=1e-10)))


def _straight(wanted: float, tau: float, size: Size, slope: float, reader: Level) -> Ease:
    """Return a straight line in the logarithm of size that gives the sensitivity wanted.

    The mean of a probit over a normal covariate is again a probit, so it is exact. A reader of
    less efficiency loses as much of what lies above the threshold.
    """
    mean = log(size.median_mm / REFERENCE_MM)
    at_reference = float(ndtri(wanted)) * hypot(1.0, slope * size.sigma) - slope * mean
    consultant = tau - reader.threshold_shift

    def straight(size_mm: FloatArray) -> FloatArray:
        line = at_reference + slope * np.log(size_mm / REFERENCE_MM)
        return reader.efficiency * (line + consultant) - tau

    return straight
