"""What report and viewer share: display grid, planes and sides, windows, statistics, pictures.

No Qt, no napari, no files. Pictures follow the radiological convention in the LPS world.
"""

from imagingsim.display.pictures import (
    Picture,
    annotate,
    contact_sheet,
    fused_picture,
    mip_picture,
    outline,
    outline_lesions,
    png,
    ring,
    side_by_side,
    slice_picture,
)
from imagingsim.display.planes import AXES, OPPOSITE, PLANES, Plane, axis_letter, canonical
from imagingsim.display.statistics import (
    Statistics,
    centre_of,
    length_mm,
    mask_statistics,
    sphere_statistics,
    suv,
    suv_peak,
)
from imagingsim.display.views import View, close_up, cut, projection, whole_view
from imagingsim.display.windows import (
    CT_WINDOWS,
    SUV_WINDOWS,
    Window,
    window_for,
    window_named,
)

__all__ = [
    "AXES", "CT_WINDOWS", "OPPOSITE", "PLANES", "SUV_WINDOWS", "Picture", "Plane", "Statistics",
    "View", "Window", "annotate", "axis_letter", "canonical", "centre_of", "close_up",
    "contact_sheet", "cut", "fused_picture", "length_mm", "mask_statistics", "mip_picture",
    "outline", "outline_lesions", "png", "projection", "ring", "side_by_side", "slice_picture",
    "sphere_statistics", "suv", "suv_peak", "whole_view", "window_for", "window_named",
]  # fmt: skip
