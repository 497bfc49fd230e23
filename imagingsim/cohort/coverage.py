"""Coverage: which conditions of a protocol ever hold, in virtual patients."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imagingsim.cohort.batch import walk_all
from imagingsim.cohort.plan import Plan
from imagingsim.content import Document
from imagingsim.workup.conditions import Path, conditions

BLOCK = 16384


@dataclass(frozen=True)
class Covered:
    """How often a condition was asked, and how often it held.

    Attributes
    ----------
    path
        Its place in the protocol's file.
    """

    path: Path
    text: str
    asked: int
    held: int


def coverage(plan: Plan, *, count: int, seed: int = 0) -> tuple[Covered, ...]:
    """Walk virtual patients and count what each condition was worth, in the order of the file."""
    found = {path: [0, 0] for path, _ in conditions(plan.protocol.file)}
    for first in range(0, count, BLOCK):
        ids = np.arange(first, min(first + BLOCK, count), dtype=np.uint64)
        charts = walk_all(plan, plan.population.draw(seed, ids)).charts
        charts.where = ""
        for text in plan.protocol.file.endpoints.values():
            charts.holds(text, np.arange(len(ids)))
        for path, text in conditions(plan.protocol.file):
            for (where, asked), one in charts.tally.items():
                if asked == text and _stands(path, where):
                    found[path][0] += one[0]
                    found[path][1] += one[1]
    texts = dict(conditions(plan.protocol.file))
    return tuple(Covered(path, texts[path], *one) for path, one in found.items())


def _stands(path: Path, where: str) -> bool:
    """Tell whether a condition at a place of the file is asked in a state; interrupts in all."""
    if path[0] == "states":
        return path[1] == where
    return path[0] == "interrupts" or where == ""


def never(document: Document, found: tuple[Covered, ...], count: int) -> Iterator[str]:
    """Yield ``file:line: place: what`` for every condition that never held."""
    for one in found:
        if one.held == 0:
            asked = f"asked {one.asked:,} times, and never held" if one.asked else "never asked"
            yield document.problem(
                f"{one.text!r}: {asked} in {count:,} virtual patients", *one.path
            )
