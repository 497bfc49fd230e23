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
    HOLLOW, FASCIA, CORTEX, FOLIA, CELLS,
) = range(25)  # fmt: skip

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
        (instructions, 4): operation, field written, a, b.
    numbers
        (instructions, `WIDTH`): parameters, mm.
    bounds
        (instructions, 6): box of a block, x low, x high, y low, ...
    loft_values, loft_frames, loft_ranges
        Baked signed distances in 256ths of a mm; per loft its origin, 1 / step, size and offsets;
        and the (smallest, largest) distance in every 4 x 4 x 4 cells, mm.
    segments, clusters
        Tube segments, and spheres around eight consecutive ones.
    extra
        Numbers of special patterns.
    textures, texture_numbers, texture_scale, texture_fields
        Per layer: kind, parameters, counts per HU, and the fields and layers it reads.
    classes
        (layers, masks): whether a structure that is painted *over* others may cover this layer.
    lattice, ripples
        Two noise tiles of 128 x 128 x 128, flat.
    warp, warp_frame
        Displacement of the coordinates at the nodes of a lattice; its origin, 1 / step and size.
    space
        Millimetres of the document per millimetre of the patient: along x, y, z, and overall.
    """

    code: Int32
    numbers: Float32
    bounds: Float32
    loft_values: Int16
    loft_frames: Float64
    loft_ranges: Float32
    segments: Float32
    clusters: Float32
    extra: Float32
    textures: Int32
    texture_numbers: Float32
    texture_scale: Float32
    texture_fields: Int32
    classes: UInt8
    lattice: Float32
    ripples: Float32
    warp: Float32
    warp_frame: Float32
    space: Float32


class Batch(NamedTuple):
    """The scratch of one thread: up to `BATCH` points and everything known about them.

    Attributes
    ----------
    x, y, z
        The points in the space the current instruction works in.
    body, patient
        (3, points): the points in the document's space, and in the patient's.
    sphere
        Centre and radius of a sphere around the points, and the voxel width.
    fields, state
        Distances of each field, and whether it is OUT, IN or an ARRAY.
    first, second, fraction, texture
        The result: two layers, the coverage of the first, and texture counts.
    spare
        A row of working space.
    picked, lower
        Tube segments near the batch, and a lower bound of their distance.
    """

    x: Float32
    y: Float32
    z: Float32
    body: Float32
    patient: Float32
    sphere: Float32
    fields: Float32
    state: UInt8
    first: UInt16
    second: UInt16
    fraction: Float32
    texture: Int8
    spare: Float32
    picked: Int32
    lower: Float32
