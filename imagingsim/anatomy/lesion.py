"""A lesion as a case file declares it: where, how large when, of what, and how it enters the body.

The shapes live in one file per kind (``lesion_mass``, ``lesion_skin``, ...): a record for the file
and a function that turns a placed lesion into entries of the body's own grammar.
"""

from dataclasses import field
from typing import Literal

from imagingsim.anatomy.lesion_bone import Osteolysis, Vertebroplasty
from imagingsim.anatomy.lesion_brain import Meninges, WhiteMatter
from imagingsim.anatomy.lesion_infiltrate import Infiltrate
from imagingsim.anatomy.lesion_mass import Mass
from imagingsim.anatomy.lesion_skin import Plaque
from imagingsim.anatomy.lesion_surgery import Cavity, Flap, Plate, Screw
from imagingsim.anatomy.sites import Place
from imagingsim.content import record
from imagingsim.errors import ContentError

Size = tuple[float, float, float]
Region = Literal[
    "skin", "node", "liver", "pancreas", "adrenal", "bone", "chest_wall", "breast", "lung",
    "brain", "dura", "soft_tissue", "ear_canal", "device",
]  # fmt: skip
Role = Literal["primary", "recurrence", "metastasis", "invasion", "sequela", "incidental"]


@record
class Shape:
    """Exactly one kind of lesion."""

    mass: Mass | None = None
    infiltrate: Infiltrate | None = None
    plaque: Plaque | None = None
    osteolysis: Osteolysis | None = None
    vertebroplasty: Vertebroplasty | None = None
    meninges: Meninges | None = None
    white_matter: WhiteMatter | None = None
    cavity: Cavity | None = None
    flap: Flap | None = None
    screw: Screw | None = None
    plate: Plate | None = None

    def __post_init__(self) -> None:
        """Refuse none, and more than one."""
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ContentError(f"a shape is exactly one of {', '.join(KINDS)}; found {found}")

    @property
    def kind(self) -> str:
        """Name of the kind."""
        return next(name for name in KINDS if getattr(self, name) is not None)


KINDS = tuple(Shape.__dataclass_fields__)
"""The kinds of lesion a file may name."""


@record
class Value:
    """A tissue property of this lesion that differs from its tissue's."""

    value: float
    source: str


@record
class Target:
    """What a measurement on the simulated images must read; the tissue value is solved for it."""

    measure: Literal["suv_max"]
    acquisition: str
    tissue_property: str
    value: float
    tolerance: float
    source: str


@record
class Member:
    """One of several like lesions: its place, and its size relative to the others."""

    place: Place
    size_factor: float = 1.0


@record
class DermatomePoint:
    """A point of a dermatome's course: a level, and an angle from straight ahead to the side."""

    level: str
    angle_deg: float


@record
class Scatter:
    """A seeded set of like lesions along dermatomes.

    Attributes
    ----------
    size_factor
        Smallest and largest in-plane size, and of the thickness, relative to ``size_mm``.
    """

    count: int
    side: Literal["left", "right"]
    courses: dict[str, tuple[DermatomePoint, ...]]
    diameter_factor: tuple[float, float]
    thickness_factor: tuple[float, float]
    gap_mm: float = 6.0


@record
class Lesion:
    """A lesion, or a numbered set of like lesions when ``members`` or ``scatter`` is given.

    Attributes
    ----------
    appears, resected
        Timepoints: alive from the first on, gone from the second on.
    size_mm
        Per timepoint, along the axes of the place (see `imagingsim.anatomy.sites.Anchor`); a
        timepoint that is not named keeps the size of the one before.
    enters
        How it takes its room: ``displace`` pushes later organs away, ``replace`` takes the place
        of what is there, ``infiltrate`` grows into it, ``erode`` leaves part of the bone,
        ``destroy`` takes bone as well, ``coat`` thickens a surface.
    over
        Materials or labels it may take the place of; none named: anything.
    """

    id: str
    title: str
    role: Role
    region: Region
    appears: str
    size_mm: dict[str, Size]
    enters: Literal["displace", "replace", "infiltrate", "erode", "destroy", "coat"]
    shape: Shape
    tissue: str
    source: str
    size_source: str
    place: Place | None = None
    members: tuple[Member, ...] = ()
    scatter: Scatter | None = None
    resected: str | None = None
    over: tuple[str, ...] = ()
    leaves_mm: float = 0.0
    values: dict[str, Value] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    pathology: str | None = None
    about: str = ""

    def __post_init__(self) -> None:
        """Refuse a lesion without a place, or with two ways of placing it."""
        ways = [self.place is not None, bool(self.members), self.scatter is not None]
        if sum(ways) != 1:
            raise ContentError(f"lesion {self.id} needs one of place, members, scatter; give one")

    @property
    def instances(self) -> tuple[str, ...]:
        """Ids of the single lesions: the id itself, or numbered from 1."""
        if self.place is not None:
            return (self.id,)
        count = self.scatter.count if self.scatter else len(self.members)
        return tuple(f"{self.id}_{number}" for number in range(1, count + 1))

    @property
    def has_own_tissue(self) -> bool:
        """Whether its tissue differs from the table's, now or after solving."""
        return bool(self.values or self.targets)

    @property
    def tissue_name(self) -> str:
        """Name of the material it is made of."""
        return f"{self.tissue}.{self.id}" if self.has_own_tissue else self.tissue
