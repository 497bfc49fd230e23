"""A reader: looks at every site of a study, sees it or misses it, and writes the report."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import erf, sqrt

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.labels import FIRST_LESION, LabelVolume, Segment
from imagingsim.reading.artefact import ORGANS, artefact, covers
from imagingsim.reading.finding import Character, Finding, Measurement, Reading, RegionReading, Site
from imagingsim.reading.levels import Level
from imagingsim.reading.measure import MARGIN_MM, Patch, cropped, measure
from imagingsim.series import PetTechnique, Series
from imagingsim.streams import stream
from imagingsim.study import Study

Numbers = npt.NDArray[np.number]
PREFIX = "lesion_"
CALCIFIED_HU = 160.0
"""Unenhanced soft tissue and contrast stay below, calcification above."""

SMALL_NODULE_MM = 6.0
"""Smaller solid lung nodules need no follow-up (Fleischner Society 2017)."""

SURFACE = ("skin", "ear_canal")
"""Regions whose lesions stand out against air as well."""


@dataclass(frozen=True)
class Reader:
    """How good a reader is.

    A site is seen when ``efficiency * d' + e > threshold``, with ``e`` standard normal: the
    threshold is set by the specificity, the efficiency by the sensitivity a reader is known for.

    Attributes
    ----------
    own_noise
        What the eye adds per unit: HU, SUV, and as a share of the brightest tissue for signal.
    artefact
        Structured noise from which an organ is called not assessable, per unit.
    interpretive
        How often a lesion that is seen is taken for something harmless.
    """

    threshold: float = 1.645
    efficiency: float = 0.478
    own_noise: Mapping[str, float] = field(
        default_factory=lambda: {"HU": 4.0, "g/mL": 0.25, "1": 0.02}
    )
    artefact: Mapping[str, float] = field(default_factory=lambda: {"HU": 7.0})
    interpretive: float = 0.0

    def at_level(self, level: Level, dismissed: float) -> "Reader":
        """Return a reader of another level, this one being the consultant.

        Parameters
        ----------
        dismissed
            How often a consultant takes a lesion that is seen for something harmless.
        """
        odds = level.interpretive_odds
        return replace(
            self, threshold=self.threshold + level.threshold_shift,
            efficiency=self.efficiency * level.efficiency,
            interpretive=odds * dismissed / (1.0 - dismissed + odds * dismissed),
        )  # fmt: skip

    def chance(self, d_prime: float) -> float:
        """Return how often this reader sees a lesion of that detectability.

        Examples
        --------
        >>> round(Reader().chance(4.0), 2)
        0.61
        """
        return 0.5 * (1.0 + erf((self.efficiency * d_prime - self.threshold) / sqrt(2.0)))


def read(study: Study, sites: Iterable[Site], reader: Reader, *, seed: int) -> Reading:
    """Read a study.

    Parameters
    ----------
    sites
        Where to look; sites that the study does not show are passed over.
    seed
        Of the walk: the same seed, study and site give the same reading.

    Returns
    -------
    Reading
        A finding for every site in the field of view, seen or missed, and a line per region.
    """
    known = {PREFIX + site.lesion: site for site in sites}
    measured: dict[str, list[Measurement]] = {}
    for image, truth, values, unit in _images(study):
        for label, one in _measurements(image, truth, values, unit, reader, known):
            measured.setdefault(label, []).append(one)
    findings = tuple(
        _finding(known[label], tuple(measured[label]), reader, study, seed)
        for label in known
        if label in measured
    )
    return Reading(study.id, findings, tuple(_lines(study, findings, reader)))


def truth_of(study: Study, one: Series) -> LabelVolume | None:
    """Return the labels on a series' grid, whichever series they are kept with."""
    for truth in study.labels:
        grid = truth.volume.grid
        if grid.shape == one.volume.grid.shape and np.allclose(grid.affine, one.volume.grid.affine):
            return truth
    return None


def _images(study: Study) -> Iterator[tuple[Series, LabelVolume, Numbers, str]]:
    """Yield each series that has labels, with its values in the unit that is measured."""
    for one in study.series:
        truth = truth_of(study, one)
        if truth is None:
            continue
        if one.modality == "PT":
            factor = np.float32(study.suv_g_ml(one.name))
            yield one, truth, one.volume.array.astype(np.float32) * factor, "g/mL"
        else:
            yield one, truth, one.volume.array, one.volume.unit


def _measurements(
    one: Series,
    truth: LabelVolume,
    values: Numbers,
    unit: str,
    reader: Reader,
    sites: Mapping[str, Site],
) -> Iterator[tuple[str, Measurement]]:
    """Yield the label and the measurement of every site in the field of view."""
    labels = truth.volume.array
    below = np.uint16(FIRST_LESION - 1)
    boxes = ndimage.find_objects(np.maximum(labels, below) - below)
    margin = tuple(int(np.ceil((MARGIN_MM + 3) / step)) for step in one.volume.grid.spacing_mm)
    noise = _own_noise(values, unit, reader)
    for segment in truth.segments:
        box = boxes[segment.number - FIRST_LESION] if segment.is_lesion else None
        if box is None or segment.name not in sites:
            continue
        part = cropped(labels, box, (margin[0], margin[1], margin[2]))
        found = measure(
            _patch(one, truth, values, unit, segment, part),
            own_noise=noise,
            first_lesion=FIRST_LESION,
            at_surface=sites[segment.name].region in SURFACE,
        )
        if found is not None:
            yield segment.name, found


def _patch(
    one: Series,
    truth: LabelVolume,
    values: Numbers,
    unit: str,
    segment: Segment,
    part: tuple[slice, slice, slice],
) -> Patch:
    grid = one.volume.grid
    corner = type(grid)(
        truth.volume.array[part].shape,
        np.column_stack(
            [
                grid.affine[:, :3],
                grid.affine @ np.array([*(side.start for side in part), 1.0]),
            ]
        ),
    )
    return Patch(
        np.asarray(values[part], dtype=np.float32),
        truth.volume.array[part].astype(np.int32),
        segment.number,
        corner,
        one.name,
        unit,
    )


def _own_noise(values: Numbers, unit: str, reader: Reader) -> float:
    share = reader.own_noise.get(unit, 0.02)
    if unit in ("HU", "g/mL"):
        return share
    return share * float(np.percentile(values[::2, ::4, ::4], 99.0))


def _finding(
    site: Site, measured: tuple[Measurement, ...], reader: Reader, study: Study, seed: int
) -> Finding:
    best = max(measured, key=lambda one: one.d_prime)
    rng = stream(seed, f"{study.id}|{study.timepoint}|read|{site.lesion}")
    seen = reader.efficiency * best.d_prime + float(rng.standard_normal()) > reader.threshold
    second = stream(seed, f"{study.id}|{study.timepoint}|dismiss|{site.lesion}")
    taken_lightly = not site.expected and float(second.random()) < reader.interpretive
    suv = [one.peak for one in measured if one.unit == "g/mL"]
    return Finding(
        lesion=site.lesion,
        region=site.region,
        seen=bool(seen),
        chance=reader.chance(best.d_prime),
        character="dismissed" if taken_lightly else _character(site, measured),
        best=best,
        measurements=measured,
        suv_max=max(suv) if suv else None,
    )


def _character(site: Site, measured: tuple[Measurement, ...]) -> Character:
    if site.expected:
        return "expected"
    seen = [one for one in measured if one.unit == "HU"]
    if seen and min(one.value for one in seen) > CALCIFIED_HU:
        return "calcified"
    small = site.region == "lung" and max(one.diameter_mm for one in measured) < SMALL_NODULE_MM
    return "tiny" if small else "lesion"


def _lines(study: Study, findings: tuple[Finding, ...], reader: Reader) -> Iterator[RegionReading]:
    """Yield one line per region that the study covers or in which something was seen."""
    judged: dict[str, float] = {}
    covered: dict[str, None] = {}
    not_diagnostic = {
        one.technique.attenuation_series
        for one in study.series
        if isinstance(one.technique, PetTechnique)
    }
    for one, truth, values, unit in _images(study):
        for region in ORGANS:
            if region in covered or covers(truth, region):
                covered[region] = None
        if unit in reader.artefact and one.modality == "CT" and one.name not in not_diagnostic:
            for region in covered:
                found = artefact(values, truth, region)
                if found is not None:
                    judged[region] = max(found, judged.get(region, 0.0))
    for finding in findings:
        covered[finding.region] = None
    for region in covered:
        positive = tuple(f.lesion for f in findings if f.region == region and f.suspicious)
        level = judged.get(region)
        clean = level is None or level <= reader.artefact.get("HU", float("inf"))
        yield RegionReading(region, clean, level, positive)
