"""CT Image Storage: 12-bit slices with an intercept of -1024 HU."""

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from imagingsim.formats.dicom import codes, common
from imagingsim.formats.dicom.common import Place, ds
from imagingsim.formats.stored import LOWEST_HU
from imagingsim.series import CtTechnique, Derivation, Series
from imagingsim.volume import Volume

WINDOWS = {"bone": (400.0, 1800.0), "lung": (-600.0, 1500.0), "brain": (40.0, 80.0)}
"""Centre and width, HU, when the series is named after the window."""

POSITIONS = {
    "supine": "HFS", "prone": "HFP", "decubitus_left": "HFDL", "decubitus_right": "HFDR",
}  # fmt: skip
SCAN_OPTIONS = {"helical": "HELICAL", "axial": "AXIAL", "scout": "SCOUT"}
REFORMATS = {
    "mean": ("MPR", codes.MULTIPLANAR),
    "maximum": ("MIP", codes.MAXIMUM_INTENSITY),
    "minimum": ("MINIP", codes.MINIMUM_INTENSITY),
}
"""Third value of the Image Type, and the code, of each way to make a reformat."""


def template(series: Series, technique: CtTechnique, place: Place) -> Dataset:
    """Return what all slices of a CT series share."""
    grid = series.volume.grid
    data = common.image_template(series, place, CTImageStorage)
    data.ImageType = _image_type(series)
    data.PatientPosition = POSITIONS[technique.position]
    _exposure(data, technique)
    if series.derivation is not None:
        derivation(data, series.derivation)
    _dose(data, technique)
    common.pixel_description(data, (grid.shape[1], grid.shape[2]), bits_stored=12, signed=False)
    data.RescaleIntercept, data.RescaleSlope = ds(LOWEST_HU), ds(1)
    data.RescaleType = "US" if series.is_scout else "HU"
    centre, width = _window(series)
    common.window(data, centre=centre, width=width)
    common.contrast(data, technique.contrast, place, series)
    return data


def slices(series: Series) -> Iterator[Dataset]:
    """Yield what differs from slice to slice, in order."""
    return planes(series.volume)


def planes(volume: Volume) -> Iterator[Dataset]:
    """Yield place and pixels of each slice of a volume of stored values, in order."""
    grid = volume.grid
    for number, values in enumerate(volume.array):
        data = Dataset()
        common.slice_plane(data, grid, number)
        data.PixelData = common.words(values.astype(np.int32) - LOWEST_HU, signed=False)
        yield data


def image_type(derivation: Derivation) -> list[str]:
    """Return the Image Type of a reformat."""
    return ["DERIVED", "SECONDARY", REFORMATS[derivation.projection][0]]


def _image_type(series: Series) -> list[str]:
    if series.derivation is not None:
        return image_type(series.derivation)
    return ["ORIGINAL", "PRIMARY", "LOCALIZER" if series.is_scout else "AXIAL"]


def derivation(data: Dataset, made: Derivation) -> None:
    """Say how a reformat was made."""
    _, code = REFORMATS[made.projection]
    data.DerivationDescription = (
        f"{code.meaning}, {made.plane}, {made.thickness_mm:g} mm, of {made.source}"
    )
    data.DerivationCodeSequence = common.sequence(common.coded(code))
    data.SliceThickness = ds(made.thickness_mm)


def _exposure(data: Dataset, technique: CtTechnique) -> None:
    data.KVP = ds(technique.kvp)
    data.XRayTubeCurrent = round(technique.tube_current_ma)
    data.ExposureTime = round(technique.exposure_time_ms)
    data.Exposure = round(technique.exposure_mas)
    data.ScanOptions = SCAN_OPTIONS[technique.mode]
    data.FilterType = "WEDGE"
    data.ConvolutionKernel = technique.kernel[:16]
    data.SliceThickness = ds(technique.slice_thickness_mm)
    data.GantryDetectorTilt = ds(0)
    data.RotationDirection = "CW"
    data.ReconstructionDiameter = ds(technique.reconstruction_diameter_mm)
    data.DataCollectionDiameter = ds(500)
    if technique.mode == "helical":
        data.SpiralPitchFactor = float(technique.pitch)
    data.TotalCollimationWidth = float(technique.total_collimation_mm)


def _dose(data: Dataset, technique: CtTechnique) -> None:
    data.CTDIvol = float(technique.ctdi_vol_mgy)
    phantom = codes.CTDI_PHANTOMS[technique.ctdi_phantom_cm]
    data.CTDIPhantomTypeCodeSequence = common.sequence(common.coded(phantom))


def _window(series: Series) -> tuple[float, float]:
    if series.is_scout:
        low, high = np.percentile(series.volume.array, (2.0, 99.5))
        return float((low + high) / 2.0), max(float(high - low), 2.0)
    said = f"{series.name} {series.description}".lower()
    for name, window in WINDOWS.items():
        if name in said:
            return window
    return WINDOWS["brain"] if series.body_part in {"HEAD", "BRAIN"} else (40.0, 400.0)
