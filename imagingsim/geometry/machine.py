"""The machine that runs a program: its instructions, its tables and the scratch of one thread.

A program is a list of instructions on *fields*. A field is a signed distance (mm, negative
inside) at the points of one batch, or is known to be OUT (beyond its reach everywhere) or IN
(deep inside everywhere), so that homogeneous batches run no loop over points.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt16 = npt.NDArray[np.uint16]
UInt8 = npt.NDArray[np.uint8]
Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]

BATCH: Final = 512
"""Points evaluated together."""
OUT: Final = 0
IN: Final = 1
ARRAY: Final = 2
FAR_MM: Final = np.float32(1.0e4)
"""The distance of a field that is OUT, once it has to be written down."""
DEEP_MM: Final = np.float32(-90.0)
"""The distance of a field that is IN, once it has to be written down."""

# Instructions: (operation, field written, a, b) and a row of numbers.
(
    BLOCK, SPACE, LOFT, ELLIPSOID, TUBE, BOX, PLANE, VERTEBRA, DISC, COMBINE,
    OFFSET, SHELL, THICKEN, DISPLACE, HAUSTRA, CARVE, FIX, PAINT, HALO, KIDNEY,
    HOLLOW, FASCIA, CORTEX, CELLS,
) = range(24)  # fmt: skip

CELL: Final = 2
"""Edge of the cells of a baked solid whose smallest and largest distance are kept."""
PER_MM: Final = 256.0
"""Baked distances are whole numbers of 256ths of a millimetre."""
WIDTH: Final = 36
"""Numbers per instruction. The last columns mean the same in all of them:"""
REACH: Final = 34
"""Column: beyond this many mm outside, nobody asks how far."""
DEPTH: Final = 35
"""Column: beyond this many mm inside, nobody asks how deep."""
MARGIN: Final = 33
"""Column: how far from its surface a solid must be evaluated for the union it joins."""
SMOOTH: Final = 32
"""Column: over how many mm a solid rounds the crease with the union it joins."""

# Textures of a layer.
(
    PLAIN, TWO_OCTAVE, FAT_SEPTA, MARBLED, WALL_SHEETS, LUNG, TRABECULAR, LOBULATED, STOOL,
    STOMACH_FOOD, BOWEL_FLUID,
) = range(11)  # fmt: skip


class Tables(NamedTuple):
    """A program, read-only.

    Attributes
    ----------
    code
        (instructions, 6): operation, field written, a, b; the block that must have run before, or
        -1; and where to go on when the field is then OUT, or -1.
    numbers
        (instructions, `WIDTH`): parameters, mm.
    bounds
        (instructions, 6): box of a block or solid, x low, x high, y low, ...
    blocks
        (blocks, 3): first instruction, one past the last, and 1 if it waits until it is read.
    block_bounds
        (blocks, 6): outside this box a block does nothing.
    loft_frames, loft_places
        Per baked solid its origin, 1 / step, nodes along x, y, z and cells along x, y, z; and the
        addresses of its distances and of the (smallest, largest) one in every 2 x 2 x 2 cells,
        in 256ths of a mm. The addresses keep what they point at alive (`program.addresses`).
    segments, clusters
        Tube segments, and spheres around eight consecutive ones.
    extra
        Numbers of special patterns.
    textures, texture_numbers, texture_scale, texture_fields
        Per layer: kind, parameters, counts per HU, and the fields and layers it reads.
    classes
        (layers, masks): whether a structure that is painted *over* others may cover this layer.
    lattice, ripples
        Two noise tiles of 128 x 128 x 128, flat; the first node of each axis is repeated at its
        end.
    warp, warp_frame
        Displacement of the coordinates at the nodes of a lattice; its origin, 1 / step and size.
    space
        Millimetres of the document per millimetre of the patient: along x, y, z, and overall;
        the largest displacement of the warp and the state together along x, y, z, mm; and the
        direction in which things fall.
    state, state_frame
        Displacement of the patient's coordinates before all else, like the warp; size 0 for none.
    """

    code: Int64
    numbers: Float32
    bounds: Float32
    blocks: Int64
    block_bounds: Float32
    loft_frames: Float64
    loft_places: Int64
    segments: Float32
    clusters: Float32
    extra: Float32
    textures: Int64
    texture_numbers: Float32
    texture_scale: Float32
    texture_fields: Int64
    classes: UInt8
    lattice: Float32
    ripples: Float32
    warp: Float32
    warp_frame: Float32
    space: Float32
    state: Float32
    state_frame: Float32


class Batch(NamedTuple):
    """The scratch of one thread: up to `BATCH` points and everything known about them.

    Attributes
    ----------
    x, y, z
        The points in the space the current instruction works in.
    body, patient
        (3, points): the points in the document's space, and in the patient's.
    sphere, box
        Centre and radius of a sphere around the points, and the voxel width; a box around them.
    fields
        Distances of each field.
    state, low, high
        Whether a field is OUT, IN or an ARRAY, and bounds of its distances.
    first, second, fraction, texture
        The result: two layers, the coverage of the first, and texture counts.
    spare
        (8, points): rows of working space.
    places, owner
        Working space for places and for layers.
    debts
        (layers,): volume that voxels made of several points still owe to each layer.
    picked, lower
        Tube segments near the batch, and a lower bound of their distance.
    listed
        Blocks near the group of batches this one belongs to.
    done, waiting
        Which blocks ran that wait until they are read; and where to go on after each, (depth, 2).
    """

    x: Float32
    y: Float32
    z: Float32
    body: Float32
    patient: Float32
    sphere: Float32
    box: Float32
    fields: Float32
    state: UInt8
    low: Float32
    high: Float32
    first: UInt16
    second: UInt16
    fraction: Float32
    texture: Int8
    spare: Float32
    places: Int64
    owner: Int64
    debts: Int64
    picked: Int32
    lower: Float32
    listed: Int64
    done: UInt8
    waiting: Int64


def scratch(tables: Tables, fields: int, width_mm: float) -> Batch:
    """Return the scratch of one thread, for surfaces blurred over ``width_mm``."""
    sphere = np.zeros(5, np.float32)
    sphere[4] = width_mm
    points = np.zeros((3, BATCH), np.float32)
    rows = np.zeros((fields, BATCH), np.float32)
    segments, blocks = len(tables.segments) + 1, len(tables.blocks) + 1
    return Batch(
        x=points[0], y=points[1], z=points[2], body=points.copy(), patient=points.copy(),
        sphere=sphere, box=np.zeros(6, np.float32), fields=rows, state=np.zeros(fields, np.uint8),
        low=np.zeros(fields, np.float32), high=np.zeros(fields, np.float32),
        first=np.zeros(BATCH, np.uint16), second=np.zeros(BATCH, np.uint16),
        fraction=np.zeros(BATCH, np.float32), texture=np.zeros(BATCH, np.int8),
        spare=np.zeros((8, BATCH), np.float32), places=np.zeros(BATCH, np.int64),
        owner=np.zeros(BATCH, np.int64), debts=np.zeros(len(tables.textures), np.int64),
        picked=np.zeros(segments, np.int32), lower=np.zeros(segments, np.float32),
        listed=np.zeros(blocks, np.int64), done=np.zeros(blocks, np.uint8),
        waiting=np.zeros((blocks, 2), np.int64),
    )  # fmt: skip


GRID, LIST, LATTICE = range(3)


class Job(NamedTuple):
    """Which points to evaluate.

    Attributes
    ----------
    kind
        Bricks of a patient's `GRID`, batches of a `LIST` of points, or bricks of a `LATTICE` in
        the document's space, of which one field is wanted.
    bricks
        (bricks, 3): first (slice, row, column); of a list (first point, number, 0).
    groups, boxes
        (groups, 2): bricks from and to; (groups, 6): the box around them in the document's space.
    size, shape
        (3,): of a brick (at most `BATCH` points), and of the grid.
    parts
        (3,): points of a brick that make one voxel of a `GRID`, along each axis.
    affine
        (4, 4): from (slice, row, column, 1) of a point to mm.
    points
        (n, 3): the list, LPS mm.
    field
        The field wanted of a lattice.
    """

    kind: int
    bricks: Int32
    groups: Int64
    boxes: Float32
    size: Int32
    shape: Int32
    parts: Int32
    affine: Float64
    points: Float64
    field: int


class Result(NamedTuple):
    """The arrays to fill; those a job does not fill are empty."""

    first: UInt16
    second: UInt16
    fraction: UInt8
    texture: Int8
    distances: Float32
