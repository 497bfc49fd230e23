"""An MR series from sample to image."""

import math
from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np
import numpy.typing as npt

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.grid import Grid
from imagingsim.mr import coil, diffusion, kspace, mixing, relaxation, sequences, susceptibility
from imagingsim.mr.mixing import Palette
from imagingsim.mr.sequences import Weights
from imagingsim.mr.settings import MrSettings, image_grid, slice_grid
from imagingsim.mr.susceptibility import FieldMap
from imagingsim.mr.technique import technique
from imagingsim.series import MrTechnique, Subject
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray, IntArray
from imagingsim.volume import Volume

GREY = 500.0
"""Stored value of the reference soft tissue."""

LARGEST = 4095.0
_SLICE_BANDWIDTH_HZ = 1000.0
_INSIDE_NOISE = 6.0
Hear = Callable[[float], None]


def acquire(
    sampled: SampledPhantom,
    tissues: Tissues,
    settings: MrSettings,
    *,
    subject: Subject,
    rng: np.random.Generator,
    threads: int | None = None,
    progress: Hear | None = None,
) -> tuple[Volume, MrTechnique]:
    """Image a sample.

    Parameters
    ----------
    sampled
        The phantom on `sampling_grid`.
    rng
        Generator of the series; draws the noise, slice after slice.
    progress
        Called with the part done, 0 to 1.

    Returns
    -------
    Volume
        uint16, 0 to 4095: signal in arbitrary units of equal gain for equal timing, or the
        apparent diffusion coefficient in 1e-6 mm2/s.
    MrTechnique
        What the scanner records.
    """
    if threads is not None:
        numba.set_num_threads(threads)
    hear = progress or _nothing
    grid = image_grid(settings, sampled.grid)
    if settings.sequence == "diffusion_map":
        array = _diffusion_map(sampled, tissues, settings, grid, rng, hear)
        volume = Volume(array, grid, "apparent diffusion coefficient", "1e-6 mm2/s")
    else:
        gain = GREY / sequences.reference_signal(_plain(settings))
        image = magnitude(sampled, tissues, settings, grid, rng, hear)
        volume = Volume(_stored(image * gain), grid, "signal", "1")
    return volume, technique(settings, grid.shape[0], subject)


def magnitude(
    sampled: SampledPhantom,
    tissues: Tissues,
    settings: MrSettings,
    grid: Grid,
    rng: np.random.Generator,
    progress: Hear,
) -> npt.NDArray[np.float32]:
    """Return the noisy magnitude image, (slices, rows, columns), units of water's equilibrium."""
    names = sorted(set(sampled.materials))
    water = relaxation.of_materials(names, tissues, settings)
    weights = sequences.weights(water, tissues, settings)
    palette = mixing.palette(sampled, tissues, names, weights)
    field = susceptibility.field_map(sampled, tissues)
    truth = slice_grid(settings, sampled.grid, settings.truth_shape)
    bright = coil.brightness(settings, truth)
    sigma = coil.noise_sigma(settings, grid.shape[0])
    result = np.empty(grid.shape, np.float32)
    for number in range(grid.shape[0]):
        subslices, shares = _subslices(settings, number)
        pictures = _pictures(sampled, palette, subslices, shares, field, settings)
        pictures = pictures * bright[number]
        data = _phase_first(_kspace(pictures, palette, weights, settings), settings)
        data += _noise(data.shape, sigma, rng)
        data = kspace.complete(data, settings.missing_lines)
        result[number] = np.abs(_image(data, settings))
        progress((number + 1) / grid.shape[0])
    return result


def _subslices(settings: MrSettings, number: int) -> tuple[IntArray, FloatArray]:
    """Return the layers of truth of a slice and their shares of its thickness."""
    count = settings.subslices
    step = settings.slice_spacing_mm / count
    centres = (np.arange(count) - (count - 1) / 2.0) * step
    half = min(settings.slice_thickness_mm, settings.slice_spacing_mm) / 2.0
    covered = np.minimum(centres + step / 2, half) - np.maximum(centres - step / 2, -half)
    shares = np.clip(covered, 0.0, None)
    return number * count + np.arange(count), shares / shares.sum()


def _pictures(
    sampled: SampledPhantom,
    palette: Palette,
    subslices: IntArray,
    shares: FloatArray,
    field: FieldMap | None,
    settings: MrSettings,
) -> npt.NDArray[np.generic]:
    """Return the pictures of water and fat of a slice, bent where metal is near."""
    layers = [None if field is None else field.layer(int(number)) for number in subslices]
    if field is None or all(layer is None for layer in layers):
        return mixing.paint(sampled, palette, subslices, shares)
    hz_per_ppm = sequences.PROTON_HZ_PER_T * 1e-6 * settings.field_t
    total = np.zeros((palette.curves.shape[0] + 1, *sampled.grid.shape[1:]), np.complex64)
    for position, layer in enumerate(layers):
        one = slice(position, position + 1)
        painted = mixing.paint(sampled, palette, subslices[one], shares[one])
        if layer is None:
            total += painted
            continue
        offset, through = (np.zeros(painted.shape[1:], np.float32) for _ in range(2))
        box = tuple(
            slice(start, start + size)
            for start, size in zip(field.start[1:], layer.shape, strict=True)
        )
        offset[box] = layer * hz_per_ppm
        through[box] = field.slope(int(subslices[position])) * hz_per_ppm
        total += _bend(painted.astype(np.complex64), offset, through, settings)
    return total


def _bend(
    pictures: npt.NDArray[np.complex64],
    offset_hz: FloatArray,
    through_hz: FloatArray,
    settings: MrSettings,
) -> npt.NDArray[np.complex64]:
    along_columns = (settings.phase_encoding == "rows") != _is_echo_planar(settings)
    axis = 1 if along_columns else 0
    truth_per_pixel = settings.truth_shape[axis] / settings.matrix[axis]
    echo_s = settings.te_ms * 1e-3 if settings.sequence == "gradient_echo" else 0.0
    return susceptibility.distort(
        pictures,
        offset_hz,
        through_hz,
        echo_s=echo_s,
        pixels_per_hz=truth_per_pixel / _encoding_bandwidth_hz(settings),
        along_columns=along_columns,
        slice_hz=_SLICE_BANDWIDTH_HZ / settings.subslices,
    )


def _is_echo_planar(settings: MrSettings) -> bool:
    return settings.sequence.startswith("diffusion")


def _encoding_bandwidth_hz(settings: MrSettings) -> float:
    """Return Hz per acquired pixel along the direction in which frequencies displace."""
    if _is_echo_planar(settings):
        return 1.0 / (settings.echo_spacing_ms * 1e-3 * settings.phase_lines)
    return settings.bandwidth_hz


def _kspace(
    pictures: npt.NDArray[np.generic], palette: Palette, weights: Weights, settings: MrSettings
) -> kspace.Kspace:
    """Return noiseless k-space, (rows, columns) of the acquired matrix."""
    spectra = kspace.encode(pictures, settings.matrix)
    by_line = (slice(None), None) if settings.phase_encoding == "rows" else (None, slice(None))
    data = np.zeros(settings.matrix, np.complex64)
    for spectrum, curve in zip(spectra[:-1], palette.curves, strict=True):
        data += spectrum * curve[by_line].astype(np.float32)
    fat = (weights.fat * np.exp(1j * weights.fat_phase_rad))[by_line]
    return data + (spectra[-1] * fat * _chemical_shift(settings)).astype(np.complex64)


def _chemical_shift(settings: MrSettings) -> npt.NDArray[np.complex128]:
    """Return the phase ramp that displaces fat against water."""
    pixels = sequences.fat_offset_hz(settings) / _encoding_bandwidth_hz(settings)
    along_columns = (settings.phase_encoding == "rows") != _is_echo_planar(settings)
    size = settings.matrix[1 if along_columns else 0]
    ramp = np.exp(-2j * math.pi * (np.arange(size) - size // 2) / size * pixels)
    return ramp[None, :] if along_columns else ramp[:, None]


def _phase_first(data: kspace.Kspace, settings: MrSettings) -> kspace.Kspace:
    """Return k-space with the phase lines as rows."""
    return data if settings.phase_encoding == "rows" else data.T


def _image(data: kspace.Kspace, settings: MrSettings) -> npt.NDArray[np.complex64]:
    """Return the filtered, zero-filled image of k-space whose rows are phase lines."""
    data = _phase_first(data, settings)
    rows, columns = data.shape
    window = kspace.roll_off(rows)[:, None] * kspace.roll_off(columns)[None, :]
    return kspace.decode((data * window).astype(np.complex64), settings.reconstruction)


def _noise(shape: tuple[int, ...], sigma: float, rng: np.random.Generator) -> kspace.Kspace:
    """Return complex noise in k-space that gives ``sigma`` per channel in the image."""
    parts = rng.standard_normal((2, *shape), dtype=np.float32)
    return ((parts[0] + 1j * parts[1]) * (sigma / math.sqrt(shape[0] * shape[1]))).astype(
        np.complex64
    )


def _diffusion_map(
    sampled: SampledPhantom,
    tissues: Tissues,
    settings: MrSettings,
    grid: Grid,
    rng: np.random.Generator,
    progress: Hear,
) -> npt.NDArray[np.uint16]:
    """Return the apparent diffusion coefficient from b = 0 and the high b value."""
    plain, weighted = (
        replace(settings, sequence="diffusion", b_value_s_mm2=b_value)
        for b_value in (0.0, settings.b_value_s_mm2)
    )
    low = magnitude(sampled, tissues, plain, grid, rng, lambda done: progress(done / 2.0))
    high = magnitude(sampled, tissues, weighted, grid, rng, lambda done: progress(0.5 + done / 2.0))
    inside = low > _INSIDE_NOISE * coil.noise_sigma(settings, grid.shape[0])
    b_value = float(settings.b_value_s_mm2 or 0.0)
    return _stored(diffusion.adc_map(low, high, b_value_s_mm2=b_value, inside=inside))


def _plain(settings: MrSettings) -> MrSettings:
    """Return the settings that decide the gain: without contrast medium or diffusion weighting."""
    return replace(settings, gadolinium=None)


def _stored(image: FloatArray) -> npt.NDArray[np.uint16]:
    return np.clip(np.round(image), 0.0, LARGEST).astype(np.uint16)


def _nothing(_: float) -> None:
    """Hear nothing."""
