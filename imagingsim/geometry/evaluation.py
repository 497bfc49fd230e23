"""Evaluates one field of a program on a lattice, for what is made from it beforehand."""

from dataclasses import replace

import numba
import numpy as np

from imagingsim.geometry.baking import Baked
from imagingsim.geometry.machine import (
    BLOCK,
    CARVE,
    COMBINE,
    OFFSET,
    SHELL,
    SPACE,
    THICKEN,
)  # fmt: skip
from imagingsim.geometry.program import Program, Surroundings, Texture, assemble
from imagingsim.geometry.reach import Step, field_boxes
from imagingsim.geometry.running import lattice_job, result, run
from imagingsim.units import FloatArray


def field_box(steps: list[Step], fields: int, field: int) -> FloatArray:
    """Return the box around a field's surface, shape (3, 2), mm."""
    return field_boxes(steps, fields)[field]


def field_values(
    program: Program,
    field: int,
    box: FloatArray,
    pad_mm: float,
    step_mm: float,
    around: Surroundings,
    *,
    band_mm: float,
) -> Baked:
    """Return a field's distances in a box widened by ``pad_mm``; right within ``band_mm``."""
    program = replace(program, steps=needed_steps(program.steps, field))
    watcher = Texture(fields=(field,), reads_mm=((band_mm, band_mm),))
    classes = np.zeros((1, 1), np.uint8)
    tables = assemble(program, [watcher], classes, around, width_mm=1.0)
    first = (box[:, 0] - pad_mm).astype(np.float32)
    counts = np.ceil((box[:, 1] + pad_mm - first) / step_mm).astype(int) + 1
    nx, ny, nz = (int(n) for n in counts)
    out = np.empty((nz, ny, nx), np.float32)
    job = lattice_job(field, first, step_mm, out.shape)
    threads = numba.get_num_threads()
    run(job, tables, program.fields, 1.0, result(distances=out), threads=threads)
    out = np.clip(out, -80.0, 80.0)
    return Baked(out, (float(first[0]), float(first[1]), float(first[2])), step_mm)


def needed_steps(steps: list[Step], field: int) -> list[Step]:
    """Return the instructions a field is made by; carving and painting are left out."""
    wanted = {field}
    kept: list[Step] = []
    for step in reversed(steps):
        if step.operation == SPACE:
            kept.append(step)
        elif step.operation == BLOCK or step.operation >= CARVE or step.field not in wanted:
            continue
        else:
            kept.append(step)
            if step.operation in (COMBINE, OFFSET, SHELL, THICKEN):
                wanted.add(step.a)
    return kept[::-1]
