"""What an observer's channels gathered of each row of a table, and what it makes of that."""

from dataclasses import dataclass, field

import numpy as np

from imagingsim.reading.detection_records import NONE, Row
from imagingsim.reading.model_observer import hotelling
from imagingsim.units import FloatArray

Key = tuple[str, str, float, str]
"""Region, series, dose, artefact."""


@dataclass
class Gathered:
    """What the channels saw of one row: a pair of lists per height.

    Attributes
    ----------
    absent
        (places, realisations, channels) per height.
    signal
        (sizes, places, channels) per height.
    contrast
        Mean difference of the largest lesions.
    """

    absent: list[FloatArray] = field(default_factory=list)
    signal: list[FloatArray] = field(default_factory=list)
    contrast: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)


def rows_of(gathered: dict[Key, Gathered], shares: dict[str, float]) -> tuple[Row, ...]:
    """Return what an observer makes of all heights together, row by row."""
    return tuple(_row(key, one, gathered, shares) for key, one in gathered.items())


def _row(key: Key, one: Gathered, gathered: dict[Key, Gathered], shares: dict[str, float]) -> Row:
    region, series, dose, artefact = key
    absent, clean = np.concatenate(one.absent), None
    if artefact != NONE:
        beside = zip(gathered[region, series, dose, NONE].heights,
                     gathered[region, series, dose, NONE].absent, strict=True)  # fmt: skip
        clean = np.concatenate([some for height, some in beside if height in one.heights])
    found = [hotelling(absent, size, clean) for size in np.concatenate(one.signal, axis=1)]
    return Row(
        region=region, series=series, dose=dose, artefact=artefact,
        contrast=round(float(np.mean(one.contrast)), 2),
        share=1.0 if artefact == NONE else round(shares[region], 3), places=len(absent),
        d_prime=tuple(round(each.d_prime, 3) for each in found),
        error=tuple(round(each.error, 3) for each in found),
    )  # fmt: skip
