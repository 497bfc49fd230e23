"""Artefact: how much structured noise lies over an organ, so that a reader cannot trust it."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.labels import LabelVolume
from imagingsim.units import BoolArray, FloatArray

ORGANS: dict[str, tuple[str, ...]] = {
    "liver": ("liver",),
    "pancreas": ("pancreas",),
    "adrenal": ("adrenal_gland_left", "adrenal_gland_right"),
    "lung": ("lung_upper_lobe_left", "lung_upper_lobe_right", "lung_lower_lobe_left"),
    "brain": ("white_matter", "grey_matter", "brain"),
    "dura": ("dura", "skull", "parietal_bone_left", "parietal_bone_right"),
    "breast": ("breast_left", "breast_right", "breast", "breast_gland", "pectoralis_major_right"),
    "bone": ("vertebrae_L3", "vertebrae_T8", "vertebrae_C2", "skull", "parietal_bone_left"),
    "node": ("trachea", "aorta", "parotid_gland_left", "internal_jugular_vein_left"),
    "chest_wall": ("rib_right_6", "rib_left_6"),
    "skin": ("skin",),
    "soft_tissue": ("trapezius_left", "autochthon_left", "suboccipital_muscle_left"),
    "ear_canal": ("external_auditory_canal_left", "external_auditory_canal_right"),
    "device": ("skin",),
    "bowel": ("colon", "small_bowel", "duodenum"),
}
"""Labels that show that a study covers a region."""

EVEN: dict[str, tuple[str, ...]] = {
    "liver": ("liver",),
    "adrenal": ("fat", "liver", "spleen"),
}
"""Regions whose artefact is judged, and the even tissues in and around them that show it."""

BESIDE_MM = 14.0
ABOVE_MM = 60.0
"""How far around an organ tissue is looked at: beside it; above and below it, to compare."""

SCALE_MM = 6.0
SLICES = 3
FEWEST_VOXELS = 400


def covers(truth: LabelVolume, region: str) -> bool:
    """Tell whether the labels of a study show one of a region's organs."""
    names = {segment.name for segment in truth.segments}
    return bool(names & set(ORGANS.get(region, ())))


def artefact(values: npt.NDArray[np.number], truth: LabelVolume, region: str) -> float | None:
    """Return the structured noise that artefact adds to an organ, in the unit of ``values``.

    In an even tissue the spread of means over 6 mm boxes is taken for every three slices. Streaks
    raise it in the slices they cross; the answer is the worst slices of the organ less the usual
    ones of the same tissue, as standard deviations subtract. None when it was not judged.
    """
    numbers = {segment.name: segment.number for segment in truth.segments}
    organ = [numbers[name] for name in ORGANS.get(region, ()) if name in numbers]
    if region not in EVEN or not organ:
        return None
    labels = truth.volume.array
    table = np.zeros(int(labels.max()) + 1, dtype=np.uint8)
    table[organ] = 1
    box = ndimage.find_objects(table[labels])[0]
    part, first, last = _part(box, truth.volume.grid.spacing_mm, labels.shape)
    image = np.asarray(values[part], dtype=np.float32)
    excesses = [
        _excess(image, labels[part] == numbers[name], truth.volume.grid.spacing_mm, first, last)
        for name in EVEN[region]
        if name in numbers
    ]
    judged = [one for one in excesses if one is not None]
    return max(judged) if judged else None


def _part(
    box: tuple[slice, ...], spacing_mm: tuple[float, float, float], shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], int, int]:
    """Return the part around an organ, and the first and last slice of the organ in it."""
    margins = [round(ABOVE_MM / spacing_mm[0])]
    margins += [round(BESIDE_MM / step) for step in spacing_mm[1:]]
    part = tuple(
        slice(max(0, side.start - more), min(length, side.stop + more))
        for side, more, length in zip(box, margins, shape, strict=True)
    )
    return part, box[0].start - part[0].start, box[0].stop - part[0].start


def _excess(
    values: FloatArray,
    tissue: BoolArray,
    spacing_mm: tuple[float, float, float],
    first: int,
    last: int,
) -> float | None:
    """Return by how much the worst slices from first to last exceed the usual spread."""
    tissue = ndimage.binary_erosion(tissue, iterations=2)
    size = (1, *(max(1, round(SCALE_MM / step)) for step in spacing_mm[1:]))
    share = ndimage.uniform_filter(tissue.astype(np.float32), size, mode="constant")
    total = ndimage.uniform_filter(np.where(tissue, values, 0.0), size, mode="constant")
    full = tissue & (share > 0.6)
    spreads: dict[int, float] = {}
    for k in range(0, len(values) - SLICES + 1, SLICES - 1):
        chosen = full[k : k + SLICES]
        if chosen.sum() >= FEWEST_VOXELS:
            means = total[k : k + SLICES][chosen] / share[k : k + SLICES][chosen]
            spreads[k] = float(means.std())
    worst = max((spread for k, spread in spreads.items() if first <= k < last), default=None)
    if worst is None:
        return None
    usual = float(np.median(list(spreads.values())))
    return float(np.sqrt(max(0.0, worst**2 - usual**2)))
