"""The laboratory: what it finds in a specimen, from the case's truth, while tissue lasts."""

from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.case import Case
from imagingsim.workup.catalogue import MarkerRow, Procedure
from imagingsim.workup.needle import Specimen

ROUTINE_SECTIONS = 2
KI67 = "ki67"
KI67_HIGH_PERCENT = 20.0


@dataclass(frozen=True)
class StainResult:
    """One stain that was read; ``positive`` None: not known in this case, or no tissue left."""

    marker: str
    title: str
    positive: bool | None
    detail: str


@dataclass(frozen=True)
class Histology:
    """The report on a specimen before stains.

    Attributes
    ----------
    adequate
        Whether the sample could be read.
    malignant
        Whether it holds tumour.
    features
        Histological features of the catalogue, found or not; empty when there is no tumour.
    sections
        How many sections are left for stains.
    """

    adequate: bool
    malignant: bool
    diagnosis: str
    text: str
    grade: str
    features: dict[str, bool]
    sections: int


def examine(
    case: Case,
    specimen: Specimen,
    procedure: Procedure,
    markers: dict[str, MarkerRow],
    *,
    cores: int,
    rng: np.random.Generator,
) -> Histology:
    """Return the histology of a specimen."""
    readable = float(rng.random()) < procedure.laboratory_yield
    enough = specimen.viable_mm >= procedure.adequate_mm
    truth = case.pathology_of(specimen.lesion) if specimen.lesion else None
    if truth is None or not enough or not readable:
        return Histology(False, False, _failure(specimen, enough, readable), "", "", {}, 0)
    features = {
        name: any(word in truth.histology.lower() for word in row.words)
        for name, row in markers.items()
        if row.kind == "histology"
    }
    share = min(1.0, specimen.viable_mm / (4 * procedure.adequate_mm))
    sections = round(procedure.sections_per_core * cores * share)
    text = " ".join(truth.histology.split())
    return Histology(
        True, True, truth.diagnosis, text, truth.grade, features,
        max(0, sections - ROUTINE_SECTIONS),
    )  # fmt: skip


def stain(
    case: Case, lesion: str, timepoint: str, marker: str, row: MarkerRow, sections: int
) -> StainResult:
    """Return the result of one stain, of which one section is used up."""
    truth = case.pathology_of(lesion)
    if sections < 1:
        return StainResult(marker, row.title, None, "no tissue left")
    percent = case.ki67_percent(lesion, timepoint) if marker == KI67 else None
    if percent is not None:
        text = f"{percent:g} %{_earlier_ki67(case, lesion, timepoint)}"
        return StainResult(marker, "Ki-67", percent > KI67_HIGH_PERCENT, text)
    known = {} if truth is None else {**truth.markers, **truth.stains}
    if marker not in known:
        return StainResult(marker, row.title, None, "not known in this case")
    return StainResult(marker, row.title, known[marker].result == "positive", known[marker].detail)


def _earlier_ki67(case: Case, lesion: str, timepoint: str) -> str:
    """Return the index of earlier specimens of the same tumour, in words."""
    truth = case.pathology_of(lesion)
    order: list[str | None] = [None, *(point.id for point in case.timepoints)]
    now = order.index(timepoint)
    specimens = truth.ki67 if truth is not None else ()
    before = [f"{one.percent:g} %" for one in specimens if order.index(one.timepoint) < now]
    return f", earlier {', '.join(before)}" if before else ""


def _failure(specimen: Specimen, enough: bool, readable: bool) -> str:
    if specimen.lesion is None and specimen.necrotic_share > 0:
        return "Necrosis only, no viable tumour"
    if specimen.lesion is None:
        return "Normal tissue, the lesion was missed"
    if not enough:
        return "Too little tumour for a diagnosis"
    return "Crushed, cannot be read" if not readable else "No tumour"
