"""Draw ``docs/cases.png`` from walked workups: ``python docs/pictures.py FOLDER``.

``FOLDER`` holds ``net_72f``, ``porocarcinoma_67m`` and ``porocarcinoma_37m`` as
``imagingsim workup CASE --out FOLDER/CASE`` leaves them.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from imagingsim.display import (
    CT_WINDOWS,
    SUV_WINDOWS,
    Picture,
    Window,
    mip_picture,
    png,
    slice_picture,
    suv,
    whole_view,
    window_for,
)  # fmt: skip
from imagingsim.formats import StoredSeries, read_dicom
from imagingsim.volume import Volume

HEIGHT_PX = 420


def series(folder: Path, case: str, name: str) -> StoredSeries:
    """Return the first series of a case whose folder is called ``name``."""
    found = sorted((folder / case / "dicom").glob(f"*/{name}"))
    if not found:
        sys.exit(f"{folder / case}: no series {name}; run: imagingsim workup {case}")
    return read_dicom(found[0])[0]


def cut(volume: Volume, plane: str, at_mm: float, window: Window) -> Picture:
    """Return a slice as a picture of the common height."""
    view = whole_view(volume.grid, plane, at_mm=at_mm)
    return slice_picture(volume, replace(view, pixel_mm=view.height_mm / HEIGHT_PX), window)


def main(folder: Path) -> None:
    """Draw a row of CT, a row of MR and PET."""
    portal = series(folder, "net_72f", "ct_portal").volume
    soft = CT_WINDOWS["soft"]
    ct = [cut(portal, "axial", 84.0, soft), cut(portal, "axial", 270.0, CT_WINDOWS["lung"]),
          cut(portal, "coronal", -20.0, soft)]  # fmt: skip
    t1, t2 = (series(folder, "porocarcinoma_37m", name).volume for name in ("t1_gd_sag", "t2_ax"))
    mr = [cut(t2, "axial", 600.0, window_for("MR", "T2", t2.array)),
          cut(t1, "sagittal", 30.0, window_for("MR", "T1", t1.array))]  # fmt: skip
    stored = series(folder, "porocarcinoma_67m", "pet_fdg")
    pet = suv(stored.volume, stored.suv_g_ml or 1.0)
    view = whole_view(pet.grid, "coronal")
    projection = mip_picture(
        pet, replace(view, pixel_mm=view.height_mm / HEIGHT_PX), SUV_WINDOWS["suv_10"]
    )
    rows = [np.hstack([_fit(one) for one in row]) for row in (ct, [*mr, projection])]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    Path(__file__).with_name("cases.png").write_bytes(png(np.vstack(padded)))


def _fit(picture: Picture) -> Picture:
    return np.pad(picture[:HEIGHT_PX], ((0, max(0, HEIGHT_PX - len(picture))), (0, 4), (0, 0)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
