"""Scans a case: from an acquisition's name to a Study, whichever modalities it takes."""

from collections.abc import Callable, Iterator

from imagingsim import ct, mr, pet
from imagingsim.anatomy import Case, SampledPhantom, sample, warm_up
from imagingsim.content import Library
from imagingsim.formats import label_volume
from imagingsim.grid import Grid
from imagingsim.labels import LabelVolume
from imagingsim.progress import Progress, Silence
from imagingsim.scan.ct_series import (
    reformats,
    refuse_contrast,
    take_ct,
    take_scouts,
    turned,
)  # fmt: skip
from imagingsim.scan.placing import labels_on
from imagingsim.scan.protocol import SeriesRequest, read_acquisition
from imagingsim.scan.visit import Taken, Visit
from imagingsim.series import Modality, Series, Subject, Technique
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
    timepoint = case.timepoint(timepoint or case.workup_timepoint).id
    protocol = read_acquisition(library, acquisition)
    subject = subject_of(case, timepoint)
    refuse_contrast(protocol, subject)
    progress = progress or Silence()
    groups = list(_groups(protocol.series))
    progress.begin(protocol.title, 2 * len(groups) + 2 + bool(protocol.scouts))
    progress.step(f"{protocol.title}: loading compiled code (the first run compiles it)")
    warm_up()
    progress.step(f"{protocol.title}: building the body (the first time takes a minute)")
    visit = Visit(
        case, timepoint, acquisition, protocol, seed, case.phantom(timepoint, arms=protocol.arms),
        library, subject, progress,
    )  # fmt: skip
    series, labels = _taken(visit, groups)
    return Study(
        id=study_id or acquisition, case=case.id, timepoint=timepoint, acquisition=acquisition,
        description=protocol.title, subject=subject, seed=seed, series=series, labels=labels,
    )  # fmt: skip


def _taken(
    visit: Visit, groups: list[list[SeriesRequest]]
) -> tuple[tuple[Series, ...], tuple[LabelVolume, ...]]:
    """Return the series, scouts first and reformats last, and the truth of each group."""
    series = take_scouts(visit)
    labels: list[LabelVolume] = []
    for group in groups:
        taken, truth = _MODALITIES[_modality(group[0])](visit, group)
        series += [_series(visit, request, *one) for request, one in zip(group, taken, strict=True)]
        labels.append(_labels(visit, truth, series[-len(group)]))
    series += reformats(visit, series)
    if visit.protocol.position == "supine":
        return tuple(series), tuple(labels)
    turn = visit.turn
    return tuple(turned(turn, one) for one in series), tuple(turned(turn, one) for one in labels)


def subject_of(case: Case, timepoint: str) -> Subject:
    """Return the virtual patient as a scanner's console knows them at a timepoint."""
    patient, kidneys = case.patient, case.lab("egfr", timepoint)
    return Subject(
        id=case.id, name=f"Synthetic^{case.id}", sex=patient.sex, age_y=patient.age_y,
        weight_kg=patient.weight_kg, height_m=patient.height_m,
        egfr_ml_min_1p73=None if kidneys is None else kidneys.value,
    )  # fmt: skip


def _modality(series: SeriesRequest) -> Modality:
    return "CT" if series.ct else "MR" if series.mr else "PT"


def _groups(requests: tuple[SeriesRequest, ...]) -> Iterator[list[SeriesRequest]]:
    """Yield runs of neighbouring series that can be taken from one sample of the body."""
    group: list[SeriesRequest] = []
    for request in requests:
        if group and not _share(group[0], request):
            yield group
            group = []
        group.append(request)
    if group:
        yield group


def _share(first: SeriesRequest, second: SeriesRequest) -> bool:
    if first.coverage != second.coverage or first.breathing != second.breathing:
        return False
    if first.ct and second.ct:
        return ct.share_sample(first.ct, second.ct)
    if first.mr and second.mr:
        return mr.share_sample(first.mr, second.mr)
    return False


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
