"""A scanner and a body that cost nothing: real case files, lesions as balls on a lattice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from imagingsim.anatomy import REST, BodyState, Layer
from imagingsim.anatomy.case import Case, Point, ResolvedLesion, read_case
from imagingsim.content import library
from imagingsim.formats import label_volume
from imagingsim.grid import Grid
from imagingsim.series import Series
from imagingsim.streams import stream
from imagingsim.study import Study
from imagingsim.testing import CT, MR, PET, SUBJECT
from imagingsim.units import FloatArray, IntArray
from imagingsim.volume import Volume
from imagingsim.workup import Probe, read_catalogue, read_protocol
from imagingsim.workup.protocol import Protocol

SPACING_MM = 4.0
SHAPE = (46, 90, 110)
GRID = Grid.axial(SHAPE, (SPACING_MM,) * 3, (-218.0, -178.0, -90.0))
RADIUS_MM = 9.0
FAT, LIVER, ADRENAL, LUNG, PANCREAS, DURA, SKULL, SKIN = 203, 5, 9, 10, 7, 367, 91, 201
BACKGROUND = {FAT: -90.0, LIVER: 105.0, ADRENAL: 60.0, LUNG: -820.0, PANCREAS: 90.0, DURA: 50.0}
HOSTS = {"liver": LIVER, "lung": LUNG, "pancreas": PANCREAS, "adrenal": FAT}
LESION_HU = 20.0


@dataclass(frozen=True, eq=False)
class FakeCase(Case):
    """A case of the library whose lesions lie on a lattice instead of in a body."""

    def lesions_at(
        self, timepoint: str | None = None, *, arms: str = "down"
    ) -> tuple[ResolvedLesion, ...]:
        """Return the lesions alive, as balls; ``arms`` moves none of them."""
        found = []
        for lesion in self.lesions:
            if not self.alive(lesion, timepoint):
                continue
            for name in lesion.instances:
                centre = place(self.lesion_numbers[name] - 1000)
                found.append(
                    ResolvedLesion(
                        id=name, title=lesion.title, label=f"lesion_{name}",
                        number=self.lesion_numbers[name], centre_mm=centre,
                        extents_mm=(RADIUS_MM,) * 3, size_mm=(RADIUS_MM,) * 3,
                        normal_mm=(0.0, 1.0, 0.0), kind="mass", tissue=lesion.tissue,
                        region=lesion.region, role=lesion.role, pathology=lesion.pathology,
                        targets=(), set_id=lesion.id,
                    )
                )  # fmt: skip
        return tuple(found)

    def at_rest_mm(self, point_mm: Point, *, arms: str = "down", state: BodyState = REST) -> Point:
        """Return the point itself: the lattice does not breathe."""
        return point_mm


def place(index: int) -> tuple[float, float, float]:
    """Return the centre of the ball with a number."""
    column, rest = index % 6, index // 6
    return -175.0 + 70.0 * column, -132.0 + 66.0 * (rest % 5), -54.0 + 66.0 * (rest // 5)


@cache
def fake_case(name: str) -> FakeCase:
    """Return a case of the built-in library with a fake body."""
    case = read_case(library(), name)
    return FakeCase(case.id, case.content, case.library)


@cache
def protocol_of(name: str) -> Protocol:
    """Return the reference protocol of a case."""
    return read_protocol(library(), fake_case(name).protocol, read_catalogue(library()))


def scanner(case: Case, *, contrast_hu: float = 110.0, noise: float = 8.0) -> "FakeScanner":
    """Return an `Imaging` of a fake case."""
    return FakeScanner(case, contrast_hu, noise)


@dataclass
class FakeScanner:
    """Balls that stand out of their surroundings by ``contrast_hu``, with white noise."""

    case: Case
    contrast_hu: float
    noise: float
    calls: int = 0

    def __call__(self, acquisition: str, timepoint: str) -> Study:
        """Return a study of one series."""
        self.calls += 1
        labels, values = self._body(timepoint)
        names = {lesion.number: lesion.label for lesion in self.case.lesions_at(timepoint)}
        series = _series(acquisition, values, self.noise)
        truth = label_volume(Volume(labels, GRID, "label", "1"), names, series=series.name)
        return Study(
            id=acquisition, case=self.case.id, timepoint=timepoint, acquisition=acquisition,
            description=acquisition, subject=SUBJECT, seed=1, series=(series,), labels=(truth,),
        )  # fmt: skip

    def _body(self, timepoint: str) -> tuple[IntArray, FloatArray]:
        labels = np.full(SHAPE, FAT, dtype=np.uint16)
        for k, number in enumerate((LIVER, ADRENAL, LUNG, PANCREAS, DURA)):
            labels[-2:, :, 20 * k : 20 * k + 18] = number
        points = GRID.points_mm()
        lesions = self.case.lesions_at(timepoint)
        for lesion in lesions:
            distance = np.linalg.norm(points - np.asarray(lesion.centre_mm), axis=-1)
            labels[distance < 30] = HOSTS.get(lesion.region, FAT)
        values = np.zeros(SHAPE)
        for number, hu in BACKGROUND.items():
            values[labels == number] = hu
        for lesion in lesions:
            distance = np.linalg.norm(points - np.asarray(lesion.centre_mm), axis=-1)
            inside = distance < RADIUS_MM
            labels[inside] = lesion.number
            values[inside] += self.contrast_hu * (-1 if lesion.region == "liver" else 1)
        return labels, values


def _series(acquisition: str, values: FloatArray, noise: float) -> Series:
    noisy = values + stream(1, acquisition).normal(0.0, noise, SHAPE)
    if acquisition.startswith("mr"):
        signal = Volume(np.clip(noisy + 1000, 0, 4095).astype(np.uint16), GRID, "signal", "1")
        return Series("t1_gd", "T1 Gd", "MR", "ABDOMEN", signal, MR)
    if acquisition.startswith("petct"):
        activity = np.clip(noisy + 100, 0, None).astype(np.float32) * 100
        pet = Volume(activity, GRID, "activity concentration", "Bq/mL")
        return Series("pet", "FDG", "PT", "WHOLEBODY", pet, PET)
    hu = Volume(np.rint(noisy).astype(np.int16), GRID, "CT number", "HU")
    return Series("ct_portal", "CT, portal venous", "CT", "ABDOMEN", hu, CT)


def probe_of(case: Case) -> Callable[[str], Probe]:
    """Return a probe into the balls: tumour inside, fat around, air beyond 60 mm."""

    def at(timepoint: str) -> Probe:
        lesions = case.lesions_at(timepoint)

        def layers(points: FloatArray) -> Sequence[Layer]:
            answer = []
            for point in np.atleast_2d(points):
                near = [
                    (float(np.linalg.norm(point - np.asarray(o.centre_mm))), o) for o in lesions
                ]
                distance, lesion = min(near, key=lambda pair: pair[0])
                if distance < RADIUS_MM:
                    answer.append(Layer(lesion.id, lesion.label, lesion.tissue))
                elif distance < 26:
                    answer.append(Layer("fat", "fat", "subcutaneous_fat"))
                else:
                    answer.append(Layer("air", "", "air"))
            return answer

        return layers

    return at
