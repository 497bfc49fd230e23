"""Slices of a scan whose couch moves: what each view of a slice is made of along the body.

In a direction of view the rows of the detector, and those of later half turns, cross the body at a
lattice of heights that shifts from view to view. A slice takes the rows near it, weighted by their
distance, so that its profile varies with the view: thin slices show windmills at edges that slope
along the body, thick ones hardly any. Cone angle is not modelled.

References
----------
.. [1] Schaller S, Flohr T, Klingenbeck K, Krause J, Fuchs T, Kalender WA. IEEE Trans Med Imaging
   19 (2000) 822. doi:10.1109/42.887832
"""

import numpy as np

from imagingsim.ct.geometry import DETECTOR_ROW_MM, SlicePlan
from imagingsim.ct.settings import CtSettings
from imagingsim.ct.timing import nearest_source_mm
from imagingsim.units import FloatArray


def spiral_weights(
    settings: CtSettings, plan: SlicePlan, slice_: int, angles_rad: FloatArray
) -> FloatArray:
    """Return the share of each sub-slice in each view of a slice, (views, sub-slices), float32.

    Every row of it sums to 1.
    """
    row_mm = DETECTOR_ROW_MM
    rows = max(1, round(settings.total_collimation_mm / row_mm))
    feed_mm = settings.pitch * settings.total_collimation_mm
    reach_mm = settings.slice_thickness_mm / 2.0 + row_mm / 2.0
    height_mm = slice_ * settings.slice_interval_mm
    nearest_mm = nearest_source_mm(settings, height_mm, angles_rad)
    span_mm = rows * row_mm / 2.0 + reach_mm
    turns = np.arange(-np.ceil(span_mm / (feed_mm / 2.0)), np.ceil(span_mm / (feed_mm / 2.0)) + 1)
    source_mm = nearest_mm[:, None] + turns * feed_mm / 2.0
    offsets = (np.arange(rows) - (rows - 1) / 2.0) * row_mm
    first = np.clip(np.ceil((-reach_mm - source_mm - offsets[0]) / row_mm), 0, rows - 1)
    count = int(np.ceil(2.0 * reach_mm / row_mm)) + 1
    index = first[..., None] + np.arange(count)
    heights = source_mm[..., None] + offsets[0] + index * row_mm
    share = np.where(index < rows, _filter(heights, settings.slice_thickness_mm, row_mm), 0.0)
    return _onto(plan, heights.reshape(len(angles_rad), -1), share.reshape(len(angles_rad), -1))


def _filter(heights_mm: FloatArray, thickness_mm: float, row_mm: float) -> FloatArray:
    """Return the weight of rows by their distance from the slice: a box with sloping sides."""
    beyond = np.abs(heights_mm) - max(thickness_mm, row_mm) / 2.0
    return np.clip(0.5 - beyond / row_mm, 0.0, 1.0)


def _onto(plan: SlicePlan, heights_mm: FloatArray, share: FloatArray) -> FloatArray:
    """Return the weights of the sub-slices that rows at some heights cover."""
    half_mm = (DETECTOR_ROW_MM + plan.step_mm) / 2.0
    most = min(DETECTOR_ROW_MM, plan.step_mm)
    weights = np.empty((len(share), plan.width))
    for part, offset_mm in enumerate(plan.offsets_mm):
        overlap = np.clip(half_mm - np.abs(heights_mm - offset_mm), 0.0, most)
        weights[:, part] = (share * overlap).sum(axis=1)
    return _centred(weights, plan.offsets_mm).astype(np.float32)


def _centred(weights: FloatArray, offsets_mm: FloatArray) -> FloatArray:
    """Return weights that sum to 1 and whose mean lies in the middle of the slice."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    mean = weights @ offsets_mm
    spread = weights @ offsets_mm**2 - mean**2
    tilt = -mean / np.maximum(spread, 1e-9)
    tilted = weights * np.clip(1.0 + tilt[:, None] * (offsets_mm - mean[:, None]), 0.0, None)
    return tilted / tilted.sum(axis=1, keepdims=True)
