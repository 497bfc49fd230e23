"""The body as it truly is, before any scanner: what an ideal CT without noise would show."""

import numpy as np

from imagingsim.anatomy import Case, Phantom, SampledPhantom, sample
from imagingsim.content import Library
from imagingsim.ct.contrast import reference_course
from imagingsim.ct.materials import NATIVE, iodine_density, native_densities
from imagingsim.ct.settings import Phase
from imagingsim.ct.tables import attenuation_cm2_g
from imagingsim.formats import label_volume
from imagingsim.grid import Grid
from imagingsim.labels import LabelVolume
from imagingsim.scan.placing import box_of
from imagingsim.scan.protocol import Coverage
from imagingsim.tissue import Tissues, read_tissues
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

ENERGY_KEV = 70.0
"""Near the mean energy of a 120 kVp beam behind a body."""


def true_body(
    case: Case, timepoint: str, *, library: Library, spacing_mm: float
) -> tuple[Volume, LabelVolume]:
    """Return ideal CT numbers in the portal venous phase and the label map of a whole body.

    Nobody ever sees such a picture: it has no noise, no blur but that of the voxels, no artefact.
    """
    sampled = _body(case, timepoint, spacing_mm)
    tissues = case.tissues(read_tissues(library), timepoint)
    hu = ideal_hu(sampled, tissues, phase="portal_venous")
    pixels = np.rint(hu).clip(-1024, 3071).astype(np.int16)
    image = Volume(pixels, sampled.grid, "CT number", "HU")
    return image, _labels(case, timepoint, library, sampled)


def ideal_hu(sampled: SampledPhantom, tissues: Tissues, *, phase: Phase) -> FloatArray:
    """Return the CT numbers of a sample as a perfect scanner would measure them, HU, float32."""
    densities = native_densities(tissues, sampled.materials)
    course = None if phase == "unenhanced" else reference_course(phase)
    iodine = iodine_density(tissues, sampled.materials, course)
    return sampled.property_map(_hu(densities, iodine), 1.0)


def true_labels(case: Case, timepoint: str, *, library: Library, spacing_mm: float) -> LabelVolume:
    """Return the label map of a whole body."""
    return _labels(case, timepoint, library, _body(case, timepoint, spacing_mm))


def _body(case: Case, timepoint: str, spacing_mm: float) -> SampledPhantom:
    phantom = case.phantom(timepoint)
    return sample(phantom, _grid(phantom, spacing_mm))


def _labels(case: Case, timepoint: str, library: Library, sampled: SampledPhantom) -> LabelVolume:
    names = {lesion.number: lesion.label for lesion in case.lesions_at(timepoint)}
    labels = Volume(sampled.label_map(), sampled.grid, "label", "1")
    return label_volume(labels, names, series="truth", content=library)


def _hu(native: FloatArray, iodine: FloatArray) -> FloatArray:
    energy = np.array([ENERGY_KEV])
    water = float(attenuation_cm2_g("water", energy)[0])
    attenuation = iodine * float(attenuation_cm2_g("iodine", energy)[0])
    for basis, density in zip(NATIVE, native, strict=True):
        attenuation = attenuation + density * float(attenuation_cm2_g(basis, energy)[0])
    return 1000.0 * (attenuation / water - 1.0)


def _grid(phantom: Phantom, spacing_mm: float) -> Grid:
    heights = phantom.body.landmarks
    ends = min(heights, key=heights.__getitem__), max(heights, key=heights.__getitem__)
    box = box_of(phantom, Coverage(first=ends[0], last=ends[1], margin_mm=10.0))
    sides = [box.superior_mm, box.posterior_mm, box.left_mm]
    shape = [int(np.ceil((high - low) / spacing_mm)) for low, high in sides]
    origin = (box.left_mm[0], box.posterior_mm[0], box.superior_mm[0])
    return Grid.axial((shape[0], shape[1], shape[2]), (spacing_mm,) * 3, origin)
