"""How this room compiles its kernels.

No fused or reordered arithmetic: a point gives the same bits whatever batch it stands in, which
is what makes a slab equal the whole volume byte for byte. Numba by itself notices a change of the
file a kernel stands in, not of the files whose kernels it calls; here what is kept on disk goes
with the text of all of them.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
_ROOM = Path(__file__).parent
_IMPORT = re.compile(r"^from imagingsim\.geometry\.(\w+) import", re.MULTILINE)
_BORROWING: dict[str, Any] = {
    "cache": True,
    "fastmath": {"nnan", "ninf", "nsz", "arcp"},
    "error_model": "numpy",
    "_nrt": False,
}


def fingerprint(file: Path, room: Path = _ROOM) -> str:
    """Return a hash of a source file and of all files of the room that it imports, and so on."""
    texts: dict[str, str] = {}
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one.name not in texts:
            texts[one.name] = one.read_text(encoding="utf-8")
            waiting += [room / f"{name}.py" for name in _IMPORT.findall(texts[one.name])]
    return hashlib.sha256("\0".join(texts[name] for name in sorted(texts)).encode()).hexdigest()


@cache
def _stamp(file: str) -> str:
    return fingerprint(Path(file))


def _stamped(dispatcher: Any) -> Any:
    """Let what is kept of a kernel go stale with the files it calls, not with its own only."""
    stamp = _stamp(dispatcher.py_func.__code__.co_filename)
    dispatcher._cache._cache_file._source_stamp = stamp
    return dispatcher


def compiled_borrowing(function: F) -> F:
    """Compile a kernel that makes no arrays, and keep it on disk for the next start.

    It borrows its arrays: counting references to them, atomically and from all threads, took a
    third of the time of a sample.
    """
    return cast("F", _stamped(njit(**_BORROWING)(function)))


def compiled_inline(function: F) -> F:
    """Compile a kernel into its callers, for what is called per point or per instruction.

    Handing over the scratch and the tables copies 250 words, which took another third.
    """
    return cast("F", _stamped(njit(forceinline=True, **_BORROWING)(function)))


def compiled_threaded(function: F) -> F:
    """Compile a kernel that several threads of Python may run at the same time."""
    return cast("F", _stamped(njit(nogil=True, **_BORROWING)(function)))
