"""Draw the pictures of ``docs/ct.md`` into ``docs/ct``: ``python docs/ct_pictures.py [NAME ...]``.

Names are those of `PICTURES`; all without any. Equal content gives equal bytes.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from imagingsim import ct
from imagingsim.anatomy import Phantom, SampledPhantom, read_body, read_quality_object, sample
from imagingsim.anatomy.sampled import Layer
from imagingsim.content import library
from imagingsim.ct import signal
from imagingsim.ct.correct import water_correction, water_path
from imagingsim.ct.geometry import geometry
from imagingsim.ct.recon import BackProjector
from imagingsim.grid import Box, Grid
from imagingsim.scripting import load_case
from imagingsim.series import Subject
from imagingsim.survey.quality import noise_power
from imagingsim.survey.resolution import modulation_transfer
from imagingsim.tissue import Tissues, read_tissues
from imagingsim.units import FloatArray, IntArray
from imagingsim.volume import Volume

Curve = tuple[str, FloatArray]
Picture = npt.NDArray[np.uint8]

OUT = Path(__file__).with_name("ct")
SOFT, BONE, LUNG, NARROW = (400.0, 40.0), (1800.0, 400.0), (1500.0, -600.0), (100.0, 0.0)
MAN = Subject("docs", "Docs", "male", 50.0, 73.0, 1.76, egfr_ml_min_1p73=90.0)
PORTAL = ct.IodineBolus(delay_s=70.0)
COLOURS = ((31, 92, 153), (200, 80, 30), (40, 130, 60), (130, 60, 140), (90, 90, 90))
KERNELS = ("soft", "standard", "lung", "bone")
INK = (30, 30, 30)


def settings(**changes: object) -> ct.CtSettings:
    """Return usual settings of the trunk with some changed."""
    usual: dict[str, object] = {
        "kvp": 120.0, "mas": 150.0, "slice_thickness_mm": 3.0, "slice_interval_mm": 3.0,
        "reconstruction_diameter_mm": 360.0, "kernel": "soft", "dose_region": "trunk",
        "scan_mode": "axial", "rotation_time_s": 1.0,
    }  # fmt: skip
    return ct.CtSettings(**{**usual, **changes})


# --- bodies ---------------------------------------------------------------------------------------


def slab(phantom: Phantom, asked: ct.CtSettings, z_mm: float, height_mm: float) -> SampledPhantom:
    """Sample a slab of a body around a height."""
    box = Box((-270.0, 270.0), (-140.0, 170.0), (z_mm - height_mm / 2.0, z_mm + height_mm / 2.0))
    return sample(phantom, ct.sampling_grid(asked, box))


def male(arms: str = "up") -> Phantom:
    """Return the reference man."""
    return Phantom(read_body(library(), "adult_male", arms=arms))


def with_screws(body: SampledPhantom, level_y_mm: float) -> SampledPhantom:
    """Put two pedicle screws of 6 x 45 mm into a vertebra."""
    points = body.grid.points_mm()
    x, y = points[..., 0], points[..., 1] - level_y_mm
    inside = np.zeros(body.first.shape, dtype=bool)
    for side in (-1.0, 1.0):
        along = -side * (x - side * 20.0) * 0.26 - (y - 30.0) * 0.966
        across = np.abs((x - side * 20.0) * 0.966 - side * (y - 30.0) * 0.26)
        inside |= (along > 0.0) & (along < 45.0) & (across < 3.0)
    layer = len(body.layers)
    return replace(
        body,
        layers=(*body.layers, Layer("screw", "titanium", "titanium")),
        first=np.where(inside, layer, body.first).astype(body.first.dtype),
        second=np.where(inside, layer, body.second).astype(body.second.dtype),
        fraction=np.where(inside, 255, body.fraction).astype(np.uint8),
    )  # fmt: skip


def scan(body: SampledPhantom, asked: ct.CtSettings, tissues: Tissues | None = None) -> ct.RawScan:
    """Scan a slab."""
    return ct.RawScan(body, tissues or read_tissues(library()), [asked], subject=MAN)


# --- pictures -------------------------------------------------------------------------------------


def shown(image: IntArray | FloatArray, window: tuple[float, float], side_mm: float, pixel: float,
          name: str) -> Picture:  # fmt: skip
    """Return the middle of an image in a window, 420 pixels wide, with its name."""
    half = int(min(side_mm / pixel, image.shape[0]) // 2)
    middle = image.shape[0] // 2
    part = image[middle - half : middle + half, middle - half : middle + half]
    width, level = window
    grey = np.clip((part.astype(float) - level + width / 2.0) / width, 0.0, 1.0) * 255.0
    drawn = Image.fromarray(grey.astype(np.uint8)).resize((420, 420), Image.Resampling.BICUBIC)
    drawn = drawn.crop((0, 50, 420, 370)).convert("RGB")
    ImageDraw.Draw(drawn).text(
        (6, 4), name, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0)
    )
    return np.asarray(drawn)


def sheet(rows: Sequence[Sequence[Picture]], name: str) -> None:
    """Write pictures in rows."""
    width = max(sum(one.shape[1] for one in row) for row in rows)
    drawn = []
    for row in rows:
        line = np.hstack(row)
        drawn.append(np.pad(line, ((0, 3), (0, width - line.shape[1]), (0, 0))))
    whole = np.vstack(drawn)
    grey = not np.ptp(whole, axis=-1).any()
    Image.fromarray(whole[..., 0] if grey else whole).save(OUT / f"{name}.png", optimize=True)


def plot(title: str, axes: tuple[str, str], curves: Sequence[Curve], *, dots: bool = False,
         limits: tuple[float, float, float, float] | None = None) -> Picture:  # fmt: skip
    """Return a plot of curves, (n, 2) each."""
    every = np.vstack([curve for _, curve in curves])
    low, high = every.min(axis=0), every.max(axis=0)
    x0, x1, y0, y1 = limits or (low[0], high[0], min(0.0, low[1]), 1.05 * high[1])
    picture = Image.new("RGB", (520, 380), "white")
    pen = ImageDraw.Draw(picture)

    def at(x: float, y: float) -> tuple[float, float]:
        return 60 + 440 * (x - x0) / (x1 - x0), 330 - 290 * (y - y0) / (y1 - y0)

    for part in np.linspace(0.0, 1.0, 6):
        x, y = x0 + part * (x1 - x0), y0 + part * (y1 - y0)
        pen.line([at(x, y0), at(x, y1)], fill=(225, 225, 225))
        pen.line([at(x0, y), at(x1, y)], fill=(225, 225, 225))
        pen.text((at(x, y0)[0] - 10, 334), f"{x:.3g}", fill=INK)
        pen.text((18, at(x0, y)[1] - 6), f"{y:.3g}", fill=INK)
    pen.text((60, 8), title, fill=INK)
    pen.text((200, 354), axes[0], fill=INK)
    pen.text((60, 24), axes[1], fill=INK)
    for k, (name, curve) in enumerate(curves):
        seen = curve[(curve[:, 0] >= x0) & (curve[:, 0] <= x1)]
        points = [at(x, float(np.clip(y, y0, y1))) for x, y in seen]
        pen.line(points, fill=COLOURS[k], width=2)
        for x, y in points if dots else []:
            pen.ellipse([x - 3, y - 3, x + 3, y + 3], fill=COLOURS[k])
        pen.text((380, 44 + 14 * k), name, fill=COLOURS[k])
    return np.asarray(picture)


# --- the pictures of the page ---------------------------------------------------------------------


def quality() -> None:
    """Plot resolution, noise texture, noise magnitude and evenness."""
    sheet([[_transfer(), _texture()], [_magnitude(), _cupping()]], "quality")


def _transfer() -> Picture:
    thing = read_quality_object(library(), "image_quality_cylinder")
    wire = thing.file.wire_mm
    assert wire is not None
    asked = settings(reconstruction_diameter_mm=120.0, couch=False, tube_modulation=False)
    grid = ct.sampling_grid(asked, Box((-106.0, 106.0), (-106.0, 106.0), (-36.0, -33.0)))
    kept = scan(sample(thing.phantom, grid), asked)
    curves = []
    for kernel in KERNELS:
        image = kept.image(0, replace(asked, kernel=kernel), noise=False)[None]
        half, pixel = (asked.matrix - 1) / 2.0 * asked.pixel_mm, asked.pixel_mm
        lattice = Grid.axial(image.shape, (3.0, pixel, pixel), (-half, -half, wire[2]))
        curve = modulation_transfer(Volume(image, lattice, "CT number", "HU"), wire)
        curves.append((kernel, curve * (10.0, 1.0)))
    return plot("Resolution: modulation transfer of a wire", ("line pairs per cm", ""), curves,
                limits=(0.0, 10.0, 0.0, 1.25))  # fmt: skip


def _cylinder(**changes: object) -> tuple[ct.RawScan, ct.CtSettings]:
    thing = read_quality_object(library(), "uniform_cylinder_32cm")
    asked = settings(couch=False, slice_thickness_mm=5.0, slice_interval_mm=5.0, mas=200.0,
                     **changes)  # fmt: skip
    grid = ct.sampling_grid(asked, Box((-166.0, 166.0), (-166.0, 166.0), (0.0, 5.0)))
    return scan(sample(thing.phantom, grid), asked), asked


def _many(kept: ct.RawScan, asked: ct.CtSettings, count: int) -> FloatArray:
    images = []
    for seed in range(count):
        kept.seed = seed
        images.append(kept.image(0, asked))
    return np.stack(images).astype(float)


def _texture() -> Picture:
    kept, asked = _cylinder(reconstruction_diameter_mm=200.0)
    curves = []
    for name, changes in {
        "soft": {}, "standard": {"kernel": "standard"}, "lung": {"kernel": "lung"},
        "soft, strength 3": {"iterative_strength": 3},
        "soft, strength 5": {"iterative_strength": 5},
    }.items():  # fmt: skip
        images = _many(kept, replace(asked, **changes), 32)
        power = noise_power(images, asked.pixel_mm)
        curves.append((name, power / (1.0, power[:, 1].max())))
        middle = images[:, 216:296, 216:296]
        noise = float((middle - middle.mean(axis=0)).std())
        mean = (power[:, 0] * power[:, 1]).sum() / power[:, 1].sum()
        sys.stdout.write(f"{name}: noise {noise:.1f} HU, mean frequency {mean:.2f} per mm\n")
    return plot("Noise texture: power over its peak, 32 cm of water", ("cycles per mm", ""), curves,
                limits=(0.0, 1.2, 0.0, 1.1))  # fmt: skip


def _magnitude() -> Picture:
    kept, asked = _cylinder(matrix=256)
    curves = []
    for strength in (0, 3, 5):
        found = []
        for mas in (25.0, 50.0, 100.0, 200.0, 400.0, 800.0):
            wanted = replace(asked, mas=mas, iterative_strength=strength)
            middle = _many(kept, wanted, 8)[:, 108:148, 108:148]
            found.append((mas, float((middle - middle.mean(axis=0)).std() * np.sqrt(8 / 7))))
        slope = np.polyfit(*np.log(np.array(found)).T, 1)[0]
        curves.append((f"strength {strength}: slope {slope:.2f}", np.log10(found)))
    return plot("Noise magnitude: 5 mm, 32 cm of water, soft kernel", ("log10 of mAs",
                "log10 of HU"), curves, dots=True)  # fmt: skip


def _cupping() -> Picture:
    asked = settings(couch=False)
    rays = geometry(asked, 512, 512, 0.7)
    reader = signal.detector(asked, rays, ("water",), devices=False)
    plain = replace(reader, signal_kev=np.repeat(
        reader.signal_kev[:, rays.channels // 2, None], rays.channels, axis=1))  # fmt: skip
    plain = replace(plain, air_kev=plain.signal_kev.sum(axis=0))
    chord = 2.0 * np.sqrt(np.clip(160.0**2 - rays.channel_positions_mm**2, 0.0, None)) / 10.0
    views = np.broadcast_to(chord, (rays.views, rays.channels)).astype(np.float32)[None]
    scattering = replace(reader, scatter_removed=0.0)
    first = np.array([0])
    bare = signal.attenuation_views(views, first, plain)
    correction = water_correction(reader)
    seen = {
        "no correction": bare * np.float32(chord.max() / bare.max()),
        "scatter left": water_path(signal.attenuation_views(views, first, scattering), correction),
        "corrected": water_path(signal.attenuation_views(views, first, reader), correction),
    }
    back = BackProjector(rays, "soft")
    x = (np.arange(rays.matrix) - (rays.matrix - 1) / 2.0) * rays.image_pixel_mm
    curves = []
    for name, one in seen.items():
        image = back.images_hu(one)[0]
        profile = image[rays.matrix // 2 - 8 : rays.matrix // 2 + 8].mean(axis=0)
        inside = np.abs(x) < 150.0
        curves.append((name, np.stack([x[inside], profile[inside]], axis=1)))
    return plot("Evenness: profile of 32 cm of water", ("mm", "HU"), curves,
                limits=(-150.0, 150.0, -40.0, 60.0))  # fmt: skip


def metal() -> None:
    """Cement and screws: without, with, and with reduction of their artefacts."""
    rows = []
    case = load_case("net_72f")
    asked = settings(phase="portal_venous", bolus=PORTAL)
    body = slab(case.phantom("presentation"), asked, 81.0, 3.0)
    tissues = case.tissues(read_tissues(library()), "presentation")
    rows.append(_metal_row(scan(body, asked, tissues), asked, "cement in L1"))
    body = with_screws(slab(male(), asked, 17.0, 3.0), 20.0)
    rows.append(_metal_row(scan(body, asked), asked, "screws in L3"))
    sheet(rows, "metal")


def _metal_row(kept: ct.RawScan, asked: ct.CtSettings, name: str) -> list[Picture]:
    pixel = asked.pixel_mm
    reduced = replace(asked, metal_reduction=True)
    clean = [kept.image(0, one, noise=False).astype(float) for one in (asked, reduced)]
    return [
        shown(kept.image(0), SOFT, 330.0, pixel, name),
        shown(kept.image(0, reduced), SOFT, 330.0, pixel, f"{name}, reduction"),
        shown(clean[0] - clean[1], (200.0, 0.0), 330.0, pixel, "what is taken away, window 200"),
    ]


def artefacts() -> None:
    """Windmills, starved shoulders and a low dose."""
    man = male()
    sheet([_windmill(man), _shoulders(male("down")), _low_dose(man)], "artefacts")


def _windmill(man: Phantom) -> list[Picture]:
    row = []
    for name, changes in {
        "0.6 mm, pitch 1.4": {"scan_mode": "helical"}, "0.6 mm, axial": {},
        "3 mm, pitch 1.4": {"scan_mode": "helical", "slice_thickness_mm": 3.0},
    }.items():  # fmt: skip
        asked = settings(**{"slice_thickness_mm": 0.6, "slice_interval_mm": 0.6, "pitch": 1.4,
                            "mas": 600.0, "total_collimation_mm": 9.6, **changes})  # fmt: skip
        kept = scan(slab(man, asked, 160.0, 0.6), asked)
        row.append(shown(kept.image(0, noise=False), SOFT, 250.0, asked.pixel_mm, name))
    return row


def _shoulders(man: Phantom) -> list[Picture]:
    asked = settings(
        slice_thickness_mm=1.5, slice_interval_mm=1.5, reconstruction_diameter_mm=480.0, mas=60.0,
        tube_modulation=False,
    )  # fmt: skip
    kept = scan(slab(man, asked, 335.0, 1.5), asked)
    modulated = replace(asked, tube_modulation=True)
    other = {
        "60 mAs, constant": asked, "60 mAs, modulated": modulated,
        "60 mAs, strength 4": replace(modulated, iterative_strength=4),
    }  # fmt: skip
    return [shown(kept.image(0, one), SOFT, 460.0, asked.pixel_mm, n) for n, one in other.items()]


def _low_dose(man: Phantom) -> list[Picture]:
    asked = settings(slice_thickness_mm=1.5, slice_interval_mm=1.5, kernel="lung", mas=120.0)
    kept = scan(slab(man, asked, 250.0, 1.5), asked)
    low = replace(asked, mas=25.0)
    other = {
        "lung, 120 mAs": asked, "lung, 25 mAs": low,
        "lung, 25 mAs, strength 4": replace(low, iterative_strength=4),
    }  # fmt: skip
    return [shown(kept.image(0, one), LUNG, 330.0, asked.pixel_mm, n) for n, one in other.items()]


def dual_energy() -> None:
    """Two tube voltages: images of one energy, and the iodine."""
    asked = settings(
        kvp=80.0, mas=300.0, phase="portal_venous", bolus=PORTAL,
        dual=ct.DualEnergy(mas=200.0, kev=70.0),
    )  # fmt: skip
    kept = scan(slab(male(), asked, 90.0, 3.0), asked)
    row = []
    assert asked.dual is not None
    for kev in (45.0, 70.0, 110.0):
        one = replace(asked, dual=replace(asked.dual, kev=kev))
        row.append(shown(kept.image(0, one), SOFT, 330.0, asked.pixel_mm, f"{kev:g} keV"))
    iodine = shown(kept.iodine_mg_ml(0, asked), (8.0, 4.0), 330.0, asked.pixel_mm,
                   "iodine, 0 to 8 mg/mL")  # fmt: skip
    sheet([row[:2], [row[2], iodine]], "dual_energy")


def cases() -> None:
    """Show what the cases need a CT for."""
    sheet([[_pancreas(), _rib()], [_skull(), _nodule()]], "cases")


def _case_slice(name: str, timepoint: str, asked: ct.CtSettings, z_mm: float) -> IntArray:
    case = load_case(name)
    body = slab(case.phantom(timepoint), asked, z_mm, asked.slice_interval_mm)
    return scan(body, asked, case.tissues(read_tissues(library()), timepoint)).image(0)


def _pancreas() -> Picture:
    asked = settings(phase="late_arterial", bolus=ct.IodineBolus(delay_s=37.0))
    image = _case_slice("net_72f", "presentation", asked, 84.0)
    return shown(image, SOFT, 330.0, asked.pixel_mm, "necrosis, hypervascular metastases")


def _rib() -> Picture:
    asked = settings(phase="late_arterial", bolus=ct.IodineBolus(delay_s=37.0))
    image = _case_slice("net_72f", "presentation", asked, 178.0)
    return shown(image, SOFT, 350.0, asked.pixel_mm, "destroyed rib")


def _skull() -> Picture:
    asked = settings(
        slice_thickness_mm=0.6, slice_interval_mm=0.6, reconstruction_diameter_mm=240.0,
        kernel="bone", bowtie="head", mas=380.0,
    )  # fmt: skip
    image = _case_slice("porocarcinoma_37m", "intracranial_recurrence", asked, 597.0)
    return shown(image, BONE, 236.0, asked.pixel_mm, "destroyed skull, 0.6 mm, bone kernel")


def _nodule() -> Picture:
    asked = settings(slice_thickness_mm=1.5, slice_interval_mm=1.5, kernel="lung")
    image = _case_slice("porocarcinoma_37m", "one_year", asked, 252.0)
    return shown(image, LUNG, 340.0, asked.pixel_mm, "metastasis of the lung")


PICTURES: dict[str, Callable[[], None]] = {
    "quality": quality, "metal": metal, "artefacts": artefacts, "dual_energy": dual_energy,
    "cases": cases,
}  # fmt: skip


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or PICTURES:
        PICTURES[wanted]()
