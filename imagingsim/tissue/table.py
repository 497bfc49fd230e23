"""Tissues: what every modality needs to know of a material, each value with its source."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from imagingsim.content import Library
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.tissue.properties import PROPERTIES
from imagingsim.units import FloatArray

FOLDER = "phantoms/tissues"
HEADER = ["tissue", "property", "value", "unit", "source"]


@dataclass(frozen=True)
class Quantity:
    """One value of one property of one tissue, and where it comes from."""

    value: float
    source: str


@dataclass(frozen=True)
class Tissue:
    """One material for all modalities.

    Attributes
    ----------
    values
        Quantity of each property that is known, by the names of `PROPERTIES`.
    """

    name: str
    values: Mapping[str, Quantity] = field(default_factory=dict)

    def value(self, name: str) -> float:
        """Return a property in the unit of `PROPERTIES`.

        Raises
        ------
        ContentError
            When the tables have no such value.
        """
        quantity = self.values.get(name)
        if quantity is None:
            raise ContentError(
                f"Tissue {self.name!r} has no {name!r}. "
                f"Add a line for it to a table in {FOLDER}/, with its source."
            )
        return quantity.value


@dataclass(frozen=True)
class Tissues:
    """All materials by name."""

    by_name: Mapping[str, Tissue]

    def __getitem__(self, name: str) -> Tissue:
        """Return a tissue; an unknown name lists the known ones."""
        tissue = self.by_name.get(name)
        if tissue is None:
            raise UnknownNameError.of("tissue", name, sorted(self.by_name))
        return tissue

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def array(self, names: Iterable[str], name: str) -> FloatArray:
        """Return one property of several tissues, shape (n,), float64, unit of `PROPERTIES`."""
        return np.array([self[tissue].value(name) for tissue in names], dtype=np.float64)

    def derive(self, name: str, like: str, values: Mapping[str, Quantity]) -> "Tissues":
        """Return these tissues and one more, which is ``like`` another but for ``values``."""
        unknown = sorted(set(values) - set(PROPERTIES))
        if unknown:
            raise UnknownNameError.of("tissue property", unknown[0], sorted(PROPERTIES))
        tissue = Tissue(name, {**self[like].values, **values})
        return Tissues({**self.by_name, name: tissue})


def read_tissues(library: Library) -> Tissues:
    """Read every table of ``phantoms/tissues``.

    Raises
    ------
    ContentError
        Listing every line with an unknown property, a wrong unit, a repeated or unreadable value
        or no source.
    """
    values: dict[str, dict[str, Quantity]] = {}
    problems: list[str] = []
    for table in library.names(FOLDER, ".csv"):
        file = f"{FOLDER}/{table}.csv"
        rows = csv.reader(io.StringIO(library.text(file)))
        if next(rows, None) != HEADER:
            problems.append(f"{file}:1: the header must read {','.join(HEADER)}")
            continue
        for line, row in enumerate(rows, start=2):
            problem = _add(values, row)
            if problem:
                problems.append(f"{file}:{line}: {problem}")
    if problems:
        raise ContentError("\n".join(problems))
    return Tissues({name: Tissue(name, known) for name, known in values.items()})


def _add(values: dict[str, dict[str, Quantity]], row: list[str]) -> str | None:
    """Add one line of a table to ``values``, or return what is wrong with it."""
    problem = _problem(row)
    if problem:
        return problem
    tissue, name, text, _, source = (cell.strip() for cell in row)
    if name in values.setdefault(tissue, {}):
        return f"{name} of {tissue} stands twice; keep one"
    try:
        values[tissue][name] = Quantity(float(text), source)
    except ValueError:
        return f"{text!r} is not a number; write {name} of {tissue} as one"
    return None


def _problem(row: list[str]) -> str | None:
    """Return what is wrong with one line taken by itself."""
    if len(row) != len(HEADER):
        return f"expected {len(HEADER)} columns, found {len(row)}; quote texts that hold a comma"
    tissue, name, _, unit, source = (cell.strip() for cell in row)
    if name not in PROPERTIES:
        return f"unknown property {name!r}; known: {', '.join(PROPERTIES)}"
    if unit != PROPERTIES[name]:
        return f"{name} is given in {unit!r}; convert it to {PROPERTIES[name]!r}"
    if not source:
        return f"{name} of {tissue} has no source; say where the number comes from"
    return None
