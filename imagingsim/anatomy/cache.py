"""Things that are slow to make, kept on disk by the hash of what they are made from."""

import hashlib
import json
import mmap
import os
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

VARIABLE = "IMAGINGSIM_CACHE"
VERSION = "3"
"""Change it when a generator or the baking changes what it makes."""
MOST_BYTES = 10_000_000_000
"""More than this is not kept (authored: some fifteen bodies); what was used last stays."""

_NAME_AND_EXTRA = 26
"""Where the header of an archive's member tells how long its name and extras are."""
Arrays = Mapping[str, npt.NDArray[np.generic]]


def folder() -> Path:
    """Return where kept things stand: ``IMAGINGSIM_CACHE``, or the platform's cache folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "imagingsim" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "imagingsim"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "imagingsim"


def digest(*parts: object) -> str:
    """Return a hash of plain data."""
    text = json.dumps([VERSION, *parts], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:24]


def keep(kind: str, key: str, make: Callable[[], Arrays]) -> Arrays:
    """Return what ``make`` gives, from disk when it was made before.

    What was just made is read back: mapped, it is the system's to put away when memory is short.
    A folder that cannot be written to is no error: the thing is then made each time.
    """
    file = folder() / kind / f"{key}.npz"
    if file.is_file():
        with suppress(OSError):  # a folder that may only be read serves as well
            os.utime(file)
        try:
            return _mapped(file)
        except (OSError, ValueError, TypeError, struct.error, zipfile.BadZipFile):
            file.unlink(missing_ok=True)
    made = make()
    try:
        _write(file, made)
        return _mapped(file)
    except OSError:
        return made


def _mapped(file: Path) -> Arrays:
    """Return the arrays of a file as views of it: nothing is read before it is used."""
    with zipfile.ZipFile(file) as archive, file.open("rb") as raw:
        memory = mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_COPY)
        return {
            member.filename.removesuffix(".npy"): _view(memory, raw, member.header_offset)
            for member in archive.infolist()
        }


def _view(memory: mmap.mmap, raw: BinaryIO, start: int) -> npt.NDArray[np.generic]:
    """Return the array that a stored member of an archive holds; writing changes no file."""
    raw.seek(start + _NAME_AND_EXTRA)
    raw.seek(sum(struct.unpack("<HH", raw.read(4))), os.SEEK_CUR)
    np.lib.format.read_magic(raw)
    shape, backwards, kind = np.lib.format.read_array_header_1_0(raw)
    array: npt.NDArray[np.generic] = np.ndarray(
        shape, kind, memory, raw.tell(), order="F" if backwards else "C"
    )
    return array if array.flags.aligned else array.copy("K")


@cache
def _trim_once(root: Path) -> None:
    """Drop what was used longest ago, once per process, when more is kept than `MOST_BYTES`."""
    found = [(file.stat(), file) for file in root.glob("*/*.npz")]
    found.sort(key=lambda one: one[0].st_mtime, reverse=True)
    total = 0
    for about, file in found:
        total += about.st_size
        if total > MOST_BYTES:
            with suppress(OSError):  # another process may have dropped it, or hold it
                file.unlink()


def _write(file: Path, arrays: Arrays) -> None:
    _trim_once(file.parent.parent)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".npz")
    with os.fdopen(handle, "wb") as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]
    Path(name).replace(file)
