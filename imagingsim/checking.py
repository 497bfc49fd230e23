"""Checks content files of any kind, and gives the JSON Schema of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from imagingsim import cohort, compare, department, scan, survey, teaching, workup
from imagingsim.anatomy import (
    BodyFile,
    CaseFile,
    HabitusFile,
    Phantom,
    QualityFile,
    RegionFile,
    StateFile,
    check_habitus,
    read_body,
    read_case,
    read_quality_object,
)
from imagingsim.content import Document, Library, load, schema, structure
from imagingsim.errors import FormatError, ImagingSimError, UnknownNameError
from imagingsim.tissue import read_tissues

_PROMISE = "breaks a promise"
Check = Callable[[Library, str], object]


@dataclass(frozen=True)
class Kind:
    """A kind of content file: where it lives, what it is read into, what else must hold."""

    name: str
    folder: str
    record: type[Any] | None
    check: Check | None = None


def _population(content: Library, name: str) -> object:
    return cohort.read_population(content, name, workup.read_catalogue(content))


def _department(content: Library, name: str) -> object:
    return department.read_department(content, name, workup.read_catalogue(content)).checked()


def _ratings(content: Library, name: str) -> object:
    return teaching.read_ratings(content, name, workup.read_catalogue(content))


def _rubric(content: Library, _: str) -> object:
    return teaching.read_rubric(content, workup.read_catalogue(content))


def _catalogue(content: Library, _: str) -> object:
    return workup.read_catalogue(content), compare.read_doubts(content)


def _tissues(content: Library, _: str) -> object:
    return read_tissues(content)


def _references(content: Library, _: str) -> object:
    return survey.read_references(content)


KINDS = (
    Kind("case", "phantoms/cases", CaseFile, read_case),
    Kind("acquisition", "protocols/acquisition", scan.AcquisitionProtocol, scan.read_acquisition),
    Kind("workup", "protocols/workups", workup.ProtocolFile, workup.read_protocol),
    Kind("population", "protocols/populations", cohort.PopulationFile, _population),
    Kind("department", "protocols/departments", department.DepartmentFile, _department),
    Kind("appropriateness", "protocols/appropriateness", teaching.Appropriateness, _ratings),
    Kind("rubric", "protocols/teaching", teaching.Rubric, _rubric),
    Kind("body", "phantoms/bodies", BodyFile),
    Kind("gallery", "phantoms/bodies", survey.Gallery),
    Kind("reference", "phantoms/bodies", survey.ReferenceFile, _references),
    Kind("habitus", "phantoms/bodies", HabitusFile, check_habitus),
    Kind("state", "phantoms/bodies", StateFile),
    Kind("region", "phantoms/bodies", RegionFile),
    Kind("test object", "phantoms/quality", QualityFile, read_quality_object),
    Kind("tissues", "phantoms/tissues", None, _tissues),
    Kind("catalogue", "protocols/catalogue", None, _catalogue),
)
"""In the order a file's place is looked up."""

_OWN_FILES = {
    "body": "body.yaml", "gallery": "gallery.yaml", "habitus": "habitus.yaml",
    "reference": "reference.yaml", "state": "state.yaml",
}  # fmt: skip
"""Kinds of which a folder has one, under this name."""


def problems(files: list[Path], content: Library, *, shapes: bool = True) -> list[str]:
    """Return every problem of some content files, one line each.

    Parameters
    ----------
    shapes
        Whether the bodies that files describe are sampled and looked at too, which takes a while.
    """
    lines = [line for file in files for line in _problems(file, content)]
    if lines or not shapes:
        return lines
    looked = Shapes(content)
    return [line for file in files for line in looked.problems(file)]


def never_held(files: list[Path], content: Library, *, count: int) -> list[str]:
    """Return the conditions of workup protocols that hold in no virtual patient, with their lines.

    Every population of a protocol's differential is asked; a condition that holds in one of them is
    left out.
    """
    lines = []
    for file in files:
        place = _place(file)
        if place is not None and place[1].name == "workup":
            lines += _never_held(file, Library((place[0], *content.roots)), count)
    return lines


def _never_held(file: Path, content: Library, count: int) -> list[str]:
    catalogue = workup.read_catalogue(content)
    protocol = workup.read_protocol(content, file.stem, catalogue)
    read = (cohort.read_population(content, one, catalogue) for one in cohort.populations(content))
    found: list[set[str]] = []
    for population in read:
        if population.file.differential == protocol.file.differential:
            plan = cohort.Plan.of(protocol, population)
            covered = cohort.coverage(plan, count=count)
            document = load(file.read_text(encoding="utf-8"), where=str(file))
            found.append(set(cohort.never(document, covered, count)))
    if not found:
        return [f"{file}:1: no population has its differential, so no virtual patient was asked"]
    kept = [line for line in found[0] if all(_about(line) in map(_about, one) for one in found)]
    return sorted(kept, key=lambda line: int(line.split(":")[1]))


def _about(line: str) -> str:
    """Return which condition a line is about."""
    return line.rsplit(": ", 1)[0]


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of content file."""
    for kind in KINDS:
        if kind.name == name and kind.record is not None:
            return schema(kind.record)
    known = [kind.name for kind in KINDS if kind.record is not None]
    raise UnknownNameError.of("kind of content file", name, known)


def one_of(what: str, said: str, choices: Any) -> Any:
    """Return a word of the command line that must be one of a ``Literal``'s."""
    if said not in get_args(choices):
        raise UnknownNameError.of(what, said, get_args(choices))
    return said


def writable(target: Path, *, force: bool, suffix: str = "") -> None:
    """Refuse a target that exists or has the wrong ending, before any work is done."""
    if not target.name.endswith(suffix):
        raise FormatError(f"{target} must end in {suffix}.")
    if target.exists() and not force:
        raise FormatError(
            f"{target} exists and is not overwritten. Choose another name, or use --force."
        )


@dataclass
class Shapes:
    """Looks at the bodies that region files describe; each body is sampled once."""

    content: Library

    def __post_init__(self) -> None:
        """Start with no body seen."""
        self._seen: dict[tuple[Path, str, str], tuple[survey.Scout, list[survey.Fault]]] = {}

    def problems(self, file: Path) -> list[str]:
        """Return the faults of a body's shapes that stand in a file, with their lines."""
        place = _place(file)
        if place is None or place[1].name != "region":
            return []
        root, kind = place
        body, _, region = (
            file.resolve().relative_to(root / kind.folder).with_suffix("").as_posix()
        ).rpartition("/")
        if not (file.parent / "body.yaml").is_file():
            return []
        arms = region.removeprefix("arms_") if region.startswith("arms_") else "down"
        document = load(file.read_text(encoding="utf-8"), where=str(file))
        places = _places(document)
        out = []
        for name, message in self._faults(root, body, arms, region):
            if name in places:
                out.append(document.problem(f"{name} {message}", *places[name]))
            elif message.startswith(_PROMISE):
                out.append(document.problem(message))
        return out

    def _faults(self, root: Path, body: str, arms: str, region: str) -> Iterator[tuple[str, str]]:
        """Give (structure, or the body; what is wrong) of a body, as one region minds it."""
        content = Library((root, *self.content.roots))
        file = survey.read_references(content).file
        key = (root, body, arms)
        if key not in self._seen:
            scout = survey.Scout(Phantom(read_body(content, body, arms=arms)))
            self._seen[key] = scout, survey.shape_faults(scout, file.surface)
        scout, faults = self._seen[key]
        for fault in faults:
            yield fault.structure, str(fault)
        for promise in file.topology:
            if promise.region == region:
                for breach in survey.judge(scout, promise):
                    if breach.at_mm is not None:
                        yield breach.structures, f"{_PROMISE}: {breach}"


def _places(document: Document) -> dict[str, tuple[str | int, ...]]:
    """Return where each structure of a region file stands; all levels and sides of an entry."""
    found: dict[str, tuple[str | int, ...]] = {}
    for i, entry in enumerate(document.tree.get("structures") or ()):
        for level in entry.get("levels") or ("",):
            for side in ("left", "right"):
                name = str(entry.get("id")).replace("{level}", level).replace("{side}", side)
                found[name] = ("structures", i, "id")
    return found


def _problems(file: Path, content: Library) -> list[str]:
    if not file.is_file():
        return [f"{file}:1: no such file; check the path"]
    place = _place(file)
    if place is None:
        return [
            f"{file}:1: not a content file; it must lie in a folder such as "
            f"{', '.join(sorted({kind.folder for kind in KINDS}))}"
        ]
    root, kind = place
    try:
        _check(file, root, kind, Library((root, *content.roots)))
    except ImagingSimError as error:
        return str(error).splitlines()
    return []


def _place(file: Path) -> tuple[Path, Kind] | None:
    """Return the root of the library a file lies in, and its kind."""
    whole = file.resolve()
    for root in whole.parents:
        inside = whole.relative_to(root).as_posix()
        for kind in KINDS:
            fits = _OWN_FILES.get(kind.name, file.name) == file.name
            if inside.startswith(f"{kind.folder}/") and fits:
                return root, kind
    return None


def _check(file: Path, root: Path, kind: Kind, content: Library) -> None:
    inside = file.resolve().relative_to(root).as_posix()
    if kind.record is not None:
        structure(load(file.read_text(encoding="utf-8"), where=str(file)), kind.record)
    name = inside.removeprefix(f"{kind.folder}/").removesuffix(".yaml")
    if kind.check:
        kind.check(content, name)
    elif kind.name == "body":
        read_body(content, name.removesuffix("/body"))
