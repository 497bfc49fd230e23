"""Jobs on threads: every point once, wherever it lies, and the patient moved before all else."""

import dataclasses

import numpy as np

from imagingsim.geometry import Program, Step, Surroundings, Texture, assemble
from imagingsim.geometry import machine as m
from imagingsim.geometry.lanes import SIDE
from imagingsim.geometry.running import grid_job, list_job, result, run
from imagingsim.geometry.warping import warp_lattice
from imagingsim.units import FloatArray, IntArray

TILE = np.zeros(SIDE**3, np.float32)
STILL = Surroundings(
    TILE, TILE,
    *warp_lattice(TILE, amplitude_mm=0.0, wavelength_mm=80.0, seed=1.0, profile=np.zeros((0, 2))),
)  # fmt: skip
SHAPE, SIZE = (40, 44, 48), (8, 8, 8)
RADIUS = 9.0


def _ball(around: Surroundings) -> m.Tables:
    numbers = (0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, RADIUS, RADIUS, RADIUS, 0.0)
    steps = [
        Step(m.BLOCK, 1, 1, 3),
        Step(m.ELLIPSOID, 1, -1, -1, tuple(map(float, numbers)), np.array([[-RADIUS, RADIUS]] * 3)),
        Step(m.PAINT, 1, 1, -1, (0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0)),
    ]
    program = Program(steps=steps, fields=2)
    return assemble(program, [Texture(), Texture()], np.zeros((2, 1), np.uint8), around, width_mm=1)


def _affine() -> FloatArray:
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[::-1]
    affine[:3, 3] = -24.0, -22.0, -20.0
    return affine


def _sampled(around: Surroundings, threads: int = 2) -> IntArray:
    tables, filled = _ball(around), result(shape=SHAPE)
    axes = [np.arange(0, n, s) for n, s in zip(SHAPE, SIZE, strict=True)]
    bricks = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.int32)
    job = grid_job(_affine(), SHAPE, bricks, SIZE, tables)
    run(job, tables, 2, 1.0, filled, threads=threads)
    return filled.first


def _centre_mm(first: IntArray) -> FloatArray:
    return np.argwhere(first == 1).mean(axis=0) @ _affine()[:3, :3].T + _affine()[:3, 3]


def test_a_grid_is_filled_everywhere_near_and_far() -> None:
    first = _sampled(STILL)
    index = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1)
    away = np.linalg.norm(index @ _affine()[:3, :3].T + _affine()[:3, 3], axis=-1)
    assert (first[away < RADIUS - 0.6] == 1).all()
    assert (first[away > RADIUS + 0.6] == 0).all()


def test_threads_share_the_groups_without_a_trace() -> None:
    assert (_sampled(STILL, threads=1) == _sampled(STILL, threads=5)).all()


def test_points_of_a_list_are_found_one_by_one() -> None:
    tables = _ball(STILL)
    points = np.stack([np.linspace(-20, 20, 1300), np.zeros(1300), np.zeros(1300)], axis=1)
    filled = result(shape=(1, 1, 1300))
    run(list_job(points, tables), tables, 2, 1.0, filled, threads=2)
    assert (filled.first[0, 0] == (np.abs(points[:, 0]) < RADIUS)).mean() > 0.95


def test_a_state_moves_the_patient_under_the_grid() -> None:
    shift = np.zeros((3, 3, 3, 3), np.float32)
    shift[..., 0], shift[..., 2] = 4.0, -6.0
    frame = np.array([-100, -100, -100, 0.01, 3, 3, 3], np.float32)
    moved = dataclasses.replace(STILL, state=shift.ravel(), state_frame=frame)
    assert np.abs(_centre_mm(_sampled(STILL))).max() < 0.01
    assert np.abs(_centre_mm(_sampled(moved)) - (-4.0, 0.0, 6.0)).max() < 0.01
