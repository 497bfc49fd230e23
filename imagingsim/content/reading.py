"""Reads one YAML text into a data class, and says exactly what is wrong with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

import pydantic
from pydantic.dataclasses import dataclass as _pydantic_dataclass
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from imagingsim.errors import ContentError

T = TypeVar("T")
_CONFIG = pydantic.ConfigDict(extra="forbid", populate_by_name=True)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, keyword-only data class that a content file can be read into.

    Unknown keys are errors. Values are not coerced: a length written as text is refused.
    """
    make: Callable[[type[T]], type[T]] = _pydantic_dataclass(  # type: ignore[assignment]
        frozen=True, kw_only=True, config=_CONFIG
    )
    return make(cls)


@dataclass(frozen=True)
class Place:
    """Where in a content file something stands, for messages."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Document:
    """A parsed YAML text that remembers its lines."""

    tree: Any
    file: str

    def place(self, *path: str | int) -> Place:
        """Return the place of the deepest node along ``path`` that exists."""
        node: Any = self.tree
        line = 1
        for step in path:
            try:
                lines = node.lc
                position = lines.key(step) if isinstance(node, dict) else lines.item(step)
                node = node[step]
            except (AttributeError, KeyError, IndexError, TypeError):
                break
            line = position[0] + 1
        return Place(self.file, line)

    def problem(self, message: str, *path: str | int) -> str:
        """Return one line ``file:line: path: message``."""
        where = ".".join(str(step) for step in path)
        return f"{self.place(*path)}: {where + ': ' if where else ''}{message}"


def load(text: str, *, where: str) -> Document:
    """Parse YAML 1.2 text; duplicate keys and syntax errors raise `ContentError`."""
    try:
        tree = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError(f"{where}:{line}: {error.problem}. Correct the YAML there.") from error
    return Document(tree, where)


def structure(document: Document, into: type[T]) -> T:
    """Return ``document`` as an instance of the record ``into``.

    Raises
    ------
    ContentError
        Listing every problem as ``file:line: path: what, what to do``.
    """
    try:
        return pydantic.TypeAdapter(into).validate_json(json.dumps(document.tree), strict=True)
    except pydantic.ValidationError as error:
        lines = {_line(document, detail) for detail in error.errors()}
        raise ContentError("\n".join(sorted(lines, key=_natural))) from error


def parse(text: str, into: type[T], *, where: str) -> T:
    """Parse YAML 1.2 text into the record ``into``; see `load` and `structure`."""
    return structure(load(text, where=where), into)


def schema(into: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a record, for editors."""
    return pydantic.TypeAdapter(into).json_schema()


def _natural(line: str) -> tuple[int, str]:
    """Order messages by their line in the file."""
    return int(line.split(":", 2)[1]), line


_ADVICE = {
    "unexpected_keyword_argument": "unknown key; remove it or correct its spelling",
    "missing": "required key is missing; add it",
    "missing_keyword_only_argument": "required key is missing; add it",
}


def _line(document: Document, detail: Any) -> str:
    path = tuple(step for step in detail["loc"] if not _is_union_tag(step))
    message = _ADVICE.get(detail["type"]) or f"{detail['msg']}, got {_short(detail['input'])}"
    return document.problem(message, *path)


def _is_union_tag(step: str | int) -> bool:
    """Tell whether a step is pydantic's name of a union member and not a key of the file."""
    return isinstance(step, str) and (step[:1].isupper() or "[" in step or step in _TYPE_TAGS)


_TYPE_TAGS = {"str", "int", "float", "bool", "none"}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
