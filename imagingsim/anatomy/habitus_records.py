"""What a body's habitus may be, and how its levers are written down."""

import dataclasses
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from imagingsim.anatomy.deformations import Move
from imagingsim.anatomy.records import LayerRecord, Source
from imagingsim.anatomy.solid_records import Bump, Point
from imagingsim.content import record
from imagingsim.errors import ContentError

DENSITIES = ("a", "b", "c", "d")
RANGES: dict[str, tuple[float, float]] = {
    "height_m": (1.4, 2.1), "weight_kg": (35.0, 200.0), "bmi": (14.0, 60.0), "age_y": (18.0, 105.0),
    "subcutaneous_fat": (0.1, 5.0), "visceral_fat": (0.1, 5.0), "muscle": (0.6, 1.4),
    "kyphosis_deg": (-20.0, 90.0), "fracture_kyphosis_deg": (0.0, 18.0), "atrophy": (0.0, 1.2),
    "trabecular_hu": (40.0, 250.0), "aortic_calcium": (0.0, 1.3), "white_matter": (0.0, 1.2),
}  # fmt: skip
"""What an adult can be; a body may stand less, and then says so.

Authored: wider than the 1st to the 99th percentile of adults, but within what the levers stand."""
ORGAN_RANGE = (0.5, 4.0)


@record
class Habitus:
    """How a person differs from the reference person of their body; what is not given is solved.

    Attributes
    ----------
    weight_kg, bmi
        One of them at most; the fat is solved so that the body weighs that.
    subcutaneous_fat, visceral_fat
        In place of a solved value: the mass relative to the reference person's, 1 is the same.
    muscle
        Mass of skeletal muscle relative to the reference person's; declines with age by default.
    kyphosis_deg
        More than the reference person has in the thoracic spine; grows with age by default.
    fracture_kyphosis_deg
        At a fractured vertebra, see ``fracture``.
    fracture
        Level of a wedge fracture, e.g. ``"L1"``.
    organ_size
        Volume relative to the reference person's, by the names of the habitus file.
    breast_density
        ACR class.
    atrophy, aortic_calcium, white_matter
        0 none to 1 as in the oldest; by age when not given.
    trabecular_hu
        CT number of the spongiosa of L1 at 120 kVp; by age when not given.
    seed
        Individual variation; 0 is the reference person.
    """

    height_m: float | None = None
    weight_kg: float | None = None
    bmi: float | None = None
    age_y: float | None = None
    subcutaneous_fat: float | None = None
    visceral_fat: float | None = None
    muscle: float | None = None
    kyphosis_deg: float | None = None
    fracture: str | None = None
    fracture_kyphosis_deg: float = 0.0
    organ_size: dict[str, float] = field(default_factory=dict)
    breast_density: Literal["a", "b", "c", "d"] | None = None
    atrophy: float | None = None
    trabecular_hu: float | None = None
    aortic_calcium: float | None = None
    white_matter: float | None = None
    seed: int = 0
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.weight_kg is not None and self.bmi is not None:
            raise ContentError("a habitus has a weight_kg or a bmi, not both; remove one")
        if (self.fracture is None) != (self.fracture_kyphosis_deg == 0.0):
            raise ContentError("fracture and fracture_kyphosis_deg belong together; give both")
        if self.seed < 0:
            raise ContentError(f"the seed must be 0 or larger, got {self.seed}")
        if None not in (self.subcutaneous_fat, self.visceral_fat, self.weight_kg or self.bmi):
            raise ContentError(
                "with subcutaneous_fat, visceral_fat and a weight nothing is left to solve; "
                "remove one of them"
            )
        beyond = [
            f"{name} {value:g} is not between {low:g} and {high:g}"
            for name, value, (low, high) in self._ranged()
            if not low <= value <= high
        ]
        if beyond:
            raise ContentError("; ".join(beyond) + "; ask for what an adult can be")

    def _ranged(self) -> Iterator[tuple[str, float, tuple[float, float]]]:
        """Give the name, the value and the range of every number that has one."""
        for name, limits in RANGES.items():
            value = getattr(self, name)
            if value is not None:
                yield name, value, limits
        for organ, size in self.organ_size.items():
            yield f"organ_size.{organ}", size, ORGAN_RANGE

    def of(self, *, height_m: float, weight_kg: float, age_y: float) -> "Habitus":
        """Return it with height, weight and age of a patient where it does not say them."""
        solved = self.bmi is not None or None not in (self.subcutaneous_fat, self.visceral_fat)
        weight = self.weight_kg if solved else (self.weight_kg or weight_kg)
        return dataclasses.replace(
            self, height_m=self.height_m or height_m, weight_kg=weight,
            age_y=age_y if self.age_y is None else self.age_y,
        )  # fmt: skip

    def __hash__(self) -> int:
        """Hash it by its text."""
        return hash(repr(self))


@record
class Grow:
    """Surfaces move outwards: evenly, and more in places.

    Attributes
    ----------
    structures
        Ids or labels, or patterns of them with ``*``.
    part
        Of structures that unite others: only this one of them grows; it may have bumps.
    """

    structures: tuple[str, ...]
    part: str | None = None
    mm: float = 0.0
    bumps: tuple[Bump, ...] = ()

    def __post_init__(self) -> None:
        """Refuse bumps of a whole structure."""
        if self.bumps and self.part is None:
            raise ContentError("only a `part` that a structure unites can have bumps; name it")


@record
class Number:
    """A number of structures changes, in those that have it.

    Attributes
    ----------
    path
        Where it stands in each of them, e.g. ``kernel.cortex.widening`` or ``gap.mm``.
    by
        How much is added.
    """

    structures: tuple[str, ...]
    path: str
    by: float


@record
class Paint:
    """Structures get one more layer, which comes and goes in patches.

    Attributes
    ----------
    after
        How many of the structure's layers stand before it.
    bias
        Added to the bias of its patches: where it is larger, more is painted.
    """

    structures: tuple[str, ...]
    layer: LayerRecord
    after: int = 1
    bias: float = 0.0


@record
class TissueChange:
    """A property of a tissue changes by so much, or to a value."""

    tissue: str
    property: str
    by: float = 0.0
    to: float | None = None


@record
class TextureChange:
    """A number of a tissue's pattern changes by so much."""

    tissue: str
    number: str
    by: float


@record
class Turn:
    """A frame of a limb turns about a point, degrees about x, then y, then z.

    A posture that turns the frame itself comes first: then the lever leaves it alone.
    """

    frame: str
    pivot_mm: Point
    rotate_deg: Point


@record
class Lever:
    """What one parameter does, per unit of it.

    Attributes
    ----------
    parameter
        Its name; `imagingsim.anatomy.habitus` says what its unit is.
    range
        Smallest and largest amount the body stands.
    """

    parameter: str
    unit: str
    range: tuple[float, float]
    sources: tuple[Source, ...]
    move: tuple[Move, ...] = ()
    turn: tuple[Turn, ...] = ()
    grow: tuple[Grow, ...] = ()
    number: tuple[Number, ...] = ()
    paint: tuple[Paint, ...] = ()
    tissue: tuple[TissueChange, ...] = ()
    texture: tuple[TextureChange, ...] = ()


@record
class Reference:
    """The reference person: what `Habitus` is relative to.

    Attributes
    ----------
    subcutaneous_fat_kg, visceral_fat_kg, muscle_kg
        Masses of the whole person.
    age_y
        Age at which nothing changes.
    """

    age_y: float
    subcutaneous_fat_kg: float
    visceral_fat_kg: float
    muscle_kg: float
    trabecular_hu: float
    breast_density: Literal["a", "b", "c", "d"] | None = None


@record
class HabitusFile:
    """The file ``habitus.yaml`` of a body; a lever replaces that of the body it extends."""

    habitus: str
    reference: Reference
    levers: tuple[Lever, ...] = ()
    sources: tuple[Source, ...] = ()
