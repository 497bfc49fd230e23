"""The gallery shows what its file names, where it names it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagingsim.anatomy import Body, Structure
from imagingsim.anatomy.records import BodyRecord, FrameRecord
from imagingsim.content import library, parse
from imagingsim.display import CT_WINDOWS, PLANES
from imagingsim.errors import UnknownNameError
from imagingsim.survey import Gallery, read_gallery, write_gallery
from imagingsim.survey.gallery import Easel

BALL = """
- id: a
  material: muscle
  frame: head
  solid: [{ellipsoid: {centre_mm: [30, 0, 0], semi_mm: [10, 10, 10]}}]
"""
GALLERY = """
noise_hu: {soft: 12}
regions:
  ball:
    frame: head
    pixel_mm: 2.0
    box_mm: [[-50, 50], [-40, 40], [-40, 40]]
    sheets:
      axial: {plane: axial, columns: 2, at: {through: 0, above: 30, at the mark: mark}}
      mip: {plane: coronal, projection: true, pixel_mm: 2.0}
"""


def body() -> Body:
    structures = parse(BALL, tuple[Structure, ...], where="x.yaml")
    head = FrameRecord(origin_mm=(0.0, 0.0, 100.0))
    record = BodyRecord(title="x", frames={"head": head}, landmarks={"mark": 95.0})
    return Body("x", record, structures, {}, {"a": 1})


def easel(*, noise: bool = False, seed: int = 1) -> Easel:
    gallery = parse(GALLERY, Gallery, where="g.yaml")
    return Easel(body(), gallery, library(), noise=noise, seed=seed)


def sheet(name: str, *, noise: bool = False, seed: int = 1) -> np.ndarray:
    one = easel(noise=noise, seed=seed)
    region = one.gallery.regions["ball"]
    return one.sheet(region, name, region.sheets[name])


def test_the_patients_left_is_on_the_right_of_the_picture() -> None:
    first = sheet("axial")[:40, :50, 0].astype(int)
    assert first[22, 38:41].min() > 100  # x = +30 mm: muscle
    assert first[26, 8:13].max() == 0  # x = -30 mm: air


def test_a_slice_lies_where_its_height_or_its_landmark_says() -> None:
    both = sheet("axial")
    above, marked = both[:40, 54:104], both[44:84, :50]
    assert above[22, 38:41].max() == 0
    assert marked[22, 38:41].min() > 100


def test_a_projection_shows_what_lies_in_front_and_behind() -> None:
    assert sheet("mip")[17, 39].min() > 100


def test_noise_has_the_declared_size_and_follows_the_seed() -> None:
    one, region = easel(noise=True), easel().gallery.regions["ball"]
    view = one._view(region, region.sheets["axial"])
    grain = one._grain((400, 400), "soft", view, "x")
    assert grain.std() == pytest.approx(12, rel=0.01)
    assert (sheet("axial", noise=True) == sheet("axial", noise=True)).all()
    assert (sheet("axial", noise=True) != sheet("axial", noise=True, seed=2)).any()


def test_the_gallery_that_is_shipped_names_known_windows_planes_and_landmarks() -> None:
    gallery = read_gallery(library())
    wanted = {"head", "neck", "thorax", "abdomen", "pelvis", "shoulders", "spine", "whole"}
    assert set(gallery.regions) == wanted
    for region in gallery.regions.values():
        for shown in region.sheets.values():
            assert shown.plane in PLANES
            assert shown.window == "labels" or shown.window in CT_WINDOWS
            assert shown.projection or shown.at
            assert shown.projection or shown.window in {*gallery.noise_hu, "labels"}


def test_an_unknown_region_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Known: head, neck"):
        write_gallery("adult_male", tmp_path, ["nape"], content=library())


@pytest.mark.slow
def test_the_sheets_of_a_region_are_written_as_png(tmp_path: Path) -> None:
    files = write_gallery("adult_male", tmp_path, ["spine"], ["axial_bone"], content=library())
    assert [file.name for file in files] == ["adult_male_spine_axial_bone.png"]
    with Image.open(files[0]) as picture:
        assert np.asarray(picture).std() > 20
