"""Content files whose trees are kept, because reading much YAML takes seconds."""

import json
from typing import TypeVar

import numpy as np

from imagingsim.anatomy import cache
from imagingsim.content import Document, Library, structure
from imagingsim.errors import ContentError, UnknownNameError

T = TypeVar("T")


def read_kept(library: Library, kind: str, folder: str, name: str, into: type[T]) -> T:
    """Read ``folder/name.yaml`` into the record ``into``; ``kind`` names it in messages."""
    file = f"{folder}/{name}.yaml"
    if not library.has(file):
        raise UnknownNameError.of(kind, name, library.names(folder))

    def make() -> cache.Arrays:
        tree = json.dumps(library.document(file).tree)
        return {"json": np.frombuffer(tree.encode("utf-8"), np.uint8)}

    kept = cache.keep("regions", cache.digest(library.text(file)), make)["json"]
    try:
        return structure(Document(json.loads(kept.tobytes()), file), into)
    except ContentError:
        return structure(library.document(file), into)
