"""Draw the persons of ``docs/bodies.md``: ``python docs/persons.py`` (some minutes)."""

from pathlib import Path

import numpy as np

from imagingsim.anatomy import BodyState, Phantom, asked_habitus, read_body, sample
from imagingsim.anatomy.habitus import changed_tissues
from imagingsim.content import library
from imagingsim.display import Picture, png, window_named
from imagingsim.grid import Grid
from imagingsim.scan import ideal_hu
from imagingsim.tissue import read_tissues

OUT = Path(__file__).parent / "bodies"
Box = tuple[float, float, float, float]
"""Low and high in the two axes of the picture, mm."""
TRUNK: Box = (-250.0, 250.0, -185.0, 165.0)
HEAD: Box = (-100.0, 100.0, -125.0, 125.0)
LENGTH: Box = (-185.0, 165.0, -440.0, 720.0)
ACROSS: Box = (-200.0, 200.0, -110.0, 430.0)


class Person:
    """One person, to be cut anywhere."""

    def __init__(self, body: str, words: str | None = None, *, arms: str = "down",
                 breathing: float = 0.0) -> None:  # fmt: skip
        content = library()
        state = BodyState(breathing=breathing)
        self.body = read_body(content, body, arms=arms, habitus=asked_habitus(words), state=state)
        self.phantom = Phantom(self.body)
        self.tissues = changed_tissues(read_tissues(content), self.body.tissue_changes)

    def cut(self, plane: str, at: float | str, box: Box, *, window: str = "soft",
            pixel: float = 1.2, frame: str = "body") -> Picture:  # fmt: skip
        """Return a slice at a place or a landmark."""
        middle = (
            self.phantom.to_world_mm([0.0, 0.0, 0.0], frame)[0] if frame == "head" else (0, 0, 0)
        )
        place = self.body.landmark_mm(at) if isinstance(at, str) else at
        axes = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}[plane]
        low, shape = np.zeros(3), [1, 1, 1]
        for axis, first, last in ((axes[0], *box[:2]), (axes[1], *box[2:])):
            low[axis] = first + middle[axis]
            shape[2 - axis] = int((last - first) / pixel)
        low[axes[2]] = place + (middle[axes[2]] if frame == "head" else 0.0)
        grid = Grid.axial((shape[0], shape[1], shape[2]), (pixel,) * 3, (low[0], low[1], low[2]))
        phase = "unenhanced" if frame == "head" else "portal_venous"
        hu = ideal_hu(sample(self.phantom, grid), self.tissues, phase=phase)
        grey = window_named(window).grey(np.squeeze(hu))
        return np.repeat((grey if plane == "axial" else grey[::-1])[..., None], 3, axis=-1)


def sheet(name: str, columns: list[list[Picture]]) -> None:
    """Write pictures in columns, each row as high as its highest."""
    rows = []
    for pictures in zip(*columns, strict=True):
        high = max(len(one) for one in pictures)
        wide = max(one.shape[1] for column in columns for one in column)
        rows.append(np.hstack([_on_black(one, high, wide) for one in pictures]))
    (OUT / f"{name}.png").write_bytes(png(np.vstack(rows)))


def _on_black(picture: Picture, high: int, wide: int) -> Picture:
    out = np.zeros((high + 4, wide + 4, 3), np.uint8)
    left = (wide - picture.shape[1]) // 2
    out[: len(picture), left : left + picture.shape[1]] = picture
    return out


def weight() -> None:
    """Draw a thin, a usual and a heavy man."""
    men = [Person("adult_male", words) for words in ("weight_kg=60", None, "weight_kg=105")]
    sheet("habitus_weight", [
        [man.cut("axial", "vertebrae_T8", TRUNK), man.cut("axial", "vertebrae_L2", TRUNK),
         man.cut("coronal", 0.0, (-290.0, 290.0, -440.0, 450.0), pixel=1.6)]
        for man in men
    ])  # fmt: skip


def age() -> None:
    """Draw a young and an old woman."""
    words = "weight_kg=60,age_y={},seed=2"
    women = [Person("adult_female", words.format(years)) for years in (30, 85)]
    sheet("habitus_age", [
        [one.cut("axial", 52.0, HEAD, window="brain", pixel=0.6, frame="head"),
         one.cut("axial", "vertebrae_L2", TRUNK), one.cut("sagittal", 4.0, LENGTH, pixel=1.4)]
        for one in women
    ])  # fmt: skip


def seeds() -> None:
    """Draw two individuals of one habitus."""
    people = [Person("adult_male", f"weight_kg=82,age_y=50,seed={seed}") for seed in (1, 2)]
    sheet("habitus_seeds", [
        [one.cut("axial", 74.0, HEAD, window="brain", pixel=0.6, frame="head"),
         one.cut("axial", "vertebrae_L3", TRUNK), one.cut("coronal", -70.0, ACROSS)]
        for one in people
    ])  # fmt: skip


def breathing() -> None:
    """Draw the end of expiration and of a deep breath."""
    both = [Person("adult_male", arms="up", breathing=depth) for depth in (0.0, 1.0)]
    side = (-185.0, 165.0, -110.0, 430.0)
    sheet("breathing", [
        [one.cut("coronal", 0.0, ACROSS, window="bone"),
         one.cut("coronal", 30.0, ACROSS, window="bone"),
         one.cut("sagittal", -75.0, side, window="bone")]
        for one in both
    ])  # fmt: skip


if __name__ == "__main__":
    for draw in (weight, age, seeds, breathing):
        draw()
