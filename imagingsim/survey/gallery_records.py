"""What a gallery of a body shows, as it is written down."""

from imagingsim.content import record
from imagingsim.ct.settings import Phase

Range = tuple[float, float]


@record
class Sheet:
    """One contact sheet: slices of one plane in one window, or a projection.

    Attributes
    ----------
    plane
        ``axial``, ``coronal`` or ``sagittal``.
    window
        A preset of the viewers, or ``labels`` for the label map in its colours.
    at
        Caption of each slice, and where it lies: mm along the plane's axis, or a landmark.
    projection
        Show the largest CT number along the plane's axis instead of slices (MIP).
    phase
        Phase of contrast.
    columns
        Pictures in a row.
    box_mm
        Another rectangle than the region's: ranges left, posterior, superior.
    """

    plane: str
    window: str = "soft"
    at: dict[str, float | str] | None = None
    projection: bool = False
    phase: Phase = "portal_venous"
    columns: int = 3
    pixel_mm: float | None = None
    box_mm: tuple[Range, Range, Range] | None = None


@record
class GalleryRegion:
    """A region of the body: what its pictures show of it, in millimetres of a frame."""

    box_mm: tuple[Range, Range, Range]
    sheets: dict[str, Sheet]
    frame: str = "body"
    pixel_mm: float = 0.8
    note: str | None = None


@record
class Gallery:
    """The file ``gallery.yaml``: the named slices and projections of every region.

    Attributes
    ----------
    noise_hu
        Noise of each window's pictures when it is asked for, HU.
    noise_blur_mm
        Width (standard deviation) of the grain.
    """

    regions: dict[str, GalleryRegion]
    noise_hu: dict[str, float]
    noise_blur_mm: float = 0.5
