"""Opens a viewer on a study, a case or a folder, and waits until it is closed."""

from pathlib import Path

import napari
from napari.layers import Layer
from napari.qt.threading import WorkerBase, create_worker
from napari.viewer import Viewer

from imagingsim.anatomy import Case
from imagingsim.errors import FormatError
from imagingsim.study import Study
from imagingsim_viewer.layers import LayerData, study_layers
from imagingsim_viewer.panel import ViewingPanel, room_of
from imagingsim_viewer.reader import path_layers
from imagingsim_viewer.room import ReadingRoom
from imagingsim_viewer.samples import case_layers

TITLE = "imagingsim: synthetic, not for diagnosis"


def open_study(study: Study) -> None:
    """Show a study that was just acquired."""
    show(study_layers(study), f"{study.case}, {study.description}")
    napari.run()


def open_case(case: Case, timepoint: str | None = None) -> None:
    """Show the true anatomy of a case: expected CT numbers and labels, no scanner's image.

    The window opens at once; the body follows when it has been sampled.
    """
    viewer = show([], f"{case.id}, true anatomy")
    load_case(viewer, case, timepoint)
    napari.run()


def load_case(viewer: Viewer, case: Case, timepoint: str | None = None) -> WorkerBase:
    """Sample a case beside the window, which stays alive, and add its layers to ``viewer``."""
    return create_worker(
        case_layers,
        case,
        timepoint,
        _connect={"returned": lambda layers: add(viewer, layers)},
        _progress={"desc": f"{case.id}: sampling the body", "total": 0},
    )


def open_folder(folder: Path) -> None:
    """Show a folder written by ``workup`` or ``acquire``, or one DICOM series."""
    show(folder_layers(folder), folder.name)
    napari.run()


def folder_layers(folder: Path) -> list[LayerData]:
    """Return the layers of a folder: its DICOM where it has some, else its NIfTI files."""
    dicom = folder / "dicom"
    if dicom.is_dir():
        return path_layers(dicom)
    images = sorted(folder.rglob("*.nii.gz"))
    if images:
        return [layer for image in images for layer in path_layers(image)]
    try:
        return path_layers(folder)
    except FormatError as error:
        raise FormatError(
            f"{folder} holds neither DICOM nor NIfTI images. "
            "Give a folder written by `imagingsim workup` or `imagingsim acquire`."
        ) from error


def show(layers: list[LayerData], about: str) -> Viewer:
    """Return a viewer with ``layers``, made a reading room with its viewing panel."""
    viewer = Viewer(title=f"{about} | {TITLE}", show=True)
    furnish(viewer)
    add(viewer, layers)
    return viewer


def furnish(viewer: Viewer) -> ReadingRoom:
    """Make a viewer a reading room with its viewing panel."""
    viewer.window.add_dock_widget(ViewingPanel(viewer), name="Viewing", area="right")
    return room_of(viewer)


def add(viewer: Viewer, layers: list[LayerData]) -> None:
    """Add ``layers`` and select the first image for reading."""
    for layer in layers:
        viewer.add_layer(Layer.create(*layer))
    room = room_of(viewer)
    image = room.image()
    if image is not None:
        viewer.layers.selection.active = image
    room.show_plane("axial")
