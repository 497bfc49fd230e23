"""Weighs the organs of a body: volume of what they are made of, times the tissues' densities."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy import Body
from imagingsim.errors import ContentError
from imagingsim.survey.references import MassRow, References, Segments
from imagingsim.survey.scouting import Scout, coverage, heights_mm, layer_volumes_ml
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray

_FINE = ((12.0, 1.0), (80.0, 1.5), (500.0, 2.0))
_COARSEST_MM = 3.0
_WALL_MM = 1.5


@dataclass(frozen=True)
class Mass:
    """An organ of a body, weighed.

    Attributes
    ----------
    reference_g
        What the reference adult has.
    volume_ml, mass_g
        What the body has; 0 when it has no such organ.
    """

    organ: str
    reference_g: float
    volume_ml: float
    mass_g: float
    tolerance_percent: float

    @property
    def error_percent(self) -> float:
        """Deviation from the reference, percent."""
        return 100.0 * (self.mass_g / self.reference_g - 1.0)

    @property
    def absent(self) -> bool:
        """Whether the body has no such organ."""
        return self.mass_g == 0.0

    @property
    def good(self) -> bool:
        """Whether the deviation is within its tolerance."""
        return abs(self.error_percent) <= self.tolerance_percent


@dataclass(frozen=True)
class Scales:
    """Weighs organs of one body.

    Attributes
    ----------
    spacing_mm
        Use this spacing instead of what each organ needs.
    """

    scout: Scout
    tissues: Tissues
    spacing_mm: float | None = None

    @property
    def densities(self) -> FloatArray:
        """Density of every layer, g/mL."""
        return self.tissues.array((x.material for x in self.scout.phantom.layers), "density")

    def masses(self, rows: Iterable[MassRow], sex: str | None) -> list[Mass]:
        """Weigh every organ that a sex has."""
        return [self.mass(row, target) for row in rows if (target := row.mass_g(sex)) is not None]

    def mass(self, row: MassRow, target_g: float) -> Mass:
        """Weigh one organ."""
        weights = self.scout.weights(row.made_of)
        if self.scout.box_mm(row.made_of) is None:
            return Mass(row.organ, target_g, 0.0, 0.0, row.tolerance_percent)
        spacing = self.spacing_mm or self._spacing_mm(row, weights)
        volumes = layer_volumes_ml(self.scout.around(row.made_of, spacing)) * weights
        return Mass(
            row.organ, target_g, float(volumes.sum()), float(volumes @ self.densities),
            row.tolerance_percent,
        )  # fmt: skip

    def _spacing_mm(self, row: MassRow, weights: FloatArray) -> float:
        """Return how finely an organ must be sampled: finer when it is small or a wall."""
        volume = float(self.scout.whole_ml @ weights)
        spacing = next((step for most, step in _FINE if volume < most), _COARSEST_MM)
        return min(spacing, _WALL_MM) if row.thicken else spacing


@dataclass(frozen=True)
class BodyMass:
    """The body, weighed, and the reference mass of the part of it that exists.

    Attributes
    ----------
    end_mm
        Height z at which the legs end.
    share
        Share of the mass of a whole adult that lies above.
    """

    reference_kg: float
    share: float
    end_mm: float
    mass_kg: float
    tolerance_percent: float

    @property
    def error_percent(self) -> float:
        """Deviation from the reference mass of the part that exists, percent."""
        return 100.0 * (self.mass_kg / (self.reference_kg * self.share) - 1.0)

    @property
    def good(self) -> bool:
        """Whether the deviation is within its tolerance."""
        return abs(self.error_percent) <= self.tolerance_percent


def body_mass(scales: Scales, body: Body, references: References) -> BodyMass:
    """Weigh what exists of a body."""
    sampled = scales.scout.whole
    inside = np.array([float(bool(layer.label)) for layer in sampled.layers])
    grams = float((scales.scout.whole_ml * inside) @ scales.densities)
    filled = coverage(sampled, inside).sum(axis=(1, 2)) * sampled.grid.voxel_ml
    end = float(heights_mm(sampled.grid)[np.flatnonzero(filled > filled.max() * 0.05)[0]])
    end -= sampled.grid.spacing_mm[0] / 2
    file = references.file
    share = existing_share(file.segments, body, end)
    if body.record.weight_kg is None:
        raise ContentError(f"{body.name} has no weight_kg; give it in its body.yaml")
    return BodyMass(
        body.record.weight_kg, share, end, grams / 1000.0, file.body_mass_tolerance_percent
    )


def existing_share(segments: Segments, body: Body, end_mm: float) -> float:
    """Return the share of body mass above the level where the legs of a body end.

    The thigh is a cone from the hip joint to the knee; shank and foot lie below.
    """
    index = _index(body)
    hip = body.landmark_mm("hip_joint")
    length = segments.thigh_length_per_height * (body.record.height_m or 0.0) * 1000.0
    gone = min(max((end_mm - (hip - length)) / length, 0.0), 1.0)
    knee = segments.knee_area_share
    # section area falls evenly from 1 at the hip to `knee` at the knee
    below = gone * (knee + (1.0 - knee) * gone / 2.0) / ((1.0 + knee) / 2.0)
    missing = segments.shank_percent[index] + segments.foot_percent[index]
    missing += segments.thigh_percent[index] * below
    return 1.0 - 2.0 * missing / 100.0


def _index(body: Body) -> int:
    return 1 if body.record.sex == "female" else 0
