"""Which true uptake makes a lesion read a given SUVmax.

A lesion that reads SUVmax 12 does not have a true SUV of 12: blur takes away, noise and the
sharpened edges of modelled blur add. The answer is found on a slab around the lesion, with the
very noise of the whole scan, by the secant method; data are linear in the uptake, so only the
reconstruction is repeated.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from imagingsim.errors import AcquisitionError
from imagingsim.grid import Grid
from imagingsim.pet import background, materials
from imagingsim.pet.acquire import first_slice, image
from imagingsim.pet.beds import plan_beds
from imagingsim.pet.breathing import Sampled
from imagingsim.pet.counts import Expected, expect
from imagingsim.pet.noise import Keys, slice_keys
from imagingsim.pet.projector import BLOCK
from imagingsim.pet.settings import OVERSAMPLING, PetSettings
from imagingsim.series import Subject
from imagingsim.tissue import Tissues
from imagingsim.units import F18_HALF_LIFE_S, BoolArray, FloatArray

_STEPS = 6
_HALF = 0.5


def solve_uptake(
    sampled: Sampled,
    tissues: Tissues,
    settings: PetSettings,
    *,
    subject: Subject,
    rng: np.random.Generator,
    whole: Grid,
    tissue: str,
    label: str,
    suv_max: float,
    tolerance: float = 0.1,
) -> float:
    """Return the true SUV of ``tissue`` at which the lesion reads ``suv_max``.

    Parameters
    ----------
    sampled
        A slab of ``whole`` around the lesion, from `pet.slab`.
    rng
        Fresh generator of the series, equal to the one `acquire` will get.
    tissue
        Material of the lesion alone; its uptake in ``tissues`` is ignored.
    label
        Segmentation label inside which the maximum is taken.
    tolerance
        Largest error of the maximum, SUV.

    Raises
    ------
    AcquisitionError
        When the lesion fills no voxel, or its surroundings alone exceed the target.
    """
    trial = _prepare(sampled, tissues, settings, subject, rng, whole, tissue, label)
    low, low_reading = 0.0, trial.reading(0.0)
    if low_reading > suv_max:
        raise AcquisitionError(
            f"{label} reads SUVmax {low_reading:.1f} from its surroundings alone, above the "
            f"{suv_max:g} asked for. Ask for more, or move it away from hotter tissue."
        )
    high = suv_max
    for _ in range(_STEPS):
        reading = trial.reading(high)
        if abs(reading - suv_max) <= tolerance:
            return high
        slope = (reading - low_reading) / (high - low)
        if slope <= 0.0:
            low, low_reading, high = 0.0, trial.reading(0.0), 2.0 * high
            continue
        low, low_reading, high = high, reading, high + (suv_max - reading) / slope
    raise AcquisitionError(
        f"No uptake of {tissue} makes {label} read SUVmax {suv_max:g}: {_STEPS} trials ended at "
        f"{low_reading:.2f}. Make the lesion larger or the tolerance wider."
    )


@dataclass(frozen=True, eq=False)
class _Trial:
    """Everything about the lesion's scan that does not depend on its uptake."""

    base: Expected
    lesion_trues: FloatArray
    base_floor: FloatArray
    lesion_floor: FloatArray
    keys: Keys
    inside: BoolArray
    settings: PetSettings
    bq_ml_per_suv: float

    def reading(self, suv: float) -> float:
        """Return the SUVmax of the lesion at a true SUV."""
        trues = self.base.trues + np.float32(suv) * self.lesion_trues
        expected = Expected(trues, self.base.weight, self.base.bounds)
        floor = self.base_floor + suv * self.lesion_floor
        array = image(expected, floor, self.keys, self.settings, start=self.bq_ml_per_suv)
        return float(array[self.inside].max()) / self.bq_ml_per_suv


def _prepare(
    sampled: Sampled,
    tissues: Tissues,
    settings: PetSettings,
    subject: Subject,
    rng: np.random.Generator,
    whole: Grid,
    tissue: str,
    label: str,
) -> _Trial:
    inside = _occupied(sampled, label)
    if not inside.any():
        raise AcquisitionError(
            f"{label} fills no PET voxel of {settings.pixel_mm:g} mm, so it has no SUVmax. "
            "Make the lesion larger, or leave its uptake as it is."
        )
    first = first_slice(whole, sampled.grid)
    detected = plan_beds(settings, whole, F18_HALF_LIFE_S).detected
    detected = detected[first : first + sampled.grid.shape[0]]
    keys = slice_keys(rng, first, sampled.grid.shape[0])
    is_lesion = np.array([layer.material == tissue for layer in sampled.layers])
    scale = materials.bq_ml_per_suv(settings, subject)
    around = np.where(is_lesion, 0.0, materials.uptake(sampled, tissues, settings)) * scale
    attenuation = materials.attenuation_per_mm(sampled, tissues)
    base = expect(sampled, around, attenuation, detected, settings)
    lesion = expect(sampled, is_lesion * scale, attenuation, detected, settings)
    near = _near(inside, settings)
    cut = slice(near.start * BLOCK, near.stop * BLOCK)
    base_floor, lesion_floor = (
        background.background(part.trues, keys.size, settings.ring, settings.slice_mm)[cut]
        for part in (base, lesion)
    )
    return _Trial(
        Expected(base.trues[near], base.weight[near], base.bounds[near]),
        lesion.trues[near],
        base_floor,
        lesion_floor,
        keys[cut],
        inside[cut],
        settings,
        scale,
    )


def _occupied(sampled: Sampled, label: str) -> BoolArray:
    """Return the image voxels at least half filled by a label."""
    is_label = np.array([float(layer.label == label) for layer in sampled.layers])
    share = sampled.property_map(is_label)
    slices, rows, columns = share.shape
    shape = (slices, rows // OVERSAMPLING, OVERSAMPLING, columns // OVERSAMPLING, OVERSAMPLING)
    return share.reshape(shape).mean(axis=(2, 4)) >= _HALF


def _near(inside: BoolArray, settings: PetSettings) -> slice:
    """Return the blocks of slices that the lesion's reading depends on."""
    slices = np.flatnonzero(ndimage.binary_dilation(inside.any(axis=(1, 2)), iterations=1))
    reach = int(np.ceil(1.5 * settings.filter_mm / settings.slice_mm))
    low = max(0, int(slices[0]) - reach) // BLOCK
    high = -(-min(inside.shape[0], int(slices[-1]) + reach + 1) // BLOCK)
    return slice(low, high)
