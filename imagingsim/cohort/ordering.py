"""Ordering for many patients: a state that asks for studies; the twin of `workup.ordering`."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from imagingsim.cohort import kernels
from imagingsim.cohort.charts import Charts
from imagingsim.cohort.draws import normal, uniform
from imagingsim.cohort.events import Block, Calendar
from imagingsim.cohort.population import Ints
from imagingsim.cohort.safety import Verdicts, earliest, judged, keep_apart
from imagingsim.units import FloatArray
from imagingsim.workup.clock import MINUTES_PER_DAY, whole_minutes
from imagingsim.workup.spec import Order, StudyOrder
from imagingsim.workup.waits import Duration, Quantiles


@dataclass(frozen=True, eq=False)
class Bookings:
    """One study, booked for some patients, (k,) each.

    Attributes
    ----------
    replaced
        (k, conflicts) what was noted of conflicts before it was booked.
    """

    study: str
    rows: Ints
    repeat: Ints
    start: FloatArray
    report: FloatArray
    verdicts: Verdicts
    replaced: FloatArray


def place_orders(charts: Charts, calendar: Calendar, rows: Ints, state: Order) -> Ints:
    """Place the orders of a state and let time pass; return whom a block stops."""
    now = charts.now[rows].copy()
    booked = [
        one
        for order in state.orders
        for one in _book(charts, rows[charts.holds(order.only_if, rows)], state, order)
    ]
    stopped = _stopped(charts, rows, state)
    if len(stopped):
        booked = [_without(one, stopped) for one in booked]
    begins = [
        calendar.at(one.rows, one.start, partial(begin_study, charts, calendar, one))
        for one in booked
    ]
    until = _joined(charts, rows, state, booked)
    if state.deadline_d is not None:
        until = np.where(np.isfinite(until), np.minimum(until, now + state.deadline_d), until)
    waits = np.isfinite(until)
    calendar.advance(rows[waits], until[waits])
    if state.cancel_rest:
        for begin, one in zip(reversed(begins), reversed(booked), strict=True):
            _give_up(charts, begin, one)
    return stopped


def _without(booked: Bookings, stopped: Ints) -> Bookings:
    """Leave out whom a block stops."""
    go = ~np.isin(booked.rows, stopped)
    return Bookings(
        booked.study, booked.rows[go], booked.repeat[go], booked.start[go], booked.report[go],
        booked.verdicts.of(go), booked.replaced[go],
    )  # fmt: skip


def _joined(charts: Charts, rows: Ints, state: Order, booked: list[Bookings]) -> FloatArray:
    """Return until when each waits for reports, (k,); infinite for who has nothing booked."""
    if not booked:
        return np.full(len(rows), np.inf)
    place = np.empty(len(charts.patients), np.int64)
    place[rows] = np.arange(len(rows))
    reports = np.full((len(rows), len(booked)), np.inf)
    for k, one in enumerate(booked):
        reports[place[one.rows], k] = one.report
    if state.join == "any":
        return reports.min(axis=1)
    reports.sort(axis=1)
    count = np.isfinite(reports).sum(axis=1)
    if state.join != "all":
        count = np.minimum(count, state.join)
    return reports[np.arange(len(rows)), np.maximum(count, 1) - 1]


def _give_up(charts: Charts, begin: Block, booked: Bookings) -> None:
    """Call studies off that have not begun; what they kept waiting need not wait."""
    places = np.flatnonzero(begin.waiting & ~charts.over(begin.rows))
    begin.waiting[places] = False
    rows = booked.rows[places]
    for column, _, apart_d in charts.plan.catalogue.about_study(booked.study).keeps_waiting:
        until = whole_minutes(booked.start[places] + apart_d)
        mine = charts.apart[rows, column] == until
        charts.apart[rows[mine], column] = booked.replaced[places[mine], column]


def _stopped(charts: Charts, rows: Ints, state: Order) -> Ints:
    if state.on_blocked != "stop":
        return rows[:0]
    columns = np.array([charts.plan.studies.index(one.study) for one in state.orders])
    return rows[charts.blocked[np.ix_(rows, columns)].any(axis=1)]


def _book(charts: Charts, rows: Ints, state: Order, order: StudyOrder) -> list[Bookings]:
    """Book an order, or for those in whom it is blocked its first allowed substitute."""
    wanted = [order.study]
    if state.on_blocked == "substitute":
        wanted += charts.plan.catalogue.study(order.study).substitutes
    found = []
    for study in wanted:
        if len(rows) == 0:
            break
        verdicts = judged(charts, charts.plan.catalogue.about_study(study), rows, order.despite)
        column = charts.plan.studies.index(study)
        charts.blocked[rows, column] = verdicts.blocked
        go = ~verdicts.blocked
        found.append(_booking(charts, order, study, rows[go], verdicts.of(go)))
        rows = rows[verdicts.blocked]
    return found


def _booking(
    charts: Charts, order: StudyOrder, study: str, rows: Ints, verdicts: Verdicts
) -> Bookings:
    """Return when a study will be made and reported."""
    catalogue, column = charts.plan.catalogue, charts.plan.studies.index(study)
    row, waits, spoken = catalogue.study(study), catalogue.wait(study), catalogue.about_study(study)
    repeat = charts.booked[rows, column]
    charts.booked[rows, column] += 1
    wait = days_of(waits.until_start(order.urgency), charts, rows, f"{study}|wait", repeat)
    planned = whole_minutes(charts.now[rows] + verdicts.hold_d + wait)
    start = np.maximum(planned, earliest(charts, rows, spoken))
    replaced = keep_apart(charts, rows, start, spoken)
    latency = days_of(waits.report, charts, rows, f"{study}|report", repeat)
    report = whole_minutes(start + row.room_min / MINUTES_PER_DAY + latency)
    return Bookings(study, rows, repeat, start, report, verdicts, replaced)


def days_of(duration: Duration, charts: Charts, rows: Ints, name: str, index: Ints) -> FloatArray:
    """Draw durations, in days, (k,)."""
    draw = normal(charts.patients.seed, name, charts.ids[rows], index)
    if isinstance(duration, Quantiles):
        return whole_minutes(duration.at(draw))
    return whole_minutes(duration.median_d * np.exp(duration.sigma * draw))


def begin_study(charts: Charts, calendar: Calendar, booked: Bookings, at: Ints) -> None:
    """Make the study: dose and cost count from here on; the report comes later."""
    rows, catalogue = booked.rows[at], charts.plan.catalogue
    booked.verdicts.correct(charts, rows, at)
    charts.cost[rows] += catalogue.price(booked.study)
    charts.dose[rows] += catalogue.study(booked.study).dose.value
    charts.made[rows] += 1
    for name, rule, fires in booked.verdicts.risks:
        hit = fires[at]
        if hit.any():
            stream = f"{booked.study}|risk|{name}"
            draw = uniform(charts.patients.seed, stream, charts.ids[rows], booked.repeat[at])
            charts.suffer(rows[hit & (draw < rule.probability)], rule.harm)
    timepoint = charts.timepoint[rows].copy()
    calendar.at(rows, booked.report[at], partial(report_study, charts, booked, at, timepoint))


def _find_by_chance(charts: Charts, booked: Bookings, places: Ints) -> None:
    """See whose report speaks of something nobody asked for; a repeated study shows no more."""
    catalogue = charts.plan.catalogue
    harm = catalogue.incidentals.get(catalogue.study(booked.study).modality)
    if harm is None:
        return
    rows = booked.rows[places[booked.repeat[places] == 0]]
    draw = uniform(charts.patients.seed, f"{booked.study}|incidental", charts.ids[rows])
    charts.suffer(rows[draw < harm.probability], harm)


def report_study(charts: Charts, booked: Bookings, at: Ints, timepoint: Ints, due: Ints) -> None:
    """Read the study: from here on the doctors know what the reader saw."""
    rows, repeat = booked.rows[at[due]], booked.repeat[at[due]]
    plan, column = charts.plan, charts.plan.studies.index(booked.study)
    charts.done[rows, column] = True
    _find_by_chance(charts, booked, at[due])
    current = charts.timepoint[rows] == timepoint[due]
    rows, repeat = rows[current], repeat[current]
    one = plan.staff.observer(booked.study)
    found, blind = one.read(charts.patients, rows, repeat)
    patients, false_mm = charts.patients, plan.catalogue.evidence.false_positive_mm.value
    kernels.take_in(
        rows, one.regions, found, blind, patients.size_mm, patients.involved, false_mm,
        charts.known_mm, charts.report[:, column],
    )  # fmt: skip
    places, news = plan.reading[booked.study]
    kernels.believe(
        rows, one.regions, places, found, blind, news, charts.read_regions, charts.weights
    )
