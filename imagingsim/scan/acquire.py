"""Scans a case: from an acquisition's name to a Study, whichever modalities it takes."""

from collections.abc import Callable

from imagingsim import mr, pet
from imagingsim.anatomy import Case, SampledPhantom, sample
from imagingsim.content import Library
from imagingsim.formats import label_volume
from imagingsim.grid import Grid
from imagingsim.labels import LabelVolume
from imagingsim.progress import Progress
from imagingsim.scan.ct_series import (
    reformats,
    take_ct,
    take_scouts,
    turned,
)  # fmt: skip
from imagingsim.scan.placing import labels_on
from imagingsim.scan.protocol import SeriesRequest
from imagingsim.scan.visit import Taken, Visit, visit_of
from imagingsim.series import Modality, Series, Technique
from imagingsim.study import Study
from imagingsim.tissue import Quantity, Tissues
from imagingsim.volume import Volume


def acquire(
    case: Case,
    acquisition: str,
    *,
    library: Library,
    seed: int,
    timepoint: str | None = None,
    study_id: str | None = None,
    progress: Progress | None = None,
) -> Study:
    """Scan a case.

    Parameters
    ----------
    acquisition
        Name of a file in ``protocols/acquisition``.
    seed
        Seed of the study; equal content and seed give equal bytes.
    timepoint
        One of the case's timepoints; the one of its workup when not given.
    study_id
        Name of the study's folder; the acquisition's when not given.

    Raises
    ------
    UnknownNameError
        For a name that is not known.
    AcquisitionError
        When a scanner is asked for something outside its range.
    """
    visit = visit_of(
        case, acquisition, library=library, seed=seed, timepoint=timepoint, progress=progress
    )
    series, labels = _taken(visit)
    return Study(
        id=study_id or acquisition, case=case.id, timepoint=visit.timepoint,
        acquisition=acquisition, description=visit.protocol.title, subject=visit.subject, seed=seed,
        series=series, labels=labels,
    )  # fmt: skip


def _taken(visit: Visit) -> tuple[tuple[Series, ...], tuple[LabelVolume, ...]]:
    """Return the series, scouts first and reformats last, and the truth of each group."""
    series = take_scouts(visit)
    labels: list[LabelVolume] = []
    for group in visit.groups():
        taken, truth = _MODALITIES[_modality(group[0])](visit, group)
        series += [_series(visit, request, *one) for request, one in zip(group, taken, strict=True)]
        labels.append(_labels(visit, truth, series[-len(group)]))
    series += reformats(visit, series)
    if visit.protocol.position == "supine":
        return tuple(series), tuple(labels)
    turn = visit.turn
    return tuple(turned(turn, one) for one in series), tuple(turned(turn, one) for one in labels)


def _modality(series: SeriesRequest) -> Modality:
    return "CT" if series.ct else "MR" if series.mr else "PT"


def _take_mr(visit: Visit, group: list[SeriesRequest]) -> tuple[Taken, SampledPhantom]:
    settings = [request.mr for request in group if request.mr]
    sampled = visit.sampled(group[0], mr.sampling_grid(settings[0], visit.box(group[0])), "MR")
    tissues = visit.tissues(group[0])
    visit.progress.step(f"{visit.protocol.title}: {visit.names(group)}")
    taken: Taken = [
        mr.acquire(sampled, tissues, one, subject=visit.subject, rng=visit.rng(request.name))
        for request, one in zip(group, settings, strict=True)
    ]
    return taken, sampled


def _take_pet(visit: Visit, group: list[SeriesRequest]) -> tuple[Taken, SampledPhantom]:
    request = group[0]
    settings = request.pet or pet.PetSettings()
    whole = pet.sampling_grid(settings, visit.box(request))
    tissues = _solved(visit, request, settings, whole)
    visit.progress.step(f"{visit.protocol.title}: sampling the body for PET")
    sampled = _over_cycle(visit, request, settings, whole)
    visit.progress.step(f"{visit.protocol.title}: {visit.names(group)}")
    one = pet.acquire(
        sampled, tissues, settings, subject=visit.subject, rng=visit.rng(request.name)
    )
    return [one], sampled.usual


def _over_cycle(
    visit: Visit, request: SeriesRequest, settings: pet.PetSettings, grid: Grid
) -> pet.BreathingSample:
    """Sample the patient at the moments of a breathing cycle, and at that of the correcting CT."""
    moments = [
        (share, sample(visit.in_state(state), grid)) for share, state in visit.cycle(request)
    ]
    wanted = settings.attenuation_series
    corrected = next((one for one in visit.protocol.series if one.name == wanted), request)
    state = visit.state(corrected)
    for (_, known), (_, one) in zip(moments, visit.cycle(request), strict=True):
        if one == state:
            return pet.over_cycle(moments, known)
    return pet.over_cycle(moments, sample(visit.in_state(state), grid))


def _solved(
    visit: Visit, request: SeriesRequest, settings: pet.PetSettings, whole: Grid
) -> Tissues:
    """Return the tissues with the uptake that makes each targeted lesion read what it shall."""
    tissues = visit.tissues(request)
    for lesion in visit.case.lesions_at(visit.timepoint, arms=visit.protocol.arms):
        for target in lesion.targets:
            if target.acquisition != visit.acquisition:
                continue
            half = lesion.extents_mm[2] / 2.0
            slab = pet.slab(whole, lesion.centre_mm[2] - half, lesion.centre_mm[2] + half)
            sampled = _over_cycle(visit, request, settings, slab)
            uptake = pet.solve_uptake(
                sampled, tissues, settings, subject=visit.subject,
                rng=visit.rng(request.name), whole=whole, tissue=lesion.tissue, label=lesion.label,
                suv_max=target.value,
            )  # fmt: skip
            reason = f"solved: reads {target.measure} {target.value:g} in {target.acquisition}"
            value = {target.tissue_property: Quantity(uptake, reason)}
            tissues = tissues.derive(lesion.tissue, lesion.tissue, value)
    return tissues


_MODALITIES: dict[
    Modality, Callable[[Visit, list[SeriesRequest]], tuple[Taken, SampledPhantom]]
] = {"CT": take_ct, "MR": _take_mr, "PT": _take_pet}


def _series(visit: Visit, request: SeriesRequest, volume: Volume, technique: Technique) -> Series:
    return Series(
        name=request.name, description=request.description, modality=_modality(request),
        body_part=visit.protocol.body_part, volume=volume, technique=technique,
    )  # fmt: skip


def _labels(visit: Visit, sampled: SampledPhantom, series: Series) -> LabelVolume:
    """Return the truth on the grid of a series."""
    grid = series.volume.grid
    volume = Volume(labels_on(sampled, grid), grid, "label", "1")
    names = {lesion.number: lesion.label for lesion in visit.case.lesions_at(visit.timepoint)}
    return label_volume(volume, names, series=series.name, content=visit.library)
