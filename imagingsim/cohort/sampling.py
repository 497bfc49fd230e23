"""Taking tissue of many patients; the twin of `workup.tissue`."""

from functools import partial

import numpy as np

from imagingsim.cohort.charts import Charts
from imagingsim.cohort.draws import uniform
from imagingsim.cohort.events import Calendar
from imagingsim.cohort.kernels import NO_AGAIN
from imagingsim.cohort.ordering import days_of
from imagingsim.cohort.plan import SILENT
from imagingsim.cohort.population import Bools, Ints
from imagingsim.cohort.safety import earliest, judged, keep_apart
from imagingsim.workup.clock import whole_minutes
from imagingsim.workup.names import REGIONS
from imagingsim.workup.pathology import KI67
from imagingsim.workup.spec import Biopsy, Panel
from imagingsim.workup.tissue import PLENTY

NOTHING = -1


def sample_tissue(charts: Charts, calendar: Calendar, rows: Ints, state: Biopsy) -> None:
    """Do the biopsies of a state and let time pass until their first results are back."""
    target = _targets(charts, rows, state)
    by_technique: dict[str, list[str]] = {}
    for region in state.target.regions:
        by_technique.setdefault(state.technique[region], []).append(region)
    for technique, regions in by_technique.items():
        mine = np.isin(target, [REGIONS.index(one) for one in regions])
        if mine.any():
            _sample(charts, calendar, rows[mine], target[mine], state, technique)


def _targets(charts: Charts, rows: Ints, state: Biopsy) -> Ints:
    """Return the first region of the state in which something is known, or `NOTHING`."""
    target = np.full(len(rows), NOTHING)
    for region in reversed(state.target.regions):
        column = REGIONS.index(region)
        target[charts.known_mm[rows, column] >= state.target.min_mm] = column
    return target


def _sample(
    charts: Charts, calendar: Calendar, rows: Ints, target: Ints, state: Biopsy, technique: str
) -> None:
    catalogue, plan = charts.plan.catalogue, charts.plan
    spoken = catalogue.about_procedure(technique)
    verdicts = judged(charts, spoken, rows)
    go = ~verdicts.blocked
    verdicts, rows, target = verdicts.of(go), rows[go], target[go]
    procedure, repeat = catalogue.procedures[technique], charts.samples[rows]
    wait = days_of(procedure.wait, charts, rows, f"{technique}|wait", repeat)
    planned = whole_minutes(charts.now[rows] + verdicts.hold_d + wait)
    day = np.maximum(planned, earliest(charts, rows, spoken))
    calendar.advance(rows, day)
    going = ~charts.over(rows)
    verdicts = verdicts.of(going)
    rows, target, repeat, day = rows[going], target[going], repeat[going], day[going]
    verdicts.correct(charts, rows)
    keep_apart(charts, rows, day, spoken)
    charts.samples[rows] += 1
    good = plan.staff.tissue.taken(charts.patients, rows, target, technique, repeat)
    charts.cost[rows] += catalogue.price(technique)
    _complicate(charts, rows, target, technique, repeat)
    due = days_of(procedure.histology_d, charts, rows, f"{technique}|histology", repeat)
    calendar.advance(rows, whole_minutes(day + due))
    going = ~charts.over(rows)
    rows, good = rows[going], good[going]
    sections = plan.staff.tissue.sections(procedure, state)
    malignant = _report(charts, rows, good, sections)
    left = np.full(len(malignant), PLENTY if state.whole else sections)
    for panel in state.panels:
        _stain(charts, calendar, malignant, left, panel)


def _complicate(charts: Charts, rows: Ints, target: Ints, technique: str, repeat: Ints) -> None:
    """See in whom a needle does harm; through the lung it is another one."""
    procedure = charts.plan.catalogue.procedures[technique]
    stream = f"{technique}|complication"
    draw = uniform(charts.patients.seed, stream, charts.ids[rows], repeat)
    lung = (target == REGIONS.index("lung")) & (procedure.lung_complication is not None)
    charts.suffer(rows[~lung & (draw < procedure.complication.probability)], procedure.complication)
    if procedure.lung_complication is not None:
        harm = procedure.lung_complication
        charts.suffer(rows[lung & (draw < harm.probability)], harm)


def _report(charts: Charts, rows: Ints, good: Bools, sections: int) -> Ints:
    """Report histology; return whose tumour is malignant."""
    plan = charts.plan
    charts.diagnostic[rows] |= good
    rows = rows[good]
    malignant = plan.staff.tissue.malignant[charts.patients.disease[rows]]
    charts.malignant[rows] = malignant
    charts.tissue_left[rows] = float(sections)
    everyone = np.ones(len(rows), bool)
    features = plan.staff.tissue.features
    _believe(charts, rows, [(one, _positive(charts, rows, one), everyone) for one in features])
    return rows[malignant]


def _positive(charts: Charts, rows: Ints, marker: str) -> Bools:
    return charts.plan.staff.tissue.positive(charts.patients, rows, marker)


def _stain(charts: Charts, calendar: Calendar, everyone: Ints, left: Ints, panel: Panel) -> None:
    """Run a panel; one in the background reports when it is ready.

    Parameters
    ----------
    left
        (k,) sections left; used up here.
    """
    places = np.flatnonzero(~charts.over(everyone))
    places = places[charts.holds(panel.when, everyone[places])]
    rows = everyone[places]
    count = np.minimum(left[places], len(panel.markers))
    left[places] -= count
    charts.tissue_left[rows] = left[places].astype(np.float64)
    charts.outstanding[rows] += len(panel.markers)
    charts.cost[rows] += charts.plan.catalogue.price("stain") * count
    due = whole_minutes(charts.now[rows] + panel.turnaround_d)
    calendar.at(rows, due, partial(report_panel, charts, rows, count, panel))
    if not panel.background:
        calendar.advance(rows, due)


def report_panel(charts: Charts, rows: Ints, count: Ints, panel: Panel, due: Ints) -> None:
    """Report the first ``count`` stains of a panel, (k,), for those at the places ``due``."""
    rows, count = rows[due], count[due]
    charts.outstanding[rows] -= len(panel.markers)
    if KI67 in panel.markers:
        charts.ki67[rows] = charts.patients.ki67[rows]
    results = [
        (marker, _positive(charts, rows, marker), k < count)
        for k, marker in enumerate(panel.markers)
    ]
    _believe(charts, rows, results)


def _believe(charts: Charts, rows: Ints, results: list[tuple[str, Bools, Bools]]) -> None:
    """Weigh stains and features, one after the other; what repeats a group counts less.

    Parameters
    ----------
    results
        Of each: its name, (k,) whether it is positive, (k,) whether it was done.
    """
    plan, known = charts.plan, charts.groups[rows]
    columns = []
    for marker, positive, done in results:
        group = plan.groups.index(plan.catalogue.markers[marker].group)
        columns.append(np.where(done, positive + NO_AGAIN * known[:, group], SILENT))
        known[:, group] |= done
    if columns:
        news = np.stack([plan.staining[marker] for marker, _, _ in results])
        charts.believe(rows, np.stack(columns, axis=1), news)
    charts.groups[rows] = known
