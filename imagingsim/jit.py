"""How rooms other than geometry compile their kernels: kept on disk, the same bits every time."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
_KEPT: dict[str, Any] = {
    "cache": True,
    "fastmath": {"nnan", "ninf", "nsz", "arcp"},
    "error_model": "numpy",
}


def compiled(function: F) -> F:
    """Compile a kernel, and keep it on disk for the next start."""
    return cast("F", njit(**_KEPT)(function))


def compiled_parallel(function: F) -> F:
    """Compile a kernel whose `prange` loops run on all threads."""
    return cast("F", njit(parallel=True, **_KEPT)(function))
