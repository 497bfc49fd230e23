"""What a test object tells about a scanner: CT numbers, evenness, noise, texture, resolution."""

from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy import QualityObject
from imagingsim.anatomy.quality_object import FaintRod, Insert
from imagingsim.survey.resolution import (
    Resolution,
    bar_modulation,
    edge_transfer,
    modulation_transfer,
    plane_mm,
    radial,
    slices,
)
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

_RING_MM = 10.0
_SQUARE = 48
_RESOLVED = 0.1
_AROUND_MM = (2.0, 6.0)


@dataclass(frozen=True)
class InsertReading:
    """What a rod reads, and the range it must read in."""

    name: str
    mean_hu: float
    low_hu: float
    high_hu: float

    @property
    def within(self) -> bool:
        """Whether it does."""
        return self.low_hu <= self.mean_hu <= self.high_hu


@dataclass(frozen=True)
class FaintReading:
    """How a faint rod stands out: its contrast over several slices, and over one slice's noise."""

    diameter_mm: float
    contrast_hu: float
    contrast_to_noise: float


@dataclass(frozen=True)
class BarReading:
    """How much of a group of bars is left of its full modulation."""

    lp_cm: float
    modulation: float


@dataclass(frozen=True, eq=False)
class Quality:
    """A scanner's report, in the terms of its acceptance test.

    Attributes
    ----------
    water_hu, edge_hu
        Mean of the centre of the even part, and of its edge over the centre.
    noise_hu
        Standard deviation in the centre.
    noise_frequency_mm
        Mean frequency of the noise power, cycles per mm.
    noise_power
        (n, 2) frequency per mm and HU2 mm2.
    wire
        Resolution at high contrast; None when the object has no wire.
    inserts, edges, faint, bars
        One reading for each part of the object's other modules.
    """

    water_hu: float
    edge_hu: float
    noise_hu: float
    noise_frequency_mm: float
    noise_power: FloatArray
    wire: Resolution | None
    inserts: tuple[InsertReading, ...]
    edges: tuple[Resolution, ...]
    faint: tuple[FaintReading, ...]
    bars: tuple[BarReading, ...]

    @property
    def resolved_lp_cm(self) -> float | None:
        """The finest bars of which a tenth of the modulation is left; None without any."""
        seen = [bar.lp_cm for bar in self.bars if bar.modulation >= _RESOLVED]
        return max(seen, default=None)


def measure_quality(volume: Volume, thing: QualityObject) -> Quality:
    """Measure the CT of a test object."""
    file = thing.file
    even = slices(volume, file.uniform.from_mm, file.uniform.to_mm)
    radius = np.hypot(*plane_mm(volume))
    centre = even[:, radius < 2.0 * _RING_MM]
    edge = file.uniform.radius_mm - _RING_MM
    rim = even[:, np.abs(radius - edge) < _RING_MM / 2.0]
    power = noise_power(even, volume.grid.spacing_mm[1])
    sharp = [one for one in file.inserts if one.structure in file.edges]
    return Quality(
        water_hu=float(centre.mean()),
        edge_hu=float(rim.mean() - centre.mean()),
        noise_hu=float(centre.std()),
        noise_frequency_mm=float((power[:, 0] * power[:, 1]).sum() / power[:, 1].sum()),
        noise_power=power,
        wire=Resolution.of("wire", modulation_transfer(volume, file.wire_mm))
        if file.wire_mm
        else None,
        inserts=tuple(InsertReading(one.structure, _mean(volume, one), *one.hu)
                      for one in file.inserts),
        edges=tuple(Resolution.of(one.structure, edge_transfer(volume, one)) for one in sharp),
        faint=tuple(_faint(volume, one) for one in file.faint),
        bars=tuple(BarReading(one.lp_cm, bar_modulation(volume, one)) for one in file.line_pairs),
    )  # fmt: skip


def noise_power(even: FloatArray, pixel_mm: float) -> FloatArray:
    """Return the noise power of even slices by frequency, (n, 2): per mm, HU2 mm2.

    Differences of neighbouring slices leave noise alone.
    """
    noise = np.diff(even, axis=0)[::2] / np.sqrt(2.0)
    middle = noise.shape[1] // 2
    half = _SQUARE // 2
    squares = noise[:, middle - half : middle + half, middle - half : middle + half]
    squares = squares - squares.mean(axis=(1, 2), keepdims=True)
    power = (np.abs(np.fft.fft2(squares)) ** 2).mean(axis=0) * (pixel_mm / _SQUARE) ** 2
    return radial(power, pixel_mm, 0.5 / pixel_mm)


def _faint(volume: Volume, rod: FaintRod) -> FaintReading:
    """Compare a faint rod with the water around it."""
    x, y = plane_mm(volume)
    away = np.hypot(x - rod.at_mm[0], y - rod.at_mm[1]) - rod.radius_mm
    image = slices(volume, rod.at_mm[2] - 10.0, rod.at_mm[2] + 10.0)
    around = image[:, (away > _AROUND_MM[0]) & (away < _AROUND_MM[1])]
    contrast = float(image[:, away < -0.3 * rod.radius_mm].mean() - around.mean())
    return FaintReading(2.0 * rod.radius_mm, contrast, contrast / float(around.std()))


def _mean(volume: Volume, rod: Insert) -> float:
    """Return the mean in the inner 60 % of a rod."""
    x, y = plane_mm(volume)
    inside = np.hypot(x - rod.at_mm[0], y - rod.at_mm[1]) < 0.6 * rod.radius_mm
    return float(slices(volume, rod.at_mm[2] - 8.0, rod.at_mm[2] + 8.0)[:, inside].mean())
