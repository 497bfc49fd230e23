"""Kept blocks: what an interrupted comparison has done so far, one file a block."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from imagingsim.compare.runs import BLOCK, Comparison
from imagingsim.errors import FormatError

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
        if folder.exists() and not folder.is_dir():
            raise FormatError(f"{folder} is a file. Choose another name for the folder.")
        if not known and folder.is_dir() and any(folder.iterdir()):
            raise FormatError(
                f"{folder} exists and is not overwritten. Choose another folder, or use --force."
            )
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
                f"{folder.parent} holds another comparison: protocols, catalogue, population or "
                "seed differ. Choose another folder, or use --force."
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
        file = self._file(first, frame.height)
        partial = file.with_name(f".{file.name}.partial")
        frame.write_parquet(partial)
        partial.replace(file)

    def _file(self, first: int, count: int) -> Path:
        return self.folder / f"{self.folder.name}_{first:010d}_{count:05d}.parquet"


def fingerprint(asked: Comparison, *more: object) -> str:
    """Return a text that differs when anything differs that a patient's fate depends on."""
    catalogue = asked.protocols[0].catalogue
    parts = (
        BLOCK, asked.seed, [(one.id, one.file) for one in asked.protocols], asked.population.file,
        catalogue.studies, catalogue.waits, catalogue.tariff, catalogue.procedures,
        catalogue.markers, catalogue.differentials, catalogue.evidence,
        [rule for rule, _ in catalogue.rules.values()], *more,
    )  # fmt: skip
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest() + "\n"
