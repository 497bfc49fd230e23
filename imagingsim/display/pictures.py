"""Views as pictures: grey slices, PET in colour over CT, outlines, letters; PNG at the end."""

import io
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from imagingsim.display.planes import axis_letter
from imagingsim.display.views import View, cut, projection
from imagingsim.display.windows import Window
from imagingsim.labels import LabelVolume
from imagingsim.volume import Volume

Picture = npt.NDArray[np.uint8]
"""(rows, columns, 3) red, green, blue."""

Colour = tuple[int, int, int]
LETTER_COLOUR: Colour = (255, 214, 102)
TEXT_COLOUR: Colour = (235, 235, 235)
HALO_COLOUR: Colour = (20, 20, 20)
SCALE_MM = 50.0


def slice_picture(volume: Volume, view: View, window: Window, *, inverted: bool = False) -> Picture:
    """Return a slice in grey; ``inverted`` shows high values black, as PET is often read."""
    grey = window.grey(cut(volume, view))
    return _rgb(255 - grey if inverted else grey)


def mip_picture(volume: Volume, view: View, window: Window, *, inverted: bool = True) -> Picture:
    """Return a maximum intensity projection; for PET in SUV, black on white."""
    grey = window.grey(projection(volume, view))
    return _rgb(255 - grey if inverted else grey)


def fused_picture(
    ct: Volume, pet: Volume, view: View, ct_window: Window, pet_window: Window,
    *, opacity: float = 0.75,
) -> Picture:  # fmt: skip
    """Return PET in colour over CT; low uptake is transparent, so lung is not tinted."""
    under = slice_picture(ct, view, ct_window).astype(np.float32)
    grey = pet_window.grey(cut(pet, view))
    share = (opacity * np.clip(grey / 255.0 / 0.35, 0.0, 1.0))[..., None]
    return np.rint(under * (1 - share) + _hot(grey) * share).astype(np.uint8)


def outline(picture: Picture, mask: npt.NDArray[np.bool_], colour: Colour) -> Picture:
    """Return ``picture`` with the edge of ``mask``, drawn just outside it."""
    edge = ndimage.binary_dilation(mask) & ~mask
    drawn = picture.copy()
    drawn[edge] = colour
    return drawn


def outline_lesions(
    picture: Picture, labels: LabelVolume, view: View, *, names: Iterable[str] | None = None
) -> Picture:
    """Return ``picture`` with lesions outlined: all of them, or those of these label names."""
    wanted = None if names is None else set(names)
    numbers = cut(labels.volume, view)
    for segment in labels.segments:
        chosen = segment.is_lesion if wanted is None else segment.name in wanted
        if chosen and (numbers == segment.number).any():
            picture = outline(picture, numbers == segment.number, segment.colour)
    return picture


def ring(
    picture: Picture, view: View, centre_mm: tuple[float, float, float], radius_mm: float,
    colour: Colour = (255, 80, 60),
) -> Picture:  # fmt: skip
    """Return ``picture`` with a circle around a point of the body."""
    row, column = view.pixel(centre_mm)
    reach = radius_mm / view.pixel_mm
    image = Image.fromarray(picture)
    box = (column - reach, row - reach, column + reach, row + reach)
    ImageDraw.Draw(image).ellipse(box, outline=colour, width=max(1, picture.shape[1] // 250))
    return np.asarray(image)


def annotate(
    picture: Picture, view: View, *, text: Iterable[str] = (), window: Window | None = None
) -> Picture:
    """Return ``picture`` with side letters, slice position, window, a 5 cm scale and ``text``."""
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    height, width = picture.shape[:2]
    size = max(9, min(height, width) // 26)
    plane = view.plane
    _text(pen, (width / 2, 2), plane.top, LETTER_COLOUR, size, "ma")
    _text(pen, (width / 2, height - 2), plane.bottom, LETTER_COLOUR, size, "md")
    _text(pen, (4, height / 2), plane.left, LETTER_COLOUR, size, "lm")
    _text(pen, (width - 4, height / 2), plane.right, LETTER_COLOUR, size, "rm")
    small = round(size * 0.8)
    _text(pen, (4, 2), "\n".join(text), TEXT_COLOUR, small, "la")
    said = [axis_letter(plane, view.at_mm)]
    if window is not None:
        said.append(f"W {window.width:g} L {window.level:g}")
    _text(pen, (4, height - 4), "\n".join(said), TEXT_COLOUR, small, "ld")
    _scale(pen, view, width, height)
    return np.asarray(image)


def side_by_side(pictures: Iterable[Picture], *, gap: int = 4) -> Picture:
    """Return pictures in a row, top-aligned on black."""
    row = list(pictures)
    height = max(picture.shape[0] for picture in row)
    width = sum(picture.shape[1] for picture in row) + gap * (len(row) - 1)
    joined = np.zeros((height, width, 3), dtype=np.uint8)
    column = 0
    for picture in row:
        joined[: picture.shape[0], column : column + picture.shape[1]] = picture
        column += picture.shape[1] + gap
    return joined


def contact_sheet(pictures: Sequence[Picture], *, columns: int, gap: int = 4) -> Picture:
    """Return pictures in rows of ``columns``, on black."""
    rows = [
        side_by_side(pictures[first : first + columns], gap=gap)
        for first in range(0, len(pictures), columns)
    ]
    width = max(row.shape[1] for row in rows)
    sheet = np.zeros((sum(r.shape[0] + gap for r in rows) - gap, width, 3), dtype=np.uint8)
    top = 0
    for row in rows:
        sheet[top : top + row.shape[0], : row.shape[1]] = row
        top += row.shape[0] + gap
    return sheet


def png(picture: Picture) -> bytes:
    """Return ``picture`` as a PNG file; equal pictures give equal bytes."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _scale(pen: ImageDraw.ImageDraw, view: View, width: int, height: int) -> None:
    length = SCALE_MM / view.pixel_mm
    if length > 0.6 * width:
        return
    right, bottom = width - 6, height - 6
    for colour, width_px in ((HALO_COLOUR, 4), (TEXT_COLOUR, 2)):
        pen.line((right - length, bottom, right, bottom), colour, width=width_px)
        for x in (right - length, right - length / 2, right):
            pen.line((x, bottom - 4, x, bottom), colour, width=width_px - 1)


def _text(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], said: str, colour: Colour, size: int,
    anchor: str,
) -> None:  # fmt: skip
    font = ImageFont.load_default(size)
    if "\n" in said:
        pen.multiline_text(at, said, colour, font, anchor, stroke_width=1, stroke_fill=HALO_COLOUR)
    else:
        pen.text(at, said, colour, font, anchor, stroke_width=1, stroke_fill=HALO_COLOUR)


def _rgb(grey: npt.NDArray[np.uint8]) -> Picture:
    return np.repeat(grey[..., None], 3, axis=-1)


def _hot(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return black, red, yellow, white for 0 to 255: the usual PET colours."""
    value = grey.astype(np.float32) / 255.0
    channels = [np.clip(value * 3 - n, 0.0, 1.0) for n in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32) * 255
