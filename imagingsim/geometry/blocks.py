"""The blocks of a program: where each stands, which wait until they are read, and when to leave.

A block makes one field. Blocks that paint or fix run in their order; one that only helps others
runs in a batch when its field is read there for the first time, if ever. A block is left early
once its field is OUT and nothing that follows in it can make the field larger again.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from imagingsim.geometry.field_kernels import UNION
from imagingsim.geometry.machine import (
    BLOCK,
    CARVE,
    COMBINE,
    CORTEX,
    FIX,
    HOLLOW,
    KIDNEY,
    OFFSET,
    PAINT,
    SHELL,
    SPACE,
    THICKEN,
    Float32,
    Int64,
)  # fmt: skip
from imagingsim.geometry.reach import SOLIDS, Step

OPEN = (-1e5, 1e5) * 3
_READERS = (COMBINE, OFFSET, SHELL, THICKEN, KIDNEY, CORTEX, HOLLOW)
_GROWING = (*SOLIDS, OFFSET, SHELL, THICKEN)


@dataclass(frozen=True)
class Block:
    """Instructions that belong together.

    Attributes
    ----------
    first, last
        Its first instruction, and one past its last.
    head
        The instruction that opens it, or -1 for loose instructions, which have no bounds.
    """

    first: int
    last: int
    head: int = -1


@dataclass(frozen=True, eq=False)
class Blocks:
    """What `machine.Tables` keeps of the blocks; ``needs`` and ``exits`` per instruction."""

    rows: Int64
    bounds: Float32
    needs: Int64
    exits: Int64


def find_blocks(steps: Sequence[Step], bounds: Float32, textured: Set[int]) -> Blocks:
    """Find the blocks of a program.

    Parameters
    ----------
    bounds
        (instructions, 6): box of each block that has one, at the place of its head.
    textured
        Fields the material pass reads.
    """
    blocks = _split(steps)
    owner = {steps[b.head].a: i for i, b in enumerate(blocks) if b.head >= 0}
    waits = _waiting(steps, blocks, textured)
    needs = np.full(len(steps), -1, np.int64)
    for i, block in enumerate(blocks):
        for at in range(block.first, block.last):
            read = owner.get(steps[at].a, -1) if steps[at].operation in _READERS else -1
            if read not in (-1, i) and waits[read]:
                needs[at] = read
    rows = [(b.first, b.last, waits[i]) for i, b in enumerate(blocks)]
    boxes = [OPEN if b.head < 0 else tuple(bounds[b.head]) for b in blocks]
    return Blocks(
        np.array(rows, np.int64).reshape(-1, 3), np.array(boxes, np.float32).reshape(-1, 6),
        needs, _exits(steps),
    )  # fmt: skip


def _split(steps: Sequence[Step]) -> list[Block]:
    """Cut a program into blocks; what works in the patient's space stays in one piece."""
    blocks: list[Block] = []
    at = 0
    while at < len(steps):
        step, end = steps[at], at + 1
        if step.operation == BLOCK:
            end = max(step.b, at + 1)
            blocks.append(Block(at + 1, end, at))
        elif step.operation == SPACE:
            while end < len(steps) and steps[end].operation != SPACE:
                end += 1
            end = min(end + 1, len(steps))
            blocks.append(Block(at, end))
        else:
            while end < len(steps) and steps[end].operation not in (BLOCK, SPACE):
                end += 1
            blocks.append(Block(at, end))
        at = end
    return blocks


def _waiting(steps: Sequence[Step], blocks: Sequence[Block], textured: Set[int]) -> list[bool]:
    """Tell which blocks may wait: they touch nothing but their field, and all readers can ask."""
    away = {
        steps[at].a
        for block in blocks
        if block.head < 0
        for at in range(block.first, block.last)
        if steps[at].operation in _READERS
    }
    return [
        block.head >= 0
        and steps[block.head].a not in (textured | away)
        and not any(
            step.operation >= PAINT or step.operation in (CARVE, FIX)
            for step in steps[block.first : block.last]
        )
        for block in blocks
    ]


def _exits(steps: Sequence[Step]) -> Int64:
    """Return per instruction where to go on when its field is then OUT, or -1."""
    exits = np.full(len(steps), -1, np.int64)
    for at, head in enumerate(steps):
        if head.operation != BLOCK:
            continue
        body = range(at + 1, head.b)
        grows = [i for i in body if steps[i].field == head.a and _makes_larger(steps[i])]
        for i in range(grows[-1] if grows else head.b, head.b):
            if steps[i].field == head.a and steps[i].operation <= FIX:
                exits[i] = head.b
    return exits


def _makes_larger(step: Step) -> bool:
    """Tell whether an instruction can bring back a field that is OUT."""
    if step.operation == COMBINE:
        return step.b == UNION
    return step.operation in _GROWING


__all__ = ["Block", "Blocks", "find_blocks"]
