"""Ordering: a state that asks for studies, from the request form to the report."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from imagingsim.reading import Reading
from imagingsim.series import EPOCH
from imagingsim.workup import safety
from imagingsim.workup.catalogue import StudyRow
from imagingsim.workup.clock import MINUTES_PER_DAY, whole_minutes
from imagingsim.workup.safety import Verdict
from imagingsim.workup.spec import Order, StudyOrder
from imagingsim.workup.steps import Visit
from imagingsim.workup.walking import Draft, Event, Walk
from imagingsim.workup.world import Made, Request

NOT_FOR_BELIEF = ("device", "brain", "ear_canal", "soft_tissue")
"""Regions that no diagnosis of the differentials says anything about."""


@dataclass(frozen=True)
class Booking:
    """One study that will be made.

    Attributes
    ----------
    replaced
        What was noted of conflicts before it was booked.
    """

    order: StudyOrder
    study: str
    row: StudyRow
    verdict: Verdict
    index: int
    repeat: int
    start_day: float
    report_day: float
    replaced: dict[str, float]


@dataclass(frozen=True)
class Beginning:
    """A booked study is due to be made."""

    booking: Booking


@dataclass(frozen=True)
class Reporting:
    """A study that was made is due to be reported."""

    booking: Booking
    timepoint: str


def place_orders(walk: Walk, name: str, state: Order) -> None:
    """Place the orders of a state and let time pass until it may go on."""
    now = walk.chart.now_d
    bookings = [
        booking
        for order in state.orders
        if walk.chart.holds(order.only_if)
        for booking in _book(walk, state, order)
    ]
    if state.on_blocked == "stop" and walk.chart.blocked & {one.study for one in state.orders}:
        walk.stopped = "blocked"
        return
    begins = [
        walk.at(one.start_day, partial(_start, walk, walk.draft, one), Beginning(one))
        for one in bookings
    ]
    if not bookings:
        return
    reports = sorted(booking.report_day for booking in bookings)
    until = reports[wanted_reports(state, len(reports)) - 1]
    if state.deadline_d is not None:
        until = min(until, now + state.deadline_d)
    walk.advance(until)
    for begin, booking in reversed(list(zip(begins, bookings, strict=True))):
        if state.cancel_rest and not walk.over:
            _give_up(walk, walk.draft, begin, booking)
        _close(walk, walk.draft, booking)


def wanted_reports(state: Order, booked: int) -> int:
    """Return how many of the booked studies' reports a state waits for."""
    if state.join == "all":
        return booked
    return 1 if state.join == "any" else min(state.join, booked)


def _book(walk: Walk, state: Order, order: StudyOrder) -> list[Booking]:
    """Return the booking of an order, of its first allowed substitute, or nothing."""
    wanted = [order.study]
    if state.on_blocked == "substitute":
        wanted += walk.catalogue.study(order.study).substitutes
    for study in wanted:
        row = walk.catalogue.study(study)
        verdict = safety.of_study(study, walk, order.despite)
        index = len(walk.draft.visits)
        walk.draft.visits.append(_planned(walk, order, study, row, verdict))
        if not verdict.blocked:
            walk.chart.blocked.discard(study)
            return [_booking(walk, order, study, row, verdict, index)]
        walk.chart.blocked.add(study)
        walk.draft.update_visit(index, status="blocked")
    return []


def _booking(
    walk: Walk, order: StudyOrder, study: str, row: StudyRow, verdict: Verdict, index: int
) -> Booking:
    """Return when a study will be made and reported."""
    repeat, waits = walk.chart.booked.get(study, 0), walk.catalogue.wait(study)
    walk.chart.booked[study] = repeat + 1
    wait = walk.days(waits.until_start(order.urgency), study, "wait", repeat)
    spoken = walk.catalogue.about_study(study)
    planned = whole_minutes(walk.chart.now_d + verdict.hold_d + wait)
    start = max(planned, safety.earliest(walk, spoken))
    replaced = safety.keep_apart(walk, start, spoken)
    latency = walk.days(waits.report, study, "report", repeat)
    report = whole_minutes(start + row.room_min / MINUTES_PER_DAY + latency)
    return Booking(order, study, row, verdict, index, repeat, start, report, replaced)


def _planned(walk: Walk, order: StudyOrder, study: str, row: StudyRow, verdict: Verdict) -> Visit:
    return Visit(
        study=study, title=row.title, modality=row.modality, urgency=order.urgency,
        question=order.question or "", status="planned", why=verdict.notes,
        ordered_day=walk.chart.now_d, timepoint=walk.chart.timepoint,
    )  # fmt: skip


def _start(walk: Walk, draft: Draft, booking: Booking) -> None:
    """Make the study: dose and cost count from here on; the report comes later."""
    row, day, cost = booking.row, walk.chart.now_d, walk.catalogue.price(booking.study)
    walk.progress.step(f"Day {day:.0f}: {row.title}")
    request = Request(
        booking.study, row, walk.chart.timepoint, EPOCH + timedelta(days=day), walk.made + 1,
        booking.repeat, cost,
    )  # fmt: skip
    made = walk.world.make(request)
    if made is None:
        draft.update_visit(
            booking.index, status="unavailable", start_day=day,
            why=(*draft.visits[booking.index].why, "this study cannot be simulated yet"),
        )  # fmt: skip
        return
    walk.keep(made)
    walk.chart.correct(booking.verdict.becomes)
    walk.chart.cost += cost
    walk.chart.dose_msv += made.dose_msv
    draft.update_visit(
        booking.index, status="acquired", start_day=day, study_id=made.id, cost=cost,
        wait_days=day - draft.visits[booking.index].ordered_day, dose_msv=made.dose_msv,
        contrast=made.contrast, timepoint=made.timepoint,
    )  # fmt: skip
    _run_risks(walk, draft, booking)
    walk.at(
        booking.report_day, partial(_report, walk, draft, booking, request, made),
        Reporting(booking, made.timepoint),
    )  # fmt: skip


def _run_risks(walk: Walk, draft: Draft, booking: Booking) -> None:
    for name, rule in booking.verdict.risks:
        draw = walk.world.uniform(booking.study, "risk", name, booking.repeat)
        if draw < rule.probability:
            walk.suffer(rule.harm, rule.why, draft)


def _find_by_chance(walk: Walk, draft: Draft, booking: Booking) -> None:
    """See whether a report speaks of something nobody asked for; a repeated study shows no more."""
    harm = walk.catalogue.incidentals.get(booking.row.modality)
    if harm is None or booking.repeat > 0:
        return
    if walk.world.uniform(booking.study, "incidental", booking.repeat) < harm.probability:
        walk.suffer(harm, booking.row.title, draft)


def _report(walk: Walk, draft: Draft, booking: Booking, request: Request, made: Made) -> None:
    """Read the study: from here on the doctors know what the reader saw."""
    chart = walk.chart
    walk.progress.step(f"Day {chart.now_d:.0f}: reading {booking.row.title}")
    reading, known = walk.world.read(made, request)
    draft.update_visit(booking.index, status="reported", report_day=chart.now_d, reading=reading)
    chart.done.add(booking.study)
    _find_by_chance(walk, draft, booking)
    if made.timepoint != chart.timepoint:
        return
    chart.reports[booking.study] = reading
    for one in known:
        chart.know(one)
    _believe(walk, booking, reading)


def _believe(walk: Walk, booking: Booking, reading: Reading) -> None:
    belief, evidence = walk.chart.belief, walk.catalogue.evidence
    for line in reading.regions:
        if line.positive is None or line.region in NOT_FOR_BELIEF:
            continue
        if line.region not in booking.row.regions:
            continue
        again = line.region in walk.chart.read_regions
        weight = evidence.repeated_study_weight.value if again else 1.0
        rate = evidence.rate(booking.row.rate_key, line.region)
        belief = belief.after_region(line.region, line.positive, rate, weight=weight)
        walk.chart.read_regions.add(line.region)
    walk.remember(belief)


def _give_up(walk: Walk, draft: Draft, begin: Event, booking: Booking) -> None:
    """Call a study off that has not begun; what it kept waiting need not wait."""
    visit = draft.visits[booking.index]
    if visit.status != "planned":
        return
    begin.off = True
    for name, before in booking.replaced.items():
        until = whole_minutes(booking.start_day + walk.catalogue.conflicts[name][0].apart_d)
        if walk.chart.apart_d[name] == until:
            walk.chart.apart_d[name] = before
    reason = "given up, what was waited for is back"
    draft.update_visit(booking.index, status="cancelled", why=(*visit.why, reason))


def _close(walk: Walk, draft: Draft, booking: Booking) -> None:
    """Say of a study that never began why it did not."""
    visit = draft.visits[booking.index]
    if walk.chart.dead and visit.status == "planned":
        reason = f"the patient died before day {booking.start_day:.0f}, when it was due"
        draft.update_visit(booking.index, status="cancelled", why=(*visit.why, reason))
