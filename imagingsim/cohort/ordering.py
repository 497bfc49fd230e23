"""Ordering for many patients: a state that asks for studies; the twin of `workup.ordering`."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from imagingsim.cohort.charts import Charts
from imagingsim.cohort.draws import normal, uniform
from imagingsim.cohort.events import Calendar, Happens, whole_minutes
from imagingsim.cohort.plan import NO_AGAIN, SILENT
from imagingsim.cohort.population import Bools, Ints
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import LABS_OF, LogNormal, Rule
from imagingsim.workup.clock import MINUTES_PER_DAY
from imagingsim.workup.names import LABS
from imagingsim.workup.spec import Order, StudyOrder


@dataclass(frozen=True, eq=False)
class Bookings:
    """One study, booked for some patients, (k,) each."""

    study: str
    rows: Ints
    repeat: Ints
    start: FloatArray
    report: FloatArray
    risks: tuple[tuple[str, Rule, Bools], ...]


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the rules say of one study for some patients."""

    blocked: Bools
    hold_d: FloatArray
    risks: tuple[tuple[str, Rule, Bools], ...]


def place_orders(charts: Charts, calendar: Calendar, rows: Ints, state: Order) -> Ints:
    """Place the orders of a state and let time pass; return whom a block stops."""
    now = charts.now[rows].copy()
    booked = [
        one
        for order in state.orders
        for one in _book(charts, rows[charts.holds(order.only_if, rows)], state, order)
    ]
    stopped = _stopped(charts, rows, state)
    last = np.full(len(charts.patients), -np.inf if state.join == "all" else np.inf)
    gather = np.maximum if state.join == "all" else np.minimum
    for one in booked:
        going = ~np.isin(one.rows, stopped) if len(stopped) else np.ones(len(one.rows), bool)
        places = np.flatnonzero(going)
        calendar.at(one.rows[places], one.start[places], _later(charts, calendar, one, places))
        last[one.rows[places]] = gather(last[one.rows[places]], one.report[places])
    until = last[rows]
    if state.deadline_d is not None:
        until = np.where(np.isfinite(until), np.minimum(until, now + state.deadline_d), until)
    waits = np.isfinite(until)
    calendar.advance(rows[waits], until[waits])
    return stopped


def _later(charts: Charts, calendar: Calendar, booked: Bookings, places: Ints) -> Happens:
    """Return what starts the bookings at some places of a block."""
    return lambda due: _start(charts, calendar, booked, places[due])


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
        verdicts = _verdicts(charts, study, rows)
        column = charts.plan.studies.index(study)
        charts.blocked[rows, column] = verdicts.blocked
        go = ~verdicts.blocked
        found.append(_booking(charts, order, study, rows[go], verdicts, go))
        rows = rows[verdicts.blocked]
    return found


def _booking(
    charts: Charts, order: StudyOrder, study: str, rows: Ints, verdicts: Verdicts, go: Bools
) -> Bookings:
    """Return when a study will be made and reported."""
    catalogue, column = charts.plan.catalogue, charts.plan.studies.index(study)
    row, waits = catalogue.study(study), catalogue.wait(study)
    repeat = charts.booked[rows, column]
    charts.booked[rows, column] += 1
    wait = days_of(waits.until_start(order.urgency), charts, rows, f"{study}|wait", repeat)
    start = whole_minutes(charts.now[rows] + verdicts.hold_d[go] + wait)
    latency = days_of(waits.report, charts, rows, f"{study}|report", repeat)
    report = whole_minutes(start + row.room_min / MINUTES_PER_DAY + latency)
    risks = tuple((name, rule, fires[go]) for name, rule, fires in verdicts.risks)
    return Bookings(study, rows, repeat, start, report, risks)


def days_of(duration: LogNormal, charts: Charts, rows: Ints, name: str, index: Ints) -> FloatArray:
    """Draw durations, in days, (k,)."""
    draw = normal(charts.patients.seed, name, charts.ids[rows], index)
    return whole_minutes(duration.median_d * np.exp(duration.sigma * draw))


def _verdicts(charts: Charts, study: str, rows: Ints) -> Verdicts:
    """Return what the rules say; a rule that waits for a lab value has it drawn."""
    first = _judged(charts, study, rows)
    needed = LABS_OF.get(charts.plan.catalogue.study(study).contrast)
    if not needed:
        return first
    columns = np.array([LABS.index(one) for one in needed])
    lacks = ~charts.lab_known[np.ix_(rows, columns)].all(axis=1)
    if not lacks.any():
        return first
    had = [one in charts.patients.labs for one in needed]
    charts.lab_known[np.ix_(rows[lacks], columns[had])] = True
    again = _judged(charts, study, rows)
    risks = tuple((name, rule, fires) for name, rule, fires in again.risks)
    return Verdicts(again.blocked, np.where(lacks, first.hold_d, again.hold_d), risks)


def _judged(charts: Charts, study: str, rows: Ints) -> Verdicts:
    blocked, hold, risks = np.zeros(len(rows), bool), np.zeros(len(rows)), []
    for name, rule, condition in charts.plan.study_rules(study):
        if rule.effect == "note":
            continue
        fires = charts.guard_holds(condition, rows)
        if rule.effect == "block":
            blocked = blocked | fires
        elif rule.effect == "hold":
            hold = hold + np.where(fires, rule.days, 0.0)
        else:
            risks.append((name, rule, fires))
    return Verdicts(blocked, hold, tuple(risks))


def _start(charts: Charts, calendar: Calendar, booked: Bookings, at: Ints) -> None:
    """Make the study: dose and cost count from here on; the report comes later."""
    rows, catalogue = booked.rows[at], charts.plan.catalogue
    charts.cost[rows] += catalogue.price(booked.study)
    charts.dose[rows] += catalogue.study(booked.study).dose.value
    charts.made[rows] += 1
    for name, rule, fires in booked.risks:
        hit = fires[at]
        if hit.any():
            stream = f"{booked.study}|risk|{name}"
            draw = uniform(charts.patients.seed, stream, charts.ids[rows], booked.repeat[at])
            hit = hit & (draw < rule.probability)
            charts.hazard[rows[hit]] *= rule.hazard_factor
    timepoint = charts.timepoint[rows].copy()
    calendar.at(rows, booked.report[at], partial(_report, charts, booked, at, timepoint))


def _report(charts: Charts, booked: Bookings, at: Ints, timepoint: Ints, due: Ints) -> None:
    """Read the study: from here on the doctors know what the reader saw."""
    rows, repeat = booked.rows[at[due]], booked.repeat[at[due]]
    plan, column = charts.plan, charts.plan.studies.index(booked.study)
    charts.done[rows, column] = True
    current = charts.timepoint[rows] == timepoint[due]
    rows, repeat = rows[current], repeat[current]
    one = plan.observers[booked.study]
    found, blind = one.read(charts.patients, rows, repeat)
    charts.report[rows[:, None], column, one.regions] = np.where(blind, -1, found)
    sizes = np.where(
        charts.patients.involved[rows[:, None], one.regions],
        charts.patients.size_mm[rows[:, None], one.regions],
        plan.catalogue.evidence.false_positive_mm.value,
    )
    before = charts.known_mm[rows[:, None], one.regions]
    charts.known_mm[rows[:, None], one.regions] = np.where(found, sizes, before)
    read = charts.read_regions[rows[:, None], one.regions]
    says = np.where(blind, SILENT, found + NO_AGAIN * read)
    news = enumerate(plan.reading[booked.study])
    charts.believe(rows, ((one, says[:, k]) for k, one in news if one is not None))
    heard = np.array([one is not None for one in plan.reading[booked.study]])
    charts.read_regions[rows[:, None], one.regions] = read | (~blind & heard)
