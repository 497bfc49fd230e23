"""Taking tissue: choose a target, put the needle in, wait for histology and stains."""

from collections.abc import Callable
from dataclasses import dataclass

from imagingsim.workup import pathology, safety
from imagingsim.workup.clock import whole_minutes
from imagingsim.workup.needle import Specimen
from imagingsim.workup.outcome import in_words
from imagingsim.workup.pathology import Histology, StainResult
from imagingsim.workup.spec import Biopsy, Panel
from imagingsim.workup.steps import PanelResult, Sampling
from imagingsim.workup.walking import Draft, Walk
from imagingsim.workup.world import Known, Sample

PLENTY = 999
CROSSED_LUNG_MM = 4.0


@dataclass(frozen=True)
class Staining:
    """A panel is due to be reported, of which so many stains could be done."""

    panel: Panel
    done: int


def sample_tissue(walk: Walk, name: str, state: Biopsy) -> None:
    """Do the biopsy of a state and let time pass until its first results are back."""
    target = _target(walk, state)
    if target is None:
        walk.draft.samplings.append(_nothing(walk, state))
        walk.chart.diagnostic = bool(walk.chart.diagnostic)
        return
    technique = state.technique[target.region]
    procedure = walk.catalogue.procedures[technique]
    spoken = walk.catalogue.about_procedure(technique)
    verdict = safety.of_procedure(technique, walk)
    repeat = walk.chart.samples
    wait = walk.days(procedure.wait, technique, "wait", repeat)
    planned = whole_minutes(walk.chart.now_d + verdict.hold_d + wait)
    walk.draft.samplings.append(
        Sampling(
            procedure=technique, title=procedure.title, region=target.region,
            lesion=target.lesion, lesion_title=in_words(target.lesion),
            status="blocked" if verdict.blocked else "cancelled", why=verdict.notes,
        )
    )  # fmt: skip
    if verdict.blocked:
        walk.chart.diagnostic = bool(walk.chart.diagnostic)
        return
    day = max(planned, safety.earliest(walk, spoken))
    walk.advance(day)
    if walk.over:
        return
    walk.chart.correct(verdict.becomes)
    safety.keep_apart(walk, day, spoken)
    draft, index = walk.draft, len(walk.draft.samplings) - 1
    sample = Sample(target, technique, procedure, state, walk.chart.timepoint, repeat)
    specimen, histology = _take(walk, draft, index, sample)
    walk.note_procedures(state.procedures)
    due = walk.days(procedure.histology_d, technique, "histology", repeat)
    walk.advance(whole_minutes(day + due))
    if walk.over:
        return
    _report_histology(walk, draft, index, histology)
    if specimen.lesion is not None and histology.malignant:
        _stain_panels(walk, draft, index, specimen.lesion, histology, state)


def _target(walk: Walk, state: Biopsy) -> Known | None:
    """Return the largest known lesion of the first region that has one."""
    for region in state.target.regions:
        found = [
            known
            for known in walk.chart.seen.values()
            if known.region == region
            and known.diameter_mm >= state.target.min_mm
            and walk.world.targeted(state.target, known)
        ]
        if found:
            return max(found, key=lambda known: (round(known.diameter_mm, 3), known.lesion))
    return None


def _nothing(walk: Walk, state: Biopsy) -> Sampling:
    regions = ", ".join(state.target.regions).replace("_", " ")
    return Sampling(
        procedure="", title="No biopsy", region="", lesion=None, lesion_title="",
        status="no target", why=(f"nothing known to sample in: {regions}",),
    )  # fmt: skip


def _take(walk: Walk, draft: Draft, index: int, sample: Sample) -> tuple[Specimen, Histology]:
    """Put the needle in; cost and complications count from here on."""
    chart = walk.chart
    walk.progress.step(f"Day {chart.now_d:.0f}: {sample.procedure.title}")
    chart.samples += 1
    specimen, histology = walk.world.take(sample)
    cost = walk.catalogue.price(sample.technique)
    chart.cost += cost
    draft.update_sampling(
        index, status="taken", taken_day=chart.now_d, cost=cost, specimen=specimen,
        complication=_complication(walk, draft, sample, specimen),
    )  # fmt: skip
    return specimen, histology


def _complication(walk: Walk, draft: Draft, sample: Sample, specimen: Specimen) -> str:
    through_lung = specimen.crossed_lung_mm >= CROSSED_LUNG_MM
    procedure = sample.procedure
    risk = (procedure.lung_complication if through_lung else None) or procedure.complication
    draw = walk.world.uniform(sample.technique, "complication", sample.repeat)
    if draw >= risk.probability:
        return ""
    walk.suffer(risk, procedure.title, draft)
    return risk.event


def _report_histology(walk: Walk, draft: Draft, index: int, histology: Histology) -> None:
    chart = walk.chart
    draft.update_sampling(index, status="reported", reported_day=chart.now_d, histology=histology)
    chart.diagnostic = bool(chart.diagnostic) or histology.adequate
    if not histology.adequate:
        return
    chart.malignant = histology.malignant
    chart.tissue_left = float(histology.sections)
    _believe(walk, histology.features)


def _stain_panels(
    walk: Walk, draft: Draft, index: int, lesion: str, histology: Histology, state: Biopsy
) -> None:
    """Run the panels one after the other; those in the background report when they are ready."""
    left = PLENTY if state.whole else histology.sections
    for panel in state.panels:
        if walk.over or not walk.chart.holds(panel.when):
            continue
        results, left = _stains(walk, lesion, panel, left)
        sampling, waiting = draft.samplings[index], PanelResult(panel.name, panel.markers, None)
        done = sum(one.positive is not None for one in results)
        cost = walk.catalogue.price("stain") * done
        draft.update_sampling(index, panels=(*sampling.panels, waiting), cost=sampling.cost + cost)
        walk.chart.tissue_left = float(left)
        walk.chart.outstanding += len(panel.markers)
        walk.chart.cost += cost
        due = whole_minutes(walk.chart.now_d + panel.turnaround_d)
        place = index, len(sampling.panels)
        walk.at(due, _panel_report(walk, draft, place, panel, results), Staining(panel, done))
        if not panel.background:
            walk.advance(due)


def _panel_report(
    walk: Walk, draft: Draft, place: tuple[int, int], panel: Panel,
    results: tuple[StainResult, ...],
) -> Callable[[], None]:  # fmt: skip
    def happens() -> None:
        index, which = place
        panels = list(draft.samplings[index].panels)
        panels[which] = PanelResult(panel.name, panel.markers, walk.chart.now_d, results)
        draft.update_sampling(index, panels=tuple(panels))
        walk.chart.outstanding -= len(panel.markers)
        _note_ki67(walk, draft, index, results)
        _believe(walk, {one.marker: one.positive for one in results if one.positive is not None})

    return happens


def _note_ki67(walk: Walk, draft: Draft, index: int, results: tuple[StainResult, ...]) -> None:
    if not any(one.marker == pathology.KI67 for one in results):
        return
    lesion = draft.samplings[index].specimen
    name = lesion.lesion if lesion else None
    if name is not None:
        percent = walk.world.ki67(name, draft.timepoint)
        walk.chart.ki67 = percent
        draft.update_sampling(index, ki67_percent=percent)


def _stains(
    walk: Walk, lesion: str, panel: Panel, left: int
) -> tuple[tuple[StainResult, ...], int]:
    results = []
    for marker in panel.markers:
        result = walk.world.stain(lesion, marker, walk.chart.timepoint, left)
        left -= result.positive is not None
        results.append(result)
    return tuple(results), left


def _believe(walk: Walk, results: dict[str, bool]) -> None:
    chart, markers = walk.chart, walk.catalogue.markers
    walk.remember(chart.belief.after_markers(results, chart.marker_groups))
    chart.marker_groups |= {markers[name].group for name in results}
