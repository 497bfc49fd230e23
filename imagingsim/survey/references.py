"""What bodies are held against: masses, lengths, levels and topology, each with its source."""

import csv
import dataclasses
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from imagingsim.anatomy.records import Source
from imagingsim.anatomy.solid_records import Point
from imagingsim.content import Library, record
from imagingsim.errors import ContentError
from imagingsim.survey.scouting import Part, parts

FOLDER = "phantoms/bodies"
MASSES = f"{FOLDER}/reference_masses.csv"
HEADER = [
    "organ", "male_g", "female_g", "tolerance_percent", "made_of", "grow", "thicken", "checked",
    "source",
]  # fmt: skip
Sex = Literal["male", "female"]
Pair = tuple[float, float]


@dataclass(frozen=True)
class MassRow:
    """The reference mass of an organ, and what of a body it is compared with.

    Attributes
    ----------
    male_g, female_g
        None where the organ does not exist.
    tolerance_percent
        How far a body may be off.
    made_of
        What of the body is weighed.
    grow, thicken
        Patterns of the structures whose surface, or wall, calibration moves.
    checked
        ``yes``, ``male`` (only that column), or ``authored``: no table was seen for it.
    source
        Key in ``reference.yaml``.
    """

    organ: str
    male_g: float | None
    female_g: float | None
    tolerance_percent: float
    made_of: tuple[Part, ...]
    grow: tuple[str, ...]
    thicken: tuple[str, ...]
    checked: str
    source: str

    def times(self, factor: float) -> "MassRow":
        """Return the row with another mass."""
        male, female = (None if g is None else g * factor for g in (self.male_g, self.female_g))
        return dataclasses.replace(self, male_g=male, female_g=female)

    def mass_g(self, sex: str | None) -> float | None:
        """Return the reference mass for a sex, g."""
        return self.female_g if sex == "female" else self.male_g


@record
class LengthRow:
    """A reference length, and how it is measured in a body.

    Attributes
    ----------
    mm
        (male, female).
    of
        Parts, as in the table of masses.
    how
        ``extent``: along an axis, over everything. ``chord``: through a point along an axis.
        ``calibre``: smaller diameter of the section at a height.
    at
        For a chord the level of a vertebra, whose axes are used, or a point of the frame. For a
        calibre a landmark.
    shift_mm
        For a chord through a vertebra: away from the middle of its body, along its axes.
    above_mm
        For a calibre: how far above the landmark.
    side
        For a calibre: which of several sections, ``front``, ``back`` or ``largest``.
    """

    name: str
    mm: Pair
    of: str
    how: Literal["extent", "chord", "calibre"]
    source: str
    axis: Literal["x", "y", "z"] = "z"
    at: str | Point | None = None
    frame: str = "body"
    shift_mm: Point = (0.0, 0.0, 0.0)
    above_mm: float = 0.0
    side: Literal["front", "back", "largest"] = "largest"
    tolerance_percent: float = 10.0
    note: str | None = None

    def times(self, ratio: float) -> "LengthRow":
        """Return the row of a taller person; across the body lengths go with the square root."""
        upright = self.how != "calibre" and self.axis == "z"
        factor = ratio if upright else math.sqrt(ratio)
        return dataclasses.replace(self, mm=(self.mm[0] * factor, self.mm[1] * factor))


@record
class LevelRow:
    """Where something lies along the spine.

    Attributes
    ----------
    of
        Parts whose height is measured: ``top``, ``bottom``, ``middle``, or ``origin``, the middle
        of where they meet ``on``.
    between
        The landmarks it must lie between, the upper one first.
    margin_mm
        What is allowed beyond them.
    """

    name: str
    of: str
    how: Literal["top", "bottom", "middle", "origin"]
    between: tuple[str, str]
    source: str
    on: str | None = None
    margin_mm: float = 0.0


@record
class Promise:
    """A topological promise; one of its kinds.

    Attributes
    ----------
    region
        The region file that minds it.
    connected
        Parts that are one connected component together.
    apart
        Two groups that may not touch.
    meet
        Two groups that come within ``within_mm``; ``{side}`` and ``{n}`` stand for both sides and
        for ``numbers``; ``{m}`` for the number before.
    outside
        Labels that may lie against the air around the body; others may not.
    filled
        Whether no voxel inside the body may be without a label.
    spacing_mm
        How finely it is judged; ``outside`` and ``filled`` look at the coarse sample of the whole.
    crumbs_percent
        Share of the volume that may lie apart from the largest component.
    """

    name: str
    region: str
    connected: str | None = None
    apart: tuple[str, str] | None = None
    meet: tuple[str, str] | None = None
    numbers: tuple[int, ...] = ()
    outside: tuple[str, ...] = ()
    filled: bool = False
    within_mm: float = 3.0
    spacing_mm: float = 2.0
    crumbs_percent: float = 1.0
    sexes: tuple[Sex, ...] = ("male", "female")


@record
class Segments:
    """Mass of the parts of the legs that bodies lack, in percent of body mass, (male, female)."""

    thigh_percent: Pair
    shank_percent: Pair
    foot_percent: Pair
    thigh_length_per_height: float
    knee_area_share: float
    source: str


@record
class ReferenceFile:
    """The file ``reference.yaml``.

    Attributes
    ----------
    envelope
        Structures that are grown to bring a body to its mass.
    surface
        Structure that is painted up to the surface of a body.
    """

    body_mass_tolerance_percent: float
    envelope: tuple[str, ...]
    surface: str
    segments: Segments
    lengths: tuple[LengthRow, ...]
    levels: tuple[LevelRow, ...]
    order: dict[str, tuple[str, ...]]
    topology: tuple[Promise, ...]
    sources: dict[str, Source]


@dataclass(frozen=True)
class References:
    """Everything a body is held against."""

    file: ReferenceFile
    masses: tuple[MassRow, ...]

    @cached_property
    def by_organ(self) -> Mapping[str, MassRow]:
        """Rows of the table of masses by their organ."""
        return {row.organ: row for row in self.masses}

    def of_height(self, ratio: float) -> "References":
        """Return those of a person of the same build who is so much taller.

        Masses go with the square of the height, lengths along the body with it.
        """
        masses = tuple(row.times(ratio**2) for row in self.masses)
        lengths = tuple(row.times(ratio) for row in self.file.lengths)
        return References(dataclasses.replace(self.file, lengths=lengths), masses)


def read_references(library: Library) -> References:
    """Read the reference tables; every source that is named must be given."""
    file = library.read("reference table", FOLDER, "reference", ReferenceFile)
    masses = read_masses(library)
    named = {row.source for row in masses} | {row.source for row in file.lengths}
    named |= {row.source for row in file.levels} | {file.segments.source}
    missing = sorted(named - set(file.sources))
    if missing:
        raise ContentError(
            f"{FOLDER}/reference.yaml: sources lack {', '.join(missing)}; say where it comes from."
        )
    return References(file, masses)


def read_masses(library: Library) -> tuple[MassRow, ...]:
    """Read the table of reference masses.

    Raises
    ------
    ContentError
        Listing every line that is malformed.
    """
    rows: list[MassRow] = []
    problems: list[str] = []
    reader = csv.reader(io.StringIO(library.text(MASSES)))
    if next(reader, None) != HEADER:
        raise ContentError(f"{MASSES}:1: the header must read {','.join(HEADER)}")
    for line, cells in enumerate(reader, start=2):
        try:
            rows.append(_mass_row(cells))
        except ValueError as error:
            problems.append(f"{MASSES}:{line}: {error}; correct it")
    if problems:
        raise ContentError("\n".join(problems))
    return tuple(rows)


def _mass_row(cells: list[str]) -> MassRow:
    organ, male, female, tolerance, made_of, grow, thicken, checked, source = cells
    return MassRow(
        organ, float(male) if male else None, float(female) if female else None,
        float(tolerance), parts(made_of), tuple(filter(None, grow.split(";"))),
        tuple(filter(None, thicken.split(";"))), checked, source,
    )  # fmt: skip
