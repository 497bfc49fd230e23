"""How this room compiles its kernels.

No fused or reordered arithmetic: a point gives the same bits whatever batch it stands in, which
is what makes a slab equal the whole volume byte for byte. Numba does not notice when a kernel of
another file changes: after editing a kernel, touch `interpreter.py`.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
_KEPT: dict[str, Any] = {
    "cache": True,
    "fastmath": {"nnan", "ninf", "nsz", "arcp"},
    "error_model": "numpy",
}
_BORROWING = {**_KEPT, "_nrt": False}


def compiled(function: F) -> F:
    """Compile a kernel, and keep it on disk for the next start."""
    return cast("F", njit(**_KEPT)(function))


def compiled_borrowing(function: F) -> F:
    """Compile a kernel that makes no arrays, and keep it on disk for the next start.

    It borrows its arrays: counting references to them, atomically and from all threads, took a
    third of the time of a sample.
    """
    return cast("F", njit(**_BORROWING)(function))


def compiled_inline(function: F) -> F:
    """Compile a kernel into its callers, for what is called per point or per instruction.

    Handing over the scratch and the tables copies 250 words, which took another third.
    """
    return cast("F", njit(forceinline=True, **_BORROWING)(function))


def compiled_parallel(function: F) -> F:
    """Compile a kernel whose `prange` loops run on all threads."""
    return cast("F", njit(parallel=True, **_KEPT)(function))
