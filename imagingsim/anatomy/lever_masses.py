"""What a body weighs with its levers of fat and muscle pulled: weighed once, and kept in a table.

`imagingsim body calibrate BODY --levers` samples the body with the levers pulled and writes
``lever_masses.csv`` beside it. Between the weighings a quadratic is fitted, so that a weight that
is asked for can be turned into a thickness of fat.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imagingsim.content import Library
from imagingsim.errors import ContentError
from imagingsim.units import FloatArray

FILE = "lever_masses.csv"
HEADER = ["subcutaneous_kg", "visceral_kg", "muscle_share", "gained_kg"]
REMEDY = "run `imagingsim body calibrate BODY --levers` again"
_STEPS = 60


@dataclass(frozen=True)
class Weighing:
    """A body with levers pulled, and how much more it weighs than the reference person.

    Attributes
    ----------
    subcutaneous_kg
        Amount of the lever ``subcutaneous_fat``; below 0 that of ``subcutaneous_loss``.
    visceral_kg, muscle_share
        Amounts of ``visceral_fat`` and ``muscle``.
    gained_kg
        Of the whole person, of whom the body is a part.
    """

    subcutaneous_kg: float
    visceral_kg: float
    muscle_share: float
    gained_kg: float


@dataclass(frozen=True)
class LeverMasses:
    """How much a body gains by its levers of fat and muscle."""

    weighings: tuple[Weighing, ...]

    def __post_init__(self) -> None:
        """Refuse fewer weighings than the fit has terms."""
        terms = len(_terms(0.0, 0.0, 0.0))
        if len(self.weighings) < terms:
            raise ContentError(f"{FILE} needs {terms} weighings or more; {REMEDY}")

    @property
    def range_kg(self) -> tuple[float, float]:
        """The smallest and the largest amount of fat under the skin that was weighed."""
        found = [one.subcutaneous_kg for one in self.weighings]
        return min(found), max(found)

    @cached_property
    def _fit(self) -> FloatArray:
        rows = [_terms(w.subcutaneous_kg, w.visceral_kg, w.muscle_share) for w in self.weighings]
        gained = [w.gained_kg for w in self.weighings]
        found: FloatArray = np.linalg.lstsq(np.array(rows), np.array(gained), rcond=None)[0]
        return found

    def gained_kg(self, subcutaneous_kg: float, visceral_kg: float, muscle_share: float) -> float:
        """Return how much more the person weighs than the reference person."""
        return float(np.array(_terms(subcutaneous_kg, visceral_kg, muscle_share)) @ self._fit)

    def subcutaneous_kg(self, gained_kg: float, visceral_kg: float, muscle_share: float) -> float:
        """Return the amount of fat under the skin with which the person gains so much.

        Beyond what was weighed the end of the range is returned.
        """
        low, high = self.range_kg
        for _ in range(_STEPS):
            middle = 0.5 * (low + high)
            if self.gained_kg(middle, visceral_kg, muscle_share) < gained_kg:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)


def read_lever_masses(library: Library, folder: str) -> LeverMasses | None:
    """Return the table of a body's folder, or None when it has none.

    Raises
    ------
    ContentError
        Listing every line that is malformed.
    """
    file = f"{folder}/{FILE}"
    if not library.has(file):
        return None
    lines = library.text(file).splitlines()
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), 0)
    if lines[first].split(",") != HEADER:
        raise ContentError(f"{file}:{first + 1}: the header must read {','.join(HEADER)}")
    found: list[Weighing] = []
    problems = []
    for number, row in enumerate(csv.reader(lines[first + 1 :]), start=first + 2):
        try:
            fat, inside, muscle, gained = map(float, row)
            found.append(Weighing(fat, inside, muscle, gained))
        except ValueError:
            problems.append(f"{file}:{number}: needs four numbers; {REMEDY}")
    if problems:
        raise ContentError("\n".join(problems))
    return LeverMasses(tuple(found))


def table(weighings: Iterable[Weighing], note: str) -> str:
    """Return the text of a table."""
    out = io.StringIO()
    for line in note.splitlines():
        out.write(f"# {line}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for one in weighings:
        row = (one.subcutaneous_kg, one.visceral_kg, one.muscle_share)
        writer.writerow([*(f"{value:g}" for value in row), f"{one.gained_kg:.2f}"])
    return out.getvalue()


def _terms(fat: float, inside: float, muscle: float) -> Sequence[float]:
    """Return what the gain is a sum of; losing fat is another lever than gaining it."""
    gained, lost = max(fat, 0.0), min(fat, 0.0)
    return (
        gained, gained * gained, lost, lost * lost, inside, inside * inside, muscle,
        muscle * muscle, fat * inside, fat * muscle,
    )  # fmt: skip
