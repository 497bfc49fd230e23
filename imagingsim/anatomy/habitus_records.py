"""What a body's habitus may be, and how its levers are written down."""

import dataclasses
from dataclasses import field
from typing import Literal

from imagingsim.anatomy.deformations import Move
from imagingsim.anatomy.records import LayerRecord, Source
from imagingsim.anatomy.solid_records import Bump
from imagingsim.content import record
from imagingsim.errors import ContentError

DENSITIES = ("a", "b", "c", "d")


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

    def of(self, *, height_m: float, weight_kg: float, age_y: float) -> "Habitus":
        """Return it with height, weight and age of a patient where it does not say them."""
        weight = self.weight_kg if self.bmi is not None else (self.weight_kg or weight_kg)
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
