"""The viewer as a person meets it: real pixels, keys and mouse, under X with OpenGL."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("napari", reason="the viewer is not installed: pip install imagingsim[viewer]")

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton

from imagingsim import testing
from imagingsim_viewer import opening
from imagingsim_viewer.layers import LayerData, study_layers
from imagingsim_viewer.opening import add, furnish
from imagingsim_viewer.room import ReadingRoom

pytestmark = pytest.mark.skipif(
    sys.platform == "linux"
    and (not os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb"),
    reason="needs an X server with OpenGL: run under xvfb-run, as .ci/test does",
)

NODULE_MM = (80.0, 0.0, -20.0)
Room = tuple[ReadingRoom, Any]


@pytest.fixture
def petct(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Room:
    return opened(make_napari_viewer, qtbot, testing.petct_study())


@pytest.fixture
def ct(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Room:
    return opened(make_napari_viewer, qtbot, testing.ct_study())


def opened(make_napari_viewer: Callable[..., Any], qtbot: Any, study: Any) -> Room:
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1200, 800)
    room = furnish(viewer)
    add(viewer, study_layers(study))
    qtbot.waitExposed(viewer.window._qt_window)
    QApplication.processEvents()
    return room, viewer


def pixels(viewer: Any) -> npt.NDArray[np.uint8]:
    """Return the canvas once it is painted: two looks at the same scene that show the same."""
    before = None
    for _ in range(100):
        QTest.qWait(50)
        scene = viewer.window._qt_viewer.canvas.view.scene.transform.map([1, 1, 0, 1])
        seen = np.asarray(viewer.screenshot(canvas_only=True, flash=False))
        now = (seen.shape, tuple(scene), seen.tobytes())
        if now == before and all(layer.loaded for layer in viewer.layers):
            return seen
        before = now
    raise TimeoutError("the canvas was still changing after five seconds")


def on_screen(viewer: Any, point_mm: tuple[float, float, float]) -> QPoint:
    """Return the pixel of a point of the body, from the scene's own transform."""
    world = point_mm[::-1]
    shown = [world[axis] for axis in viewer.dims.displayed][::-1]
    mapped = viewer.window._qt_viewer.canvas.view.scene.transform.map([*shown, 0, 1])
    return QPoint(round(mapped[0] / mapped[3]), round(mapped[1] / mapped[3]))


def canvas(viewer: Any) -> Any:
    return viewer.window._qt_viewer.canvas.native


def colour(viewer: Any, point_mm: tuple[float, float, float]) -> npt.NDArray[np.int64]:
    picture = pixels(viewer)  # first: painting may still move the scene
    where = on_screen(viewer, point_mm)
    return picture[where.y(), where.x(), :3].astype(int)


def test_the_right_sided_mass_is_on_the_left_of_the_screen(ct: Room) -> None:
    room, viewer = ct
    room.go_to(testing.MASS_CENTRE_MM)
    room.show_window("liver")
    picture = pixels(viewer)
    mass = on_screen(viewer, testing.MASS_CENTRE_MM)
    mirrored = on_screen(viewer, (60.0, -10.0, 10.0))
    assert mass.x() < picture.shape[1] / 2 < mirrored.x()
    assert colour(viewer, testing.MASS_CENTRE_MM).mean() > 60
    assert colour(viewer, (60.0, -40.0, 10.0)).mean() < 40


def test_letters_agree_with_the_pixels(ct: Room) -> None:
    room, viewer = ct
    overlays = viewer.canvas.overlays
    towards = {"A": (0, -50, 0), "S": (0, 0, 50), "R": (-50, 0, 0)}
    for plane, letters in (("axial", "APRL"), ("coronal", "SIRL"), ("sagittal", "SIAP")):
        room.show_plane(plane)
        pixels(viewer)
        sides = ("top", "bottom", "left", "right")
        assert "".join(overlays[side].text for side in sides) == letters
        start = on_screen(viewer, (0.0, 0.0, 0.0))
        assert on_screen(viewer, towards[letters[0]]).y() < start.y() - 20
        assert on_screen(viewer, towards[letters[2]]).x() < start.x() - 20


def test_pet_lies_over_the_ct_where_the_tumour_is(petct: Room) -> None:
    room, viewer = petct
    room.go_to(testing.MASS_CENTRE_MM)
    red, green, blue = colour(viewer, testing.MASS_CENTRE_MM)
    assert min(red, green, blue) > 200
    quiet = colour(viewer, (0.0, 0.0, 10.0))
    assert np.ptp(quiet) < 30
    viewer.layers["pet"].visible = False
    assert np.ptp(colour(viewer, testing.MASS_CENTRE_MM)) < 5


def test_corner_text_says_window_place_and_warning(petct: Room) -> None:
    room, viewer = petct
    room.go_to((0.0, 0.0, 12.0))
    overlays = viewer.canvas.overlays
    assert "NOT FOR DIAGNOSIS" in overlays["about"].text
    assert "W 400 L 40 HU\nS 12.0 mm  image 18/30" in overlays["window"].text
    viewer.layers.selection.active = viewer.layers["pet"]
    assert "W 7.0 L 3.5 SUV" in overlays["window"].text


def test_digit_keys_choose_the_window(ct: Room, qtbot: Any) -> None:
    _, viewer = ct
    canvas(viewer).setFocus()
    qtbot.keyClick(canvas(viewer), Qt.Key.Key_2)
    assert tuple(viewer.layers["ct_arterial"].contrast_limits) == (-1350, 150)
    qtbot.keyClick(canvas(viewer), Qt.Key.Key_1)
    assert tuple(viewer.layers["ct_arterial"].contrast_limits) == (-160, 240)


def test_plane_keys_and_buttons_turn_the_body(ct: Room, qtbot: Any) -> None:
    room, viewer = ct
    canvas(viewer).setFocus()
    qtbot.keyClick(canvas(viewer), Qt.Key.Key_F6)
    assert room.plane == "coronal"
    assert viewer.dims.order == (1, 0, 2)
    button = viewer.window._qt_window.findChild(QPushButton, "plane_sagittal")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert viewer.dims.order == (2, 0, 1)


def test_suv_buttons_leave_the_ct_alone(petct: Room, qtbot: Any) -> None:
    _, viewer = petct
    button = viewer.window._qt_window.findChild(QPushButton, "window_suv_15")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert tuple(viewer.layers["pet"].contrast_limits) == (0, 15)
    assert tuple(viewer.layers["ct_attenuation"].contrast_limits) == (-160, 240)


def test_wheel_scrolls_one_slice_and_does_not_zoom(ct: Room) -> None:
    _, viewer = ct
    zoom, before = viewer.scene.camera.zoom, viewer.dims.point[0]
    middle = canvas(viewer).rect().center()
    wheel = QWheelEvent(
        QPointF(middle), QPointF(canvas(viewer).mapToGlobal(middle)), QPoint(0, 0),
        QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas(viewer), wheel)
    assert viewer.dims.point[0] - before == pytest.approx(6.0)
    assert viewer.scene.camera.zoom == zoom


def test_dragging_right_widens_the_window_and_does_not_zoom(ct: Room, qtbot: Any) -> None:
    _, viewer = ct
    layer, zoom, native = viewer.layers["ct_arterial"], viewer.scene.camera.zoom, canvas(viewer)
    start = native.rect().center()
    qtbot.mousePress(native, Qt.MouseButton.RightButton, pos=start)
    for step in range(1, 7):
        at = start + QPoint(10 * step, 5 * step)
        move = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(at), QPointF(native.mapToGlobal(at)),
            Qt.MouseButton.RightButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(native, move)
        QApplication.processEvents()
    qtbot.mouseRelease(native, Qt.MouseButton.RightButton, pos=start + QPoint(60, 30))
    low, high = layer.contrast_limits
    assert high - low > 450
    assert (low + high) / 2 > 60
    assert viewer.scene.camera.zoom == zoom


def test_three_dimensions_are_not_mirrored(petct: Room) -> None:
    room, viewer = petct
    viewer.dims.ndisplay = 3
    assert tuple(str(side.value) for side in viewer.scene.camera.orientation) == (
        "away",
        "up",
        "right",
    )
    viewer.dims.ndisplay = 2
    assert room.plane == "axial"
    assert viewer.dims.order == (0, 1, 2)


def test_named_structures_show_in_the_status_bar(ct: Room) -> None:
    room, viewer = ct
    room.go_to(testing.MASS_CENTRE_MM)
    truth = viewer.layers["ct_arterial truth"]
    truth.visible = True
    said = truth.get_status(testing.MASS_CENTRE_MM[::-1], world=True)
    assert "lesion_liver_mass" in said["value"]


def test_a_case_appears_when_it_has_been_sampled(
    make_napari_viewer: Callable[..., Any], qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sampled(case: Any, timepoint: str | None) -> list[LayerData]:
        assert (case.id, timepoint) == ("demo", "presentation")
        return study_layers(testing.ct_study())

    monkeypatch.setattr(opening, "case_layers", sampled)
    viewer = make_napari_viewer(show=True)
    furnish(viewer)
    worker = opening.load_case(viewer, SimpleNamespace(id="demo"), "presentation")  # type: ignore[arg-type]
    with qtbot.waitSignal(worker.finished, timeout=10_000):
        assert len(viewer.layers) == 0
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=5_000)
    assert viewer.layers.selection.active.name == "ct_arterial"
    assert viewer.canvas.overlays["left"].text == "R"


def test_napari_opens_a_study_folder_with_our_reader(
    make_napari_viewer: Callable[..., Any], tmp_path: Path
) -> None:
    from npe2 import PluginManager

    testing.petct_study().write(tmp_path / "study")
    viewer = make_napari_viewer(show=True)
    PluginManager.instance().discover()
    if "imagingsim" not in PluginManager.instance():
        pytest.skip("imagingsim is not installed, so napari cannot find it: pip install -e .")
    viewer.open(str(tmp_path / "study" / "dicom"), plugin="imagingsim")
    assert [layer.name for layer in viewer.layers[:2]] == ["ct_attenuation", "pet"]
    pet = viewer.layers["pet"]
    viewer.dims.set_point(range(3), testing.MASS_CENTRE_MM[::-1])
    value = pet.get_value(testing.MASS_CENTRE_MM[::-1], world=True)
    assert value == pytest.approx(testing.MASS_SUV, rel=1e-3)
