"""The npe2 reader: DICOM files and folders, NIfTI with its sidecar."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from imagingsim import formats
from imagingsim.labels import Code, LabelVolume, Segment
from imagingsim_viewer.layers import LayerData, label_layer, stored_layers

Paths = str | list[str]
LOOKED_AT = 8
NIFTI = (".nii", ".nii.gz")
UNKNOWN = Code("", "", "")


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Return the reader of a path, or None, quickly, for what is neither DICOM nor NIfTI."""
    first = Path(path[0] if isinstance(path, list) else path)
    if first.is_dir():
        return read if _holds_dicom(first) else None
    return read if first.name.endswith(NIFTI) or formats.is_dicom(first) else None


def read(path: Paths) -> list[LayerData]:
    """Return the layers of one or several paths."""
    paths = path if isinstance(path, list) else [path]
    return [layer for one in paths for layer in path_layers(Path(one))]


def path_layers(path: Path) -> list[LayerData]:
    """Return the layers in a NIfTI file, a DICOM file, or a folder of DICOM at any depth."""
    if path.name.endswith(NIFTI):
        return [_nifti(path)]
    return _dicom(path)


def _holds_dicom(folder: Path) -> bool:
    """Tell whether one of the first few files is DICOM; a folder of anything else is not ours."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return any(formats.is_dicom(file) for file in islice(files, LOOKED_AT))


def _dicom(path: Path) -> list[LayerData]:
    found = formats.read_dicom(path)
    several = len({series.study_uid for series in found}) > 1
    prefixes = {series.uid: f"{series.date} " if several else "" for series in found}
    shown = _shown_first(found)
    layers = [
        stored_layers(series, visible=series.uid in shown, prefix=prefixes[series.uid])
        for series in found
    ]
    names = {series.uid: prefixes[series.uid] + series.name for series in found}
    for file in formats.segmentation_files(path) if path.is_dir() else ():
        labels = formats.read_segmentation(file)
        layers.append(label_layer(labels, f"{names.get(labels.series, '')} {file.stem}".strip()))
    return layers


def _shown_first(found: tuple[formats.StoredSeries, ...]) -> set[str]:
    """Return the first series of the first study, and the PET that lies over it."""
    first = [series for series in found if series.study_uid == found[0].study_uid]
    opened = next((series for series in first if series.measured), first[0])
    return {opened.uid} | {series.uid for series in first if series.modality == "PT"}


def _nifti(file: Path) -> LayerData:
    volume = formats.read_nifti(file)
    said = formats.read_sidecar(file)
    name = file.name.removesuffix(".gz").removesuffix(".nii")
    if "labels" in said:
        segments = tuple(
            Segment(int(number), one["name"], UNKNOWN, UNKNOWN, None, _colour(int(number)))
            for number, one in sorted(said["labels"].items(), key=lambda item: int(item[0]))
        )
        return label_layer(LabelVolume(volume, segments, name), name, visible=True)
    series = formats.StoredSeries(
        volume,
        modality=str(said.get("Modality", "OT")),
        name=name,
        description=str(said.get("SeriesDescription", name)),
        number=1,
        patient=str(said.get("Subject", {}).get("name", "")),
        study_description="",
        body_part=str(said.get("BodyPart", "")),
        uid="",
        study_uid="",
        date="",
        suv_g_ml=_suv(said),
    )
    return stored_layers(series, visible=True)


def _suv(said: Any) -> float | None:
    if said.get("Modality") != "PT" or "Technique" not in said:
        return None
    technique = said["Technique"]
    return formats.suv_per_bq_ml(
        weight_kg=said["Subject"]["weight_kg"],
        injected_bq=technique["injected_bq"],
        half_life_s=technique["half_life_s"],
        uptake_s=technique["uptake_s"],
    )


def _colour(number: int) -> tuple[int, int, int]:
    """Return a colour that differs between neighbouring numbers and is always the same."""
    spread = (number * 2654435761) & 0xFFFFFF
    return 64 + (spread >> 16) % 192, 64 + (spread >> 8 & 255) % 192, 64 + (spread & 255) % 192
