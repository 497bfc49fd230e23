"""What a test object tells about a scanner: CT numbers, evenness, noise, texture, resolution."""

from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy import QualityObject
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

_RING_MM = 10.0
_WIRE_MM = 8.0
_SQUARE = 48


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
    mtf50_lp_cm, mtf10_lp_cm
        Where the modulation transfer falls to 50 % and 10 %, line pairs per cm.
    noise_power, transfer
        (n, 2) frequency per mm and value: HU2 mm2, and the transfer from 1 on.
    """

    inserts: tuple[InsertReading, ...]
    water_hu: float
    edge_hu: float
    noise_hu: float
    noise_frequency_mm: float
    mtf50_lp_cm: float
    mtf10_lp_cm: float
    noise_power: FloatArray
    transfer: FloatArray


def measure_quality(volume: Volume, thing: QualityObject) -> Quality:
    """Measure the CT of a test object."""
    even = _slices(volume, thing.file.uniform.from_mm, thing.file.uniform.to_mm)
    x, y = _plane_mm(volume)
    radius = np.hypot(x, y)
    centre = even[:, radius < 2.0 * _RING_MM]
    edge = thing.file.uniform.radius_mm - _RING_MM
    rim = even[:, np.abs(radius - edge) < _RING_MM / 2.0]
    power = noise_power(even, volume.grid.spacing_mm[1])
    transfer = modulation_transfer(volume, thing.file.wire_mm)
    return Quality(
        inserts=tuple(
            InsertReading(one.structure, _mean(volume, one.at_mm, one.radius_mm), *one.hu)
            for one in thing.file.inserts
        ),
        water_hu=float(centre.mean()),
        edge_hu=float(rim.mean() - centre.mean()),
        noise_hu=float(centre.std()),
        noise_frequency_mm=float((power[:, 0] * power[:, 1]).sum() / power[:, 1].sum()),
        mtf50_lp_cm=10.0 * _falls_to(transfer, 0.5),
        mtf10_lp_cm=10.0 * _falls_to(transfer, 0.1),
        noise_power=power,
        transfer=transfer,
    )


def noise_power(slices: FloatArray, pixel_mm: float) -> FloatArray:
    """Return the noise power of even slices by frequency, (n, 2): per mm, HU2 mm2.

    Differences of neighbouring slices leave noise alone.
    """
    noise = np.diff(slices, axis=0)[::2] / np.sqrt(2.0)
    middle = noise.shape[1] // 2
    half = _SQUARE // 2
    squares = noise[:, middle - half : middle + half, middle - half : middle + half]
    squares = squares - squares.mean(axis=(1, 2), keepdims=True)
    power = (np.abs(np.fft.fft2(squares)) ** 2).mean(axis=0) * (pixel_mm / _SQUARE) ** 2
    return _radial(power, pixel_mm, 0.5 / pixel_mm)


def modulation_transfer(volume: Volume, wire_mm: tuple[float, float, float]) -> FloatArray:
    """Return the modulation transfer around a wire, (n, 2): per mm, from 1 downwards."""
    pixel_mm = volume.grid.spacing_mm[1]
    x, y = _plane_mm(volume)
    near = np.hypot(x - wire_mm[0], y - wire_mm[1])
    image = _slices(volume, wire_mm[2] - 10.0, wire_mm[2] + 10.0).mean(axis=0)
    around = (near > _WIRE_MM) & (near < 1.5 * _WIRE_MM)
    spot = np.where(near < _WIRE_MM, image - image[around].mean(), 0.0)
    rows, columns = np.nonzero(near < 1.5 * _WIRE_MM)
    cut = spot[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = 4 * max(cut.shape)
    spectrum = np.abs(np.fft.fft2(cut, (side, side)))
    curve = _radial(spectrum / spectrum[0, 0], pixel_mm, 0.5 / pixel_mm)
    return np.vstack([[0.0, 1.0], curve])


def _radial(spectrum: FloatArray, pixel_mm: float, highest: float) -> FloatArray:
    """Return the mean over rings of frequency, (n, 2)."""
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(len(spectrum), pixel_mm)] * 2))
    step = 1.0 / (len(spectrum) * pixel_mm)
    edges = np.arange(0.5 * step, highest, step)
    ring = np.digitize(frequency.ravel(), edges)
    sums = np.bincount(ring, spectrum.ravel(), minlength=len(edges) + 1)
    counts = np.bincount(ring, minlength=len(edges) + 1)
    return np.stack([edges[:-1] + step / 2.0, (sums / np.maximum(counts, 1))[1 : len(edges)]], 1)


def _falls_to(curve: FloatArray, level: float) -> float:
    """Return the frequency at which a falling curve first passes a level."""
    below = np.flatnonzero(curve[:, 1] < level)
    if len(below) == 0:
        return float(curve[-1, 0])
    k = int(below[0])
    (f0, v0), (f1, v1) = curve[k - 1], curve[k]
    return float(f0 + (v0 - level) / (v0 - v1) * (f1 - f0))


def _plane_mm(volume: Volume) -> tuple[FloatArray, FloatArray]:
    points = volume.grid.points_mm()[0]
    return points[..., 0], points[..., 1]


def _slices(volume: Volume, low_mm: float, high_mm: float) -> FloatArray:
    """Return the slices whose centres lie between two heights."""
    first = volume.grid.position_mm(0, 0, 0)[2]
    heights = first + np.arange(volume.array.shape[0]) * volume.grid.spacing_mm[0]
    chosen = (heights >= low_mm) & (heights <= high_mm)
    return volume.array[chosen].astype(np.float64)


def _mean(volume: Volume, at_mm: tuple[float, float, float], radius_mm: float) -> float:
    """Return the mean in the inner 60 % of a rod."""
    x, y = _plane_mm(volume)
    inside = np.hypot(x - at_mm[0], y - at_mm[1]) < 0.6 * radius_mm
    return float(_slices(volume, at_mm[2] - 8.0, at_mm[2] + 8.0)[:, inside].mean())
