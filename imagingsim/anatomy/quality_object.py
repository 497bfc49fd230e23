"""Objects that scanners are tested with, written in the grammar of bodies."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagingsim.anatomy.body import Body
from imagingsim.anatomy.compiler import expand
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.records import BodyRecord, Source, Structure
from imagingsim.anatomy.solid_records import Point
from imagingsim.content import Document, Library, record
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
class FaintRod:
    """A rod hardly brighter than the water around it, for the contrast to noise ratio."""

    structure: str
    at_mm: Point
    radius_mm: float


@record
class LinePairs:
    """Bars along y, as wide as the gaps between them, repeated along x around a place."""

    structure: str
    at_mm: Point
    lp_cm: float
    bar_mm: float


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
    inserts, faint, line_pairs
        Modules that a plain cylinder has none of.
    edges
        The inserts whose edges show how sharp an edge of their contrast is.
    wire_mm
        A point of the thin wire along the scanner that shows the resolution.
    """

    object: str
    title: str
    length_mm: tuple[float, float]
    structures: tuple[Structure, ...]
    uniform: Uniform
    sources: tuple[Source, ...]
    inserts: tuple[Insert, ...] = ()
    edges: tuple[str, ...] = ()
    faint: tuple[FaintRod, ...] = ()
    line_pairs: tuple[LinePairs, ...] = ()
    wire_mm: Point | None = None


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
    problems = [*_strangers(file, document)]
    if problems:
        raise ContentError("\n".join(problems))
    body = Body(name, BodyRecord(title=file.title), tuple(expand(file.structures)), {}, {})
    return QualityObject(name, file, Phantom(body))


def _strangers(file: QualityFile, document: Document) -> Iterator[str]:
    """Yield a complaint about each part of a module that no structure makes."""
    known = {structure.id for structure in file.structures}
    for module in ("inserts", "faint", "line_pairs"):
        for k, part in enumerate(getattr(file, module)):
            if part.structure not in known:
                yield document.problem(
                    f"there is no structure {part.structure!r}", module, k, "structure"
                )
    inserts = {insert.structure for insert in file.inserts}
    for k, name in enumerate(file.edges):
        if name not in inserts:
            yield document.problem(f"{name!r} is not among the inserts", "edges", k)
