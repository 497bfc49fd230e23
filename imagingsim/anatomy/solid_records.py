"""Solids as they are written down in a region file."""

from __future__ import annotations

from imagingsim.content import record

Point = tuple[float, float, float]
Ring = tuple[tuple[float, float], ...]


@record
class Ellipsoid:
    """An ellipsoid; its axes are turned about x, then y, then z, or given as three vectors."""

    centre_mm: Point
    semi_mm: Point
    rotate_deg: Point = (0.0, 0.0, 0.0)
    axes: tuple[Point, Point, Point] | None = None
    smooth_mm: float = 0.0


@record
class Box:
    """A box with rounded edges."""

    centre_mm: Point
    half_mm: Point
    round_mm: float = 0.0
    rotate_deg: Point = (0.0, 0.0, 0.0)
    axes: tuple[Point, Point, Point] | None = None
    smooth_mm: float = 0.0


@record
class Plane:
    """The half space where ``normal . x < offset_mm``."""

    normal: Point
    offset_mm: float
    smooth_mm: float = 0.0


@record
class Tube:
    """A swept tube through points (x, y, z, radius); ``up`` is the direction of the radius.

    ``wander_mm`` lets its course stray sideways, at random, differently on either side of the body.
    """

    points: tuple[tuple[float, float, float, float], ...]
    aspect: float = 1.0
    up: Point = (0.0, 0.0, 1.0)
    spline: bool = True
    samples: int = 6
    wander_mm: float = 0.0
    smooth_mm: float = 0.0


@record
class Loft:
    """Closed contours at heights z; ``symmetric`` ones give the half x >= 0, front to back.

    Thin sheets that shift from height to height need ``follow_mm``: their contours are carried
    over point by point in steps of at most this height, else they vanish half way.
    """

    levels: dict[float, Ring]
    symmetric: bool = False
    step_mm: float = 2.0
    follow_mm: float = 0.0
    redistance: bool = False
    smooth_mm: float = 0.0


@record
class Bump:
    """A local change of a thickness: a Gaussian with three widths."""

    mm: float
    at_mm: Point
    semi_mm: Point


@record
class Thinning:
    """A patch where a thickness is reduced by a share: flat inside the radius, steep there."""

    share: float
    at_mm: Point
    radius_mm: float


@record
class Ripple:
    """Noise added to a thickness."""

    amplitude_mm: float
    wavelength_mm: float


@record
class Field:
    """The solid of another structure, grown (+) or shrunk (-), evenly or from place to place."""

    id: str
    offset_mm: float = 0.0
    bumps: tuple[Bump, ...] = ()
    noise: tuple[Ripple, ...] = ()
    thinning: tuple[Thinning, ...] = ()
    smooth_mm: float = 0.0


@record
class Shell:
    """What lies between two distances from the surface of another structure."""

    field: str
    inner_mm: float = 0.0
    outer_mm: float
    bumps: tuple[Bump, ...] = ()
    noise: tuple[Ripple, ...] = ()
    thinning: tuple[Thinning, ...] = ()
    smooth_mm: float = 0.0


@record
class Formula:
    """A distance in mm as an expression of x, y, z, kept on a lattice inside a box.

    Operators, numbers, ``abs min max sqrt exp sin cos clip where`` may be used.
    """

    expression: str
    box_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    step_mm: float = 1.5
    redistance: bool = False
    smooth_mm: float = 0.0


@record
class Vertebra:
    """A vertebra of the spine by its level, from the table ``spine`` of the body.

    ``part`` is ``whole``, its ``body``, the ``core`` between its end plates (wider than the body)
    or the ``cleft`` of its basivertebral veins.
    """

    level: str
    part: str = "whole"
    smooth_mm: float = 0.0


@record
class Disc:
    """The disc above a vertebra."""

    above: str
    smooth_mm: float = 0.0


@record
class Rib:
    """A rib, its ``cartilage`` or the ``vessels`` below it, from the table ``ribs`` of the body."""

    number: int
    part: str = "bone"
    smooth_mm: float = 0.0


@record
class Tree:
    """A vessel tree grown from a trunk to random tips inside other structures.

    Attributes
    ----------
    root
        Points of the trunk, mm.
    within
        Structures the tips lie in, at least ``margin_mm`` deep.
    avoid
        Structures the tips keep ``margin_mm`` away from.
    box_mm
        Where tips are thrown.
    tips
        How many.
    taper_mm
        Length on which a vessel gives off as much as one tip needs; by default it keeps its
        calibre between two branchings.
    """

    root: tuple[Point, ...]
    tips: int
    box_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    within: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    margin_mm: float = 3.0
    tip_radius_mm: float = 0.5
    largest_radius_mm: float | None = None
    radius_scale: float = 1.0
    path_cost: float = 0.3
    step_mm: float = 4.0
    exponent: float = 2.7
    straightness: float = 0.3
    taper_mm: float | None = None
    jitter_mm: float = 0.3
    seed: int = 0
    smooth_mm: float = 0.0


@record
class Beside:
    """A tree that runs beside the larger branches of another structure's tree.

    Attributes
    ----------
    tree
        Structure whose tree it accompanies.
    side
        On which side of the trunk it runs.
    smallest_mm
        Radius of the other tree below which it is no longer accompanied.
    share
        Its radius as a share of the other's.
    gap_mm
        Tissue between the two.
    """

    tree: str
    side: Point
    smallest_mm: float = 1.0
    share: float = 1.0
    gap_mm: float = 0.3
    smooth_mm: float = 0.0


@record
class Rope:
    """A long tube folded into a space: the small bowel.

    Attributes
    ----------
    within, avoid
        Structures whose inside is the space, and structures that take from it.
    start_mm, end_mm
        Where it begins, and where it ends if that is fixed.
    nodes, rest_mm
        How many points, and the distance between two.
    radius_mm
        At its beginning and at its end.
    calibre_mm
        How much the radius varies along it (standard deviation): filled and collapsed parts.
    calibre_length_mm
        How long such parts are.
    swing_mm
        How far its first guess wanders from the guiding points, without order.
    """

    within: tuple[str, ...]
    avoid: tuple[str, ...] = ()
    box_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    start_mm: Point
    end_mm: Point | None = None
    nodes: int = 440
    rest_mm: float = 6.5
    radius_mm: tuple[float, float] = (12.3, 10.5)
    calibre_mm: float = 0.6
    calibre_length_mm: float = 60.0
    swing_mm: Point = (45.0, 16.0, 35.0)
    guide: tuple[Point, ...] = ()
    clearance_mm: float = 3.0
    iterations: int = 2600
    seed: int = 0
    smooth_mm: float = 0.0


@record
class Fringe:
    """A vessel tree to the border of a rope: the mesentery.

    Attributes
    ----------
    rope
        Structure whose rope is supplied.
    root
        Points of the trunk, mm.
    """

    rope: str
    root: tuple[Point, ...]
    towards_mm: Point
    shift_mm: Point = (0.0, 0.0, 0.0)
    tip_radius_mm: float = 0.62
    largest_radius_mm: float = 2.0
    radius_scale: float = 1.0
    seed: int = 0
    smooth_mm: float = 0.0


@record
class Folds:
    """Sheets that part the folds of a surface: sulci, or the fissures between folia.

    They stand on the surface of ``within``, stay out of ``avoid``, run beside those of ``along``
    (which they include), and wind, fork and end by chance.

    Attributes
    ----------
    box_mm, step_mm
        Where they are made, and the lattice they are kept on.
    spacing_mm
        Distance between two.
    depth_mm
        How deep the shallowest and the deepest go.
    width_mm
        Half their width in the depth, and at the mouth.
    wander_mm
        How far they stray from an even course.
    grain
        Direction along which they run; none by default.
    """

    within: tuple[str, ...]
    box_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    spacing_mm: float
    depth_mm: tuple[float, float]
    avoid: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    width_mm: tuple[float, float] = (0.35, 0.9)
    wander_mm: float = 1.5
    grain: Point = (0.0, 0.0, 0.0)
    step_mm: float = 1.0
    seed: int = 0
    smooth_mm: float = 0.0


@record
class Displace:
    """Noise on a surface."""

    amplitude_mm: float
    wavelength_mm: float
    octaves: int = 1
    stretch: Point = (1.0, 1.0, 1.0)
    seed: float | None = None


@record
class Solid:
    """One solid: exactly one of its shapes, joined with what stands before it.

    `union` groups several; `subtract` and `intersect` change what stands before them.
    """

    ellipsoid: Ellipsoid | None = None
    box: Box | None = None
    plane: Plane | None = None
    tube: Tube | None = None
    tubes: tuple[Tube, ...] | None = None
    loft: Loft | None = None
    field: Field | None = None
    shell: Shell | None = None
    formula: Formula | None = None
    vertebra: Vertebra | None = None
    disc: Disc | None = None
    rib: Rib | None = None
    tree: Tree | None = None
    beside: Beside | None = None
    rope: Rope | None = None
    fringe: Fringe | None = None
    folds: Folds | None = None
    union: tuple[Solid, ...] | None = None
    subtract: Solid | None = None
    intersect: Solid | None = None
    displace: tuple[Displace, ...] = ()
    smooth_mm: float = 0.0


SHAPES = (
    "ellipsoid", "box", "plane", "tube", "tubes", "loft", "field", "shell", "formula", "vertebra",
    "disc", "rib", "tree", "beside", "rope", "fringe", "folds", "union", "subtract", "intersect",
)  # fmt: skip
"""The keys of a solid that say what it is."""
