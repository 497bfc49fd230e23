"""Finds, reads and checks the declarative content; knows no anatomy and no physics."""

from imagingsim.content.library import Library, library
from imagingsim.content.reading import Document, Place, load, parse, record, schema, structure
from imagingsim.content.sources import placeholders
from imagingsim.content.writing import written

__all__ = [
    "Document", "Library", "Place", "library", "load", "parse", "placeholders", "record", "schema",
    "structure", "written",
]  # fmt: skip
