"""How sharp a scanner is: around a wire, at the edge of a rod, between bars."""

from dataclasses import dataclass

import numpy as np

from imagingsim.anatomy.quality_object import Insert, LinePairs
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

_WIRE_MM = 8.0
_BIN_MM = 0.1
_SAMPLES = 48


@dataclass(frozen=True, eq=False)
class Resolution:
    """A modulation transfer.

    Attributes
    ----------
    name
        What it was measured at.
    half_lp_cm, tenth_lp_cm
        Where it falls to 50 % and 10 %, line pairs per cm.
    curve
        (n, 2) frequency per mm and transfer, from 1 on.
    """

    name: str
    half_lp_cm: float
    tenth_lp_cm: float
    curve: FloatArray

    @classmethod
    def of(cls, name: str, curve: FloatArray) -> "Resolution":
        """Return the resolution that a curve, (n, 2), shows."""
        return cls(name, 10.0 * _falls_to(curve, 0.5), 10.0 * _falls_to(curve, 0.1), curve)


def modulation_transfer(volume: Volume, wire_mm: tuple[float, float, float]) -> FloatArray:
    """Return the modulation transfer around a wire, (n, 2): per mm, from 1 downwards."""
    pixel_mm = volume.grid.spacing_mm[1]
    x, y = plane_mm(volume)
    near = np.hypot(x - wire_mm[0], y - wire_mm[1])
    image = slices(volume, wire_mm[2] - 10.0, wire_mm[2] + 10.0).mean(axis=0)
    around = (near > _WIRE_MM) & (near < 1.5 * _WIRE_MM)
    spot = np.where(near < _WIRE_MM, image - image[around].mean(), 0.0)
    rows, columns = np.nonzero(near < 1.5 * _WIRE_MM)
    cut = spot[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = 4 * max(cut.shape)
    spectrum = np.abs(np.fft.fft2(cut, (side, side)))
    curve = radial(spectrum / spectrum[0, 0], pixel_mm, 0.5 / pixel_mm)
    return np.vstack([[0.0, 1.0], curve])


def edge_transfer(volume: Volume, rod: Insert) -> FloatArray:
    """Return the transfer at the edge of a rod, (n, 2): per mm, from 1 downwards.

    Notes
    -----
    Pixels around a round rod sample its edge far more finely than they lie [1]_.

    References
    ----------
    .. [1] Richard S, Husarik DB, Yadava G, Murphy SN, Samei E. Med Phys 39 (2012) 4115.
    """
    x, y = plane_mm(volume)
    radius = np.hypot(x - rod.at_mm[0], y - rod.at_mm[1])
    image = slices(volume, rod.at_mm[2] - 8.0, rod.at_mm[2] + 8.0).mean(axis=0)
    reach = 0.9 * rod.radius_mm
    middles = np.arange(-reach, reach, _BIN_MM) + rod.radius_mm
    order = np.argsort(radius[radius < 2.0 * rod.radius_mm])
    known = radius[radius < 2.0 * rod.radius_mm][order]
    values = image[radius < 2.0 * rod.radius_mm][order]
    half = volume.grid.spacing_mm[1] / 4.0
    sums = np.concatenate([[0.0], np.cumsum(values)])
    low, high = np.searchsorted(known, middles - half), np.searchsorted(known, middles + half)
    edge = (sums[high] - sums[low]) / np.maximum(high - low, 1)
    line = np.gradient(edge) * np.hanning(edge.size)
    count = 8 * line.size
    spectrum = np.abs(np.fft.rfft(line, count))
    frequency = np.fft.rfftfreq(count, _BIN_MM)
    # A mean over a bin of pixels is one more blur, which is divided out.
    transfer = spectrum / spectrum[0] / np.sinc(2.0 * half * frequency)
    wanted = frequency < 0.5 / volume.grid.spacing_mm[1]
    return np.stack([frequency[wanted], transfer[wanted]], axis=1)


def bar_modulation(volume: Volume, bars: LinePairs) -> float:
    """Return the transfer that a group of bars in water shows at its own frequency.

    Notes
    -----
    The bars' first harmonic over their mean, three periods wide; both are known of a square
    wave [1]_. Bars finer than two pixels to the period show nothing but beats: 0.

    References
    ----------
    .. [1] Droege RT, Morin RL. Med Phys 9 (1982) 758.
    """
    x, y = plane_mm(volume)
    rows = np.abs(y[:, 0] - bars.at_mm[1]) < bars.bar_mm / 3.0
    image = slices(volume, bars.at_mm[2] - 10.0, bars.at_mm[2] + 10.0).mean(axis=0)
    period_mm = 10.0 / bars.lp_cm
    if period_mm < 2.0 * volume.grid.spacing_mm[2]:
        return 0.0
    phase = (np.arange(3 * _SAMPLES) + 0.5) / _SAMPLES - 1.5
    profile = np.interp(bars.at_mm[0] + phase * period_mm, x[0], image[rows].mean(axis=0))
    first = 2.0 * float(np.mean(profile * np.cos(2.0 * np.pi * phase)))
    between = np.sinc(volume.grid.spacing_mm[2] / period_mm) ** 2  # what interpolation takes away
    return first / float(profile.mean()) * np.pi / 4.0 / float(between)


def radial(spectrum: FloatArray, pixel_mm: float, highest: float) -> FloatArray:
    """Return the mean of a square spectrum over rings of frequency, (n, 2)."""
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(len(spectrum), pixel_mm)] * 2))
    step = 1.0 / (len(spectrum) * pixel_mm)
    edges = np.arange(0.5 * step, highest, step)
    ring = np.digitize(frequency.ravel(), edges)
    sums = np.bincount(ring, spectrum.ravel(), minlength=len(edges) + 1)
    counts = np.bincount(ring, minlength=len(edges) + 1)
    return np.stack([edges[:-1] + step / 2.0, (sums / np.maximum(counts, 1))[1 : len(edges)]], 1)


def plane_mm(volume: Volume) -> tuple[FloatArray, FloatArray]:
    """Return where the pixels of a slice lie, left and posterior."""
    points = volume.grid.points_mm()[0]
    return points[..., 0], points[..., 1]


def slices(volume: Volume, low_mm: float, high_mm: float) -> FloatArray:
    """Return the slices whose centres lie between two heights."""
    first = volume.grid.position_mm(0, 0, 0)[2]
    heights = first + np.arange(volume.array.shape[0]) * volume.grid.spacing_mm[0]
    chosen = (heights >= low_mm) & (heights <= high_mm)
    return volume.array[chosen].astype(np.float64)


def _falls_to(curve: FloatArray, level: float) -> float:
    """Return the frequency at which a falling curve first passes a level."""
    below = np.flatnonzero(curve[:, 1] < level)
    if len(below) == 0:
        return float(curve[-1, 0])
    k = int(below[0])
    (f0, v0), (f1, v1) = curve[k - 1], curve[k]
    return float(f0 + (v0 - level) / (v0 - v1) * (f1 - f0))
