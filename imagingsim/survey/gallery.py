"""Draws the gallery of a body: contact sheets of named slices in the radiologist's windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagingsim.anatomy import Body, Habitus, Phantom, SampledPhantom, read_body, sample
from imagingsim.anatomy.habitus import changed_tissues
from imagingsim.content import Library
from imagingsim.ct.settings import Phase
from imagingsim.display import PLANES, Picture, View, annotate, contact_sheet, png, window_named
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.formats import label_colours
from imagingsim.grid import Grid
from imagingsim.progress import Progress, Silence
from imagingsim.scan import ideal_hu
from imagingsim.streams import stream
from imagingsim.survey.gallery_records import Gallery, GalleryRegion, Sheet
from imagingsim.tissue import Tissues, read_tissues

FOLDER, FILE = "phantoms/bodies", "gallery"
LABELS = "labels"
_PROJECTION_MM = 2.0
_SLAB = 32


def read_gallery(library: Library) -> Gallery:
    """Read what the galleries show."""
    return library.read("gallery", FOLDER, FILE, Gallery)


def write_gallery(
    body: str, folder: Path, regions: Sequence[str] | None = None,
    sheets: Sequence[str] | None = None, *, content: Library, arms: str = "down",
    habitus: Habitus | None = None, noise: bool = False, seed: int = 1,
    progress: Progress | None = None,
) -> list[Path]:  # fmt: skip
    """Write contact sheets of a body's regions as PNG, and return the files.

    Parameters
    ----------
    regions, sheets
        Names in the gallery; all of them when not given.
    habitus
        Of another person than the reference one.
    """
    progress = progress or Silence()
    gallery = read_gallery(content)
    chosen = _chosen(gallery, regions, sheets)
    progress.begin(f"Gallery of {body}", len(chosen))
    progress.step("Compiling the body")
    person = read_body(content, body, arms=arms, habitus=habitus)
    easel = Easel(person, gallery, content, noise=noise, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for region, name in chosen:
        progress.step(f"{region}: {name}")
        shown = gallery.regions[region]
        file = folder / f"{body}_{region}_{name}.png"
        file.write_bytes(png(easel.sheet(shown, name, shown.sheets[name])))
        files.append(file)
    return files


def _chosen(
    gallery: Gallery, regions: Sequence[str] | None, sheets: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Return the (region, sheet) pairs that are asked for."""
    for region in regions or ():
        if region not in gallery.regions:
            raise UnknownNameError.of("region of the gallery", region, gallery.regions)
    pairs = [(r, s) for r in regions or gallery.regions for s in gallery.regions[r].sheets]
    known = {sheet for _, sheet in pairs}
    for sheet in sheets or ():
        if sheet not in known:
            raise UnknownNameError.of("sheet of the gallery", sheet, sorted(known))
    return [pair for pair in pairs if not sheets or pair[1] in sheets]


@dataclass
class Easel:
    """Draws slices and projections of one body."""

    body: Body
    gallery: Gallery
    library: Library
    noise: bool
    seed: int

    def __post_init__(self) -> None:
        """Compile the body once."""
        self.phantom = Phantom(self.body)
        self.tissues: Tissues = changed_tissues(
            read_tissues(self.library), self.body.tissue_changes
        )

    def sheet(self, region: GalleryRegion, name: str, sheet: Sheet) -> Picture:
        """Return one contact sheet."""
        view = self._view(region, sheet)
        if sheet.projection:
            return self._drawn(self._projected(view, sheet, region), view, sheet, name, name)
        pictures = []
        for caption, place in (sheet.at or {}).items():
            at = view.at(self._at_mm(region, view, place))
            pictures.append(self._slice(at, sheet, name, caption))
        if not pictures:
            raise ContentError(f"gallery.yaml: {name} shows nothing; give `at` or `projection`.")
        return contact_sheet(pictures, columns=sheet.columns)

    def _slice(self, view: View, sheet: Sheet, name: str, caption: str) -> Picture:
        sampled = sample(self.phantom, _grid(view))
        if sheet.window == LABELS:
            colours = label_colours(self.library)
            picture = colours[sampled.label_map()[0]]
            return annotate(picture, view, text=(caption,))
        return self._drawn(self._hu(sampled, sheet.phase)[0], view, sheet, name, caption)

    def _drawn(
        self, hu: npt.NDArray[np.float32], view: View, sheet: Sheet, name: str, caption: str
    ) -> Picture:
        window = window_named(sheet.window)
        if self.noise and not sheet.projection:
            hu = hu + self._grain(hu.shape, sheet.window, view, f"gallery {name} {caption}")
        grey = window.grey(hu)
        return annotate(np.repeat(grey[..., None], 3, axis=-1), view, text=(caption,),
                        window=window)  # fmt: skip

    def _hu(self, sampled: SampledPhantom, phase: Phase) -> npt.NDArray[np.float32]:
        return ideal_hu(sampled, self.tissues, phase=phase)

    def _grain(
        self, shape: tuple[int, ...], window: str, view: View, name: str
    ) -> npt.NDArray[np.float32]:
        """Return noise as coarse as that of a soft reconstruction kernel, HU."""
        white = stream(self.seed, name).normal(size=shape)
        blurred = ndimage.gaussian_filter(white, self.gallery.noise_blur_mm / view.pixel_mm)
        size = self.gallery.noise_hu.get(window)
        if size is None:
            raise UnknownNameError.of("noise of the window", window, self.gallery.noise_hu)
        return np.asarray(blurred / blurred.std() * size, np.float32)

    def _projected(
        self, view: View, sheet: Sheet, region: GalleryRegion
    ) -> npt.NDArray[np.float32]:
        """Return the largest CT number along the view's axis, slab by slab from the top."""
        low, high = self._box(region, sheet)[:, view.plane.lps_axis]
        rows, columns = view.shape
        depth = int(np.ceil((high - low) / view.pixel_mm))
        out = np.empty((rows, columns), np.float32)
        for first in range(0, rows, _SLAB):
            grid = _grid(view.at(float(low)), rows=(first, min(first + _SLAB, rows)), depth=depth)
            hu = self._hu(sample(self.phantom, grid), "unenhanced")
            out[first : first + hu.shape[1]] = hu.max(axis=0)
        return out

    def _box(self, region: GalleryRegion, sheet: Sheet) -> npt.NDArray[np.float64]:
        """Return the low and the high corner of what is shown, in the patient, mm."""
        box = np.asarray(sheet.box_mm or region.box_mm, dtype=np.float64)
        corners = self.body.to_document_mm(box.T, region.frame) * np.asarray(self.body.scale)
        return np.sort(corners, axis=0)

    def _view(self, region: GalleryRegion, sheet: Sheet) -> View:
        if sheet.plane not in PLANES:
            raise UnknownNameError.of("plane", sheet.plane, PLANES)
        plane = PLANES[sheet.plane]
        low, high = self._box(region, sheet)
        size, middle = high - low, (low + high) / 2
        pixel = sheet.pixel_mm or (_PROJECTION_MM if sheet.projection else region.pixel_mm)
        return View(
            plane, (float(middle[0]), float(middle[1]), float(middle[2])),
            float(abs(size @ np.asarray(plane.across))), float(abs(size @ np.asarray(plane.down))),
            pixel,
        )  # fmt: skip

    def _at_mm(self, region: GalleryRegion, view: View, place: float | str) -> float:
        """Return where a slice lies in the patient, mm."""
        if isinstance(place, str):
            return self.body.landmark_mm(place)
        axis = view.plane.lps_axis
        point = np.zeros((1, 3))
        point[0, axis] = place
        return float(self.body.to_document_mm(point, region.frame)[0, axis] * self.body.scale[axis])


def _grid(view: View, *, rows: tuple[int, int] | None = None, depth: int = 1) -> Grid:
    """Return the grid of a view's pixels, or of some of its rows and ``depth`` planes behind."""
    first, last = rows or (0, view.shape[0])
    affine = np.eye(4)
    normal = np.zeros(3)
    normal[view.plane.lps_axis] = view.pixel_mm
    affine[:3, 0] = normal
    affine[:3, 1] = np.asarray(view.plane.down) * view.pixel_mm
    affine[:3, 2] = np.asarray(view.plane.across) * view.pixel_mm
    corner = np.asarray(view.centre_mm) - sum(
        affine[:3, 1 + a] * (n - 1) / 2 for a, n in enumerate(view.shape)
    )
    affine[:3, 3] = corner + affine[:3, 1] * first
    return Grid((depth, last - first, view.shape[1]), affine)
