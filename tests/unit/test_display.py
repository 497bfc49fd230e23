"""Display: sides, windows, statistics and pictures, without a screen."""

import io
from itertools import permutations, product

import numpy as np
import pytest
from PIL import Image

from imagingsim import display, testing
from imagingsim.errors import GeometryError, UnknownNameError
from imagingsim.grid import Grid
from imagingsim.volume import Volume

FLIPS = list(product((1, -1), repeat=3))
RIGHT, LEFT = (-30.0, 0.0, 0.0), (30.0, 0.0, 0.0)


def volume_of(affine: np.ndarray, shape: tuple[int, int, int] = (5, 6, 7)) -> Volume:
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return Volume(array, Grid(shape, affine), "signal", "1")


def marked(*points_mm: tuple[float, float, float]) -> Volume:
    grid = Grid.axial((41, 41, 41), (2.0, 2.0, 2.0), (-40.0, -40.0, -40.0))
    array = np.full(grid.shape, -1000, dtype=np.int16)
    for point in points_mm:
        slice_, row, column = np.rint(grid.index(np.array(point))).astype(int)
        array[slice_ - 2 : slice_ + 3, row - 2 : row + 3, column - 2 : column + 3] = 1000
    return Volume(array, grid, "CT number", "HU")


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("flip", FLIPS)
def test_display_grid_keeps_every_voxel_in_its_place(
    order: tuple[int, int, int], flip: tuple[int, int, int]
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[:, list(order)] * np.array([2.0, 0.8, 0.7]) * np.array(flip)
    affine[:3, 3] = (10, -20, 30)
    volume = volume_of(affine)
    shown = display.canonical(volume)
    assert np.shares_memory(shown.array, volume.array)
    assert (shown.grid.affine[[2, 1, 0], [0, 1, 2]] > 0).all()
    for index in ((0, 0, 0), (4, 5, 6), (2, 3, 1)):
        point = np.array(volume.grid.position_mm(*index))
        there = tuple(np.rint(shown.grid.index(point)).astype(int))
        assert shown.array[there] == volume.array[index]


def test_an_oblique_volume_is_resampled_onto_the_body_axes() -> None:
    turn = np.radians(20)
    affine = np.diag([2.5, 0.8, 0.8, 1.0])[:, [2, 1, 0, 3]]
    rotation = np.eye(4)
    rotation[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    grid = Grid((40, 60, 80), rotation @ affine)
    array = np.zeros(grid.shape, dtype=np.float32)
    array[18:22, 14:18, 60:66] = 1
    shown = display.canonical(Volume(array, grid, "signal", "1"))
    point = np.array(grid.position_mm(19.5, 15.5, 62.5))
    assert shown.array[tuple(np.rint(shown.grid.index(point)).astype(int))] > 0.7


@pytest.mark.parametrize(
    ("plane", "point", "place"),
    [
        ("axial", RIGHT, "left"),
        ("axial", LEFT, "right"),
        ("axial", (0.0, -30.0, 0.0), "top"),
        ("coronal", RIGHT, "left"),
        ("coronal", (0.0, 0.0, 30.0), "top"),
        ("sagittal", (0.0, -30.0, 0.0), "left"),
        ("sagittal", (0.0, 0.0, 30.0), "top"),
    ],
)
def test_sides_follow_the_radiological_convention(
    plane: str, point: tuple[float, float, float], place: str
) -> None:
    volume = marked(point)
    view = display.whole_view(volume.grid, plane)
    picture = display.slice_picture(volume, view, display.window_named("soft"))[..., 0]
    row, column = np.argwhere(picture > 128).mean(axis=0)
    rows, columns = picture.shape
    found = {
        "left": column < columns / 3,
        "right": column > 2 * columns / 3,
        "top": row < rows / 3,
    }
    assert found[place]


def test_pixels_are_square_whatever_the_voxels_are() -> None:
    affine = np.array([[0, 0, 1.0, 0], [0, 3.0, 0, 0], [5.0, 0, 0, 0], [0, 0, 0, 1]])
    volume = volume_of(affine, (10, 20, 60))
    view = display.whole_view(volume.grid, "axial", pixel_mm=1.0)
    assert view.shape == (60, 60)


def test_a_point_lands_on_its_pixel() -> None:
    volume = marked(RIGHT)
    view = display.close_up((-20.0, 5.0, 0.0), size_mm=60, pixel_mm=0.5)
    picture = display.cut(volume, view)
    row, column = view.pixel(RIGHT)
    assert np.argwhere(picture > 0).mean(axis=0) == pytest.approx((row, column), abs=0.6)


def test_projection_sees_what_the_slice_misses() -> None:
    volume = marked((0.0, 30.0, 10.0))
    view = display.whole_view(volume.grid, "coronal")
    assert display.cut(volume, view).max() == -1000
    assert display.projection(volume, view).max() == 1000


def test_soft_tissue_window_spans_minus_160_to_240_hu() -> None:
    window = display.window_named("soft")
    assert window.grey(np.array([-500, -160, 40, 240, 900])).tolist() == [0, 0, 128, 255, 255]


@pytest.mark.parametrize(
    ("name", "width", "level"),
    [("soft", 400, 40), ("bone", 1800, 400), ("lung", 1500, -600), ("brain", 80, 40)],
)
def test_presets_are_the_usual_ones(name: str, width: float, level: float) -> None:
    window = display.window_named(name)
    assert (window.width, window.level) == (width, level)


def test_unknown_window_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Known: soft, lung"):
        display.window_named("nope")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("ct_head_soft HEAD", "Brain"),
        ("ct_head_bone HEAD", "Bone"),
        ("ct_chest_lung", "Lung"),
        ("ct_portal ABDOMEN", "Soft tissue"),
    ],
)
def test_a_ct_opens_in_the_window_of_its_region(said: str, title: str) -> None:
    assert display.window_for("CT", said, np.zeros((2, 2, 2))).title == title


def test_suv_of_the_demo_mass_is_twelve() -> None:
    study = testing.petct_study()
    pet = display.suv(study.series_named("pet").volume, study.suv_g_ml("pet"))
    statistics = display.sphere_statistics(pet, testing.MASS_CENTRE_MM, 12.0)
    assert statistics.maximum == pytest.approx(testing.MASS_SUV, rel=1e-5)
    assert display.suv_peak(pet, testing.MASS_CENTRE_MM, 12.0) == pytest.approx(12.0, rel=1e-5)
    assert pet.unit == "g/mL"


def test_a_sphere_outside_the_image_is_refused() -> None:
    with pytest.raises(GeometryError, match="outside the image"):
        display.sphere_statistics(marked(RIGHT), (500.0, 0.0, 0.0), 5.0)


def test_sphere_counts_its_volume() -> None:
    volume = marked(RIGHT)
    voxels = display.sphere_statistics(volume, (0.0, 0.0, 0.0), 20.0).voxels
    assert voxels * volume.grid.voxel_ml == pytest.approx(4 / 3 * np.pi * 8, rel=0.02)


def test_centre_of_a_label_is_where_it_was_put() -> None:
    labels = testing.ct_study().labels[0].volume
    centre = display.centre_of(labels, testing.MASS)
    assert centre == pytest.approx(testing.MASS_CENTRE_MM, abs=0.5)


def test_lesions_are_outlined_in_their_colour() -> None:
    study = testing.ct_study()
    volume, labels = study.series[0].volume, study.labels[0]
    view = display.whole_view(volume.grid, "axial", at_mm=testing.MASS_CENTRE_MM[2])
    plain = display.slice_picture(volume, view, display.window_named("soft"))
    drawn = display.outline_lesions(plain, labels, view, names=["lesion_liver_mass"])
    changed = (drawn != plain).any(axis=-1)
    assert 30 < changed.sum() < 300
    assert {tuple(colour) for colour in drawn[changed].tolist()} == {labels.segments[-2].colour}


def test_pet_over_ct_colours_only_what_takes_up() -> None:
    study = testing.petct_study()
    ct = study.series[0].volume
    pet = display.suv(study.series[1].volume, study.suv_g_ml("pet"))
    view = display.whole_view(ct.grid, "coronal", at_mm=testing.MASS_CENTRE_MM[1])
    soft, seven = display.window_named("soft"), display.window_named("suv_7")
    picture = display.fused_picture(ct, pet, view, soft, seven).astype(int)
    row, column = (round(number) for number in view.pixel(testing.MASS_CENTRE_MM))
    assert picture[row, column].min() > 180
    corner = picture[2, 2]
    assert corner[0] == corner[1] == corner[2]


def test_annotated_picture_is_a_png_with_equal_bytes() -> None:
    volume = marked(RIGHT)
    view = display.whole_view(volume.grid, "axial")
    window = display.window_named("soft")
    picture = display.slice_picture(volume, view, window)
    said = display.annotate(picture, view, text=["demo", "arterial"], window=window)
    assert display.png(said) == display.png(said.copy())
    assert Image.open(io.BytesIO(display.png(said))).size == picture.shape[1::-1]
    assert (said != picture).any()


def test_display_needs_no_qt() -> None:
    import subprocess
    import sys

    code = (
        "import sys; sys.modules.update({m: None for m in ('napari', 'qtpy', 'PySide6')}); "
        "import imagingsim.display"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
