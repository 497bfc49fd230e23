"""The engine for many patients at once: state by state, each patient at a time of their own.

It means exactly what `imagingsim.workup.engine` means; the tests walk the same patients through
both.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from imagingsim.cohort.charts import Charts
from imagingsim.cohort.draws import uniform
from imagingsim.cohort.events import Calendar
from imagingsim.cohort.ordering import place_orders
from imagingsim.cohort.plan import Plan
from imagingsim.cohort.population import Bools, Ints, Patients
from imagingsim.cohort.sampling import sample_tissue
from imagingsim.units import FloatArray
from imagingsim.workup.engine import BIOPSY_LIMIT, BLOCKED, HORIZON
from imagingsim.workup.graph import transitions
from imagingsim.workup.names import ALL, LABS, REGIONS
from imagingsim.workup.spec import Biopsy, End, Order, Set, State, Wait


@dataclass(eq=False)
class Cohort:
    """Patients on their way through a protocol.

    Attributes
    ----------
    ending
        (n,) index into `endings`, -1 for who is still on the way.
    """

    charts: Charts
    calendar: Calendar
    ending: Ints
    pending: dict[str, list[Ints]] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan they follow."""
        return self.charts.plan

    @property
    def endings(self) -> tuple[str, ...]:
        """Every way a walk through this protocol can end."""
        states = self.plan.protocol.file.states.values()
        ends = (state.outcome for state in states if isinstance(state, End))
        return tuple(dict.fromkeys((*ends, HORIZON, BIOPSY_LIMIT, BLOCKED)))

    @cached_property
    def chances(self) -> FloatArray:
        """Probabilities of the diagnoses at the end of the walks, (n, diagnoses)."""
        return self.charts.chances(np.arange(len(self.charts.patients)))

    @cached_property
    def correct(self) -> Bools:
        """Tell whose likeliest diagnosis is the true one in the end, (n,)."""
        return self.chances.argmax(axis=1) == self.charts.patients.disease

    @property
    def primary_seen(self) -> Bools:
        """Tell whose primary was seen where it is, (n,)."""
        charts, patients = self.charts, self.charts.patients
        everyone, primary = np.arange(len(patients)), self.plan.primary[patients.disease]
        seen = ~np.isnan(charts.known_mm[everyone, primary]) & (primary >= 0)
        return seen & patients.involved[everyone, primary]

    @property
    def localised(self) -> Bools:
        """Tell whose primary was seen, the likeliest diagnosis being the true one, (n,)."""
        return self.correct & self.primary_seen


def walk_all(plan: Plan, patients: Patients) -> Cohort:
    """Walk patients through a protocol, from its start to an end each."""
    charts = Charts(plan, patients)
    return walk_from(charts, Calendar(charts), plan.protocol.file.start)


def walk_from(charts: Charts, calendar: Calendar, state: str) -> Cohort:
    """Walk patients on from a state, to an end each."""
    count, plan = len(charts.patients), charts.plan
    cohort = Cohort(charts, calendar, np.full(count, -1), {state: [np.arange(count)]})
    while cohort.pending:
        for name in plan.order:
            waiting = cohort.pending.pop(name, None)
            if waiting:
                rows = np.concatenate(waiting) if len(waiting) > 1 else waiting[0]
                _visit(cohort, name, rows)
    calendar.close()
    return cohort


def _visit(cohort: Cohort, name: str, rows: Ints) -> None:
    """Do what a state says for those who reached it, and send them on."""
    charts, state = cohort.charts, cohort.plan.protocol.state(name)
    column = cohort.plan.order.index(name)
    charts.visits[rows, column] += 1
    charts.where = name
    if isinstance(state, End):
        _end(cohort, rows, state.outcome)
        return
    if isinstance(state, Biopsy):
        spent = charts.visits[rows, column] > state.max_visits
        _end(cohort, rows[spent], BIOPSY_LIMIT)
        rows = rows[~spent]
    stopped = _do(cohort, rows, state)
    rows = _interrupted(cohort, rows)
    charts.caught[rows] = False
    over = charts.over(rows)
    _end(cohort, rows[over], HORIZON)
    rows = rows[~over]
    if len(stopped):
        halted = np.isin(rows, stopped)
        _end(cohort, rows[halted], BLOCKED)
        rows = rows[~halted]
    _send_on(cohort, rows, state)


def _end(cohort: Cohort, rows: Ints, outcome: str) -> None:
    cohort.ending[rows] = cohort.endings.index(outcome)


def _send(cohort: Cohort, rows: Ints, to: str) -> None:
    if len(rows):
        cohort.pending.setdefault(to, []).append(rows)


def _send_on(cohort: Cohort, rows: Ints, state: State) -> None:
    """Send each to where the first transition that holds leads."""
    for step in transitions(state):
        holds = cohort.charts.holds(step.when, rows)
        _send(cohort, rows[holds], step.to)
        rows = rows[~holds]


def _interrupted(cohort: Cohort, rows: Ints) -> Ints:
    """Send those whom an interrupt catches to its end; return the others."""
    for step in cohort.plan.protocol.file.interrupts:
        caught = cohort.charts.holds(step.when, rows)
        _send(cohort, rows[caught], step.to)
        rows = rows[~caught]
    return rows


def _do(cohort: Cohort, rows: Ints, state: State) -> Ints:
    """Do what a state says; return whom a blocked study stops."""
    charts, calendar = cohort.charts, cohort.calendar
    if isinstance(state, Order):
        return place_orders(charts, calendar, rows, state)
    if isinstance(state, Biopsy):
        sample_tissue(charts, calendar, rows, state)
    elif isinstance(state, Wait):
        _wait(cohort, rows, state)
    elif isinstance(state, Set):
        _set(charts, rows, state)
    return rows[:0]


def _wait(cohort: Cohort, rows: Ints, state: Wait) -> None:
    charts, calendar = cohort.charts, cohort.calendar
    if state.days is not None:
        calendar.advance(rows, charts.now[rows] + state.days)
    if state.timepoint is not None:
        going = rows[~charts.over(rows)]
        charts.move_to(going, cohort.plan.timepoints.index(state.timepoint))
    elif state.until is not None and state.timeout_d is not None:
        last = charts.now + state.timeout_d
        while len(rows):
            on = ~charts.holds(state.until, rows) & (charts.now[rows] < last[rows])
            rows = rows[on & ~charts.over(rows)]
            calendar.advance(rows, np.minimum(charts.now[rows] + 1.0, last[rows]))


def _set(charts: Charts, rows: Ints, state: Set) -> None:
    wanted = tuple(charts.patients.labs) if ALL in state.labs else state.labs
    for test in wanted:
        if test in charts.patients.labs:
            charts.lab_known[rows, LABS.index(test)] = True
    for region in state.examine:
        _examine(charts, rows, region)
    if state.hazard_factor != 1.0:
        charts.hazard[rows] *= state.hazard_factor


def _examine(charts: Charts, rows: Ints, region: str) -> None:
    """Look and feel: what is found is known from now on."""
    column, patients = REGIONS.index(region), charts.patients
    found = patients.involved[rows, column].copy()
    chance = charts.plan.catalogue.evidence.clinical_examination.value
    for number, timepoint in enumerate(charts.plan.timepoints):
        here = charts.timepoint[rows] == number
        if here.any():
            stream = f"examination|{timepoint}"
            draw = uniform(patients.seed, stream, charts.ids[rows[here]], column)
            found[here] &= draw < chance
    charts.known_mm[rows[found], column] = patients.size_mm[rows[found], column]
    news = charts.plan.examination[region][None]
    charts.believe(rows, found.astype(np.int64)[:, None], news)
    charts.read_regions[rows, column] = True
