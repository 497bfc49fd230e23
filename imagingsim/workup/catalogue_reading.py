"""Reads ``protocols/catalogue``, all of it, and refuses what does not fit together."""

from dataclasses import dataclass, field
from typing import TypeVar

from imagingsim.content import Document, Library, structure
from imagingsim.errors import ContentError, WorkupError
from imagingsim.reading.detection_records import tables
from imagingsim.workup.catalogue import (
    FOLDER,
    Catalogue,
    Differential,
    Markers,
    Priors,
    Procedures,
    Rules,
    Studies,
    Tariff,
)
from imagingsim.workup.catalogue_faults import check_catalogue
from imagingsim.workup.consequences import Conflicts, Incidentals
from imagingsim.workup.evidence import Evidence
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.waits import Waits

T = TypeVar("T")


def read_catalogue(library: Library) -> Catalogue:
    """Read ``protocols/catalogue``.

    Raises
    ------
    ContentError
        Listing what is malformed, what one file names and another lacks, and what does nothing.
    """
    shelf = _Shelf(library)
    rules = shelf.read("safety", Rules).rules
    conflicts = shelf.read("conflicts", Conflicts).conflicts
    catalogue = Catalogue(
        studies=shelf.read("studies", Studies).studies,
        waits=shelf.read("waits", Waits),
        tariff=shelf.read("tariffs", Tariff),
        rules={
            name: (rule, shelf.guard("safety", "rules", name, rule.when))
            for name, rule in rules.items()
        },
        procedures=shelf.read("procedures", Procedures).procedures,
        markers=shelf.read("ihc", Markers).markers,
        differentials=shelf.read("priors", Priors).differentials,
        evidence=shelf.read("evidence", Evidence),
        conflicts={
            name: (one, shelf.guard("conflicts", "conflicts", name, one.when) if one.when else None)
            for name, one in conflicts.items()
        },
        incidentals=dict(shelf.read("incidentals", Incidentals).incidentals.items()),
        detection=tables(library),
    )
    check_catalogue(catalogue, shelf.documents)
    return catalogue


def differential_of(document: Document, name: str, catalogue: Catalogue) -> Differential:
    """Return the differential that a protocol's or a population's file names.

    Raises
    ------
    ContentError
        With the line of the name, when the catalogue knows none such.
    """
    if name not in catalogue.differentials:
        known = ", ".join(sorted(catalogue.differentials))
        message = f"unknown differential {name!r}; known: {known}"
        raise ContentError(document.problem(message, "differential"))
    return catalogue.differentials[name]


@dataclass
class _Shelf:
    """The files of the catalogue, read one by one and kept for their lines."""

    library: Library
    documents: dict[str, Document] = field(default_factory=dict)

    def read(self, name: str, into: type[T]) -> T:
        """Return a file as a record."""
        self.documents[name] = self.library.document(f"{FOLDER}/{name}.yaml")
        return structure(self.documents[name], into)

    def guard(self, file: str, group: str, name: str, text: str) -> Guard:
        """Return a condition of a file."""
        try:
            return guard(text)
        except WorkupError as error:
            place = (group, name, "when")
            raise ContentError(self.documents[file].problem(str(error), *place)) from error
