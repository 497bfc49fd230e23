"""MR Image Storage: unsigned slices in any orientation."""

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from imagingsim.formats.dicom import common
from imagingsim.formats.dicom.common import Place, ds
from imagingsim.formats.stored import HIGHEST_MR_SIGNAL
from imagingsim.series import MrTechnique, Series

DIFFUSION = ("apparent diffusion coefficient", "1e-6 mm2/s")
DIFFUSION_MAP = "DIFFUSION MAP"
PROTON_MHZ_PER_T = 42.577_478
"""Gyromagnetic ratio of the proton over 2 pi, MHz/T (CODATA 2018: 42.577478518)."""


def template(series: Series, technique: MrTechnique, place: Place) -> Dataset:
    """Return what all slices of an MR series share."""
    grid = series.volume.grid
    array = series.volume.array
    bits = 12 if int(array.max()) <= HIGHEST_MR_SIGNAL else 16
    data = common.image_template(series, place, MRImageStorage)
    data.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    if (series.volume.quantity, series.volume.unit) == DIFFUSION:
        data.ImageType = ["DERIVED", "PRIMARY", DIFFUSION_MAP]
    data.PatientPosition = "HFS"
    _sequence(data, technique)
    _timing(data, technique)
    _geometry(data, technique, grid.shape)
    common.pixel_description(data, (grid.shape[1], grid.shape[2]), bits_stored=bits, signed=False)
    highest = max(float(np.percentile(array[:: max(1, len(array) // 20)], 99.5)), 2.0)
    common.window(data, centre=highest / 2, width=highest)
    common.contrast(data, technique.contrast, place, series)
    return data


def slices(series: Series) -> Iterator[Dataset]:
    """Yield what differs from slice to slice, in order."""
    grid = series.volume.grid
    for number, values in enumerate(series.volume.array):
        data = Dataset()
        common.slice_plane(data, grid, number)
        data.PixelData = common.words(values, signed=False)
        yield data


def _sequence(data: Dataset, technique: MrTechnique) -> None:
    data.ScanningSequence = list(technique.scanning_sequence)
    data.SequenceVariant = list(technique.sequence_variant)
    data.ScanOptions = list(technique.scan_options) or ""
    data.MRAcquisitionType = "3D" if "MP" in technique.sequence_variant else "2D"
    data.SequenceName = _name(technique)
    data.MagneticFieldStrength = ds(technique.field_t)
    data.ImagingFrequency = ds(technique.field_t * PROTON_MHZ_PER_T)
    data.ImagedNucleus = "1H"
    data.FlipAngle = ds(technique.flip_angle_deg)


def _name(technique: MrTechnique) -> str:
    """Return the sequence's name, which says the b-value: this object has no attribute for it."""
    if technique.b_value_s_mm2 is None:
        return technique.sequence_name[:16]
    return f"{technique.sequence_name[:10]}_b{technique.b_value_s_mm2:.0f}"


def _timing(data: Dataset, technique: MrTechnique) -> None:
    data.RepetitionTime = ds(technique.tr_ms)
    data.EchoTime = ds(technique.te_ms)
    data.EchoNumbers = 1
    data.EchoTrainLength = technique.echo_train_length
    if technique.ti_ms is not None:
        data.InversionTime = ds(technique.ti_ms)
    data.NumberOfAverages = ds(technique.averages)
    data.PixelBandwidth = ds(technique.pixel_bandwidth_hz)


def _geometry(data: Dataset, technique: MrTechnique, shape: tuple[int, int, int]) -> None:
    data.SliceThickness = ds(technique.slice_thickness_mm)
    data.NumberOfPhaseEncodingSteps = shape[1]
    data.PercentSampling = ds(100)
    data.PercentPhaseFieldOfView = ds(100)
    data.AcquisitionMatrix = [0, shape[2], shape[1], 0]
    data.InPlanePhaseEncodingDirection = "COL"
