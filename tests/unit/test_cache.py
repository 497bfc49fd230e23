"""What is kept on disk comes back as it was, and nothing damaged is believed."""

import os
from pathlib import Path

import numpy as np
import pytest

from imagingsim.anatomy import Phantom, cache, read_body, sample
from imagingsim.anatomy.kept_documents import read_kept
from imagingsim.anatomy.records import Region
from imagingsim.content import library
from imagingsim.errors import ContentError
from imagingsim.grid import Grid

MADE: cache.Arrays = {
    "values": np.arange(24, dtype=np.int16).reshape(2, 3, 4), "none": np.zeros((0, 3)),
    "odd": np.arange(5, dtype=np.uint8), "frame": np.asfortranarray(np.eye(4)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    return tmp_path


def _never() -> cache.Arrays:
    raise AssertionError("It was kept already.")


def test_arrays_come_back_as_they_were() -> None:
    cache.keep("things", "a", lambda: MADE)
    again = cache.keep("things", "a", _never)
    assert list(again) == list(MADE)
    for name, array in MADE.items():
        assert again[name].dtype == array.dtype
        assert again[name].flags.aligned
        assert np.array_equal(again[name], array)


def test_writing_to_an_array_changes_nothing_on_disk() -> None:
    cache.keep("things", "a", lambda: MADE)
    cache.keep("things", "a", _never)["values"][0] = 99
    assert np.array_equal(cache.keep("things", "a", _never)["values"], MADE["values"])


@pytest.mark.parametrize("damaged", [b"", b"no archive at all", b"PK\x05\x06"])
def test_a_damaged_file_is_made_again(folder: Path, damaged: bytes) -> None:
    cache.keep("things", "a", lambda: MADE)
    (folder / "things" / "a.npz").write_bytes(damaged)
    assert np.array_equal(cache.keep("things", "a", lambda: MADE)["values"], MADE["values"])
    assert np.array_equal(cache.keep("things", "a", _never)["values"], MADE["values"])


def test_what_was_used_longest_ago_goes_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        cache.keep("things", name, lambda: MADE)
    for age_s, name in enumerate("acb"):
        os.utime(folder / "things" / f"{name}.npz", (1e9 - age_s, 1e9 - age_s))
    cache.keep("things", "b", _never)
    monkeypatch.setattr(cache, "MOST_BYTES", 2 * (folder / "things" / "a.npz").stat().st_size)
    monkeypatch.setattr(cache, "_trim_once", cache._trim_once.__wrapped__)
    cache.keep("things", "d", lambda: MADE)
    assert sorted(file.stem for file in (folder / "things").iterdir()) == ["a", "b", "d"]


def test_a_kept_document_with_a_mistake_still_names_its_line(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "phantoms").mkdir(parents=True)
    text = "anatomy: imagingsim.anatomy/1\nstructures:\n  - id: ball\n    colour: red\n"
    (own / "phantoms" / "odd.yaml").write_text(text, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ContentError, match=r"phantoms/odd\.yaml:[34]"):
            read_kept(library(own), "region", "phantoms", "odd", Region)


TOY = """anatomy: imagingsim.anatomy/1
structures:
  - {id: skin, rank: 0, label: fat, material: visceral_fat,
     solid: [{box: {centre_mm: [0, 0, 0], half_mm: [90, 70, 80], round_mm: 6}}]}
  - {id: wall, rank: 1, solid: [{box: {centre_mm: [0, 0, 0], half_mm: [50, 50, 50]}}]}
  - {id: liver, rank: 2, material: liver, inside: [{field: wall, margin_mm: MARGIN}],
     solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [60, 60, 60]}}]}
  - {id: veins, rank: 3, label: portal_vein, material: blood_venous,
     solid: [{tree: {seed: 1, root: [[0, 0, -60], [0, 0, -40]], within: [liver], avoid: [],
                     box_mm: [[-60, 60], [-60, 60], [-60, 60]], tips: 30, tip_radius_mm: 1.5}}]}
"""


def _toy(folder: Path, margin_mm: float) -> bytes:
    """Return what a body is made of whose tree grows in a liver that is clipped by a margin."""
    place = folder / "own" / "phantoms" / "bodies" / "toy"
    place.mkdir(parents=True, exist_ok=True)
    (place / "body.yaml").write_text("title: Toy\nsex: male\nregions: [trunk]\n", encoding="utf-8")
    (place / "trunk.yaml").write_text(TOY.replace("MARGIN", f"{margin_mm}"), encoding="utf-8")
    body = read_body(library(folder / "own"), "toy")
    return sample(
        Phantom(body), Grid.axial((30, 30, 30), (4.0, 4.0, 4.0), (-58, -58, -58))
    ).first.tobytes()


def test_what_was_kept_of_an_earlier_content_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _toy(folder, 0.0)
    after = _toy(folder, -15.0)
    monkeypatch.setenv(cache.VARIABLE, str(folder / "fresh"))
    assert after == _toy(folder, -15.0)
