"""Vector lookups: bit for bit what the same arithmetic gives point by point."""

import gc

import numpy as np
import pytest

from imagingsim.geometry.baking import Packed
from imagingsim.geometry.jit import compiled_borrowing
from imagingsim.geometry.lanes import LANES, SIDE, read_shift, read_solid
from imagingsim.geometry.lookups import extent, f32, noise, noise_row
from imagingsim.geometry.machine import Float32
from imagingsim.geometry.program import addresses
from imagingsim.streams import stream

N = 3 * LANES


def _rows(count: int, low: float, high: float) -> list[Float32]:
    rng = stream(1, "lanes")
    return [rng.uniform(low, high, N).astype(np.float32) for _ in range(count)]


def _tile() -> Float32:
    tile = stream(2, "lanes").normal(size=(SIDE - 1,) * 3).astype(np.float32)
    return np.pad(tile, (0, 1), mode="wrap").ravel()


@pytest.mark.parametrize("wavelength_mm", [0.7, 6.0, 26.0])
def test_noise_of_a_row_has_the_bits_of_noise_at_its_points(wavelength_mm: float) -> None:
    tile, (x, y, z) = _tile(), _rows(3, -400.0, 400.0)
    wave, seed, out = f32(wavelength_mm), f32(3.3), np.zeros(N, np.float32)
    noise_row(tile, x, y, z, N, wave, seed, out)
    alone = [noise(tile, *point, wave, seed) for point in zip(x, y, z, strict=True)]
    assert (out == np.array(alone, np.float32)).all()


@compiled_borrowing
def _look_up(place: int, x: Float32, y: Float32, z: Float32, out: Float32) -> None:
    nx, ny, nz = np.int32(7), np.int32(6), np.int32(5)
    for at in range(0, out.shape[0], LANES):
        read_solid(place, x, y, z, at, f32(-3.0), f32(1.0), f32(2.0), f32(0.5), nx, ny, nz, out)


def test_a_baked_solid_is_interpolated_between_its_nodes_and_kept_beyond_its_edge() -> None:
    k, j, i = np.meshgrid(np.arange(5), np.arange(6), np.arange(7), indexing="ij")
    plane = (256 * (3 * i - 2 * j + 5 * k)).astype(np.int16)
    x, y, z = _rows(3, -8.0, 20.0)
    out = np.zeros(N, np.float32)
    places = addresses({1: Packed(plane, plane, (-3.0, 1.0, 2.0), 2.0)}, 2)
    del plane  # the places keep it
    gc.collect()
    _look_up(places[1, 0], x, y, z, out)
    assert places[0].tolist() == [0, 0]
    u, v, w = (np.clip((c - low) / 2.0, 0, n - 1.001)
               for c, low, n in ((x, -3, 7), (y, 1, 6), (z, 2, 5)))  # fmt: skip
    assert out == pytest.approx(3 * u - 2 * v + 5 * w, abs=1e-4)


@compiled_borrowing
def _shift(table: Float32, u: f32, v: f32, w: f32, out: Float32) -> None:
    read_shift(table, np.int32(3), np.int32(9), np.int32(27), u, v, w, 1, out)


def test_a_shift_is_interpolated_between_eight_triples() -> None:
    table = stream(3, "lanes").normal(size=(4, 3, 3, 3)).astype(np.float32)
    out = np.zeros(6, np.float32)
    _shift(np.append(table.ravel(), f32(0)), f32(0.25), f32(0.5), f32(0.75), out)
    cell = table[:2, :2, 1:3]
    weight = np.einsum("k,j,i->kji", (0.25, 0.75), (0.5, 0.5), (0.75, 0.25))
    assert out[1:4] == pytest.approx(np.einsum("kji,kjia->a", weight, cell), abs=1e-6)


@pytest.mark.parametrize(("low", "high"), [(-3.0, 7.0), (2.0, 9.0), (-9.0, -2.0)])
def test_the_extent_of_a_row_is_its_smallest_and_largest_number(low: float, high: float) -> None:
    (row,) = _rows(1, low, high)
    assert extent(row, N) == (row.min(), row.max())
    assert extent(row, 5) == (row[:5].min(), row[:5].max())
