"""Images and labels as the tuples napari makes layers from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.utils.colormaps import Colormap, DirectLabelColormap

from imagingsim import display, formats
from imagingsim.labels import LabelVolume
from imagingsim.study import Study
from imagingsim.volume import Volume

LayerData = tuple[Any, dict[str, Any], str]
METADATA = "imagingsim"
"""Key in a layer's metadata under which a `Shown` stands."""

PET_OPACITY = 0.8


@dataclass(frozen=True)
class Shown:
    """What the corner of the picture says about a layer."""

    modality: str
    unit: str
    patient: str
    description: str
    said: str


def image_layer(volume: Volume, name: str, shown: Shown, *, visible: bool = True) -> LayerData:
    """Return an image layer on the display grid; PET comes in SUV, coloured, to lie over CT."""
    on_grid = display.canonical(volume)
    window = display.window_for(shown.modality, shown.said, on_grid.array)
    options = _placed(on_grid) | {
        "name": name,
        "visible": visible,
        "metadata": {METADATA: shown},
        "contrast_limits": window.limits,
        "colormap": "gray",
        "interpolation2d": "linear",
    }
    if shown.modality == "PT":
        options |= {"colormap": _pet_colours(), "blending": "translucent", "opacity": PET_OPACITY}
    return on_grid.array, options, "image"


def label_layer(labels: LabelVolume, name: str, *, visible: bool = False) -> LayerData:
    """Return a labels layer whose status bar names the structure; hidden, so nothing is told."""
    on_grid = display.canonical(labels.volume)
    options = _placed(on_grid) | {
        "name": name,
        "visible": visible,
        "opacity": 0.5,
        "colormap": _label_colours(labels),
        "features": {
            "index": [segment.number for segment in labels.segments],
            "structure": [segment.name for segment in labels.segments],
        },
    }
    return on_grid.array, options, "labels"


def stored_layers(series: formats.StoredSeries, *, visible: bool, prefix: str = "") -> LayerData:
    """Return the layer of a series that was read from files."""
    volume = series.volume
    if series.modality == "PT" and series.suv_g_ml is not None:
        volume = display.suv(volume, series.suv_g_ml)
    shown = Shown(
        modality=series.modality,
        unit=_unit(volume),
        patient=series.patient.replace("^", " "),
        description=series.description,
        said=f"{series.name} {series.description} {series.body_part}",
    )
    return image_layer(volume, prefix + series.name, shown, visible=visible)


def study_layers(study: Study) -> list[LayerData]:
    """Return the layers of a study: the first image, PET over it, the rest and the truth hidden."""
    layers = []
    first = study.measured[0]
    for series in study.series:
        volume = series.volume
        if series.modality == "PT":
            volume = display.suv(volume, study.suv_g_ml(series.name))
        shown = Shown(
            modality=series.modality,
            unit=_unit(volume),
            patient=study.subject.name.replace("^", " "),
            description=series.description,
            said=f"{series.name} {series.description} {series.body_part}",
        )
        visible = series is first or series.modality == "PT"
        layers.append(image_layer(volume, series.name, shown, visible=visible))
    layers += [label_layer(truth, f"{truth.series} truth") for truth in study.labels]
    return layers


def _placed(volume: Volume) -> dict[str, Any]:
    grid = volume.grid
    left, posterior, superior = grid.position_mm(0, 0, 0)
    return {
        "scale": grid.spacing_mm,
        "translate": (superior, posterior, left),
        "units": ("mm",) * 3,
        "axis_labels": display.AXES,
    }


def _unit(volume: Volume) -> str:
    return "SUV" if volume.quantity == "SUV" else volume.unit.replace("1", "")


def _pet_colours() -> Colormap:
    """Return the usual PET colours, transparent at low uptake: additive ones tint the lung red."""
    value = np.linspace(0.0, 1.0, 256)
    channels = [np.clip(value * 3 - step, 0.0, 1.0) for step in range(3)]
    return Colormap(np.stack([*channels, np.clip(value / 0.35, 0.0, 1.0)], axis=1), name="pet")


def _label_colours(labels: LabelVolume) -> DirectLabelColormap:
    colours: dict[int | None, Any] = {None: (0.0, 0.0, 0.0, 0.0), 0: (0.0, 0.0, 0.0, 0.0)}
    for segment in labels.segments:
        red, green, blue = (part / 255.0 for part in segment.colour)
        colours[segment.number] = np.array([red, green, blue, 1.0])
    return DirectLabelColormap(color_dict=colours)
