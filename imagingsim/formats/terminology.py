"""Label numbers to coded meanings, from ``phantoms/bodies/labels.csv``."""

import csv
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from imagingsim.content import Library, library
from imagingsim.errors import ContentError
from imagingsim.labels import FIRST_LESION, Code, LabelVolume, Segment
from imagingsim.volume import Volume

LABELS_FILE = "phantoms/bodies/labels.csv"
LESION_CATEGORY = Code("49755003", "SCT", "Morphologically Abnormal Structure")
LESION_KIND = Code("52988006", "SCT", "Lesion")
LESION_COLOURS = ((220, 40, 40), (240, 120, 30), (230, 60, 160), (250, 190, 30), (170, 30, 90))


def label_volume(
    labels: Volume, names: Mapping[int, str], *, series: str, content: Library | None = None
) -> LabelVolume:
    """Return ``labels`` with the meaning of every number that occurs.

    Parameters
    ----------
    labels
        Label map; 0 is background, numbers from 1000 on are lesions.
    names
        Name of each number; anatomy missing here is looked up in the labels file.
    series
        Name of the series on whose grid the labels lie.
    """
    present = np.flatnonzero(np.bincount(labels.array.ravel()))
    known = _anatomy(library() if content is None else content)
    segments = tuple(_segment(int(n), names, known) for n in present if n > 0)
    return LabelVolume(labels, segments, series)


def label_colours(content: Library | None = None) -> npt.NDArray[np.uint8]:
    """Return the colour of every label number, shape (numbers, 3); those without one are black."""
    known = _anatomy(library() if content is None else content)
    table = np.zeros((max(known) + 1, 3), np.uint8)
    for number, segment in known.items():
        table[number] = segment.colour
    return table


def _segment(number: int, names: Mapping[int, str], known: Mapping[int, Segment]) -> Segment:
    if number >= FIRST_LESION:
        colour = LESION_COLOURS[number % len(LESION_COLOURS)]
        name = names.get(number, f"lesion_{number - FIRST_LESION + 1}")
        return Segment(number, name, LESION_CATEGORY, LESION_KIND, None, colour)
    if number not in known:
        raise ContentError(
            f"Label {number} ({names.get(number, 'no name')}) has no line in {LABELS_FILE}. "
            "Add one with its SNOMED CT code."
        )
    return known[number]


@lru_cache(maxsize=4)
def _anatomy(content: Library) -> Mapping[int, Segment]:
    rows = csv.DictReader(content.text(LABELS_FILE).splitlines())
    return {int(row["number"]): _read(row) for row in rows}


def _read(row: Mapping[str, str]) -> Segment:
    modifier = None
    if row["modifier_code"]:
        modifier = Code(row["modifier_code"], "SCT", row["modifier_meaning"])
    return Segment(
        int(row["number"]),
        row["name"],
        Code(row["snomed_category_code"], "SCT", row["snomed_category_meaning"]),
        Code(row["snomed_code"], "SCT", row["snomed_meaning"]),
        modifier,
        (int(row["red"]), int(row["green"]), int(row["blue"])),
    )
