"""Positron Emission Tomography Image Storage in Bq/mL, from which any reader computes SUV."""

import math
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import PositronEmissionTomographyImageStorage

from imagingsim.formats.dicom import codes, common
from imagingsim.formats.dicom.common import Place, ds
from imagingsim.formats.dicom.header import injection_time
from imagingsim.series import PetTechnique, Series

HIGHEST_STORED = 32767


def template(series: Series, technique: PetTechnique, place: Place) -> Dataset:
    """Return what all slices of a PET series share."""
    grid = series.volume.grid
    data = common.image_template(series, place, PositronEmissionTomographyImageStorage)
    data.ImageType = ["ORIGINAL", "PRIMARY"]
    data.SliceThickness = ds(technique.slice_thickness_mm)
    _counts(data, grid.shape[0])
    _reconstruction(data, technique)
    _patient_orientation(data)
    data.RadiopharmaceuticalInformationSequence = common.sequence(_dose(technique, place))
    data.ActualFrameDuration = round(technique.bed_duration_s * 1000)
    data.ScatterFractionFactor = ds(technique.scatter_fraction)
    data.DoseCalibrationFactor = ds(1)
    data.LossyImageCompression = "00"
    common.pixel_description(data, (grid.shape[1], grid.shape[2]), bits_stored=16, signed=True)
    data.RescaleIntercept = ds(0)
    return data


def slices(series: Series, technique: PetTechnique, place: Place) -> Iterator[Dataset]:
    """Yield what differs from slice to slice: position, bed time, scale and pixels."""
    grid = series.volume.grid
    top = max(float(series.volume.array.max()), 1.0)
    for number, values in enumerate(series.volume.array):
        data = Dataset()
        common.slice_plane(data, grid, number)
        data.ImageIndex = number + 1
        _bed_time(data, technique.bed_starts_s[technique.bed_of_slice[number]], technique, place)
        slope = ds(max(float(values.max()), 1e-4 * top) / HIGHEST_STORED)
        data.RescaleSlope = slope
        common.window(data, centre=top / 4, width=top / 2)
        counts = np.clip(np.rint(values / float(slope)), 0, HIGHEST_STORED)
        data.PixelData = common.words(counts, signed=True)
        yield data


def suv_per_bq_ml(
    *, weight_kg: float, injected_bq: float, half_life_s: float, uptake_s: float
) -> float:
    """Return the factor from Bq/mL, decay-corrected to scan start, to body-weight SUV in g/mL.

    Examples
    --------
    >>> factor = suv_per_bq_ml(weight_kg=70, injected_bq=70e6, half_life_s=6586.2, uptake_s=0)
    >>> round(factor * 1000.0, 6)
    1.0
    """
    remaining_bq = injected_bq * 0.5 ** (uptake_s / half_life_s)
    return weight_kg * 1000.0 / remaining_bq


def frame_decay_factor(duration_s: float, half_life_s: float) -> float:
    """Return activity at the start of a frame over its mean during the frame."""
    decays = math.log(2) / half_life_s * duration_s
    return decays / (1 - math.exp(-decays))


def mean_rate_time_s(duration_s: float, half_life_s: float) -> float:
    """Return when, within a frame, the activity equals its mean."""
    decay_per_s = math.log(2) / half_life_s
    return math.log(frame_decay_factor(duration_s, half_life_s)) / decay_per_s


def _counts(data: Dataset, slices: int) -> None:
    data.Units = "BQML"
    data.CountsSource = "EMISSION"
    data.SeriesType = ["STATIC", "IMAGE"]
    data.NumberOfSlices = slices
    data.CorrectedImage = ["NORM", "DTIM", "RAN", "ATTN", "SCAT", "DECY"]
    data.DecayCorrection = "START"
    data.CollimatorType = "NONE"
    data.TypeOfDetectorMotion = "NONE"


def _reconstruction(data: Dataset, technique: PetTechnique) -> None:
    data.RandomsCorrectionMethod = "DLYD"
    data.AttenuationCorrectionMethod = "measured,CT"
    data.ScatterCorrectionMethod = "model-based"
    steps = f"{technique.iterations}i{technique.subsets}s"
    data.ReconstructionMethod = f"{technique.algorithm} {steps}"[:64]
    data.ConvolutionKernel = f"GAUSS {technique.filter_fwhm_mm:g}mm"


def _patient_orientation(data: Dataset) -> None:
    # Patient Position is forbidden beside this sequence
    recumbent = common.coded(codes.RECUMBENT)
    recumbent.PatientOrientationModifierCodeSequence = common.sequence(common.coded(codes.SUPINE))
    data.PatientOrientationCodeSequence = common.sequence(recumbent)
    data.PatientGantryRelationshipCodeSequence = common.sequence(common.coded(codes.HEAD_FIRST))


def _dose(technique: PetTechnique, place: Place) -> Dataset:
    injected = injection_time(technique, place.start)
    item = Dataset()
    item.Radiopharmaceutical = technique.tracer
    item.RadiopharmaceuticalRoute = "Intravenous"
    item.AdministrationRouteCodeSequence = common.sequence(common.coded(codes.INTRAVENOUS))
    item.RadiopharmaceuticalStartTime = f"{injected:%H%M%S}"
    item.RadiopharmaceuticalStartDateTime = f"{injected:%Y%m%d%H%M%S}"
    item.RadionuclideTotalDose = ds(technique.injected_bq)
    item.RadionuclideHalfLife = ds(technique.half_life_s)
    item.RadionuclidePositronFraction = ds(technique.positron_fraction)
    nuclide = codes.nuclide(technique.nuclide)
    item.RadionuclideCodeSequence = common.sequence(*([common.coded(nuclide)] if nuclide else []))
    tracer = codes.named(codes.TRACERS, technique.tracer)
    if tracer is not None:
        item.RadiopharmaceuticalCodeSequence = common.sequence(common.coded(tracer))
    return item


def _bed_time(data: Dataset, bed_s: float, technique: PetTechnique, place: Place) -> None:
    common.stamp(data, place.start + timedelta(seconds=round(bed_s)), "Acquisition", "Content")
    to_bed = 2 ** (bed_s / technique.half_life_s)
    within = frame_decay_factor(technique.bed_duration_s, technique.half_life_s)
    data.DecayFactor = ds(to_bed * within)
    mean_s = bed_s + mean_rate_time_s(technique.bed_duration_s, technique.half_life_s)
    data.FrameReferenceTime = ds(mean_s * 1000)
