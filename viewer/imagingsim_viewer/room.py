"""The reading room: what a radiologist expects of a viewport, in napari's public terms.

Digit keys choose window presets, the wheel scrolls slices (with Control it zooms), dragging with
the right button changes window and level, and letters and corner text say what is seen.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.components.overlays import TextOverlay
from napari.layers import Image, Layer

from imagingsim import display
from imagingsim_viewer.layers import METADATA, Shown

PLANE_KEYS = {"F5": "axial", "F6": "coronal", "F7": "sagittal"}
EDGES = {
    "top": "top_center",
    "bottom": "bottom_center",
    "left": "middle_left",
    "right": "middle_right",
}
CORNERS = {"about": "top_left", "window": "bottom_left"}
WARNING = "SYNTHETIC, NOT FOR DIAGNOSIS"
LINE = 28
RIGHT_BUTTON = 2


class ReadingRoom:
    """Watches one viewer and keeps planes, letters, corner text, keys and mouse in order."""

    def __init__(self, viewer: ViewerModel) -> None:
        self.viewer = viewer
        self.plane = "axial"
        self._make_overlays()
        viewer.mouse_drag_callbacks.append(self._drag)
        viewer.mouse_wheel_callbacks.insert(0, self._scroll)
        viewer.dims.events.point.connect(self.annotate)
        viewer.dims.events.ndisplay.connect(self._turn)
        viewer.layers.events.inserted.connect(self._greet)
        viewer.layers.selection.events.active.connect(self.annotate)
        for key, plane in PLANE_KEYS.items():
            viewer.bind_key(key, self._plane_key(plane), overwrite=True)
        for layer in viewer.layers:
            self._adopt(layer)
        self.show_plane("axial")

    def show_plane(self, name: str) -> None:
        """Show ``"axial"``, ``"coronal"`` or ``"sagittal"`` in the radiologist's orientation."""
        self.plane = name
        self._turn()
        if len(self.viewer.layers):
            self.viewer.reset_view()

    def show_window(self, name: str) -> None:
        """Give the image being read, or the first it suits, a preset, e.g. ``"lung"``."""
        limits = display.window_named(name).limits
        images = [one for one in self.viewer.layers if isinstance(one, Image) and one.visible]
        chosen = self.image()
        candidates = images if chosen is None else [chosen, *images]
        for image in candidates:
            if name in presets(shown_of(image).modality):
                set_limits(image, limits)
                return

    def go_to(self, point_mm: tuple[float, float, float]) -> None:
        """Put a point of the body, LPS mm, into the slices shown."""
        left, posterior, superior = point_mm
        self.viewer.dims.set_point(range(3), (superior, posterior, left))

    def image(self) -> Image | None:
        """Return the image being read: the selected one, or the first that is visible."""
        active = self.viewer.layers.selection.active
        if isinstance(active, Image) and active.visible:
            return active
        seen = (one for one in self.viewer.layers if isinstance(one, Image) and one.visible)
        return next(seen, None)

    def annotate(self, event: object = None) -> None:
        """Write what is seen into the corners."""
        image = self.image()
        if image is None or self.viewer.dims.ndim != 3:
            return
        shown = shown_of(image)
        axis = display.PLANES[self.plane].axis
        # the slider runs over the grids of all layers; what counts is the slice of this image
        first_mm, step_mm = float(image.translate[axis]), float(image.scale[axis])
        number = round((self.viewer.dims.point[axis] - first_mm) / step_mm) + 1
        at_mm = first_mm + (number - 1) * step_mm
        low, high = image.contrast_limits
        digits = 0 if high - low > 30 else 1
        overlays = self.viewer.canvas.overlays
        about = textwrap.wrap(shown.description.removesuffix(" SYNTH"), LINE)
        overlays["about"].text = "\n".join([shown.patient, *about, WARNING])
        window = f"W {high - low:.{digits}f} L {(low + high) / 2:.{digits}f} {shown.unit}"
        place = display.axis_letter(display.PLANES[self.plane], at_mm)
        place += f"  image {number}/{image.data.shape[axis]}"
        flat = self.viewer.dims.ndisplay == 2
        overlays["window"].text = f"{window}\n{place}" if flat else window

    def _make_overlays(self) -> None:
        overlays = self.viewer.canvas.overlays
        for name, position in EDGES.items():
            overlays[name] = _text(position, size=14, colour="yellow")
        for name, position in CORNERS.items():
            overlays[name] = _text(position, size=9, colour="white")

    def _turn(self, event: object = None) -> None:
        viewer = self.viewer
        if viewer.dims.ndim != 3:
            return
        camera = viewer.scene.camera
        if viewer.dims.ndisplay == 3:
            # napari's own 3-D orientation would show this world mirrored
            viewer.dims.order = (1, 0, 2)
            camera.orientation = ("away", "up", "right")
            for name in EDGES:
                viewer.canvas.overlays[name].text = ""
            self.annotate()
            return
        plane = display.PLANES[self.plane]
        viewer.dims.order = (plane.axis, *(axis for axis in range(3) if axis != plane.axis))
        camera.orientation2d = ("down" if plane.name == "axial" else "up", "right")
        for name in EDGES:
            viewer.canvas.overlays[name].text = getattr(plane, name)
        self.annotate()

    def _greet(self, event: Any) -> None:
        self._adopt(event.value)
        self._turn()

    def _adopt(self, layer: Layer) -> None:
        if not isinstance(layer, Image):
            return
        layer.events.contrast_limits.connect(self.annotate)
        layer.events.visible.connect(self.annotate)
        # a layer's own keys beat the viewer's, so the presets must be bound to the layer itself
        for number, name in enumerate(presets(shown_of(layer).modality), start=1):
            layer.bind_key(str(number), _window_key(name), overwrite=True)
        self.annotate()

    def _plane_key(self, plane: str) -> Callable[[ViewerModel], None]:
        def press(viewer: ViewerModel) -> None:
            self.show_plane(plane)

        return press

    def _drag(self, viewer: ViewerModel, event: Any) -> Iterator[None]:
        image = self.image()
        if event.button != RIGHT_BUTTON or image is None:
            return
        start, (low, high) = np.array(event.pos, dtype=float), image.contrast_limits
        event.handled = True  # else napari zooms as well
        yield
        while event.type == "mouse_move":
            right, down = np.array(event.pos, dtype=float) - start
            step = (high - low) / 200
            width = max(high - low + right * step, step)
            level = (low + high) / 2 + down * step
            set_limits(image, (level - width / 2, level + width / 2))
            event.handled = True
            yield

    def _scroll(self, viewer: ViewerModel, event: Any) -> None:
        image = self.image()
        if "Control" in event.modifiers or viewer.dims.ndisplay == 3 or image is None:
            return
        axis = viewer.dims.order[0]
        step = image.scale[axis] * np.sign(event.delta[1])
        viewer.dims.set_point(axis, viewer.dims.point[axis] + step)
        event.handled = True


def presets(modality: str) -> Mapping[str, display.Window]:
    """Return the window presets of a modality, in the order of the digit keys."""
    if modality == "CT":
        return display.CT_WINDOWS
    return display.SUV_WINDOWS if modality == "PT" else {}


def set_limits(image: Image, limits: tuple[float, float]) -> None:
    """Set the contrast limits, widening the range napari allows for them first."""
    low, high = image.contrast_limits_range
    image.contrast_limits_range = (min(low, limits[0]), max(high, limits[1]))
    image.contrast_limits = limits


def shown_of(layer: Layer) -> Shown:
    """Return what the corner says about a layer, whoever made it."""
    known = layer.metadata.get(METADATA)
    return known if isinstance(known, Shown) else Shown("OT", "", "", layer.name, layer.name)


def _text(position: str, *, size: int, colour: str) -> TextOverlay:
    return TextOverlay(
        text="", position=position, font_size=size, visible=True, box=False, color=colour
    )


def _window_key(name: str) -> Callable[[Image], None]:
    def press(layer: Image) -> None:
        set_limits(layer, display.window_named(name).limits)

    return press
