"""Objects that scanners are tested with, written in the grammar of bodies."""

from dataclasses import dataclass

from imagingsim.anatomy.body import Body
from imagingsim.anatomy.compiler import expand
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.records import BodyRecord, Source, Structure
from imagingsim.anatomy.solid_records import Point
from imagingsim.content import Library, record
from imagingsim.errors import ContentError

FOLDER = "phantoms/quality"
GRAMMAR = "imagingsim.object/1"


@record
class Insert:
    """A rod of known CT number: its centre, and the range it must read in at 120 kVp."""

    structure: str
    at_mm: Point
    radius_mm: float
    hu: tuple[float, float]


@record
class Uniform:
    """A part of nothing but water: where it lies along the object, and how wide it is."""

    from_mm: float
    to_mm: float
    radius_mm: float


@record
class QualityFile:
    """A file of ``phantoms/quality``.

    Attributes
    ----------
    length_mm
        Where the object begins and ends along the scanner.
    wire_mm
        A point of the thin wire along the scanner that shows the resolution.
    """

    object: str
    title: str
    length_mm: tuple[float, float]
    structures: tuple[Structure, ...]
    inserts: tuple[Insert, ...]
    uniform: Uniform
    wire_mm: Point
    sources: tuple[Source, ...]


@dataclass(frozen=True, eq=False)
class QualityObject:
    """A test object: what its file says, and its phantom."""

    name: str
    file: QualityFile
    phantom: Phantom


def read_quality_object(library: Library, name: str) -> QualityObject:
    """Read a test object.

    Raises
    ------
    ContentError
        Naming the file and line of everything that is wrong.
    """
    file = library.read("test object", FOLDER, name, QualityFile)
    document = library.document(f"{FOLDER}/{name}.yaml")
    if file.object != GRAMMAR:
        raise ContentError(
            document.problem(f"grammar {file.object!r} is not known; write {GRAMMAR}", "object")
        )
    known = {structure.id for structure in file.structures}
    problems = [
        document.problem(f"there is no structure {insert.structure!r}", "inserts", k, "structure")
        for k, insert in enumerate(file.inserts)
        if insert.structure not in known
    ]
    if problems:
        raise ContentError("\n".join(problems))
    body = Body(name, BodyRecord(title=file.title), tuple(expand(file.structures)), {}, {})
    return QualityObject(name, file, Phantom(body))
