"""The napari plugin: reads DICOM and NIfTI, and shows them as a radiologist expects.

It knows no physics. Everything is drawn in one world, the body's own in millimetres, with axes
superior, posterior, left, and only with positive, axis-aligned scales: napari draws oblique
affines in the wrong place and cannot slice permuted ones.
"""

from typing import Any

__all__ = ["open_case", "open_folder", "open_study"]


def __getattr__(name: str) -> Any:
    """Import the openers when they are asked for: napari loads this package to list its readers."""
    if name in __all__:
        from imagingsim_viewer import opening

        return getattr(opening, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
