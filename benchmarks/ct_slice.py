"""One CT slice: CPU time of imagingsim beside ASTRA and scikit-image doing less.

    pip install astra-toolbox scikit-image
    python benchmarks/ct_slice.py

imagingsim: three basis planes, a polychromatic signal with noise, water correction and filtered
back-projection, 1000 views of 728 channels, 512 x 512 pixels. The peers only project three
planes and back-project one sinogram; they know no spectrum, no noise and no correction. All on
one thread; the figure to watch is the ratio, which does not depend on the machine. ASTRA (GPL) is
imported when it is there and is no dependency; its wheel brings NVIDIA's run-time libraries along.
Fails when a slice takes more than 1/40 of ASTRA's time.
"""

import importlib
import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from imagingsim.ct import CtSettings
from imagingsim.ct.correct import water_correction, water_path
from imagingsim.ct.geometry import Geometry
from imagingsim.ct.materials import NATIVE
from imagingsim.ct.project import Projector
from imagingsim.ct.recon import BackProjector
from imagingsim.ct.signal import attenuation_views, detector

Planes = npt.NDArray[np.float32]

AIM = 40

GEOMETRY = Geometry(
    rows=512, columns=512, pixel_mm=400 / 512, views=1000, channels=728, channel_mm=0.55,
    matrix=512, image_pixel_mm=380 / 512,
)  # fmt: skip
SETTINGS = CtSettings(
    kvp=120.0, mas=200.0, slice_thickness_mm=3.0, slice_interval_mm=3.0,
    reconstruction_diameter_mm=380.0, kernel="soft", dose_region="trunk", views=1000,
)  # fmt: skip


def planes() -> Planes:
    """Return water, hydroxyapatite and iodine of a body with a spine and a vessel, g/cm3."""
    x = (np.arange(512) - 255.5) * GEOMETRY.pixel_mm
    x, y = np.meshgrid(x, x)
    water = ((x / 160) ** 2 + (y / 110) ** 2 < 1) * 1.04
    bone = (x**2 + (y - 45) ** 2 < 20**2) * 0.2
    iodine = ((x - 8) ** 2 + (y - 10) ** 2 < 11**2) * 0.011
    return np.stack([water, bone, iodine]).astype(np.float32)


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def imagingsim_slice() -> Callable[[], object]:
    projector, back = Projector(GEOMETRY), BackProjector(GEOMETRY, "soft")
    reader = detector(SETTINGS, GEOMETRY, (*NATIVE[:2], "iodine"), devices=False)
    correction = water_correction(reader)
    rng, body = np.random.default_rng(0), planes()

    def work() -> object:
        # Two slices share the transforms, as in a scan; half the time is one slice's.
        paths = projector.project(np.concatenate([body, body]))
        views = []
        for first in (0, 3):
            noise = rng.standard_normal(paths.shape[1:], dtype=np.float32)
            read = attenuation_views(paths, np.arange(first, first + 3), reader, noise)
            views.append(water_path(read, correction))
        return back.images_hu(*views)

    return work


def astra_slice(kind: str) -> Callable[[], object]:
    astra = importlib.import_module("astra")
    lattice = astra.create_vol_geom(512, 512)
    width = GEOMETRY.channel_mm / GEOMETRY.pixel_mm
    rays = astra.create_proj_geom("parallel", width, GEOMETRY.channels, GEOMETRY.angles_rad)
    projector = astra.create_projector(kind, rays, lattice)
    body = planes()

    def work() -> object:
        for plane in body:
            handle, views = astra.create_sino(plane, projector)
            astra.data2d.delete(handle)
        views_id = astra.data2d.create("-sino", rays, views)
        image_id = astra.data2d.create("-vol", lattice)
        asked = astra.astra_dict("FBP")
        asked["ProjectorId"] = projector
        asked["ProjectionDataId"] = views_id
        asked["ReconstructionDataId"] = image_id
        algorithm = astra.algorithm.create(asked)
        astra.algorithm.run(algorithm)
        image = astra.data2d.get(image_id)
        astra.algorithm.delete(algorithm)
        astra.data2d.delete([views_id, image_id])
        return image

    return work


def scikit_slice() -> Callable[[], object]:
    transform = importlib.import_module("skimage.transform")
    body, angles = planes(), np.rad2deg(GEOMETRY.angles_rad)

    def work() -> object:
        views = [transform.radon(plane, angles, circle=True) for plane in body]
        return transform.iradon(views[0], angles, circle=True)

    return work


def main() -> None:
    ours = cpu_seconds(imagingsim_slice()) / 2.0
    print(f"imagingsim            {ours:8.3f} CPU-s per slice")
    peers: dict[str, Callable[[], Callable[[], object]]] = {
        "ASTRA linear": lambda: astra_slice("linear"),
        "ASTRA strip": lambda: astra_slice("strip"),
        "scikit-image": scikit_slice,
    }
    for name, make in peers.items():
        try:
            theirs = cpu_seconds(make(), repeats=1)
        except ImportError as missing:
            print(f"{name:20s}  left out: {missing}")
            continue
        print(f"{name:20s}  {theirs:8.3f} CPU-s per slice, {theirs / ours:5.0f} times as long")
        if name == "ASTRA linear" and theirs < AIM * ours:
            sys.exit(f"A slice must take at most 1/{AIM} of ASTRA's time.")


if __name__ == "__main__":
    main()
