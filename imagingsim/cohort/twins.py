"""Twins: virtual patients who could be the one of a walk, as far as its doctors can tell.

Their diseases are drawn from the walk's belief, lesions from what was reported of each region, and
what was measured is theirs too; the rest is drawn from a population. Life left is drawn anew: an
exponential has no memory. All of it is simpler than the truth on purpose, like the belief itself.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from imagingsim.cohort.charts import Charts
from imagingsim.cohort.events import Calendar
from imagingsim.cohort.ordering import Bookings, begin_study, report_study
from imagingsim.cohort.plan import Plan
from imagingsim.cohort.population import Patients
from imagingsim.cohort.safety import Verdicts
from imagingsim.cohort.sampling import report_panel
from imagingsim.workup.evidence import Rate
from imagingsim.workup.names import LABS, REGIONS
from imagingsim.workup.ordering import Beginning, Booking, Reporting
from imagingsim.workup.spec import Set
from imagingsim.workup.tissue import Staining
from imagingsim.workup.walking import Event, Walk

RAREST = 1e-9
"""Share of a disease that belief has all but given up."""


def twins(walk: Walk, plan: Plan, *, count: int, seed: int) -> Patients:
    """Return patients who could be the one of a walk."""
    chart, population = walk.chart, plan.population
    chances = chart.belief.chances
    shown = tuple(_shown(walk))
    diagnoses = {
        name: replace(
            row, weight=max(chances[name], RAREST),
            involvement={**row.involvement, **_involvement(plan, row.involvement, shown)},
        )
        for name, row in population.differential.diagnoses.items()
    }  # fmt: skip
    differential = replace(population.differential, diagnoses=diagnoses)
    believed = replace(population, differential=differential)
    patients = believed.draw(seed, np.arange(count, dtype=np.uint64))
    return _as_measured(patients, walk)


def _shown(walk: Walk) -> Iterator[tuple[str, bool, Rate]]:
    """Yield of each finding so far its region, whether it was positive, and how sure that is."""
    evidence = walk.catalogue.evidence
    for draft in walk.drafts:
        state = walk.protocol.state(draft.state)
        for region in state.examine if isinstance(state, Set) else ():
            found = any(one.found and one.region == region for one in draft.examined)
            yield region, found, evidence.rate("clinical", region)
    for study, reading in walk.chart.reports.items():
        row = walk.catalogue.study(study)
        for line in reading.regions:
            if line.positive is not None:
                yield line.region, line.positive, evidence.rate(row.rate_key, line.region)


def _involvement(
    plan: Plan, before: dict[str, float], shown: tuple[tuple[str, bool, Rate], ...]
) -> dict[str, float]:
    """Return how likely each region that was looked at holds a lesion, in one disease."""
    found: dict[str, float] = {}
    again = plan.catalogue.evidence.repeated_study_weight.value
    for region, positive, rate in shown:
        chance = found.get(region, before.get(region, plan.population.differential.elsewhere))
        weight = again if region in found else 1.0
        there = rate.sensitivity if positive else 1.0 - rate.sensitivity
        not_there = 1.0 - rate.specificity if positive else rate.specificity
        there, not_there = chance * there**weight, (1.0 - chance) * not_there**weight
        found[region] = there / (there + not_there) if there + not_there > 0 else chance
    return found


def _as_measured(patients: Patients, walk: Walk) -> Patients:
    """Return patients who share what is known of the one of a walk."""
    chart, count = walk.chart, len(patients)
    values = {
        name: np.full(count, float(walk.world.patient(name, chart.timepoint) or 0.0))
        for name in patients.values
    }
    labs = {test: np.full(count, lab.value) for test, lab in chart.labs.items()}
    sizes = patients.size_mm.copy()
    for known in chart.seen.values():
        sizes[:, REGIONS.index(known.region)] = known.diameter_mm
    ki67 = patients.ki67 if chart.ki67 is None else np.full(count, chart.ki67)
    return replace(
        patients, values=values, labs={**patients.labs, **labs}, size_mm=sizes, ki67=ki67
    )


def resume(walk: Walk, plan: Plan, patients: Patients) -> tuple[Charts, Calendar]:
    """Return the charts of twins, and what is still to come, at the point a walk has reached."""
    charts = _filled(Charts(plan, patients), walk)
    calendar = Calendar(charts)
    for event in walk.to_come:
        _arrange(charts, calendar, event, walk.chart.timepoint)
    return charts, calendar


def _filled(charts: Charts, walk: Walk) -> Charts:
    """Write what a walk has made known into charts."""
    chart, plan = walk.chart, charts.plan
    charts.now[:], charts.hazard[:] = chart.now_d, chart.clock.hazard
    charts.cost[:], charts.dose[:], charts.fit[:] = chart.cost, chart.dose_msv, chart.fit_d
    charts.made[:], charts.samples[:], charts.harms[:] = walk.made, chart.samples, chart.harms
    charts.weights[:] = chart.belief.weights
    charts.diagnostic[:] = bool(chart.diagnostic)
    charts.malignant[:] = -1 if chart.malignant is None else int(chart.malignant)
    charts.ki67[:] = np.nan if chart.ki67 is None else chart.ki67
    charts.tissue_left[:], charts.outstanding[:] = chart.tissue_left, chart.outstanding
    if chart.timepoint in plan.timepoints:
        charts.timepoint[:] = plan.timepoints.index(chart.timepoint)
    for column, name in enumerate(plan.catalogue.conflicts):
        charts.apart[:, column] = chart.apart_d.get(name, 0.0)
    for column, group in enumerate(plan.groups):
        charts.groups[:, column] = group in chart.marker_groups
    for column, state in enumerate(plan.order):
        charts.visits[:, column] = chart.visits.get(state, 0)
    _fill_findings(charts, walk)
    return charts


def _fill_findings(charts: Charts, walk: Walk) -> None:
    chart = walk.chart
    for column, study in enumerate(charts.plan.studies):
        charts.done[:, column] = study in chart.done
        charts.blocked[:, column] = study in chart.blocked
        charts.booked[:, column] = chart.booked.get(study, 0)
        for line in chart.reports[study].regions if study in chart.reports else ():
            worth = -1 if line.positive is None else int(line.positive)
            charts.report[:, column, REGIONS.index(line.region)] = worth
    for column, test in enumerate(LABS):
        charts.lab_known[:, column] = test in chart.labs
    for column, region in enumerate(REGIONS):
        charts.read_regions[:, column] = region in chart.read_regions
        sizes = [one.diameter_mm for one in chart.seen.values() if one.region == region]
        if sizes:
            charts.known_mm[:, column] = max(sizes)


def _arrange(charts: Charts, calendar: Calendar, event: Event, timepoint: str) -> None:
    """Let what a walk has arranged happen to its twins."""
    rows = np.arange(len(charts.patients))
    due, what = np.full(len(rows), event.day), event.what
    if isinstance(what, Beginning):
        calendar.at(
            rows, due, partial(begin_study, charts, calendar, _booked(charts, what.booking))
        )
    elif isinstance(what, Reporting):
        booked = _booked(charts, what.booking)
        same = charts.timepoint if what.timepoint == timepoint else np.full(len(rows), -1)
        calendar.at(rows, due, partial(report_study, charts, booked, rows, same.copy()))
    elif isinstance(what, Staining):
        done = np.full(len(rows), what.done)
        calendar.at(rows, due, partial(report_panel, charts, rows, done, what.panel))


def _booked(charts: Charts, one: Booking) -> Bookings:
    """Return a booking of a walk as one of all its twins."""
    rows = np.arange(len(charts.patients))
    count, everyone = len(rows), np.ones(len(rows), bool)
    verdicts = Verdicts(
        ~everyone, np.full(count, one.verdict.hold_d),
        tuple((name, rule, everyone) for name, rule in one.verdict.held),
        tuple((name, rule, everyone) for name, rule in one.verdict.risks),
    )  # fmt: skip
    return Bookings(
        one.study, rows, np.full(count, one.repeat), np.full(count, one.start_day),
        np.full(count, one.report_day), verdicts, charts.apart,
    )  # fmt: skip
