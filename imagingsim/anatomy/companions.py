"""Trees that run beside other trees: bronchi beside pulmonary arteries."""

import numpy as np

from imagingsim.units import FloatArray, IntArray


def beside(
    nodes_mm: FloatArray, parent: IntArray, radius_mm: FloatArray, *, side: FloatArray,
    smallest_mm: float, share: float, gap_mm: float,
) -> tuple[FloatArray, IntArray, FloatArray]:  # fmt: skip
    """Return the tree that accompanies the larger branches of another one, surface to surface.

    Parameters
    ----------
    nodes_mm, parent, radius_mm
        The tree beside which the new one runs; parents stand before their children.
    side
        (3,): on which side of the trunk; further out the side turns with the branches.
    smallest_mm
        Radius of the other tree below which it is no longer accompanied.
    share
        Radius of the companion as a share of the other tree's.
    gap_mm
        Tissue between the two.

    Returns
    -------
    tuple
        Nodes (n, 3), parents (n,) and radii (n,), mm.
    """
    kept = np.flatnonzero(_accompanied(parent, radius_mm, smallest_mm))
    number = np.full(len(parent), -1)
    number[kept] = np.arange(len(kept))
    away = _sides(nodes_mm, parent, np.asarray(side, dtype=np.float64))[kept]
    radius = radius_mm[kept] * share
    far = radius_mm[kept] + radius + gap_mm
    upper = np.where(parent[kept] >= 0, number[parent[kept]], -1)
    return nodes_mm[kept] + away * far[:, np.newaxis], upper, radius


def _accompanied(parent: IntArray, radius: FloatArray, smallest: float) -> np.ndarray:
    """Return which nodes are large enough, and all before them too."""
    kept = np.asarray(radius >= smallest)
    for i in range(len(parent)):
        if parent[i] >= 0:
            kept[i] &= kept[parent[i]]
    return kept


def _sides(nodes: FloatArray, parent: IntArray, side: FloatArray) -> FloatArray:
    """Return unit vectors across each branch, which turn no more than the branches do."""
    out = np.zeros_like(nodes)
    for i in range(len(nodes)):
        before = out[parent[i]] if parent[i] >= 0 else side
        first = i if parent[i] >= 0 else int(np.flatnonzero(parent == i)[0])
        along = nodes[first] - nodes[parent[first]]
        along = along / (np.linalg.norm(along) + 1e-9)
        across = before - (before @ along) * along
        length = float(np.linalg.norm(across))
        out[i] = across / length if length > 0.05 else before
    return out
