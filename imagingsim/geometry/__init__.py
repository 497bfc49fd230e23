"""Implicit solids: points (mm) in, signed distances and layers out. Knows no organ and no file."""

from imagingsim.geometry.baking import Baked, Packed, bake_loft, cell_ranges, in_256ths
from imagingsim.geometry.contours import followed
from imagingsim.geometry.lattices import gradient_lattice, ripple_lattice
from imagingsim.geometry.program import Program, Surroundings, Texture, assemble
from imagingsim.geometry.reach import Step
from imagingsim.geometry.redistancing import redistance
from imagingsim.geometry.splines import closed_spline, open_spline
from imagingsim.geometry.tubes import Segments, branched, swept

__all__ = [
    "Baked", "Packed", "Program", "Segments", "Step", "Surroundings", "Texture", "assemble",
    "bake_loft", "branched", "cell_ranges", "closed_spline", "followed", "gradient_lattice",
    "in_256ths", "open_spline", "redistance", "ripple_lattice", "swept",
]  # fmt: skip
