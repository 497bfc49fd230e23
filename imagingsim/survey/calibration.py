"""Solves by how much organs must grow, and their walls thicken, to weigh what they should."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from imagingsim.anatomy import Body, Growth, Phantom, calibration, grow, read_body
from imagingsim.content import Library
from imagingsim.progress import Progress
from imagingsim.survey.masses import Scales, body_mass
from imagingsim.survey.references import FOLDER, MassRow, References, read_references
from imagingsim.survey.scouting import Scout
from imagingsim.tissue import Tissues, read_tissues

GOOD_PERCENT = 0.5
"""An organ is left alone once it is this close."""
_STEPS = 8
_LARGEST_STEP_MM = 1.5
_LARGEST_GROWTH_MM = 3.5
"""More would change the shape an author drew; the shape itself must be mended then."""
_THINNEST_MM, _THICKEST_MM = -2.0, 1.5
"""A wall that grew by more would read as a diseased one."""
_SHAPE = 1.6
_SPHERE = 4.836
_DAMPING = 0.85


@dataclass
class Dial:
    """One number that is turned until one mass is right.

    Attributes
    ----------
    name
        The organ.
    weighed
        Rows of the table whose masses are added: the organ, and for the contents of a hollow
        organ its wall too, because then the wall's own dial does not disturb this one.
    structures
        What is grown, or thickened.
    wall
        Whether it moves the wall inwards instead of the surface outwards.
    tolerance_percent
        How far off it may stay.
    value_mm
        The solution so far.
    """

    name: str
    weighed: tuple[MassRow, ...]
    structures: tuple[str, ...]
    wall: bool
    tolerance_percent: float
    value_mm: float = 0.0
    error_percent: float = float("nan")
    _slope: float = field(default=float("nan"), repr=False)
    _before: tuple[float, float] | None = field(default=None, repr=False)

    @property
    def settled(self) -> bool:
        """Whether the mass is right."""
        return abs(self.error_percent) <= GOOD_PERCENT

    @property
    def _limits_mm(self) -> tuple[float, float]:
        if self.wall:
            return _THINNEST_MM, _THICKEST_MM
        return -_LARGEST_GROWTH_MM, _LARGEST_GROWTH_MM

    def begin(self, start: Mapping[str, Growth]) -> None:
        """Start where an earlier calibration ended."""
        before = next((start[name] for name in self.structures if name in start), Growth())
        value = before.thicken_mm if self.wall else before.grow_mm
        self.value_mm = float(np.clip(value, *self._limits_mm))

    def turn(self, share: float, volume_ml: float) -> None:
        """Take one damped secant step.

        Parameters
        ----------
        share
            The mass found over the mass wanted.
        volume_ml
            Of the organ, for a first guess of its surface.
        """
        self.error_percent = 100.0 * (share - 1.0)
        guess = _SHAPE * _SPHERE * max(volume_ml, 0.05) ** (-1.0 / 3.0) / 10.0 * share
        slope = guess if np.isnan(self._slope) else self._slope
        if self._before is not None and abs(self.value_mm - self._before[0]) > 0.02:
            secant = (share - self._before[1]) / (self.value_mm - self._before[0])
            slope = float(np.clip(secant, 0.25 * guess, 4.0 * guess))
        self._slope, self._before = slope, (self.value_mm, share)
        if not self.settled:
            step = -_DAMPING * (share - 1.0) / slope
            step = float(np.clip(step, -_LARGEST_STEP_MM, _LARGEST_STEP_MM))
            self.value_mm = float(np.clip(self.value_mm + step, *self._limits_mm))


@dataclass(frozen=True)
class Calibrated:
    """What calibration found.

    Attributes
    ----------
    growth
        Per structure.
    off
        Name and remaining error, percent, of what did not come within its tolerance.
    steps
        How often the body was weighed.
    """

    growth: Mapping[str, Growth]
    off: tuple[tuple[str, float], ...]
    steps: int


def calibrate(
    body: Body, references: References, tissues: Tissues, *, progress: Progress,
    start: Mapping[str, Growth] | None = None,
) -> Calibrated:  # fmt: skip
    """Return the growth that brings a body's organs, and then itself, to their masses.

    All dials are turned together: organs press on one another only a little, so a few damped
    secant steps settle them. The body without any calibration must be given.

    Parameters
    ----------
    start
        An earlier solution to start from; nothing changes when it still holds.
    """
    dials = _dials(body, references)
    envelope = Dial(
        "body", (), _matching(body, references.file.envelope), wall=False,
        tolerance_percent=references.file.body_mass_tolerance_percent,
    )  # fmt: skip
    for dial in (*dials, envelope):
        dial.begin(start or {})
    progress.begin(f"Calibrating {body.name}", _STEPS)
    done = 0
    for _ in range(_STEPS):
        progress.step(_state([*dials, envelope]))
        grown = _grown(body, [*dials, envelope])
        scales = Scales(Scout(Phantom(grown)), tissues)
        done += 1
        for dial in dials:
            found = scales.masses(dial.weighed, body.record.sex)
            share = sum(m.mass_g for m in found) / sum(m.reference_g for m in found)
            dial.turn(share, sum(m.volume_ml for m in found))
        whole = body_mass(scales, grown, references)
        share = 1.0 + whole.error_percent / 100.0
        envelope.turn(share, 1000.0 * whole.mass_kg)
        if all(dial.settled for dial in (*dials, envelope)):
            break
    off = [d for d in (*dials, envelope) if abs(d.error_percent) > d.tolerance_percent]
    return Calibrated(
        growth_of([*dials, envelope]), tuple((d.name, d.error_percent) for d in off), done
    )


def growth_of(dials: Iterable[Dial]) -> dict[str, Growth]:
    """Return the growth of every structure, rounded to hundredths of a millimetre."""
    sums: dict[str, list[float]] = {}
    for dial in dials:
        for name in dial.structures:
            sums.setdefault(name, [0.0, 0.0])[int(dial.wall)] += round(dial.value_mm, 2)
    return {name: Growth(*values) for name, values in sums.items() if any(values)}


def _dials(body: Body, references: References) -> list[Dial]:
    """Return a dial for every row of the table that says what may be moved."""
    dials = []
    for row in references.masses:
        if row.mass_g(body.record.sex) is None:
            continue
        for patterns, wall in ((row.grow, False), (row.thicken, True)):
            structures = _matching(body, patterns)
            if structures:
                walls = () if wall else _walls(references, row)
                dials.append(
                    Dial(row.organ, (row, *walls), structures, wall, row.tolerance_percent)
                )
    return dials


def _walls(references: References, contents: MassRow) -> tuple[MassRow, ...]:
    """Return the rows whose walls enclose what a row grows."""
    return tuple(
        row for row in references.masses if row is not contents and row.thicken == contents.grow
    )


def _matching(body: Body, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of a body's structures that match a pattern."""
    return tuple(s.id for s in body.structures if any(fnmatchcase(s.id, p) for p in patterns))


def _grown(body: Body, dials: Sequence[Dial]) -> Body:
    structures = grow(body.structures, growth_of(dials))
    return Body(body.name, body.record, structures, body.textures, body.label_numbers)


def _state(dials: Sequence[Dial]) -> str:
    """Say how far calibration has come."""
    known = [d for d in dials if not np.isnan(d.error_percent)]
    if not known:
        return "weighing the body as it is written"
    worst = max(known, key=lambda d: abs(d.error_percent))
    right = sum(d.settled for d in known)
    return f"{right} of {len(dials)} settled; worst {worst.name} {worst.error_percent:+.1f} %"


def write_calibration(
    name: str, file: Path | None, *, content: Library, progress: Progress
) -> tuple[Path, Calibrated]:
    """Calibrate a body of a library and write the table beside its region files.

    Raises
    ------
    FormatError
        When the body is part of an installation and ``file`` does not say where to write.
    """
    body = read_body(content, name, calibrated=False)
    target = file or content.place(f"{FOLDER}/{name}/body.yaml").with_name(calibration.FILE)
    found = calibrate(
        body, read_references(content), read_tissues(content), progress=progress,
        start=calibration.read_growth(content, f"{FOLDER}/{name}"),
    )  # fmt: skip
    note = (
        f"Written by `imagingsim body calibrate {name}`; do not edit by hand. Millimetres that\n"
        f"bring organs to the masses of reference_masses.csv, and the body to its own:\n"
        f"surfaces outwards (grow), walls inwards (thicken)."
    )
    target.write_text(calibration.table(found.growth, note), encoding="utf-8")
    return target, found
