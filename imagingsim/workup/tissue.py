"""Taking tissue: choose a target, put the needle in, wait for histology and stains."""

from collections.abc import Callable
from fnmatch import fnmatch

from imagingsim.workup import pathology, safety
from imagingsim.workup.catalogue import Procedure
from imagingsim.workup.chart import Known
from imagingsim.workup.clock import whole_minutes
from imagingsim.workup.needle import Specimen, take
from imagingsim.workup.outcome import PanelResult, Sampling, in_words
from imagingsim.workup.pathology import Histology, StainResult
from imagingsim.workup.spec import Biopsy, Panel
from imagingsim.workup.walking import Draft, Walk

PLENTY = 999
CROSSED_LUNG_MM = 4.0


def sample_tissue(walk: Walk, name: str, state: Biopsy) -> None:
    """Do the biopsy of a state and let time pass until its first results are back."""
    target = _target(walk, state)
    if target is None:
        walk.draft.samplings.append(_nothing(walk, state))
        walk.chart.diagnostic = bool(walk.chart.diagnostic)
        return
    technique = state.technique[target.region]
    procedure = walk.catalogue.procedures[technique]
    verdict = safety.of_procedure(procedure, walk.catalogue, walk.chart)
    wait = walk.days(procedure.wait, technique, name, walk.chart.visits[name], "wait")
    day = whole_minutes(walk.chart.now_d + verdict.hold_d + wait)
    walk.draft.samplings.append(
        Sampling(
            procedure=technique,
            title=procedure.title,
            region=target.region,
            lesion=target.lesion,
            lesion_title=in_words(target.lesion),
            status="cancelled",
            why=verdict.notes,
        )
    )
    walk.advance(day)
    if walk.over:
        return
    draft, index = walk.draft, len(walk.draft.samplings) - 1
    specimen, histology = _take(walk, draft, index, target, procedure, state, name)
    walk.note_procedures(state.procedures)
    due = walk.days(procedure.histology_d, technique, name, walk.chart.visits[name], "histology")
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
            and (
                not state.target.lesions
                or any(fnmatch(known.lesion, p) for p in state.target.lesions)
            )
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


def _take(
    walk: Walk, draft: Draft, index: int, target: Known, procedure: Procedure, state: Biopsy,
    name: str,
) -> tuple[Specimen, Histology]:  # fmt: skip
    """Put the needle in; cost and complications count from here on."""
    chart, visit = walk.chart, walk.chart.visits[name]
    walk.progress.step(f"Day {chart.now_d:.0f}: {procedure.title}")
    specimen = take(
        walk.probe(chart.timepoint), target.centre_mm, procedure, cores=state.cores,
        rng=walk.rng(name, visit, "aim"),
    )  # fmt: skip
    histology = pathology.examine(
        walk.case, specimen, procedure, walk.catalogue.markers, cores=state.cores,
        rng=walk.rng(name, visit, "laboratory"),
    )  # fmt: skip
    cost = walk.catalogue.price(draft.samplings[index].procedure)
    chart.cost += cost
    draft.update_sampling(
        index, status="taken", taken_day=chart.now_d, cost=cost, specimen=specimen,
        complication=_complication(walk, procedure, specimen, name),
    )  # fmt: skip
    return specimen, histology


def _complication(walk: Walk, procedure: Procedure, specimen: Specimen, name: str) -> str:
    through_lung = specimen.crossed_lung_mm >= CROSSED_LUNG_MM
    lung = procedure.lung_complication if through_lung else None
    risk = lung or procedure.complication
    rng = walk.rng(name, walk.chart.visits[name], "complication")
    return risk.event if float(rng.random()) < risk.probability else ""


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
        place = len(draft.samplings[index].panels)
        waiting = PanelResult(panel.name, panel.markers, None)
        panels = (*draft.samplings[index].panels, waiting)
        draft.update_sampling(index, panels=panels)
        walk.chart.tissue_left = float(left)
        walk.chart.outstanding += len(panel.markers)
        cost = walk.catalogue.price("stain") * sum(one.positive is not None for one in results)
        walk.chart.cost += cost
        draft.update_sampling(index, cost=draft.samplings[index].cost + cost)
        due = whole_minutes(walk.chart.now_d + panel.turnaround_d)
        walk.at(due, _panel_report(walk, draft, (index, place), panel, results))
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
        percent = walk.case.ki67_percent(name, draft.timepoint)
        walk.chart.ki67 = percent
        draft.update_sampling(index, ki67_percent=percent)


def _stains(
    walk: Walk, lesion: str, panel: Panel, left: int
) -> tuple[tuple[StainResult, ...], int]:
    results = []
    for marker in panel.markers:
        row = walk.catalogue.markers[marker]
        result = pathology.stain(walk.case, lesion, walk.chart.timepoint, marker, row, left)
        left -= result.positive is not None
        results.append(result)
    return tuple(results), left


def _believe(walk: Walk, results: dict[str, bool]) -> None:
    chart, markers = walk.chart, walk.catalogue.markers
    walk.remember(chart.belief.after_markers(results, markers, chart.marker_groups))
    chart.marker_groups |= {markers[name].group for name in results}
