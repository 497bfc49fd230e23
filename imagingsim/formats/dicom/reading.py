"""A folder of DICOM files back to volumes, whoever wrote them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from imagingsim.errors import FormatError
from imagingsim.formats.dicom.mr import DIFFUSION, DIFFUSION_MAP
from imagingsim.formats.dicom.pt import suv_per_bq_ml
from imagingsim.grid import Grid
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

MEANINGS = {"CT": ("CT number", "HU"), "PT": ("activity concentration", "Bq/mL")}
IMAGE_MODALITIES = frozenset({"CT", "MR", "PT"})
UNEVEN_MM = 0.01


@dataclass(frozen=True, eq=False)
class StoredSeries:
    """A series as read from files.

    Attributes
    ----------
    uid, study_uid
        Series and Study Instance UID.
    date
        Of the study, ``YYYYMMDD``.
    suv_g_ml
        Factor from Bq/mL to body-weight SUV; None for anything but a quantitative PET.
    measured
        Whether it holds slices as acquired: neither a scout nor a reformat.
    file
        One of its files.
    """

    volume: Volume
    modality: str
    name: str
    description: str
    number: int
    patient: str
    study_description: str
    body_part: str
    uid: str
    study_uid: str
    date: str
    suv_g_ml: float | None = None
    measured: bool = True
    file: Path | None = None


def is_dicom(file: Path) -> bool:
    """Tell whether a file starts like DICOM Part 10."""
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def dicom_files(folder: Path) -> tuple[Path, ...]:
    """Return the DICOM files in ``folder`` and below it, sorted by name."""
    return tuple(file for file in sorted(folder.rglob("*")) if is_dicom(file))


def read_dicom(path: Path) -> tuple[StoredSeries, ...]:
    """Return the CT, MR and PET series in a folder (or one file), by date and series number.

    Raises
    ------
    FormatError
        When there is none, or slices are missing or unevenly spaced.
    """
    files = dicom_files(path) if path.is_dir() else (path,)
    slices: dict[str, list[Dataset]] = {}
    for file in files:
        data = pydicom.dcmread(file)
        if data.get("Modality") in IMAGE_MODALITIES and "ImagePositionPatient" in data:
            slices.setdefault(str(data.SeriesInstanceUID), []).append(data)
    if not slices:
        raise FormatError(f"{path} holds no CT, MR or PET images in DICOM.")
    found = [_series(one) for one in slices.values()]
    return tuple(sorted(found, key=lambda series: (series.date, series.number, series.uid)))


def segmentation_files(folder: Path) -> tuple[Path, ...]:
    """Return the segmentation objects in a folder and below it."""
    heads = (
        (file, pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["Modality"]))
        for file in dicom_files(folder)
    )
    return tuple(file for file, head in heads if head.get("Modality") == "SEG")


def _series(slices: list[Dataset]) -> StoredSeries:
    ordered = _in_stacking_order(slices)
    first = ordered[0]
    modality = str(first.Modality)
    quantity, unit = _meaning(first)
    volume = Volume(_values(ordered), _grid(ordered), quantity, unit)
    return StoredSeries(
        volume,
        modality,
        name=str(first.get("ProtocolName", "")) or f"series_{first.get('SeriesNumber', 0)}",
        description=str(first.get("SeriesDescription", "")),
        number=int(first.get("SeriesNumber") or 0),
        patient=str(first.get("PatientName", "")),
        study_description=str(first.get("StudyDescription", "")),
        body_part=str(first.get("BodyPartExamined", "")),
        uid=str(first.SeriesInstanceUID),
        study_uid=str(first.StudyInstanceUID),
        date=str(first.get("StudyDate", "")),
        suv_g_ml=_suv(ordered) if modality == "PT" else None,
        measured=_measured(first),
        file=Path(str(first.filename)) if first.get("filename") else None,
    )


def _measured(data: Dataset) -> bool:
    kind = [str(value) for value in data.get("ImageType", [])]
    return "LOCALIZER" not in kind and kind[1:2] != ["SECONDARY"]


def _meaning(data: Dataset) -> tuple[str, str]:
    if DIFFUSION_MAP in data.get("ImageType", []):
        return DIFFUSION
    if "LOCALIZER" in data.get("ImageType", []):
        return "scout", "1"
    return MEANINGS.get(str(data.Modality), ("signal", "1"))


def _in_stacking_order(slices: list[Dataset]) -> list[Dataset]:
    """Sort by position, in the direction of the instance numbers."""
    normal = np.cross(*_cosines(slices[0]))
    ordered = sorted(slices, key=lambda one: float(np.dot(normal, _position(one))))
    numbers = [int(one.get("InstanceNumber") or 0) for one in ordered]
    return ordered[::-1] if numbers[0] > numbers[-1] else ordered


def _grid(slices: list[Dataset]) -> Grid:
    first = slices[0]
    along_row, along_column = _cosines(first)
    positions = np.array([_position(one) for one in slices])
    step = _slice_step(positions, first)
    even = positions[0] + np.arange(len(slices))[:, None] * step
    worst = float(np.abs(positions - even).max())
    if worst > UNEVEN_MM:
        raise FormatError(
            f"Series {first.get('SeriesDescription', '')!r}: slices are missing or unevenly "
            f"spaced (up to {worst:.2f} mm off a regular stack of {len(slices)})."
        )
    row_mm, column_mm = (float(value) for value in first.PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = along_column * row_mm
    affine[:3, 2] = along_row * column_mm
    affine[:3, 3] = positions[0]
    return Grid((len(slices), int(first.Rows), int(first.Columns)), affine)


def _slice_step(positions: FloatArray, first: Dataset) -> FloatArray:
    if len(positions) > 1:
        return np.asarray((positions[-1] - positions[0]) / (len(positions) - 1))
    thickness = float(first.get("SliceThickness") or 1.0)
    return np.cross(*_cosines(first)) * thickness


def _cosines(data: Dataset) -> tuple[FloatArray, FloatArray]:
    values = np.array([float(value) for value in data.ImageOrientationPatient])
    return values[:3], values[3:]


def _position(data: Dataset) -> FloatArray:
    return np.array([float(value) for value in data.ImagePositionPatient])


def _values(slices: list[Dataset]) -> npt.NDArray[np.number]:
    """Return the stack: float32 when a slice has a scale of its own, else whole numbers."""
    first = slices[0]
    shape = (len(slices), int(first.Rows), int(first.Columns))
    stack = np.empty(shape, dtype=_smallest_type(slices))
    for plane, data in zip(stack, slices, strict=True):
        slope, intercept = _rescale(data)
        if stack.dtype.kind == "f":
            plane[:] = data.pixel_array * slope + intercept
        else:
            np.add(data.pixel_array, int(intercept), out=plane, dtype=plane.dtype, casting="unsafe")
    return stack


def _smallest_type(slices: list[Dataset]) -> type[np.float32 | np.int16 | np.int32]:
    """Return the type that holds whatever these slices can store, rescaled."""
    scales = {_rescale(data) for data in slices}
    if any(slope != 1 or intercept % 1 for slope, intercept in scales):
        return np.float32
    first = slices[0]
    signed, bits = bool(first.PixelRepresentation), int(first.BitsStored)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    intercepts = [int(intercept) for _, intercept in scales]
    short = np.iinfo(np.int16)
    fits = low + min(intercepts) >= short.min and high + max(intercepts) <= short.max
    return np.int16 if fits else np.int32


def _rescale(data: Dataset) -> tuple[float, float]:
    return float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))


def _suv(slices: list[Dataset]) -> float | None:
    first = slices[0]
    doses = first.get("RadiopharmaceuticalInformationSequence")
    if not doses or first.get("Units") != "BQML" or first.get("DecayCorrection") != "START":
        return None
    dose = doses[0]
    injected = datetime.strptime(str(dose.RadiopharmaceuticalStartDateTime)[:14], "%Y%m%d%H%M%S")
    began = datetime.strptime(str(first.SeriesDate) + str(first.SeriesTime)[:6], "%Y%m%d%H%M%S")
    return suv_per_bq_ml(
        weight_kg=float(first.PatientWeight),
        injected_bq=float(dose.RadionuclideTotalDose),
        half_life_s=float(dose.RadionuclideHalfLife),
        uptake_s=(began - injected).total_seconds(),
    )
