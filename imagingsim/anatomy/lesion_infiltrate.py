"""Infiltrating masses: a solid middle, fingers and patches that grow between what is around."""

import numpy as np

from imagingsim.anatomy.lesion_margin import creep_entry
from imagingsim.anatomy.lesion_mass import Mass, mass_entries
from imagingsim.anatomy.lesion_parts import Entry, Placed, rounded
from imagingsim.content import record


@record
class Infiltrate:
    """A mass whose margin sends patchy fingers into the tissues named.

    Attributes
    ----------
    fingers
        How many.
    reach_mm
        How far the longest goes beyond the solid part.
    into
        Materials or labels they grow into.
    """

    fingers: int
    reach_mm: float
    into: tuple[str, ...]
    mass: Mass = Mass(lobulation=0.16, roughness_mm=1.0)
    along: tuple[float, float, float] = (1.0, 1.0, 1.0)


def infiltrate_entries(placed: Placed, shape: Infiltrate) -> list[Entry]:
    """Return the entries of an infiltrating mass: fingers, patches that creep, the solid part."""
    fingers = [_finger(placed, shape) for _ in range(shape.fingers)]
    patchy = placed.entry(
        "fingers", fingers, [{"material": placed.tissue, "over": list(shape.into)}], later=-1,
        displace=[{"amplitude_mm": 0.7, "wavelength_mm": 4.5, "octaves": 2}],
    )  # fmt: skip
    creep = creep_entry(placed, shape.reach_mm, shape.into)
    return [patchy, creep, *mass_entries(placed, shape.mass)]


def _finger(placed: Placed, shape: Infiltrate) -> Entry:
    direction = placed.rng.normal(size=3) * np.asarray(shape.along)
    direction /= np.linalg.norm(direction)
    surface = 1.0 / np.linalg.norm(direction / (0.5 * placed.size_mm))
    reach = surface + shape.reach_mm * placed.rng.uniform(0.45, 1.0)
    bend = placed.rng.normal(size=3) * 0.16 * reach
    width = placed.rng.uniform(1.4, 3.0)
    steps = ((0.7 * surface, 0.0, width), (0.5 * (surface + reach), 0.5, 0.6 * width),
             (reach, 1.0, 0.4))  # fmt: skip
    points = [
        [*rounded(placed.point_mm(direction * far + bend * turn)), round(radius, 3)]
        for far, turn, radius in steps
    ]
    return {"tube": {"points": points, "smooth_mm": 3.0}}
