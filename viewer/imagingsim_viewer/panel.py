"""A small dock with the planes and the window presets as buttons."""

from napari.viewer import Viewer
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from imagingsim import display
from imagingsim_viewer.room import PLANE_KEYS, ReadingRoom

_ROOMS: dict[int, ReadingRoom] = {}
COLUMNS = 3


class ViewingPanel(QWidget):
    """Buttons for what F5 to F7 and the digit keys do."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.room = room_of(napari_viewer)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("Plane"))
        planes = QGridLayout()
        for number, (key, name) in enumerate(PLANE_KEYS.items()):
            planes.addWidget(
                self._button(f"{name.capitalize()}  {key}", f"plane_{name}"), 0, number
            )
        layout.addLayout(planes)
        layout.addWidget(QLabel("Window"))
        layout.addLayout(self._windows())
        layout.addStretch()

    def _windows(self) -> QGridLayout:
        grid = QGridLayout()
        windows = {**display.CT_WINDOWS, **display.SUV_WINDOWS}
        for number, (name, window) in enumerate(windows.items()):
            button = self._button(window.title, f"window_{name}")
            grid.addWidget(button, number // COLUMNS, number % COLUMNS)
        return grid

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        what, _, value = name.partition("_")
        act = self.room.show_plane if what == "plane" else self.room.show_window
        button.clicked.connect(lambda: act(value))
        return button


def room_of(viewer: Viewer) -> ReadingRoom:
    """Return the reading room of a viewer; each viewer has one."""
    room = _ROOMS.get(id(viewer))
    if room is None or room.viewer is not viewer:
        room = _ROOMS[id(viewer)] = ReadingRoom(viewer)
    return room
