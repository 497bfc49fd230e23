"""Checks content files of any kind, and gives the JSON Schema of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagingsim import scan, workup
from imagingsim.anatomy import (
    BodyFile,
    CaseFile,
    HabitusFile,
    QualityFile,
    RegionFile,
    check_habitus,
    read_body,
    read_case,
    read_quality_object,
)
from imagingsim.content import Library, load, schema, structure
from imagingsim.errors import FormatError, ImagingSimError, UnknownNameError
from imagingsim.tissue import read_tissues

Check = Callable[[Library, str], object]


@dataclass(frozen=True)
class Kind:
    """A kind of content file: where it lives, what it is read into, what else must hold."""

    name: str
    folder: str
    record: type[Any] | None
    check: Check | None = None


KINDS = (
    Kind("case", "phantoms/cases", CaseFile, read_case),
    Kind("acquisition", "protocols/acquisition", scan.AcquisitionProtocol, scan.read_acquisition),
    Kind("workup", "protocols/workups", workup.ProtocolFile, workup.read_protocol),
    Kind("body", "phantoms/bodies", BodyFile),
    Kind("habitus", "phantoms/bodies", HabitusFile, check_habitus),
    Kind("region", "phantoms/bodies", RegionFile),
    Kind("test object", "phantoms/quality", QualityFile, read_quality_object),
    Kind("tissues", "phantoms/tissues", None),
)
"""In the order a file's place is looked up."""

_OWN_FILES = {"body": "body.yaml", "habitus": "habitus.yaml"}
"""Kinds of which a folder has one, under this name."""


def problems(files: list[Path], content: Library) -> list[str]:
    """Return every problem of some content files, one line each."""
    return [line for file in files for line in _problems(file, content)]


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of content file."""
    for kind in KINDS:
        if kind.name == name and kind.record is not None:
            return schema(kind.record)
    known = [kind.name for kind in KINDS if kind.record is not None]
    raise UnknownNameError.of("kind of content file", name, known)


def writable(target: Path, *, force: bool, suffix: str = "") -> None:
    """Refuse a target that exists or has the wrong ending, before any work is done."""
    if not target.name.endswith(suffix):
        raise FormatError(f"{target} must end in {suffix}.")
    if target.exists() and not force:
        raise FormatError(
            f"{target} exists and is not overwritten. Choose another name, or use --force."
        )


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
    if kind.record is None:
        read_tissues(content)
        return
    structure(load(file.read_text(encoding="utf-8"), where=str(file)), kind.record)
    name = inside.removeprefix(f"{kind.folder}/").removesuffix(".yaml")
    if kind.check:
        kind.check(content, name)
    elif kind.name == "body":
        read_body(content, name.removesuffix("/body"))
