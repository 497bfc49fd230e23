"""How far each field must be known: the contract that lets batches skip what is far away.

A field may be anything beyond its reach (outside) and its depth (inside), as long as it stays
beyond them. Walking the program backwards gives every instruction the reach its readers ask for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from imagingsim.geometry.field_kernels import (
    INTERSECT,
    LARGEST_GAP,
    NOISE_PEAK,
    OCCUPIED,
    SUBTRACT,
    UNION,
)  # fmt: skip
from imagingsim.geometry.machine import (
    BLOCK,
    BOX,
    CARVE,
    CELLS,
    COMBINE,
    CORTEX,
    DISC,
    DISPLACE,
    ELLIPSOID,
    FASCIA,
    FIX,
    HALO,
    HAUSTRA,
    HOLLOW,
    KIDNEY,
    LOFT,
    OFFSET,
    PAINT,
    PLANE,
    SHELL,
    SPACE,
    THICKEN,
    TUBE,
    VERTEBRA,
)  # fmt: skip
from imagingsim.units import FloatArray, IntArray

EVERYWHERE = np.array([[-1e5, 1e5]] * 3)
_KIDNEY_MM = 30.0
_SULCUS_MM = 7.5
_PATTERN_DEPTH_MM = {HOLLOW: 14.0, KIDNEY: _KIDNEY_MM, CORTEX: 36.0, CELLS: 24.0}
_FIXED_DEPTH_MM = 14.0


@dataclass(frozen=True, eq=False)
class Step:
    """One instruction.

    Attributes
    ----------
    operation, field, a, b
        What to do, the field written, and two operands.
    numbers
        Its parameters, mm.
    box
        (3, 2): the box around a solid's surface, if it has one.
    smooth_mm
        Over how far it rounds the crease with what was there.
    """

    operation: int
    field: int
    a: int = -1
    b: int = -1
    numbers: tuple[float, ...] = ()
    box: FloatArray | None = None
    smooth_mm: float = 0.0


@dataclass
class Reach:
    """What was found, per instruction.

    Attributes
    ----------
    reach, depth
        How far outside and inside the field written must be right, mm.
    margin
        How far from its surface a solid must be evaluated, mm.
    block_box
        Where a block matters at all, shape (3, 2), by the place of the block.
    """

    reach: FloatArray
    depth: FloatArray
    margin: FloatArray
    block_box: dict[int, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Carves:
    """Carvings: their places in the program, how far they feel, mm, and boxes (n, 3, 2)."""

    places: IntArray
    far_mm: FloatArray
    boxes: FloatArray


SOLIDS = (LOFT, ELLIPSOID, TUBE, BOX, PLANE, VERTEBRA, DISC)


def find_reach(
    steps: Sequence[Step],
    fields: int,
    reads: Sequence[tuple[int, float, float]],
    width_mm: float,
) -> Reach:
    """Walk a program backwards.

    Parameters
    ----------
    reads
        (field, reach, depth) asked by the material pass.
    width_mm
        Over how far surfaces are blurred.
    """
    boxes = field_boxes(steps, fields)
    carves = _carves(steps, boxes)
    count = len(steps)
    found = Reach(np.zeros(count), np.zeros(count), np.zeros(count))
    asked = np.zeros((fields, 2))
    rounded = np.zeros(fields)
    for f, reach, depth in reads:
        asked[f] = np.maximum(asked[f], (reach, depth))
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if step.operation == BLOCK:
            grow = asked[step.a, 0] + 0.05
            found.block_box[at] = boxes[step.a] + np.array([-grow, grow])
            continue
        if step.operation == SPACE:
            continue
        _ask(step, at, asked, carves, width_mm, boxes)
        found.reach[at], found.depth[at] = _written(step, asked)
        _pass_on(step, asked, rounded, found, at)
    return found


def _written(step: Step, asked: FloatArray) -> tuple[float, float]:
    return float(asked[step.field, 0]), float(asked[step.field, 1])


def _ask(
    step: Step,
    at: int,
    asked: FloatArray,
    carves: _Carves,
    width_mm: float,
    boxes: FloatArray,
) -> None:
    """Note what an instruction that paints or fixes asks of the fields it reads."""
    edge = 0.55 * width_mm + 0.05
    n = step.numbers
    if step.operation == PAINT:
        wide = 0.5 * width_mm * n[1] + 0.05
        wants = (n[0] + wide, wide - n[0])
    elif step.operation == HALO:
        wants = (3.5 * n[0] + width_mm, 1.5 * width_mm)
    elif step.operation == FASCIA:
        wants = (2.2 * n[0], edge)
    elif step.operation == FIX:
        wants = (_fixed_reach(step, at, carves, boxes), _FIXED_DEPTH_MM)
    elif step.operation in _PATTERN_DEPTH_MM:
        wants = (edge, _PATTERN_DEPTH_MM[step.operation])
    else:
        return
    asked[step.field] = np.maximum(asked[step.field], wants)
    if step.operation == KIDNEY:
        asked[step.a] = np.maximum(asked[step.a], (_KIDNEY_MM, 8.0))
    elif step.operation == CORTEX and step.a >= 0:
        asked[step.a] = np.maximum(asked[step.a], (_SULCUS_MM + width_mm, edge))


def _fixed_reach(step: Step, at: int, carves: _Carves, boxes: FloatArray) -> float:
    """Return how far away a later neighbour may feel what is fixed here."""
    mine, theirs = boxes[step.field], carves.boxes
    apart = np.maximum(theirs[:, :, 0] - mine[:, 1], mine[:, 0] - theirs[:, :, 1]).max(axis=1)
    feels = (carves.places > at) & (apart < carves.far_mm)
    return float(np.max(carves.far_mm, initial=0.5, where=feels))


def _carves(steps: Sequence[Step], boxes: FloatArray) -> _Carves:
    """Return every carving of a program."""
    places = np.array([at for at, s in enumerate(steps) if s.operation == CARVE], np.intp)
    numbers = [steps[at].numbers for at in places]
    far = [max(n[0] * float(LARGEST_GAP), n[0]) + n[1] + 0.05 for n in numbers]
    fields = np.array([steps[at].field for at in places], np.intp)
    return _Carves(places, np.array(far), boxes[fields])


def _pass_on(step: Step, asked: FloatArray, rounded: FloatArray, found: Reach, at: int) -> None:
    """Turn what is asked of the field written into what is asked of the fields read."""
    f, n = step.field, step.numbers
    if step.operation in SOLIDS or step.operation == COMBINE:
        _pass_union(step, asked, rounded, found, at)
        return
    reach, depth = asked[f]
    if step.operation == OFFSET:
        wants = (reach - n[1], depth + n[1]) if n[0] > 0 else (depth + n[1], reach - n[1])
        _ask_of(step, asked, rounded, wants)
    elif step.operation == SHELL:
        _ask_of(step, asked, rounded, (n[1] + reach, reach - n[0]))
    elif step.operation == THICKEN:
        _ask_of(step, asked, rounded, (reach + n[1], depth))
    elif step.operation == DISPLACE:
        asked[f] = (reach + NOISE_PEAK * n[0], depth + NOISE_PEAK * n[0])
    elif step.operation == HAUSTRA:
        asked[f] = (reach + 0.3 * n[1], depth + 0.8 * n[1] + 1.6)
    elif step.operation == CARVE:
        asked[f] = (reach, depth + n[1])


def _ask_of(step: Step, asked: FloatArray, rounded: FloatArray, wants: tuple[float, float]) -> None:
    asked[step.a] = np.maximum(asked[step.a], wants)
    rounded[step.a] = max(rounded[step.a], rounded[step.field])


def _pass_union(step: Step, asked: FloatArray, rounded: FloatArray, found: Reach, at: int) -> None:
    """Widen by the rounding of a crease; of several creases in a row the widest counts."""
    f = step.field
    more = max(step.smooth_mm - rounded[f], 0.0)
    rounded[f] += more
    reach, depth = asked[f] + more
    if step.operation in SOLIDS:
        found.margin[at] = reach
        asked[f] = (reach, depth)
        return
    wants = (depth, reach) if step.b == SUBTRACT else (reach, depth)
    _ask_of(step, asked, rounded, wants)
    asked[f] = (reach if step.b == UNION else reach - more, depth)


def field_boxes(steps: Sequence[Step], fields: int) -> FloatArray:
    """Return the box around each field's surface, shape (fields, 3, 2)."""
    boxes = np.empty((fields, 3, 2))
    boxes[:, :, 0], boxes[:, :, 1] = 1e5, -1e5
    boxes[OCCUPIED] = EVERYWHERE
    away = False
    for step in steps:
        if step.operation == SPACE:
            away = step.a == 1
        elif step.operation in SOLIDS:
            _unite(boxes, step.field, EVERYWHERE if step.box is None else step.box, step.smooth_mm)
        elif step.operation == COMBINE and step.b == UNION:
            _unite(boxes, step.field, boxes[step.a], step.smooth_mm)
        elif step.operation == COMBINE and step.b == INTERSECT and not away:
            mine, other = boxes[step.field], boxes[step.a]
            mine[:, 0] = np.maximum(mine[:, 0], other[:, 0])
            mine[:, 1] = np.minimum(mine[:, 1], other[:, 1])
        elif step.operation in (OFFSET, SHELL, THICKEN):
            boxes[step.field] = EVERYWHERE if away else _grown(step, boxes[step.a])
    return boxes


def _grown(step: Step, box: FloatArray) -> FloatArray:
    n = step.numbers
    if step.operation == OFFSET:
        if n[0] < 0:
            return EVERYWHERE
        grow = max(-n[1], 0.0)
    else:
        grow = max(n[1], 0.0)
    return box + np.array([-grow, grow])


def _unite(boxes: FloatArray, f: int, box: FloatArray, smooth_mm: float) -> None:
    bulge = 0.25 * smooth_mm
    boxes[f, :, 0] = np.minimum(boxes[f, :, 0], box[:, 0] - bulge)
    boxes[f, :, 1] = np.maximum(boxes[f, :, 1], box[:, 1] + bulge)
