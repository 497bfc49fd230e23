"""Puts balls of tumour into a sampled body, where an observer shall look for them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from imagingsim.anatomy import SampledPhantom
from imagingsim.anatomy.sampled import Layer
from imagingsim.units import BoolArray, FloatArray

FULL = 255.0
LESION = "inserted_lesion"


def with_layer(sampled: SampledPhantom, tissue: str, labels: Sequence[str]) -> SampledPhantom:
    """Return the body with one more layer, of which nothing is made yet.

    Parameters
    ----------
    labels
        Organs whose texture it takes over, so that a lesion changes the mean and nothing else.
    """
    grain = [layer.texture_hu for layer in sampled.layers if layer.label in labels]
    texture = float(np.median(grain)) if grain else 0.0
    return replace(sampled, layers=(*sampled.layers, Layer(LESION, LESION, tissue, texture)))


def with_balls(
    sampled: SampledPhantom, centres: FloatArray, diameter_mm: float, layer: int
) -> SampledPhantom:
    """Return the body with balls of a layer.

    Parameters
    ----------
    centres
        (n, 3) indices of slice, row and column, not whole.
    diameter_mm
        Of each ball; voxels at its surface hold it in part.
    """
    spacing = np.array(sampled.grid.spacing_mm)
    first, second = sampled.first.copy(), sampled.second.copy()
    fraction, main = sampled.fraction.copy(), sampled.main_layer()
    for centre in centres:
        box, share = _ball(np.asarray(centre), spacing, diameter_mm, first.shape)
        inside = share > 0
        first[box][inside] = layer
        second[box][inside] = main[box][inside]
        fraction[box][inside] = np.rint(FULL * share[inside]).astype(np.uint8)
    return replace(sampled, first=first, second=second, fraction=fraction)


def _ball(
    centre: FloatArray, spacing: FloatArray, diameter_mm: float, shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], FloatArray]:
    """Return the box of voxels a ball may touch, and its share of each of them."""
    reach = np.ceil((diameter_mm / 2 + spacing) / spacing).astype(int)
    low = np.maximum(0, np.floor(centre).astype(int) - reach)
    high = np.minimum(shape, np.ceil(centre).astype(int) + reach + 1)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    axes = [
        (np.arange(a, b) - c) * s for a, b, c, s in zip(low, high, centre, spacing, strict=True)
    ]
    distance = np.sqrt(sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")))
    blur = float(np.cbrt(spacing.prod()))
    return box, np.clip(0.5 + (diameter_mm / 2 - distance) / blur, 0.0, 1.0)


def places(
    mask: BoolArray, spacing_mm: Sequence[float], *, depth_mm: float, apart_mm: float, most: int
) -> list[tuple[int, int]]:
    """Return rows and columns of a slice that lie so deep in a mask, far from each other.

    Parameters
    ----------
    depth_mm
        Distance from the edge of the mask; less where nothing lies so deep.
    most
        How many are wanted; there may be fewer.

    Examples
    --------
    >>> square = np.zeros((9, 9), dtype=bool)
    >>> square[2:7, 2:7] = True
    >>> places(square, (1.0, 1.0), depth_mm=2.5, apart_mm=5.0, most=3)
    [(4, 4)]
    """
    depth = ndimage.distance_transform_edt(mask, sampling=spacing_mm)
    if not mask.any():
        return []
    rows, columns = np.nonzero(depth >= min(depth_mm, float(depth.max())))
    points = np.column_stack([rows, columns]) * np.asarray(spacing_mm)
    chosen = [int(np.argmin(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
    while len(chosen) < most:
        nearest = np.min([np.linalg.norm(points - points[k], axis=1) for k in chosen], axis=0)
        if nearest.max() < apart_mm:
            break
        chosen.append(int(nearest.argmax()))
    return [(int(rows[k]), int(columns[k])) for k in chosen]
