"""NIfTI with a JSON sidecar; the only place that turns LPS into RAS."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from imagingsim.errors import FormatError
from imagingsim.formats.gzipped import write_gzipped
from imagingsim.grid import Grid
from imagingsim.labels import LabelVolume
from imagingsim.series import PetTechnique, Series, Subject
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
SWAP_AXES = np.eye(4)[[2, 1, 0, 3]]
"""(slice, row, column) to (column, row, slice) and back."""


def write_series(series: Series, subject: Subject, folder: Path) -> None:
    """Write ``<name>.nii.gz`` and ``<name>.json`` into ``folder``."""
    _write(folder / f"{series.name}.nii.gz", series.volume)
    _write_json(folder / f"{series.name}.json", _sidecar(series, subject))


def write_volume(file: Path, volume: Volume, said: Mapping[str, Any]) -> None:
    """Write a volume as ``file`` (``.nii.gz``) and beside it what is ``said`` of it as JSON."""
    _write(file, volume)
    _write_json(sidecar_file(file), {**said, "Quantity": volume.quantity, "Units": volume.unit})


def write_label_map(file: Path, labels: LabelVolume) -> None:
    """Write a label map as ``file`` (``.nii.gz``) and its names beside it as ``.json``."""
    _write(file, labels.volume)
    names = {
        str(segment.number): {"name": segment.name, "snomed": segment.kind.value}
        for segment in labels.segments
    }
    _write_json(sidecar_file(file), {"SyntheticData": True, "labels": names})


def sidecar_file(file: Path) -> Path:
    """Return the JSON file beside an image.

    Examples
    --------
    >>> sidecar_file(Path("out/ct.nii.gz")).as_posix()
    'out/ct.json'
    """
    return file.with_name(file.name.removesuffix(".gz").removesuffix(".nii") + ".json")


def read_nifti(file: Path) -> Volume:
    """Return the volume in ``file``, its world turned into LPS; the sidecar gives the unit."""
    image = nib.Nifti1Image.from_filename(file)
    array = np.asanyarray(image.dataobj)
    if array.ndim != 3:
        raise FormatError(f"{file} holds an array of {array.ndim} axes; a volume has 3.")
    affine = LPS_TO_RAS @ image.affine @ SWAP_AXES
    said = read_sidecar(file)
    columns, rows, slices = array.shape
    grid = Grid((slices, rows, columns), affine)
    quantity, unit = str(said.get("Quantity", "signal")), str(said.get("Units", "1"))
    return Volume(array.transpose(2, 1, 0), grid, quantity, unit)


def read_sidecar(file: Path) -> Mapping[str, Any]:
    """Return what the JSON file beside an image says; nothing when there is none."""
    beside = sidecar_file(file)
    return json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}


def ras_affine(grid: Grid) -> FloatArray:
    """Return the NIfTI affine: (column, row, slice) to (right, anterior, superior), mm.

    Examples
    --------
    >>> grid = Grid.axial((2, 2, 2), (3.0, 2.0, 1.0), (-10.0, -20.0, 5.0))
    >>> ras_affine(grid)[:3, 3].tolist()
    [10.0, 20.0, 5.0]
    """
    return LPS_TO_RAS @ grid.affine @ SWAP_AXES


def _write(file: Path, volume: Volume) -> None:
    affine = ras_affine(volume.grid)
    image = nib.Nifti1Image(_storable(volume.array).transpose(2, 1, 0), affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, code=1)
    image.set_sform(affine, code=1)
    write_gzipped(file, image.to_bytes())


def _storable(array: npt.NDArray[np.number]) -> npt.NDArray[np.number]:
    if array.dtype in (np.float64, np.float32):
        return array.astype(np.float32)
    return array


def _write_json(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _sidecar(series: Series, subject: Subject) -> dict[str, Any]:
    said: dict[str, Any] = {
        "SyntheticData": True,
        "Comment": "Synthetic digital phantom, not a person. Not for diagnosis.",
        "Manufacturer": "imagingsim project",
        "Modality": series.modality,
        "SeriesDescription": series.description,
        "BodyPart": series.body_part,
        "Quantity": series.volume.quantity,
        "Units": series.volume.unit,
        "Subject": asdict(subject),
        "Technique": asdict(series.technique),
    }
    if series.derivation is not None:
        said["Derivation"] = asdict(series.derivation)
    if isinstance(series.technique, PetTechnique):
        said |= _pet_bids(series.technique, subject)
    return said


def _pet_bids(technique: PetTechnique, subject: Subject) -> dict[str, Any]:
    """Return the keys of the BIDS extension for PET; times count from the injection."""
    return {
        "TracerName": technique.tracer,
        "TracerRadionuclide": technique.nuclide,
        "InjectedRadioactivity": technique.injected_bq / 1e6,
        "InjectedRadioactivityUnits": "MBq",
        "InjectionStart": 0,
        "ScanStart": technique.uptake_s,
        "FrameTimesStart": [technique.uptake_s],
        "FrameDuration": [max(technique.bed_starts_s) + technique.bed_duration_s],
        "ImageDecayCorrected": True,
        "ImageDecayCorrectionTime": technique.uptake_s,
        "BodyWeight": subject.weight_kg,
    }
