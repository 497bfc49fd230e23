"""Folders that results are left in: never half written, never overwritten unasked."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from imagingsim.errors import FormatError


def checked_folder(folder: Path, parts: Sequence[str], *, force: bool) -> None:
    """Make a folder that may be written into; with ``force`` what was left there before goes.

    Raises
    ------
    FormatError
        When it is a file, or not empty and ``force`` is false.
    """
    refuse_taken(folder, force=force)
    for part in parts:
        _remove(folder / part)
    folder.mkdir(parents=True, exist_ok=True)


def refuse_taken(folder: Path, *, force: bool) -> None:
    """Refuse a file where a folder shall be, and without ``force`` a folder that holds something.

    Raises
    ------
    FormatError
        When the folder cannot be used.
    """
    if folder.exists() and not folder.is_dir():
        raise FormatError(f"{folder} is a file. Choose another name for the folder.")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise FormatError(
            f"{folder} exists and is not overwritten. Choose another folder, or use --force."
        )


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Give a name to write to, and make that the file when all of it is there."""
    partial = file.with_name(f".{file.name}.partial")
    yield partial
    partial.replace(file)


def write_text(file: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    with whole(file) as partial:
        partial.write_text(text, encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
