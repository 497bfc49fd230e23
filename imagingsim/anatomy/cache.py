"""Things that are slow to make, kept on disk by the hash of what they are made from."""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

VARIABLE = "IMAGINGSIM_CACHE"
VERSION = "2"
"""Change it when a generator or the baking changes what it makes."""

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

    A folder that cannot be written to is no error: the thing is then made each time.
    """
    file = folder() / kind / f"{key}.npz"
    if file.is_file():
        try:
            with np.load(file) as kept:
                return {name: kept[name] for name in kept.files}
        except (OSError, ValueError):
            file.unlink(missing_ok=True)
    made = make()
    try:
        _write(file, made)
    except OSError:
        return made
    return made


def _write(file: Path, arrays: Arrays) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".npz")
    with os.fdopen(handle, "wb") as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]
    Path(name).replace(file)
