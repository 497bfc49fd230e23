"""Tables of detectability as they stand in their files, and the recipes they are made from.

Both lie in ``protocols/detectability``: ``<name>.yaml`` says what to simulate,
``<name>.table.yaml`` is what came out, with the content, seed and command that made it.
"""

from dataclasses import field
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import pydantic

from imagingsim.content import Library, record, structure
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.units import FloatArray

FOLDER = "protocols/detectability"
TABLE = ".table"
SMALLEST = 1e-3
"""Detectability below is taken for this, so that it has a logarithm."""

NONE, REDUCED = "none", "reduced"
"""Artefacts of every table: without any, and with the scanner's correction of it."""

Positive = Annotated[float, pydantic.Field(gt=0.0)]
Share = Annotated[float, pydantic.Field(ge=0.0, le=1.0)]


@record
class Target:
    """Where lesions are put, and what of.

    Attributes
    ----------
    labels
        Of the organ they lie in.
    tissue
        A tissue of ``phantoms/tissues``.
    depth_mm
        How deep in the organ the middle of a lesion lies at least.
    """

    labels: tuple[str, ...]
    tissue: str
    depth_mm: float = 6.0


@record
class Recipe:
    """What to simulate for one table.

    Attributes
    ----------
    keep
        Lesions of the case that make the artefact, e.g. cement; all others are left out.
    heights_mm
        Of the slices, in the body's frame.
    artefact_between_mm
        Lowest and highest slice that the artefact crosses.
    doses
        Tube loads over that of the acquisition; 1 alone for what is no CT.
    unenhanced
        Whether the first series is made without contrast medium too.
    places, apart_mm
        How many lesions a slice holds per organ at most, and how far from each other.
    """

    schema: Literal["imagingsim.detectability/1"]
    title: str
    case: str
    timepoint: str
    acquisition: str
    series: tuple[str, ...]
    seed: int
    realisations: Annotated[int, pydantic.Field(ge=4)]
    sizes_mm: tuple[Positive, ...]
    heights_mm: tuple[float, ...]
    targets: dict[str, Target]
    keep: str | None = None
    artefact_between_mm: tuple[float, float] | None = None
    doses: tuple[Positive, ...] = (1.0,)
    unenhanced: bool = False
    places: int = 6
    apart_mm: float = 36.0
    field_mm: float = 50.0
    source: tuple[str, ...] = ()

    def crossed(self, height_mm: float) -> bool:
        """Tell whether the artefact crosses a slice."""
        between = self.artefact_between_mm
        return between is not None and between[0] <= height_mm <= between[1]


@record
class Row:
    """Detectability in one region, series, dose and artefact, over the sizes of the table.

    Attributes
    ----------
    contrast
        Mean difference from the surroundings of the largest lesion, in the unit of the series.
    share
        Part of the organ this row speaks of: what the artefact crosses, or all of it.
    places
        How many different places were looked at.
    """

    region: str
    series: str
    dose: Positive
    artefact: str
    contrast: float
    share: Share
    places: int
    d_prime: tuple[float, ...]
    error: tuple[float, ...]


@record
class TableFile:
    """A table with what made it."""

    schema: Literal["imagingsim.detection/1"]
    title: str
    command: str
    content: str
    seed: int
    realisations: int
    settings: str
    sizes_mm: tuple[Positive, ...]
    rows: tuple[Row, ...]
    source: tuple[str, ...] = field(default_factory=tuple)


class DetectionTable:
    """How detectable lesions are, by region, series, size, dose and artefact."""

    def __init__(self, name: str, file: TableFile) -> None:
        self.name, self.file = name, file

    @cached_property
    def _logs(self) -> dict[tuple[str, str, str], tuple[FloatArray, FloatArray]]:
        """Logarithms of dose, and of detectability over dose and size, by what they are of."""
        found: dict[tuple[str, str, str], list[Row]] = {}
        for row in self.file.rows:
            found.setdefault((row.region, row.series, row.artefact), []).append(row)
        logs = {}
        for key, rows in found.items():
            rows.sort(key=lambda row: row.dose)
            values = np.log([np.maximum(row.d_prime, SMALLEST) for row in rows])
            logs[key] = (np.log([row.dose for row in rows]), values)
        return logs

    @property
    def series(self) -> set[str]:
        """The series the table knows."""
        return {row.series for row in self.file.rows}

    def covers(self, region: str, artefact: str = NONE) -> bool:
        """Tell whether the table holds a region, with an artefact."""
        return any(key[0] == region and key[2] == artefact for key in self._logs)

    def share(self, region: str, artefact: str) -> float:
        """Return the part of a region that an artefact crosses; 0 when it leaves it alone."""
        found = [r.share for r in self.file.rows if (r.region, r.artefact) == (region, artefact)]
        return max(found, default=0.0)

    def d_prime(
        self, region: str, series: tuple[str, ...], size_mm: FloatArray, *, dose: float = 1.0,
        artefact: str = NONE,
    ) -> FloatArray:  # fmt: skip
        """Return the detectability on the series that shows a lesion best.

        Parameters
        ----------
        size_mm
            Any shape; between the sizes of the table it is interpolated, and beyond them
            continued, as a power of the size.
        dose
            Over that of the acquisition; held within the doses of the table.

        Raises
        ------
        UnknownNameError
            When the table has no such region, series or artefact.
        """
        return np.max([self._of(region, one, size_mm, dose, artefact) for one in series], axis=0)

    def _of(
        self, region: str, series: str, size_mm: FloatArray, dose: float, artefact: str
    ) -> FloatArray:
        key = (region, series, artefact)
        if key not in self._logs:
            known = [" ".join(one) for one in self._logs]
            raise UnknownNameError.of(f"row of table {self.name}", " ".join(key), known)
        doses, values = self._logs[key]
        at_dose = np.array([np.interp(np.log(dose), doses, column) for column in values.T])
        return np.exp(_continued(np.log(size_mm), np.log(self.file.sizes_mm), at_dose))


def _continued(x: FloatArray, known: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate, and go on with the mean slope beyond either end."""
    slope = max(0.0, float(values[-1] - values[0]) / float(known[-1] - known[0]))
    inside = np.clip(x, known[0], known[-1])
    return np.interp(inside, known, values) + slope * (x - inside)


def tables(library: Library) -> dict[str, DetectionTable]:
    """Return every table that ships, by name."""
    found = {}
    for name in library.names(FOLDER):
        if name.endswith(TABLE):
            short = name.removesuffix(TABLE)
            found[short] = check_table(short, library.document(f"{FOLDER}/{name}.yaml"))
    return found


def check_table(name: str, document: object) -> DetectionTable:
    """Return a table whose rows are as long as its sizes.

    Raises
    ------
    ContentError
        When they are not, or anything in the text is malformed.
    """
    file = structure(document, TableFile)  # type: ignore[arg-type]
    wrong = [
        f"{FOLDER}/{name}{TABLE}.yaml: row {row.region} {row.series} {row.dose:g} {row.artefact} "
        f"has {len(row.d_prime)} figures and {len(row.error)} errors for {len(file.sizes_mm)} "
        "sizes; make the table anew"
        for row in file.rows
        if not len(row.d_prime) == len(row.error) == len(file.sizes_mm)
    ]
    if wrong:
        raise ContentError("\n".join(wrong))
    return DetectionTable(name, file)


def read_recipe(library: Library, name: str) -> Recipe:
    """Return ``protocols/detectability/<name>.yaml``."""
    return library.read("recipe of a table", FOLDER, name, Recipe)
