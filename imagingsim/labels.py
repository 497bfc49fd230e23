"""Labels: a map of numbered structures on a grid, and what each number means."""

from dataclasses import dataclass

from imagingsim.errors import GeometryError
from imagingsim.volume import Volume

FIRST_LESION = 1000
"""Label numbers from here on are lesions; smaller ones stand in ``phantoms/bodies/labels.csv``."""


@dataclass(frozen=True)
class Code:
    """A coded concept: value, coding scheme (``"SCT"``, ``"DCM"``) and meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True)
class Segment:
    """What one label number means.

    Attributes
    ----------
    number
        The value in the label map, 1 or larger.
    name
        The label, e.g. ``"adrenal_gland_left"`` or ``"lesion_liver_met_1"``.
    modifier
        Usually the side; None when there is none.
    colour
        (red, green, blue), 0 to 255.
    """

    number: int
    name: str
    category: Code
    kind: Code
    modifier: Code | None
    colour: tuple[int, int, int]

    @property
    def is_lesion(self) -> bool:
        """Whether this is a lesion rather than normal anatomy."""
        return self.number >= FIRST_LESION


@dataclass(frozen=True, eq=False)
class LabelVolume:
    """The ground truth behind a series: which structure each voxel belongs to.

    Attributes
    ----------
    volume
        Whole numbers, quantity ``"label"``, unit ``"1"``; 0 is background.
    segments
        One for each number that occurs, in ascending order.
    series
        Name of the series on whose grid the labels lie.
    """

    volume: Volume
    segments: tuple[Segment, ...]
    series: str

    def __post_init__(self) -> None:
        """Refuse labels that are not whole numbers, or described twice."""
        if self.volume.array.dtype.kind not in "ui":
            raise GeometryError(
                f"A label map holds whole numbers, got an array of {self.volume.array.dtype}."
            )
        numbers = [segment.number for segment in self.segments]
        if numbers != sorted(set(numbers)) or min(numbers, default=1) < 1:
            raise GeometryError(
                f"Segments must be numbered from 1 in ascending order, each once; got {numbers}."
            )
