"""How a body lies and breathes while it is scanned.

A habitus belongs to a person, a state to a moment: breathing moves what the lesions lie in, so it
comes before everything else. The body as authored is at the end of a quiet expiration, supine.
"""

import dataclasses
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from imagingsim.anatomy.deformations import Move, total_shift_mm
from imagingsim.anatomy.habitus_records import TissueChange
from imagingsim.anatomy.records import BowelKernel, Kernel, Source, Structure
from imagingsim.content import record
from imagingsim.errors import ContentError
from imagingsim.units import FloatArray

if TYPE_CHECKING:
    from imagingsim.anatomy.body import Body

GRAMMAR = "imagingsim.state/1"
Position = Literal["supine", "prone", "decubitus_left", "decubitus_right"]
"""On the back, on the belly, or on one side: the left or the right side is down."""
POSITIONS: Final[tuple[Position, ...]] = get_args(Position)
_DOWN: dict[Position, tuple[float, float, float]] = {
    "supine": (0.0, 1.0, 0.0), "prone": (0.0, -1.0, 0.0),
    "decubitus_left": (1.0, 0.0, 0.0), "decubitus_right": (-1.0, 0.0, 0.0),
}  # fmt: skip


@record
class BodyState:
    """A moment.

    Attributes
    ----------
    breathing
        0 at the end of a quiet expiration, 1 at the end of a deep breath.
    position
        On what the patient lies, head first. Gas rises, fluid and food sink, and the lung is
        densest where it is lowest; soft organs keep their shape.
    oral_contrast
        Whether the bowel holds positive contrast medium.
    """

    breathing: float = 0.0
    position: Position = "supine"
    oral_contrast: bool = False

    def __post_init__(self) -> None:
        """Refuse a breath that cannot be."""
        if not 0.0 <= self.breathing <= 1.0:
            raise ContentError(f"breathing lies between 0 and 1, got {self.breathing:g}")

    @property
    def gravity(self) -> tuple[float, float, float]:
        """The direction in which things fall, in the frame of the body."""
        return _DOWN[self.position]

    @property
    def turn(self) -> FloatArray:
        """From directions in the room, those of a supine patient, to the body's, (3, 3)."""
        down, along = np.array(self.gravity), np.array([0.0, 0.0, 1.0])
        return np.stack([np.cross(down, along), down, along], axis=1)

    @property
    def is_rest(self) -> bool:
        """Whether it is the state the body was authored in."""
        return self == BodyState()


BREATH_STEPS = 4
"""A breath is drawn in as many equal steps, so that organs can slide far along the wall."""
REST = BodyState()
"""Supine, at the end of a quiet expiration."""


@record
class TissueCourse:
    """A property of a tissue at both ends of a breath; in between it is interpolated."""

    tissue: str
    property: str
    expiration: float
    inspiration: float


@record
class Level:
    """A part of a breathing cycle: how deep the breath is, and for which share of the time."""

    breathing: float
    share: float


@record
class StateFile:
    """The file ``state.yaml`` of a body.

    Attributes
    ----------
    move
        From the end of expiration to a deep breath, in the document's millimetres.
    free
        Quiet breathing, as a slow scan averages it.
    oral_contrast
        Tissue that fills the bowel in place of its content.
    """

    state: str
    move: tuple[Move, ...]
    tissue: tuple[TissueCourse, ...]
    free: tuple[Level, ...]
    oral_contrast: str
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        """Refuse another grammar, and a cycle that is not whole."""
        if self.state != GRAMMAR:
            raise ContentError(f"grammar {self.state!r} is not known; write {GRAMMAR}")
        total = sum(level.share for level in self.free)
        if abs(total - 1.0) > 1e-6:
            raise ContentError(f"the shares of free breathing sum to {total:g}; make them sum to 1")


def in_state(body: "Body", file: StateFile, state: BodyState) -> "Body":
    """Return a body in a state."""
    structures = body.structures
    if state.oral_contrast:
        structures = tuple(_filled(s, file.oral_contrast) for s in structures)
    return dataclasses.replace(
        body, structures=structures, state=state,
        breath=tuple(move.times(state.breathing) for move in file.move if state.breathing),
        tissue_changes=(*body.tissue_changes, *changes(file, state)),
    )  # fmt: skip


def changes(file: StateFile, state: BodyState) -> tuple[TissueChange, ...]:
    """Return what a state changes in the tissues.

    The values stand for both ends, so the tissue's own value does not matter.
    """
    share = state.breathing
    return tuple(
        TissueChange(
            tissue=one.tissue, property=one.property,
            to=one.expiration + share * (one.inspiration - one.expiration),
        )
        for one in file.tissue
    )  # fmt: skip


def breath_step_mm(body: "Body", points_mm: FloatArray) -> FloatArray:
    """Return how far one of the `BREATH_STEPS` of a breath moves points of the patient, mm."""
    scale = np.asarray(body.scale)
    step = [move.times(1.0 / BREATH_STEPS) for move in body.breath]
    shift: FloatArray = total_shift_mm(step, np.asarray(points_mm) / scale) * scale
    return shift


def _filled(structure: Structure, contrast: str) -> Structure:
    """Return a structure whose bowel, if it is one, holds contrast medium."""
    kernel = structure.kernel
    if kernel is None or kernel.bowel is None or kernel.bowel.kind == "colon":
        return structure
    return _with_bowel(structure, kernel, dataclasses.replace(kernel.bowel, content=contrast))


def _with_bowel(structure: Structure, kernel: Kernel, bowel: BowelKernel) -> Structure:
    return dataclasses.replace(structure, kernel=dataclasses.replace(kernel, bowel=bowel))
