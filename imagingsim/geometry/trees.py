"""Growing things: vessel trees to scattered tips, and a long rope folded into a space."""

import numpy as np
from numba import njit

from imagingsim.geometry.machine import Float32
from imagingsim.units import FloatArray, IntArray


def grow_tree(
    root: FloatArray,
    tips: FloatArray,
    rng: np.random.Generator,
    *,
    path_cost: float = 0.35,
    step_mm: float = 4.0,
    tip_radius_mm: float = 0.5,
    exponent: float = 2.7,
    jitter_mm: float = 0.0,
    straightness: float = 0.0,
    taper_mm: float | None = None,
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Grow a tree: each tip, nearest first, joins where distance and path cost least.

    Parameters
    ----------
    root, tips
        (n, 3): the trunk, and the points to supply, mm.
    path_cost
        Weight of the way back to the root; larger gives straighter, more numerous branches.
    exponent
        Of the radii at a branching: Murray's law has 3 [1]_.
    straightness
        Penalty for leaving a vessel backwards.
    taper_mm
        Length on which a vessel gives off as much as one tip needs, in twigs too small to be
        drawn: it narrows between its branchings too. None: it does not.

    Returns
    -------
    tuple
        Nodes (n, 3), the index of each one's parent (-1: root), and radii (n,), mm.

    References
    ----------
    .. [1] Murray CD. Proc Natl Acad Sci USA 12 (1926) 207. doi:10.1073/pnas.12.3.207
    """
    root = np.asarray(root, dtype=np.float64)
    tips = np.asarray(tips, dtype=np.float64)
    count = len(root)
    room = count + sum(1 + int(d / step_mm) for d in _farthest(root, tips))
    nodes, directions = np.zeros((room, 3)), np.zeros((room, 3))
    way, parent = np.zeros(room), np.full(room, -1)
    nodes[:count] = root
    parent[1:count] = np.arange(count - 1)
    directions[1:count] = np.diff(root, axis=0)
    directions[0] = directions[1]
    directions[:count] /= np.linalg.norm(directions[:count], axis=1, keepdims=True) + 1e-9
    way[1:count] = np.cumsum(np.linalg.norm(np.diff(root, axis=0), axis=1))
    ends = []
    for tip in tips[np.argsort(np.linalg.norm(tips - root[-1], axis=1))]:
        at = _cheapest(tip, nodes[:count], directions[:count], way[:count], path_cost, straightness)
        count = _branch(tip, at, count, nodes, directions, way, parent, step_mm, jitter_mm, rng)
        ends.append(count - 1)
    twigs = np.zeros(count)
    if taper_mm is not None:
        twigs[1:] = np.linalg.norm(nodes[1:count] - nodes[parent[1:count]], axis=1) / taper_mm
    radius = _radii(parent[:count], ends, twigs, tip_radius_mm, exponent)
    return nodes[:count], parent[:count], radius


def _farthest(root: FloatArray, tips: FloatArray) -> FloatArray:
    return np.linalg.norm(tips - root[-1], axis=1) + np.linalg.norm(np.ptp(root, axis=0)) + 40.0


@njit(cache=True)
def _cheapest(
    tip: FloatArray, nodes: FloatArray, directions: FloatArray, way: FloatArray, path_cost: float,
    straightness: float,
) -> int:  # fmt: skip
    best, at = np.inf, 0
    for i in range(len(nodes)):
        x, y, z = tip[0] - nodes[i, 0], tip[1] - nodes[i, 1], tip[2] - nodes[i, 2]
        distance = np.sqrt(x * x + y * y + z * z) + 1e-9
        ahead = x * directions[i, 0] + y * directions[i, 1] + z * directions[i, 2]
        cost = distance * (1.0 + straightness * (1.0 - ahead / distance)) + path_cost * way[i]
        if cost < best:
            best, at = cost, i
    return at


def _branch(
    tip: FloatArray, at: int, count: int, nodes: FloatArray, directions: FloatArray,
    way: FloatArray, parent: IntArray, step_mm: float, jitter_mm: float, rng: np.random.Generator,
) -> int:  # fmt: skip
    """Lead a branch from node ``at`` to the tip, leaving along the parent; return the count."""
    start = nodes[at].copy()
    length = float(np.linalg.norm(tip - start))
    bend = start + directions[at] * length * 0.35
    pieces = max(1, int(np.ceil(length / step_mm)))
    before = at
    for i in range(1, pieces + 1):
        t = i / pieces
        point = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t * t * tip
        if jitter_mm > 0.0 and i < pieces:
            point = point + rng.normal(size=3) * jitter_mm
        piece = point - nodes[before]
        far = float(np.linalg.norm(piece))
        nodes[count], parent[count] = point, before
        way[count] = way[before] + far
        directions[count] = piece / (far + 1e-9)
        before = count
        count += 1
    return count


def _radii(
    parent: IntArray, ends: list[int], twigs: FloatArray, tip_radius_mm: float, exponent: float
) -> FloatArray:
    flow = np.zeros(len(parent))
    flow[ends] += 1.0
    for i in range(len(parent) - 1, 0, -1):
        if flow[i] == 0.0:
            flow[i] = 1.0
        flow[parent[i]] += flow[i] + twigs[i]
    radius: FloatArray = tip_radius_mm * flow ** (1.0 / exponent)
    return radius


def fold_rope(
    points_mm: FloatArray,
    radius_mm: FloatArray,
    space: Float32,
    origin_mm: FloatArray,
    step_mm: float,
    rng: np.random.Generator,
    *,
    rest_mm: float,
    iterations: int,
    end_fixed: bool = False,
) -> FloatArray:
    """Relax a rope in a space until it neither crosses itself nor leaves it.

    Parameters
    ----------
    points_mm, radius_mm
        The rope to start from, (n, 3) and (n,).
    space
        Signed distance of the space on a lattice (z, y, x), negative inside, mm.
    rest_mm
        Distance between neighbours at rest.
    end_fixed
        Whether the last point stays where it is, like the first.

    Returns
    -------
    FloatArray
        (n, 3).
    """
    rope = np.ascontiguousarray(points_mm, dtype=np.float64)
    chunk = 50
    for done in range(0, iterations, chunk):
        kicks = rng.normal(size=(chunk, *rope.shape))
        _relax(
            rope, radius_mm, space, origin_mm, step_mm, rest_mm, kicks, done / (0.7 * iterations),
            len(rope) - end_fixed,
        )  # fmt: skip
    return rope


@njit(cache=True, fastmath=True)
def _relax(
    rope: FloatArray, radius: FloatArray, space: Float32, origin: FloatArray, step: float,
    rest: float, kicks: FloatArray, done: float, free: int,
) -> None:  # fmt: skip
    heat = 1.2 * max(0.0, 1.0 - done)
    force = np.zeros_like(rope)
    for it in range(kicks.shape[0]):
        force[:] = 0.0
        for i in range(rope.shape[0]):
            _pull(i, rope, force, rest)
            _push(i, rope, radius, force)
            _confine(i, rope, radius, force, space, origin, step)
        for i in range(1, free):
            for axis in range(3):
                move = min(max(force[i, axis], -3.0), 3.0)
                rope[i, axis] += move + heat * kicks[it, i, axis] * 0.25


@njit(cache=True, fastmath=True)
def _pull(i: int, rope: FloatArray, force: FloatArray, rest: float) -> None:
    """Pull at neighbours like springs, with resistance to bending."""
    if i + 1 >= rope.shape[0]:
        return
    d = rope[i + 1] - rope[i]
    length = np.sqrt((d * d).sum()) + 1e-9
    pull = 0.45 * (length - rest) / length * d
    force[i] += pull
    force[i + 1] -= pull
    if i > 0:
        bend = 0.1 * (0.5 * (rope[i - 1] + rope[i + 1]) - rope[i])
        force[i] += bend
        force[i - 1] -= 0.5 * bend
        force[i + 1] -= 0.5 * bend


@njit(cache=True, fastmath=True)
def _push(i: int, rope: FloatArray, radius: FloatArray, force: FloatArray) -> None:
    """Push apart loops that touch."""
    for j in range(i + 4, rope.shape[0]):
        near = radius[i] + radius[j] + 2.0
        x = rope[j, 0] - rope[i, 0]
        y = rope[j, 1] - rope[i, 1]
        z = rope[j, 2] - rope[i, 2]
        if abs(x) > near or abs(y) > near or abs(z) > near:
            continue
        length = np.sqrt(x * x + y * y + z * z) + 1e-9
        if length < near:
            push = 0.28 * (near - length) / length
            force[i, 0] -= push * x
            force[i, 1] -= push * y
            force[i, 2] -= push * z
            force[j, 0] += push * x
            force[j, 1] += push * y
            force[j, 2] += push * z


@njit(cache=True, fastmath=True)
def _confine(
    i: int, rope: FloatArray, radius: FloatArray, force: FloatArray, space: Float32,
    origin: FloatArray, step: float,
) -> None:  # fmt: skip
    """Let the walls of the space push back."""
    nz, ny, nx = space.shape
    a = min(max(int((rope[i, 0] - origin[0]) / step), 1), nx - 2)
    b = min(max(int((rope[i, 1] - origin[1]) / step), 1), ny - 2)
    c = min(max(int((rope[i, 2] - origin[2]) / step), 1), nz - 2)
    beyond = space[c, b, a] + radius[i]
    if beyond <= 0:
        return
    gx = space[c, b, a + 1] - space[c, b, a - 1]
    gy = space[c, b + 1, a] - space[c, b - 1, a]
    gz = space[c + 1, b, a] - space[c - 1, b, a]
    push = min(beyond, 4.0) * 0.6 / (np.sqrt(gx * gx + gy * gy + gz * gz) + 1e-6)
    force[i, 0] -= push * gx
    force[i, 1] -= push * gy
    force[i, 2] -= push * gz
