"""Finds, reads and checks the declarative content; knows no anatomy and no physics."""

from imagingsim.content.library import Library, library
from imagingsim.content.reading import Document, Place, load, parse, record, schema, structure

__all__ = [
    "Document", "Library", "Place", "library", "load", "parse", "record", "schema", "structure",
]  # fmt: skip
