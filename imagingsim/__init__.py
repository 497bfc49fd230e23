"""A radiology imaging-workup simulator: phantoms as text, physics, and the workup as a game.

Everything it makes is synthetic and not for diagnosis.
"""

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Grid": "imagingsim.grid",
    "acquire": "imagingsim.scripting",
    "compare_protocols": "imagingsim.comparing",
    "debrief": "imagingsim.lessons",
    "library": "imagingsim.content",
    "load_case": "imagingsim.scripting",
    "raw_scan": "imagingsim.scripting",
    "reformat": "imagingsim.reformatting",
    "run_department": "imagingsim.comparing",
    "sample": "imagingsim.anatomy",
    "session": "imagingsim.lessons",
    "walk": "imagingsim.scripting",
}
__all__ = [
    "Grid", "acquire", "compare_protocols", "debrief", "library", "load_case", "raw_scan",
    "reformat", "run_department", "sample", "session", "walk",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that a room can be imported alone."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'imagingsim' has no attribute {name!r}")
