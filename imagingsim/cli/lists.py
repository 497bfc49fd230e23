"""Commands that list what there is: cases, protocols, populations, departments."""

from collections.abc import Iterator

from imagingsim import comparing, scripting
from imagingsim.cli.options import Libraries, content_of
from imagingsim.cli.showing import show_rows
from imagingsim.content import Library


def cases(folders: Libraries = None) -> None:
    """List the cases: id, patient, timepoints, lesions."""
    headings = ("case", "patient", "timepoints", "lesions", "title")
    show_rows(headings, _case_rows(content_of(folders)))


def protocols(folders: Libraries = None) -> None:
    """List the workup protocols: id, differential, title."""
    rows = scripting.list_protocols(content_of(folders))
    show_rows(("protocol", "differential", "title"), rows)


def populations(folders: Libraries = None) -> None:
    """List the populations of virtual patients: id, differential, title."""
    rows = scripting.list_populations(content_of(folders))
    show_rows(("population", "differential", "title"), rows)


def departments(folders: Libraries = None) -> None:
    """List the departments: id, scanners, title."""
    rows = comparing.list_departments(content_of(folders))
    show_rows(("department", "scanners", "title"), rows)


def _case_rows(content: Library) -> Iterator[tuple[str, str, str, str, str]]:
    for name in content.names("phantoms/cases"):
        case = scripting.load_case(name, content=content)
        patient = f"{case.patient.sex}, {case.patient.age_y:g}"
        points = ", ".join(point.id for point in case.timepoints)
        yield name, patient, points, str(len(case.lesion_numbers)), case.title
