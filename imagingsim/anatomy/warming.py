"""Compiles the kernels once, so that a user sees it as a step of its own."""

import numpy as np

from imagingsim.anatomy.body import Body
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.records import BodyRecord, Structure
from imagingsim.anatomy.sampling import sample, sample_points
from imagingsim.anatomy.solid_records import Ellipsoid, Solid
from imagingsim.grid import Grid


def warm_up() -> None:
    """Compile the sampling kernels, or load what an earlier run compiled."""
    shape = Solid(ellipsoid=Ellipsoid(centre_mm=(0.0, 0.0, 0.0), semi_mm=(5.0, 5.0, 5.0)))
    ball = Structure(id="ball", solid=(shape,), material="muscle")
    phantom = Phantom(Body("ball", BodyRecord(title="ball"), (ball,), {}, {}))
    sample(phantom, Grid.axial((8, 8, 8), (1.0, 1.0, 1.0), (-4.0, -4.0, -4.0)))
    sample_points(phantom, np.zeros((1, 3)))
