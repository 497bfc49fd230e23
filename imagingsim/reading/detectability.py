"""Makes a table of detectability: lesions put into a body, scanned, and looked for by an observer.

At each height the body is scanned without lesions many times, with fresh noise; and once per size
with lesions in it, from which what a lesion adds is known. Their sum is the image with a lesion: a
small lesion changes the mean of an image and not its noise.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from imagingsim.anatomy import Case, SampledPhantom, read_case, sample
from imagingsim.content import Library
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Grid
from imagingsim.progress import Progress, Silence
from imagingsim.reading.cameras import Camera, Shot, camera_of
from imagingsim.reading.detection_records import NONE, REDUCED, Recipe, TableFile
from imagingsim.reading.detection_rows import Gathered, Key, rows_of
from imagingsim.reading.model_observer import FEWEST_PLACES, responses
from imagingsim.reading.stands import Spot, Stand
from imagingsim.scan.protocol import SeriesRequest
from imagingsim.scan.visit import Visit, visit_of
from imagingsim.units import FloatArray

UNENHANCED = "unenhanced"
PAIRS = 3
"""Pairs of noisy images whose difference stands for a lesion where noise cannot be left out."""

COARSE_MM = 6.0
"""Voxels in which organs are weighed."""

Shown = tuple[int, bool]
"""Number of a series, and whether its artefact is reduced."""


def make_table(
    name: str, recipe: Recipe, library: Library, *, command: str, progress: Progress | None = None
) -> TableFile:
    """Simulate a recipe.

    Raises
    ------
    AcquisitionError
        When an organ has too few places, or the acquisition lacks a series.
    """
    hear = progress or Silence()
    bench = _Bench(recipe, library, hear)
    shares = bench.shares()
    rows = rows_of(bench.gather(), shares)
    return TableFile(
        schema="imagingsim.detection/1", title=recipe.title, command=command,
        content=content_of(name, recipe, library), seed=recipe.seed,
        realisations=recipe.realisations, settings=bench.said, sizes_mm=recipe.sizes_mm,
        rows=rows, source=recipe.source,
    )  # fmt: skip


def content_of(name: str, recipe: Recipe, library: Library) -> str:
    """Return a hash of every content file a table is made from."""
    body = read_case(library, recipe.case).body
    files = [
        f"protocols/detectability/{name}.yaml", f"phantoms/cases/{recipe.case}.yaml",
        f"protocols/acquisition/{recipe.acquisition}.yaml",
    ]  # fmt: skip
    for folder, suffix in (("phantoms/tissues", ".csv"), (f"phantoms/bodies/{body}", ".yaml")):
        files += [f"{folder}/{one}{suffix}" for one in library.names(folder, suffix)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(library.text(file).encode())
    return digest.hexdigest()[:16]


class _Bench:
    """Scans one body, with and without what makes the artefact."""

    def __init__(self, recipe: Recipe, library: Library, progress: Progress) -> None:
        self.recipe, self.progress = recipe, progress
        whole = read_case(library, recipe.case)
        self.clean = self._visit(_with(whole, None), library)
        self.spoilt = self._visit(_with(whole, recipe.keep), library) if recipe.keep else None
        self.requests = _requests(self.clean, recipe)
        self._cameras: dict[int, Camera] = {}
        self.said = "; ".join(str(one.ct or one.mr or one.pet) for one in self.requests)

    def _visit(self, case: Case, library: Library) -> Visit:
        recipe = self.recipe
        return visit_of(
            case, recipe.acquisition, library=library, seed=recipe.seed, timepoint=recipe.timepoint
        )

    def shares(self) -> dict[str, float]:
        """Return the part of each region that the artefact crosses."""
        visit, request = self.clean, self.requests[0]
        box = visit.box(request)
        sides = (box.superior_mm, box.posterior_mm, box.left_mm)
        shape = tuple(int((high - low) / COARSE_MM) for low, high in sides)
        origin = (box.left_mm[0], box.posterior_mm[0], box.superior_mm[0])
        grid = Grid.axial((shape[0], shape[1], shape[2]), (COARSE_MM,) * 3, origin)
        body = sample(visit.in_state(visit.state(request)), grid)
        heights = [grid.position_mm(k, 0, 0)[2] for k in range(shape[0])]
        crossed = np.array([self.recipe.crossed(height) for height in heights])
        found = {}
        for region, target in self.recipe.targets.items():
            known = np.array([layer.label in target.labels for layer in body.layers])
            area = known[body.main_layer()].sum(axis=(1, 2))
            found[region] = float(area[crossed].sum() / max(1, area.sum()))
        return found

    def gather(self) -> dict[Key, Gathered]:
        """Return what was seen of each row.

        Raises
        ------
        AcquisitionError
            Before anything is scanned, when an organ holds too few places.
        """
        recipe = self.recipe
        stands = [Stand.of(self.clean, self.requests, one, recipe) for one in recipe.heights_mm]
        self._enough(stands, NONE)
        if self.spoilt is not None:
            self._enough([one for one in stands if recipe.crossed(one.height_mm)], recipe.keep)
        found: dict[Key, Gathered] = {}
        self.progress.begin(recipe.title, len(stands))
        for stand in stands:
            self.progress.step(f"{recipe.title}: {stand.height_mm:g} mm")
            slabs = [(NONE, stand)]
            if self.spoilt is not None and recipe.crossed(stand.height_mm):
                spoilt = Stand.of(self.spoilt, self.requests, stand.height_mm, recipe)
                slabs.append((str(recipe.keep), replace(spoilt, spots=stand.spots)))
            for artefact, one in slabs:
                for key, (absent, signal, contrast) in self._seen(one, artefact):
                    row = found.setdefault(key, Gathered())
                    row.absent.append(absent)
                    row.signal.append(signal)
                    row.contrast.append(contrast)
                    row.heights.append(stand.height_mm)
        return found

    def _enough(self, stands: list["Stand"], artefact: str | None) -> None:
        for region in self.recipe.targets:
            count = sum(len(one.spots.get(region, ())) for one in stands)
            if 0 < count < FEWEST_PLACES or (count == 0 and artefact == NONE):
                raise AcquisitionError(
                    f"{region} holds lesions at {count} places only where the artefact is "
                    f"{artefact}; {FEWEST_PLACES} are needed. Add heights, or ask for less depth "
                    "or distance."
                )

    def _seen(
        self, stand: "Stand", artefact: str
    ) -> Iterator[tuple[Key, tuple[FloatArray, FloatArray, float]]]:
        """Yield responses without lesions, what lesions add, and their contrast, row by row."""
        spots = stand.spots
        ways = [(artefact, False)]
        if artefact != NONE and self.requests[0].ct is not None:
            ways.append((f"{artefact}_{REDUCED}", True))
        shown = [(k, reduced) for k in range(len(self.requests)) for _, reduced in ways]
        empty = {one: self._shots(stand, stand.sampled, *one) for one in shown}
        added = {region: self._added(stand, region, some, empty) for region, some in spots.items()}
        for number, request in enumerate(self.requests):
            for way, reduced in ways:
                for dose in (1.0,) if reduced else self.recipe.doses:
                    absent = self._absent(stand, number, dose, reduced, spots)
                    for region in spots:
                        signal, contrast = added[region][number, reduced]
                        yield (region, request.name, dose, way), (absent[region], signal, contrast)

    def _absent(
        self, stand: "Stand", series: int, dose: float, reduced: bool,
        spots: dict[str, list[Spot]],
    ) -> dict[str, FloatArray]:  # fmt: skip
        """Return the responses to noisy images without lesions, by region."""
        seen: dict[str, list[FloatArray]] = {region: [] for region in spots}
        for repeat in range(self.recipe.realisations):
            seed = self.recipe.seed * 1000 + repeat + 1
            shot = self.camera(stand).shot(
                stand.sampled, series, dose=dose, reduced=reduced, seed=seed
            )
            for region, rois in seen.items():
                rois.append(responses(self._rois(shot, stand, spots[region])))
        return {region: np.stack(rois, axis=1) for region, rois in seen.items()}

    def _added(
        self, stand: "Stand", region: str, spots: list[Spot], empty: dict[Shown, list[Shot]]
    ) -> dict[Shown, tuple[FloatArray, float]]:
        """Return what lesions of each size add to the responses, and their contrast."""
        rois: dict[Shown, list[FloatArray]] = {one: [] for one in empty}
        for size in self.recipe.sizes_mm:
            filled = stand.filled(region, spots, size)
            for one, without in empty.items():
                pairs = [
                    self._rois(a, stand, spots) - self._rois(b, stand, spots)
                    for a, b in zip(self._shots(stand, filled, *one), without, strict=True)
                ]
                rois[one].append(np.mean(pairs, axis=0))
        found = {}
        for one, some in rois.items():
            stack = np.array(some)
            middle = slice(stack.shape[-1] // 2 - 2, stack.shape[-1] // 2 + 2)
            found[one] = responses(stack), float(stack[-1][:, middle, middle].mean())
        return found

    def _shots(
        self, stand: "Stand", sampled: SampledPhantom, series: int, reduced: bool
    ) -> list[Shot]:
        """Return a sample without noise, or a few times with the noise of the same seeds."""
        seeds = [0] if self.requests[0].ct is not None else list(range(1, PAIRS + 1))
        camera = self.camera(stand)
        return [
            camera.shot(sampled, series, dose=1.0, reduced=reduced, seed=seed) for seed in seeds
        ]

    def _rois(self, shot: Shot, stand: "Stand", spots: list[Spot]) -> FloatArray:
        return np.array([shot.around(p, self.recipe.field_mm) for p in stand.points_mm(spots)])

    def camera(self, stand: "Stand") -> Camera:
        """Return the camera of a body; it is built once, for all heights."""
        visit = stand.visit
        if id(visit) not in self._cameras:
            self._cameras[id(visit)] = camera_of(
                visit, self.requests, stand.sampled, visit.tissues(self.requests[0])
            )
        return self._cameras[id(visit)]


def _requests(visit: Visit, recipe: Recipe) -> list[SeriesRequest]:
    """Return the series of the acquisition that a recipe names, and its first one unenhanced."""
    known = {one.name: one for one in visit.protocol.series}
    missing = [one for one in recipe.series if one not in known]
    if missing:
        raise AcquisitionError(
            f"{recipe.acquisition} has no series {', '.join(missing)}; it has {', '.join(known)}."
        )
    wanted = [known[one] for one in recipe.series]
    first = wanted[0]
    if recipe.unenhanced and first.ct is not None:
        plain = replace(first.ct, phase="unenhanced", bolus=None)
        wanted.append(replace(first, name=UNENHANCED, ct=plain))
    return wanted


def _with(case: Case, lesion: str | None) -> Case:
    """Return a case with one of its lesions alone, or with none."""
    kept = tuple(one for one in case.lesions if one.id == lesion)
    return Case(case.id, replace(case.content, lesions=kept), case.library)
