"""The content library: which content files exist, and where.

The built-in content lives in ``phantoms/`` and ``protocols/`` at the top of the repository. A
wheel carries the same two folders inside the package, under ``imagingsim/_content/``. This module
is the only place that knows that.
"""

import os
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from imagingsim.content.reading import Document, load, structure
from imagingsim.errors import ContentError, UnknownNameError

T = TypeVar("T")
VARIABLE = "IMAGINGSIM_LIBRARY"


@dataclass(frozen=True)
class Library:
    """Folders holding ``phantoms/`` and ``protocols/``, searched in order."""

    roots: tuple[Traversable, ...]

    def names(self, folder: str, suffix: str = ".yaml") -> tuple[str, ...]:
        """Return the sorted names below ``folder``, without ``suffix``, e.g. ``net_72f``."""
        found: set[str] = set()
        for root in self.roots:
            place = root.joinpath(*folder.split("/"))
            if place.is_dir():
                found.update(_names(place, suffix, prefix=""))
        return tuple(sorted(found))

    def text(self, name: str) -> str:
        """Return the text of a file such as ``phantoms/tissues/density.csv``."""
        return self._find(name).read_text(encoding="utf-8")

    def has(self, name: str) -> bool:
        """Tell whether a file such as ``phantoms/cases/net_72f.yaml`` exists."""
        return any(root.joinpath(*name.split("/")).is_file() for root in self.roots)

    def place(self, name: str) -> Path:
        """Return where a content file stands on disk, for what is written beside it."""
        found = self._find(name)
        if not isinstance(found, Path):
            raise ContentError(f"{name} is packed in an archive; unpack the library first.")
        return found

    def document(self, name: str) -> Document:
        """Return a parsed YAML file such as ``phantoms/cases/net_72f.yaml``."""
        return load(self.text(name), where=name)

    def read(self, kind: str, folder: str, name: str, into: type[T]) -> T:
        """Read ``folder/name.yaml`` into the record ``into``; ``kind`` names it in messages."""
        return structure(self.named(kind, folder, name), into)

    def named(self, kind: str, folder: str, name: str) -> Document:
        """Return ``folder/name.yaml`` parsed; an unknown name lists the known ones."""
        file = f"{folder}/{name}.yaml"
        if not self.has(file):
            raise UnknownNameError.of(kind, name, self.names(folder))
        return self.document(file)

    def _find(self, name: str) -> Traversable:
        for root in self.roots:
            file = root.joinpath(*name.split("/"))
            if file.is_file():
                return file
        raise ContentError(f"No content file {name} in {', '.join(str(r) for r in self.roots)}.")


def library(*folders: Path) -> Library:
    """Return ``folders``, then those of ``IMAGINGSIM_LIBRARY``, then the built-in content.

    Raises
    ------
    ContentError
        When a folder does not exist or holds neither ``phantoms/`` nor ``protocols/``.
    """
    named = [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    users = (*folders, *named)
    for folder in users:
        if not ((folder / "phantoms").is_dir() or (folder / "protocols").is_dir()):
            raise ContentError(
                f"{folder} is not a content library: it holds neither phantoms/ nor protocols/. "
                "Give the folder that contains them."
            )
    return Library((*users, _builtin()))


@cache
def _builtin() -> Traversable:
    packaged = resources.files("imagingsim") / "_content"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "phantoms").is_dir() and (checkout / "protocols").is_dir():
        return checkout
    raise ContentError(
        f"Built-in content not found: neither {packaged} nor {checkout}/phantoms exists. "
        "Reinstall imagingsim, or pass a library of your own."
    )


def _names(folder: Traversable, suffix: str, prefix: str) -> list[str]:
    found: list[str] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _names(item, suffix, f"{prefix}{item.name}/")
        elif item.name.endswith(suffix):
            found.append(f"{prefix}{item.name.removesuffix(suffix)}")
    return found
