"""What the reports saw is visible in the simulated images: the second reader's expectations."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import measuring
import numpy as np
import pytest
from test_expectations import LIBRARY, NAMES, case_named, expected

from imagingsim.anatomy import ResolvedLesion, SampledPhantom, sample
from imagingsim.grid import Grid
from imagingsim.scan import acquire, read_acquisition, state_of
from imagingsim.series import Series
from imagingsim.study import Study
from imagingsim.units import BoolArray, FloatArray

pytestmark = pytest.mark.slow
MARGIN_MM = 30.0
PURE = 240


def _facts() -> Iterator[Any]:
    for name in NAMES:
        for timepoint, parts in expected(name)["timepoints"].items():
            for acquisition, facts in parts.get("images", {}).items():
                for index, fact in enumerate(facts):
                    what = fact.get("lesion") or fact.get("structure")
                    label = f"{name}-{timepoint}-{acquisition}-{index}-{fact['measure']}-{what}"
                    yield pytest.param(name, timepoint, acquisition, fact, id=label)


@lru_cache(maxsize=1)
def _study(name: str, timepoint: str, acquisition: str) -> Study:
    case = case_named(name)
    return acquire(case, acquisition, library=LIBRARY, seed=1, timepoint=timepoint)


def _series(study: Study, wanted: str | None) -> Series:
    if wanted is None:
        return next(one for one in study.series if one.modality == "PT")
    return next(one for one in study.series if wanted in one.name)


class _Site:
    """A lesion in one series: truth and pixels on the same voxels."""

    def __init__(self, study: Study, series: Series, lesion: ResolvedLesion) -> None:
        grid = series.volume.grid
        reach = max(lesion.extents_mm) / 2.0 + MARGIN_MM
        corner = grid.index(np.asarray(lesion.centre_mm))
        half = np.ceil(reach / np.asarray(grid.spacing_mm))
        first = np.clip(np.floor(corner - half), 0, np.asarray(grid.shape) - 1).astype(int)
        last = np.clip(np.ceil(corner + half) + 1, first + 1, grid.shape).astype(int)
        affine = grid.affine.copy()
        affine[:, 3] = grid.affine @ np.array([*first, 1.0])
        protocol = read_acquisition(LIBRARY, study.acquisition)
        self.arms, case = protocol.arms, case_named(study.case)
        request = next(one for one in protocol.series if one.name == series.name)
        self.state = state_of(case, protocol, request)
        phantom = case.phantom(study.timepoint, arms=self.arms, state=self.state)
        shape = last - first
        self.truth = sample(phantom, Grid((shape[0], shape[1], shape[2]), affine))
        window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        self.pixels: FloatArray = np.asarray(series.volume.array[window], dtype=np.float64)
        self.lesion = measuring.of_label(self.truth, lesion.label)

    def pure(self, mask: BoolArray) -> FloatArray:
        """Return the pixels whose voxel lies wholly inside, or all of them when none does."""
        whole = mask & _whole(self.truth)
        return self.pixels[whole if whole.any() else mask]

    def part(self, fact: Any) -> BoolArray:
        if "part" not in fact:
            return self.lesion
        return self.lesion & measuring.of_material(self.truth, fact["part"])


def _whole(truth: SampledPhantom) -> BoolArray:
    same = np.array([layer.label for layer in truth.layers])
    alike = same[truth.first] == same[truth.second]
    return np.asarray((truth.fraction >= PURE) | alike)


def _contrast(site: _Site, fact: Any) -> float:
    other = site.pure(measuring.of_material(site.truth, fact["against"]) & ~site.lesion)
    return float(np.mean(site.pure(site.part(fact))) - np.median(other))


def _contrast_ratio(site: _Site, fact: Any) -> float:
    other = site.pure(measuring.of_material(site.truth, fact["against"]) & ~site.lesion)
    return float(np.mean(site.pure(site.part(fact))) / np.median(other))


def _void(site: _Site, fact: Any) -> float:
    muscle = measuring.of_material(site.truth, "muscle") | measuring.of_material(
        site.truth, "flap_muscle"
    )
    return float(np.mean(site.pixels[site.lesion]) / np.median(site.pixels[muscle]))


LESION_MEASURES = {
    "contrast": _contrast,
    "contrast_hu": _contrast,
    "contrast_ratio": _contrast_ratio,
    "mean": lambda site, fact: float(np.mean(site.pure(site.part(fact)))),
    "maximum": lambda site, fact: float(np.max(site.pixels[site.lesion])),
    "suv_max": lambda site, fact: float(np.max(site.pixels[site.lesion])),
    "void": _void,
}


def _range(fact: Any) -> tuple[float, float]:
    key = next(key for key in fact if key.startswith(("range", "ratio")))
    low, high = fact[key]
    return low, high


def _structure(study: Study, series: Series, name: str) -> FloatArray:
    truth = study.labels_of(series.name) or study.labels[0]
    number = next(one.number for one in truth.segments if one.name == name)
    return np.asarray(series.volume.array, dtype=np.float64)[truth.volume.array == number]


def _measured(study: Study, fact: Any) -> Iterator[tuple[str, float]]:
    if fact["measure"] == "phases_differ":
        means = [
            _structure(study, _series(study, fact[key]), fact["structure"]).mean()
            for key in ("first", "second")
        ]
        yield fact["structure"], float(means[0] - means[1])
        return
    series = _series(study, fact.get("series"))
    scale = study.suv_g_ml(series.name) if series.modality == "PT" else 1.0
    if "structure" in fact:
        yield fact["structure"], scale * float(_structure(study, series, fact["structure"]).mean())
        return
    for lesion in measuring.lesions(case_named(study.case), study.timepoint, fact["lesion"]):
        site = _Site(study, series, lesion)
        yield lesion.id, scale * LESION_MEASURES[fact["measure"]](site, fact)


@pytest.mark.parametrize(("name", "timepoint", "acquisition", "fact"), list(_facts()))
def test_the_image_shows_what_was_reported(
    name: str, timepoint: str, acquisition: str, fact: Any
) -> None:
    low, high = _range(fact)
    measured = dict(_measured(_study(name, timepoint, acquisition), fact))
    assert measured, "no such lesion"
    wrong = {key: value for key, value in measured.items() if not low <= value <= high}
    assert not wrong, f"{fact['why']}: expected {low} to {high}"
