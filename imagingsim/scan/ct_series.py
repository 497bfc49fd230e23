"""CT series of a visit: scouts, the scan itself, and what is reformatted from it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from imagingsim import ct
from imagingsim.anatomy import SampledPhantom, sample
from imagingsim.grid import Grid
from imagingsim.labels import LabelVolume
from imagingsim.reformatting import reformat
from imagingsim.scan.motion import both_moments
from imagingsim.scan.protocol import ReformatRequest, SeriesRequest
from imagingsim.scan.visit import Taken, Visit
from imagingsim.series import CtTechnique, Derivation, Series
from imagingsim.units import FloatArray
from imagingsim.volume import Volume

Placed = TypeVar("Placed", Series, LabelVolume)
SCOUT_NAMES = {"ap": "Scout AP", "lateral": "Scout lateral"}


def take_ct(visit: Visit, group: list[SeriesRequest]) -> tuple[Taken, SampledPhantom]:
    """Return the CT series of a group, and the sample they were taken of."""
    settings = [request.ct for request in group if request.ct]
    grid = ct.sampling_grid(settings[0], visit.box(group[0]))
    sampled, later = _moments(visit, group[0], settings[0], grid)
    visit.progress.step(f"{visit.protocol.title}: {visit.names(group)}")
    taken = ct.acquire_phases(
        sampled, visit.tissues(group[0]), settings, subject=visit.subject,
        rngs=[visit.rng(request.name) for request in group], later=later,
    )  # fmt: skip
    position = visit.protocol.position
    return [(volume, replace(said, position=position)) for volume, said in taken], sampled


def _moments(
    visit: Visit, request: SeriesRequest, settings: ct.CtSettings, grid: Grid
) -> tuple[SampledPhantom, SampledPhantom | None]:
    """Return the patient; when the breath goes on, as each slice begins and ends to be seen."""
    if (request.breathing or visit.protocol.breathing) != "moving":
        return visit.sampled(request, grid, "CT"), None
    visit.progress.step(f"{visit.protocol.title}: sampling the breathing body for CT")
    phase = float(visit.rng("breathing").random())
    return both_moments(visit, visit.state(request), settings, grid, phase)


def take_scouts(visit: Visit) -> list[Series]:
    """Return the scouts of an acquisition; none when it asks for none."""
    views = visit.protocol.scouts
    first = next((one for one in visit.protocol.series if one.ct), None)
    if not views or first is None or first.ct is None:
        return []
    visit.progress.step(f"{visit.protocol.title}: scouts")
    grid = ct.scout_grid(visit.box(first), first.ct.bowtie)
    taken = ct.acquire_scouts(
        sample(visit.in_state(visit.state(first)), grid), visit.tissues(first), views,
        kind=first.ct.bowtie, dose_region=first.ct.dose_region,
        rngs=[visit.rng(f"scout_{view}") for view in views],
    )  # fmt: skip
    position = visit.protocol.position
    return [
        Series(
            name=f"scout_{view}", description=SCOUT_NAMES[view], modality="CT",
            body_part=visit.protocol.body_part, volume=volume,
            technique=replace(said, position=position),
        )
        for view, (volume, said) in zip(views, taken, strict=True)
    ]  # fmt: skip


def reformats(visit: Visit, series: list[Series]) -> Iterator[Series]:
    """Yield what is reformatted from the series of an acquisition; it adds no dose."""
    asked = {request.name: request.reformats for request in visit.protocol.series}
    for one in series:
        for wanted in asked.get(one.name, ()):
            yield _reformat(one, wanted)


def _reformat(one: Series, wanted: ReformatRequest) -> Series:
    volume = reformat(
        one.volume, wanted.plane, thickness_mm=wanted.thickness_mm,
        interval_mm=wanted.interval_mm, projection=wanted.projection,
    )  # fmt: skip
    technique = one.technique
    if isinstance(technique, CtTechnique):
        technique = replace(
            technique, dlp_mgy_cm=0.0, effective_dose_msv=0.0,
            effective_dose_icrp_103_msv=technique.effective_dose_icrp_103_msv and 0.0,
        )  # fmt: skip
    return replace(
        one, name=f"{one.name}_{wanted.name}", description=f"{one.description}, {wanted.in_words}",
        volume=volume, technique=technique,
        derivation=Derivation(one.name, wanted.plane, wanted.thickness_mm, wanted.projection),
    )  # fmt: skip


def turned(turn: FloatArray, one: Placed) -> Placed:
    """Return a series or its truth, placed in the room, in the patient's own directions.

    Parameters
    ----------
    turn
        (3, 3) from directions in the room to those of the patient.
    """
    volume = one.volume
    affine = volume.grid.affine.copy()
    affine[:3] = turn @ affine[:3]
    grid = Grid(volume.grid.shape, affine)
    return replace(one, volume=Volume(volume.array, grid, volume.quantity, volume.unit))
