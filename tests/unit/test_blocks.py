"""Blocks of a program: what waits until it is read, and when a block is left."""

from pathlib import Path

import numpy as np

from imagingsim.geometry import Step, interpreter
from imagingsim.geometry import machine as m
from imagingsim.geometry.blocks import Blocks, find_blocks
from imagingsim.geometry.field_kernels import INTERSECT, UNION
from imagingsim.geometry.interpreter import run_groups
from imagingsim.geometry.jit import fingerprint

HELPER, ORGAN = 1, 2
HELP = [Step(m.BLOCK, HELPER, HELPER, 2), Step(m.PLANE, HELPER)]
PAINTED = [
    Step(m.BLOCK, ORGAN, ORGAN, 7), Step(m.ELLIPSOID, ORGAN), Step(m.DISPLACE, ORGAN),
    Step(m.COMBINE, ORGAN, HELPER, INTERSECT), Step(m.PAINT, ORGAN, 1),
]  # fmt: skip


def _found(steps: list[Step], textured: frozenset[int] = frozenset()) -> Blocks:
    return find_blocks(steps, np.zeros((len(steps), 6), np.float32), textured)


def test_a_block_that_only_helps_waits_for_its_reader() -> None:
    found = _found(HELP + PAINTED)
    assert found.rows.tolist() == [[1, 2, 1], [3, 7, 0]]
    assert found.needs.tolist() == [-1, -1, -1, -1, -1, 0, -1]


def test_a_block_that_fixes_runs_in_its_order() -> None:
    fixing = [Step(m.BLOCK, HELPER, HELPER, 3), Step(m.PLANE, HELPER), Step(m.FIX, HELPER)]
    assert _found(fixing).rows.tolist() == [[1, 3, 0]]


def test_a_block_that_a_texture_reads_runs_in_its_order() -> None:
    found = _found(HELP + PAINTED, frozenset([HELPER]))
    assert found.rows[0, 2] == 0
    assert (found.needs == -1).all()


def test_what_is_read_from_the_patients_space_does_not_wait() -> None:
    away = [Step(m.SPACE, ORGAN, 1), *PAINTED, Step(m.SPACE, ORGAN, 0)]
    found = _found(HELP + away)
    assert found.rows.tolist() == [[1, 2, 0], [2, 9, 0]]


def test_a_block_is_left_once_nothing_can_bring_its_field_back() -> None:
    assert _found(HELP + PAINTED).exits.tolist() == [-1, 2, -1, 7, 7, 7, -1]


def test_a_later_union_keeps_a_block_running() -> None:
    steps = [
        Step(m.BLOCK, ORGAN, ORGAN, 4), Step(m.ELLIPSOID, ORGAN), Step(m.ELLIPSOID, 3),
        Step(m.COMBINE, ORGAN, 3, UNION),
    ]  # fmt: skip
    assert _found(steps).exits.tolist() == [-1, -1, -1, 4]


def test_loose_instructions_are_a_block_without_bounds() -> None:
    found = _found([Step(m.ELLIPSOID, ORGAN), Step(m.DISPLACE, ORGAN)])
    assert found.rows.tolist() == [[0, 2, 0]]
    assert (np.abs(found.bounds) == 1e5).all()


def test_kept_kernels_go_stale_with_the_files_they_call(tmp_path: Path) -> None:
    for name, text in (("kernels", "from imagingsim.geometry.tables import A\n"),
                       ("tables", "A = 1\n"), ("other", "B = 1\n")):  # fmt: skip
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    before = fingerprint(tmp_path / "kernels.py", tmp_path)
    (tmp_path / "other.py").write_text("B = 2\n", encoding="utf-8")
    assert fingerprint(tmp_path / "kernels.py", tmp_path) == before
    (tmp_path / "tables.py").write_text("A = 2\n", encoding="utf-8")
    assert fingerprint(tmp_path / "kernels.py", tmp_path) != before


def test_the_kernel_that_runs_programs_is_kept_by_its_fingerprint() -> None:
    stamp = run_groups._cache._cache_file._source_stamp  # type: ignore[attr-defined]
    assert stamp == fingerprint(Path(interpreter.__file__))
