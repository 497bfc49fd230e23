"""The file of a case, and the checks that no single record can make."""

from collections.abc import Iterator, Mapping

from imagingsim.anatomy.case_records import (
    AUTHORED,
    Candidate,
    Evidence,
    Outcome,
    Pathology,
    Patient,
    Source,
    Timepoint,
)
from imagingsim.anatomy.habitus_records import Habitus
from imagingsim.anatomy.lesion import Lesion
from imagingsim.content import Document, Library, record, structure
from imagingsim.errors import ContentError, UnknownNameError

FOLDER = "phantoms/cases"

Step = str | int


@record
class CaseFile:
    """Everything a case file says, in its order.

    Attributes
    ----------
    body
        Folder of ``phantoms/bodies``.
    protocol
        Reference protocol in ``protocols/workups``.
    workup_timepoint
        Where the workup starts.
    habitus
        What height, weight and age of the patient do not say about the body.
    """

    case: str
    title: str
    patient: Patient
    body: str
    protocol: str
    workup_timepoint: str
    sources: tuple[Source, ...]
    timepoints: tuple[Timepoint, ...]
    lesions: tuple[Lesion, ...]
    pathology: tuple[Pathology, ...]
    outcome: Outcome
    differential: tuple[Candidate, ...]
    disease: tuple[Evidence, ...]
    teaching: tuple[str, ...]
    habitus: Habitus = Habitus()


def read_file(library: Library, name: str) -> CaseFile:
    """Read and check a case file.

    Raises
    ------
    UnknownNameError
        When there is no such case.
    ContentError
        Listing every problem with its line.
    """
    document = library.named("case", FOLDER, name)
    content = structure(document, CaseFile)
    problems = check(content, document)
    if problems:
        raise ContentError("\n".join(problems))
    return content


def check(content: CaseFile, document: Document) -> list[str]:
    """Return a line ``file:line: what`` for everything in a case that does not fit together."""
    return [document.problem(text, *path) for path, text in _problems(content, document)]


def _problems(case: CaseFile, document: Document) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the place and the words of each thing that does not fit together."""
    if case.case != "imagingsim.case/1":
        yield ("case",), f"this program reads imagingsim.case/1, found {case.case!r}"
    yield from _unknown_sources(document.tree, {source.id for source in case.sources})
    yield from _timepoint_problems(case)
    yield from _lesion_problems(case)
    yield from _pathology_problems(case)
    total = sum(candidate.weight for candidate in case.differential)
    if abs(total - 1.0) > 1e-6:
        yield ("differential",), f"the weights sum to {total:.3f}; make them sum to 1"


def _unknown_sources(
    node: object, known: set[str], path: tuple[Step, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Walk the whole file: whatever is called a source must be a report or a reason."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            named = key in ("source", "size_source") and isinstance(value, str)
            if named and value not in known and not value.startswith(AUTHORED):
                yield (
                    (*path, key),
                    (
                        f"{value!r} is neither a report nor a reason; known reports: "
                        f"{', '.join(sorted(known))}; or write '{AUTHORED}why'"
                    ),
                )
            yield from _unknown_sources(value, known, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _unknown_sources(item, known, (*path, index))


def _timepoint_problems(case: CaseFile) -> Iterator[tuple[tuple[Step, ...], str]]:
    names = [timepoint.id for timepoint in case.timepoints]
    days = [timepoint.day for timepoint in case.timepoints]
    if case.workup_timepoint not in names:
        yield ("workup_timepoint",), _unknown("timepoint", case.workup_timepoint, names)
    if len(set(names)) < len(names):
        yield ("timepoints",), "two timepoints share an id; rename one"
    if days != sorted(days):
        yield ("timepoints",), "the days must not decrease; put the timepoints in order"


def _lesion_problems(case: CaseFile) -> Iterator[tuple[tuple[Step, ...], str]]:
    names = [timepoint.id for timepoint in case.timepoints]
    pathologies = [item.id for item in case.pathology]
    seen: set[str] = set()
    for index, lesion in enumerate(case.lesions):
        path: tuple[Step, ...] = ("lesions", index)
        for key in ("appears", "resected"):
            moment = getattr(lesion, key)
            if moment is not None and moment not in names:
                yield (*path, key), _unknown("timepoint", moment, names)
        for moment in lesion.size_mm:
            if moment not in names:
                yield (*path, "size_mm", moment), _unknown("timepoint", moment, names)
        if lesion.appears not in lesion.size_mm:
            yield (*path, "size_mm"), f"no size at {lesion.appears!r}, where it appears; add it"
        if lesion.pathology is not None and lesion.pathology not in pathologies:
            yield (*path, "pathology"), _unknown("pathology", lesion.pathology, pathologies)
        twice = seen.intersection(lesion.instances)
        if twice:
            yield (*path, "id"), f"the lesion id {min(twice)!r} stands twice; rename one"
        seen.update(lesion.instances)


def _pathology_problems(case: CaseFile) -> Iterator[tuple[tuple[Step, ...], str]]:
    names = [timepoint.id for timepoint in case.timepoints]
    lesions = [lesion.id for lesion in case.lesions]
    for index, item in enumerate(case.pathology):
        for number, specimen in enumerate(item.ki67):
            path: tuple[Step, ...] = ("pathology", index, "ki67", number)
            if specimen.lesion not in (None, *lesions):
                yield (*path, "lesion"), _unknown("lesion", str(specimen.lesion), lesions)
            if specimen.timepoint not in (None, *names):
                yield (*path, "timepoint"), _unknown("timepoint", str(specimen.timepoint), names)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    return str(UnknownNameError.of(kind, name, known))
