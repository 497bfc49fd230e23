"""What files can hold: the numbers of a volume as scanners store them."""

import numpy as np
import numpy.typing as npt

from imagingsim.errors import FormatError
from imagingsim.series import Modality
from imagingsim.volume import Volume

Numbers = npt.NDArray[np.number]

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""The CT numbers that fit in 12 bits with the usual intercept of -1024 HU."""

HIGHEST_MR_SIGNAL = 4095
"""The largest value of a 12-bit MR image."""


def stored(volume: Volume, modality: Modality) -> Volume:
    """Return ``volume`` as the files hold it, so that DICOM and NIfTI agree exactly.

    CT is rounded and clipped to 12 bits. MR of whole numbers stays as it is; other MR is scaled so
    that its maximum is 4095, since its unit is arbitrary. PET is kept as non-negative float32; its
    DICOM files quantise each slice to 15 bits. What can be stored already is not copied.

    Examples
    --------
    >>> from imagingsim.grid import Grid
    >>> grid = Grid.axial((1, 1, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    >>> water_and_gold = Volume(np.array([[[0.4, 9000.0]]]), grid, "CT number", "HU")
    >>> stored(water_and_gold, "CT").array.tolist()
    [[[0, 3071]]]
    """
    array = volume.array
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise FormatError(f"A {modality} volume holds values that are not numbers (NaN or inf).")
    if modality == "CT":
        kept = _ct(array)
    elif modality == "MR":
        kept = _mr(array)
    else:
        kept = _pet(array)
    if kept is array:
        return volume
    return Volume(kept, volume.grid, volume.quantity, volume.unit)


def _ct(array: Numbers) -> Numbers:
    if array.dtype == np.int16 and array.min() >= LOWEST_HU and array.max() <= HIGHEST_HU:
        return array
    whole = array if array.dtype.kind in "ui" else np.rint(array)
    return np.clip(whole, LOWEST_HU, HIGHEST_HU).astype(np.int16)


def _pet(array: Numbers) -> Numbers:
    if array.dtype == np.float32 and array.min() >= 0:
        return array
    return np.maximum(array, 0).astype(np.float32)


def _mr(array: Numbers) -> Numbers:
    highest = float(array.max())
    if float(array.min()) < 0 or highest > np.iinfo(np.uint16).max:
        raise FormatError(
            f"MR values must lie between 0 and 65535 to be stored, got up to {highest:g} and down "
            f"to {float(array.min()):g}."
        )
    if array.dtype.kind in "ui":
        return array.astype(np.uint16, copy=False)
    scale = HIGHEST_MR_SIGNAL / highest if highest > 0 else 1.0
    return np.rint(array * scale).astype(np.uint16)
