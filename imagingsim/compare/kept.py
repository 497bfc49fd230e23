"""Kept blocks: what an interrupted comparison has done so far, one file a block."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from imagingsim.compare.runs import BLOCK, Comparison
from imagingsim.errors import FormatError
from imagingsim.folders import refuse_taken, whole
from imagingsim.workup.guard import Guard

PATIENTS, MARK = "patients", "asked.txt"


@dataclass(frozen=True)
class Kept:
    """A folder of a comparison with one parquet file for each block that was done."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, asked: Comparison) -> "Kept":
        """Open a folder, and go on with what it holds if the same was asked before.

        Raises
        ------
        FormatError
            When it holds something else.
        """
        known = (folder / PATIENTS / MARK).is_file()
        refuse_taken(folder, force=known)
        return cls.part(folder / PATIENTS, fingerprint(asked))

    @classmethod
    def part(cls, folder: Path, mark: str) -> "Kept":
        """Open one part of a comparison's folder; ``mark`` tells what was asked.

        Raises
        ------
        FormatError
            When something else was asked before.
        """
        file = folder / MARK
        if file.is_file() and file.read_text(encoding="utf-8") != mark:
            raise FormatError(
                f"{folder.parent} holds another comparison: protocols, catalogue, population, "
                "seed or what is varied differ. Choose another folder, or use --force."
            )
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(mark, encoding="utf-8")
        return cls(folder)

    def read(self, first: int, count: int) -> pl.DataFrame | None:
        """Return a block of so many rows, or None when it was not done yet."""
        file = self._file(first, count)
        return pl.read_parquet(file) if file.is_file() else None

    def write(self, first: int, frame: pl.DataFrame) -> None:
        """Keep a block, whole or not at all."""
        with whole(self._file(first, frame.height)) as partial:
            frame.write_parquet(partial)

    def _file(self, first: int, count: int) -> Path:
        return self.folder / f"{self.folder.name}_{first:010d}_{count:05d}.parquet"


def fingerprint(asked: Comparison, *more: object) -> str:
    """Return a text that differs when anything differs that a patient's fate depends on."""
    protocols = [(one.id, one.file) for one in asked.protocols]
    catalogue = asked.protocols[0].catalogue
    parts = (BLOCK, asked.seed, protocols, asked.population, asked.level, catalogue, more)
    text = hashlib.blake2b(digest_size=16)
    for part in _said(parts):
        text.update(part)
    return text.hexdigest() + "\n"


def _said(value: object) -> Iterator[bytes]:
    """Yield what a value holds; of a guard its words, of an array its bytes."""
    if isinstance(value, Guard):
        yield value.text.encode()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode() + value.tobytes()
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield f"{name}:".encode()
            yield from _said(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _said(one)
    elif dataclasses.is_dataclass(value):
        yield type(value).__name__.encode()
        for field in dataclasses.fields(value):
            yield f".{field.name}=".encode()
            yield from _said(getattr(value, field.name))
    else:
        yield repr(value).encode()
