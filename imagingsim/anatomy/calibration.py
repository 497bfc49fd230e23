"""Growth that brings organs to their reference masses: a table beside the body's region files.

`imagingsim body calibrate` solves and writes it; nobody edits it by hand.
"""

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imagingsim.anatomy.records import Structure
from imagingsim.content import Library
from imagingsim.errors import ContentError

FILE = "calibration.csv"
HEADER = ["structure", "grow_mm", "thicken_mm"]
REMEDY = "run `imagingsim body calibrate` again, or remove the line"


@dataclass(frozen=True)
class Growth:
    """What calibration adds to a structure.

    Attributes
    ----------
    grow_mm
        To its surface, outwards.
    thicken_mm
        To its wall, inwards.
    """

    grow_mm: float = 0.0
    thicken_mm: float = 0.0


def read_growth(library: Library, folder: str) -> Mapping[str, Growth]:
    """Return the calibration of a body's folder; nothing is grown where there is no table.

    Raises
    ------
    ContentError
        Listing every line that is malformed.
    """
    file = f"{folder}/{FILE}"
    if not library.has(file):
        return {}
    found: dict[str, Growth] = {}
    problems = []
    lines = library.text(file).splitlines()
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), 0)
    if lines[first].split(",") != HEADER:
        raise ContentError(f"{file}:{first + 1}: the header must read {','.join(HEADER)}")
    for number, row in enumerate(csv.reader(lines[first + 1 :]), start=first + 2):
        try:
            name, grow, thicken = row
            found[name] = Growth(float(grow), float(thicken))
        except ValueError:
            problems.append(f"{file}:{number}: needs a name and two numbers; {REMEDY}")
    if problems:
        raise ContentError("\n".join(problems))
    return found


def grow(structures: Iterable[Structure], growth: Mapping[str, Growth]) -> tuple[Structure, ...]:
    """Return structures with their calibration added."""
    return tuple(_grown(s, growth.get(s.id)) for s in structures)


def table(growth: Mapping[str, Growth], note: str) -> str:
    """Return the text of a calibration table: sorted, in hundredths of a millimetre."""
    out = io.StringIO()
    for line in note.splitlines():
        out.write(f"# {line}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for name in sorted(growth):
        one = growth[name]
        writer.writerow([name, f"{one.grow_mm:.2f}", f"{one.thicken_mm:.2f}"])
    return out.getvalue()


def _grown(structure: Structure, more: Growth | None) -> Structure:
    if more is None:
        return structure
    return dataclasses.replace(
        structure,
        grow_mm=structure.grow_mm + more.grow_mm,
        thicken_mm=structure.thicken_mm + more.thicken_mm,
    )
