"""Key images of a study: the slices a radiologist would keep, with marks to be laid over them."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from imagingsim.display import (
    CT_WINDOWS,
    SUV_WINDOWS,
    View,
    Window,
    axis_letter,
    cut,
    fused_picture,
    mip_picture,
    slice_picture,
    suv,
    whole_view,
    window_for,
)
from imagingsim.labels import LabelVolume, Segment
from imagingsim.reading import Finding, Reading, truth_of
from imagingsim.series import MrTechnique, Series
from imagingsim.study import Study
from imagingsim.workup.outcome import in_words

MOST_IMAGES = 8
MOST_SERIES = 5
WIDEST_PX = 620
MARGIN_MM = 10.0
IMPORTANCE = (
    "pancreas", "liver", "adrenal", "dura", "lung", "soft_tissue", "chest_wall", "breast", "bone",
    "node", "skin", "ear_canal", "brain", "device",
)  # fmt: skip
"""Regions in the order in which their images are kept."""

CT_WINDOW_OF = {
    "lung": "lung",
    "bone": "bone",
    "device": "bone",
    "brain": "brain",
    "liver": "liver",
}
COLOURS = {"seen": (255, 190, 60), "missed": (255, 92, 108), "known": (90, 200, 230)}
"""Outlines: what the reader marked, what they missed, what the history announced."""


@dataclass(frozen=True)
class Mark:
    """A lesion on a key image.

    Attributes
    ----------
    kind
        ``seen``, ``missed`` or ``known``.
    left_percent, top_percent
        Where its name stands, in percent of the picture.
    """

    name: str
    kind: str
    left_percent: float
    top_percent: float


@dataclass(frozen=True)
class KeyImage:
    """One picture with its caption.

    Attributes
    ----------
    address
        The picture as a data address.
    outlines
        (kind, transparent picture as a data address) to be laid over it.
    """

    address: str
    width: int
    height: int
    title: str
    window: str
    position: str
    sides: tuple[str, str, str, str]
    marks: tuple[Mark, ...]
    outlines: tuple[tuple[str, str], ...]


Marks = tuple[tuple[Mark, ...], tuple[tuple[str, str], ...]]


def key_images(study: Study, reading: Reading | None) -> tuple[KeyImage, ...]:
    """Return the key images of a study, at most `MOST_IMAGES`."""
    findings = reading.findings if reading else ()
    if any(one.modality == "PT" for one in study.series):
        images = _pet_images(study, findings)
    elif any(one.modality == "MR" for one in study.series):
        images = _mr_images(study, findings)
    else:
        images = _ct_images(study, findings)
    return tuple(islice(images, MOST_IMAGES))


def chosen(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return the findings worth a picture: per region the clearest one, and one that was missed."""
    kept: list[Finding] = []
    for region in IMPORTANCE:
        here = sorted(
            (one for one in findings if one.region == region), key=lambda one: -one.best.d_prime
        )
        seen = [one for one in here if one.seen]
        missed = [one for one in here if not one.seen]
        kept += seen[:1] + (missed[:1] if missed else [])
    return kept


def _ct_images(study: Study, findings: tuple[Finding, ...]) -> Iterator[KeyImage]:
    """Yield a coronal overview, then a slice through each finding worth a picture."""
    marked = chosen(findings)
    last = study.measured[-1]
    anchor = marked[0].best.centre_mm if marked else _middle(last)
    view = _fit(_body(study, last, whole_view(last.volume.grid, "coronal", at_mm=anchor[1])))
    yield _picture(study, last, view, _ct_window(last, "soft"), findings, "Overview")
    for finding in marked:
        one = study.series_named(finding.best.series)
        streaks = finding.character == "expected"
        window = _ct_window(one, "soft" if streaks else CT_WINDOW_OF.get(finding.region, "soft"))
        view = _view(study, one, finding.best.centre_mm)
        yield _picture(study, one, view, window, findings, in_words(finding.lesion))


def _ct_window(one: Series, preset: str) -> Window:
    said = f"{one.name} {one.description}".lower()
    if preset == "soft" and ("lung" in said or "bone" in said):
        return window_for("CT", said, one.volume.array)
    return CT_WINDOWS[preset]


def _mr_images(study: Study, findings: tuple[Finding, ...]) -> Iterator[KeyImage]:
    """Yield series at the lesion that matters most, contrast first; then the other lesions."""
    wanted = chosen(findings)
    first = wanted[0].best.centre_mm if wanted else None
    for one in sorted(study.series, key=_mr_rank)[:MOST_SERIES]:
        view = _view(study, one, first or _middle(one))
        name = in_words(wanted[0].lesion) if wanted else "No lesion marked"
        yield _picture(study, one, view, _mr_window(one), findings, name)
    for finding in wanted[1:]:
        one = study.series_named(finding.best.series)
        view = _view(study, one, finding.best.centre_mm)
        yield _picture(study, one, view, _mr_window(one), findings, in_words(finding.lesion))


def _mr_rank(one: Series) -> int:
    """Return 0 for series with contrast medium, 1 for anatomy, 2 for diffusion."""
    if not isinstance(one.technique, MrTechnique) or one.technique.b_value_s_mm2 is not None:
        return 2
    return 0 if one.technique.contrast else 1


def _mr_window(one: Series) -> Window:
    return window_for("MR", one.description, one.volume.array)


def _pet_images(study: Study, findings: tuple[Finding, ...]) -> Iterator[KeyImage]:
    """Yield the projection, then fused slices from the hottest lesion down."""
    pet = next(one for one in study.series if one.modality == "PT")
    ct = next((one for one in study.measured if one.modality == "CT"), None)
    frame = ct or pet
    volume = suv(pet.volume, study.suv_g_ml(pet.name))
    top = max((one.suv_max or 0.0 for one in findings), default=0.0)
    window = SUV_WINDOWS["suv_10" if top > 7 else "suv_7"]
    view = _fit(whole_view(frame.volume.grid, "coronal"))
    whole = "Maximum intensity projection"
    yield _key_image(mip_picture(volume, view, window), view, whole, window.title, "coronal")
    for finding in sorted(chosen(findings), key=lambda one: -(one.suv_max or 0.0)):
        view = _view(study, frame, finding.best.centre_mm)
        name = f"{in_words(finding.lesion)}, SUVmax {finding.suv_max or 0.0:.1f}"
        if ct is None:
            picture = slice_picture(volume, view, window)
        else:
            picture = fused_picture(ct.volume, volume, view, CT_WINDOWS["soft"], window)
        position = axis_letter(view.plane, view.at_mm)
        marks = _marks(study, frame, view, findings)
        yield _key_image(picture, view, name, f"Fused, {window.title}", position, marks)


def _middle(one: Series) -> tuple[float, float, float]:
    slices, rows, columns = one.volume.grid.shape
    return one.volume.grid.position_mm((slices - 1) / 2, (rows - 1) / 2, (columns - 1) / 2)


def _view(study: Study, one: Series, point_mm: tuple[float, float, float]) -> View:
    """Return the slice through a point, in the plane of the series, cropped to the body."""
    normal = int(np.abs(one.volume.grid.affine[:3, 0]).argmax())
    plane = ("sagittal", "coronal", "axial")[normal]
    return _fit(_body(study, one, whole_view(one.volume.grid, plane, at_mm=point_mm[normal])))


def _body(study: Study, one: Series, view: View) -> View:
    """Return the part of a view that holds the body, with a margin; all of it without labels."""
    truth = truth_of(study, one)
    coarse = replace(view, pixel_mm=3.0)
    inside = np.argwhere(cut(truth.volume, coarse) > 0) if truth is not None else np.empty((0, 2))
    if len(inside) == 0:
        return view
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    height, width = (high - low) * coarse.pixel_mm + 2 * MARGIN_MM
    down, across = (low + high - 1) / 2 - (np.array(coarse.shape) - 1) / 2
    shift = down * np.asarray(view.plane.down) + across * np.asarray(view.plane.across)
    x, y, z = (np.asarray(view.centre_mm) + coarse.pixel_mm * shift).tolist()
    return replace(
        view,
        centre_mm=(x, y, z),
        width_mm=min(float(width), view.width_mm),
        height_mm=min(float(height), view.height_mm),
    )


def _fit(view: View) -> View:
    """Return a view with pixels so small that the picture is sharp, and not larger than shown."""
    side = max(view.width_mm, view.height_mm)
    return replace(view, pixel_mm=side / WIDEST_PX)


def _picture(
    study: Study, one: Series, view: View, window: Window, findings: tuple[Finding, ...], name: str
) -> KeyImage:
    said = window.title
    if one.modality != "MR":
        said = f"{said} W{window.width:g} L{window.level:g}"
    return _key_image(
        slice_picture(one.volume, view, window),
        view,
        f"{name} · {one.description or one.name}",
        said,
        axis_letter(view.plane, view.at_mm),
        _marks(study, one, view, findings),
    )


def _key_image(
    picture: npt.NDArray[np.uint8],
    view: View,
    title: str,
    window: str,
    position: str,
    marks: Marks = ((), ()),
) -> KeyImage:
    plane = view.plane
    height, width = picture.shape[:2]
    sides = (plane.top, plane.bottom, plane.left, plane.right)
    return KeyImage(_address(picture), width, height, title, window, position, sides, *marks)


def _marks(study: Study, one: Series, view: View, findings: tuple[Finding, ...]) -> Marks:
    """Return the names and the outlines of the lesions in a view."""
    truth = truth_of(study, one)
    if truth is None:
        return (), ()
    numbers = np.rint(cut(truth.volume, view)).astype(np.int32)
    known = {f"lesion_{finding.lesion}": finding for finding in findings}
    marks: list[Mark] = []
    edges: dict[str, npt.NDArray[np.bool_]] = {}
    for segment in _shown(truth, numbers):
        if segment.name not in known:
            continue
        mask = numbers == segment.number
        mark = _mark(mask, known[segment.name])
        marks.append(mark)
        edges[mark.kind] = edges.get(mark.kind, False) | _edge(mask)
    outlines = tuple((kind, _outline(edge, kind)) for kind, edge in edges.items())
    return tuple(marks), outlines


def _shown(truth: LabelVolume, numbers: npt.NDArray[np.int32]) -> Iterator[Segment]:
    present = set(np.unique(numbers).tolist())
    yield from (one for one in truth.segments if one.is_lesion and one.number in present)


def _mark(mask: npt.NDArray[np.bool_], finding: Finding) -> Mark:
    kind = "missed" if not finding.seen else "known" if finding.character != "lesion" else "seen"
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    return Mark(
        name=in_words(finding.lesion), kind=kind,
        left_percent=round(100 * (float(columns.max()) + 8) / width, 2),
        top_percent=round(100 * float(rows.mean()) / height, 2),
    )  # fmt: skip


def _edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return a line just outside a mask, so that it hides nothing of the lesion."""
    return np.asarray(ndimage.binary_dilation(mask, iterations=3) & ~ndimage.binary_dilation(mask))


def _outline(edge: npt.NDArray[np.bool_], kind: str) -> str:
    drawn = Image.fromarray(edge.astype(np.uint8), mode="P")
    drawn.putpalette([0, 0, 0, *COLOURS[kind]])
    return _data(drawn, transparency=0)


def _address(picture: npt.NDArray[np.uint8]) -> str:
    """Return a picture as a data address; grey pictures are stored as grey."""
    grey = bool(
        (picture[..., 0] == picture[..., 1]).all() and (picture[..., 0] == picture[..., 2]).all()
    )
    return _data(Image.fromarray(picture[..., 0] if grey else picture))


def _data(image: Image.Image, *, transparency: int | None = None) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", transparency=transparency)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
