"""The DICOM modules that CT, MR and PET share; each function fills one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.valuerep import DSfloat, format_number_as_ds

from imagingsim.errors import FormatError
from imagingsim.formats.dicom import codes
from imagingsim.formats.dicom.header import StudyHeader, injection_time
from imagingsim.formats.dicom.uids import VERSION
from imagingsim.grid import Grid
from imagingsim.labels import Code
from imagingsim.series import Contrast, Series
from imagingsim.units import FloatArray

MANUFACTURER = "imagingsim project"
NOT_A_PERSON = "Synthetic digital phantom, not a person. Not for diagnosis."


@dataclass(frozen=True)
class Place:
    """Where a series stands in its study.

    Attributes
    ----------
    number
        Series Number, from 1.
    start
        When its acquisition began.
    """

    header: StudyHeader
    number: int
    start: datetime


def ds(number: float) -> DSfloat:
    """Return a decimal string of at most 16 characters, as exact as that allows."""
    return DSfloat(format_number_as_ds(float(number)))


def coded(code: Code) -> Dataset:
    """Return a code sequence item."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = code.meaning
    return item


def sequence(*items: Dataset) -> DicomSequence:
    """Return a sequence of items."""
    return DicomSequence(items)


def stamp(data: Dataset, when: datetime, *prefixes: str) -> None:
    """Set ``<prefix>Date`` and ``<prefix>Time``."""
    for prefix in prefixes:
        setattr(data, f"{prefix}Date", f"{when:%Y%m%d}")
        setattr(data, f"{prefix}Time", f"{when:%H%M%S}")


def image_template(series: Series, place: Place, sop_class: str) -> Dataset:
    """Return the elements all slices of ``series`` share, apart from those of its modality."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID = sop_class
    mark_synthetic(data)
    _patient(data, place.header)
    _study(data, place.header)
    _series(data, series, place)
    _equipment(data, series.modality)
    data.FrameOfReferenceUID = place.header.uid("frame of reference")
    data.PositionReferenceIndicator = ""
    data.AcquisitionNumber = 1
    stamp(data, place.start, "InstanceCreation", "Acquisition", "Content")
    orientation(data, series.volume.grid)
    return data


def mark_synthetic(data: Dataset) -> None:
    """Say, in the standard's own attributes, that this is no patient and not for diagnosis."""
    data.SyntheticData = "YES"
    data.QualityControlSubject = "YES"
    data.PatientComments = NOT_A_PERSON
    data.IssuerOfPatientID = "IMAGINGSIM"
    data.TypeOfPatientID = "TEXT"


def pixel_description(
    data: Dataset, shape: tuple[int, int], *, bits_stored: int, signed: bool
) -> None:
    """Fill the Image Pixel module for 16-bit words."""
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.Rows, data.Columns = shape
    data.BitsAllocated = 16
    data.BitsStored = bits_stored
    data.HighBit = bits_stored - 1
    data.PixelRepresentation = int(signed)


def window(data: Dataset, *, centre: float, width: float) -> None:
    """Fill the VOI LUT module."""
    data.WindowCenter, data.WindowWidth = ds(centre), ds(width)


def contrast(data: Dataset, given: Contrast | None, place: Place, series: Series) -> None:
    """Fill the Contrast/Bolus module; it stays absent when none was given."""
    if given is None:
        return
    began = injection_time(series.technique, place.start)
    seconds = given.volume_ml / given.rate_ml_s if given.rate_ml_s > 0 else 0.0
    intravenous = given.route == "intravenous"
    data.ContrastBolusAgent = f"{given.agent} {given.concentration_mg_ml:g} (synthetic)"
    agent = codes.named(codes.AGENTS, given.agent)
    if agent is not None:
        data.ContrastBolusAgentSequence = sequence(coded(agent))
    data.ContrastBolusRoute = "IV" if intravenous else "ORAL"
    data.ContrastBolusAdministrationRouteSequence = sequence(
        coded(codes.INTRAVENOUS if intravenous else codes.ORAL)
    )
    data.ContrastBolusVolume = ds(given.volume_ml)
    data.ContrastBolusTotalDose = ds(given.volume_ml)
    data.ContrastBolusStartTime = f"{began:%H%M%S}"
    data.ContrastBolusStopTime = f"{began + timedelta(seconds=round(seconds)):%H%M%S}"
    if seconds > 0:
        data.ContrastFlowRate = [ds(given.rate_ml_s)]
        data.ContrastFlowDuration = [ds(seconds)]
    data.ContrastBolusIngredient = given.ingredient.upper()
    data.ContrastBolusIngredientConcentration = ds(given.concentration_mg_ml)


def slice_plane(data: Dataset, grid: Grid, number: int) -> None:
    """Set where slice ``number`` (from 0) lies."""
    position = grid.position_mm(number, 0, 0)
    normal = slice_normal(grid)
    data.ImagePositionPatient = [ds(value) for value in position]
    data.SliceLocation = ds(float(np.dot(position, normal)))


def slice_normal(grid: Grid) -> FloatArray:
    """Return the unit vector along the slices, in stacking order."""
    step = grid.affine[:3, 0]
    return np.asarray(step / np.linalg.norm(step))


def words(values: npt.NDArray[np.number], *, signed: bool) -> bytes:
    """Return little-endian 16-bit words."""
    return values.astype("<i2" if signed else "<u2").tobytes()


def _patient(data: Dataset, header: StudyHeader) -> None:
    subject = header.subject
    name = subject.name if "^" in subject.name else f"Phantom^{subject.name}"
    data.PatientName = name
    data.PatientID = f"IMSIM-{subject.id}".upper()[:64]
    data.PatientBirthDate = f"{header.birth_date:%Y%m%d}"
    data.PatientSex = {"female": "F", "male": "M", "other": "O"}[subject.sex]


def _study(data: Dataset, header: StudyHeader) -> None:
    data.PatientAge = f"{header.age_y:03d}Y"
    data.PatientSize = ds(header.subject.height_m)
    data.PatientWeight = ds(header.subject.weight_kg)
    data.StudyInstanceUID = header.uid("study")
    stamp(data, header.start, "Study")
    data.ReferringPhysicianName = ""
    data.StudyID = header.short_id
    data.AccessionNumber = header.short_id
    data.StudyDescription = header.description[:64]


def _series(data: Dataset, series: Series, place: Place) -> None:
    data.Modality = series.modality
    data.SeriesInstanceUID = place.header.uid("series", series.name)
    data.SeriesNumber = place.number
    stamp(data, place.start, "Series")
    data.SeriesDescription = f"{series.description[:58]} SYNTH"
    data.ProtocolName = series.name[:64]
    region = codes.REGIONS.get(series.body_part)
    if region is None:
        raise FormatError(
            f"Series {series.name}: body part {series.body_part!r} is not known. "
            f"Known: {', '.join(codes.REGIONS)}."
        )
    data.BodyPartExamined = series.body_part
    data.AnatomicRegionSequence = sequence(coded(region))


def _equipment(data: Dataset, modality: str) -> None:
    data.Manufacturer = MANUFACTURER
    data.InstitutionName = "Synthetic"
    data.StationName = "IMSIM"
    data.ManufacturerModelName = f"IMSIM {modality}"
    data.DeviceSerialNumber = "0"
    data.SoftwareVersions = VERSION
    # no ManufacturerModelName in here: dcm2niix copies nested values over the real ones
    generator = Dataset()
    generator.PurposeOfReferenceCodeSequence = sequence(coded(codes.PROCESSING_EQUIPMENT))
    generator.Manufacturer = MANUFACTURER
    generator.SoftwareVersions = VERSION
    generator.ContributionDescription = "Synthetic image generator"
    data.ContributingEquipmentSequence = sequence(generator)


def orientation(data: Dataset, grid: Grid) -> None:
    """Set the directions of rows and columns, and the spacing."""
    directions = grid.affine[:3, :3] / np.asarray(grid.spacing_mm)
    if not np.allclose(directions.T @ directions, np.eye(3), atol=1e-5):
        raise FormatError(
            "DICOM slices need rows, columns and slices at right angles; this grid's axes are "
            f"{directions.T.tolist()}."
        )
    along_row, along_column = directions[:, 2], directions[:, 1]
    data.ImageOrientationPatient = _decimals([*along_row, *along_column])
    data.PixelSpacing = _decimals([grid.spacing_mm[1], grid.spacing_mm[2]])
    data.SpacingBetweenSlices = ds(grid.spacing_mm[0])


def _decimals(values: Sequence[float]) -> list[DSfloat]:
    return [ds(value) for value in values]
