"""Folders that appear whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagingsim.errors import FormatError


@contextmanager
def new_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill; it becomes ``folder`` when the block ends without error.

    Parameters
    ----------
    folder
        Where the content shall be; its parents are made.
    force
        Replace a folder that exists.

    Raises
    ------
    FormatError
        When ``folder`` exists and ``force`` is false.
    """
    if folder.exists() and not force:
        raise FormatError(
            f"{folder} exists and is not overwritten. Choose another folder, or use --force."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        _replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(partial: Path, folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
    elif folder.exists():
        folder.unlink()
    partial.rename(folder)
