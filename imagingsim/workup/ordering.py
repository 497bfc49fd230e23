"""Ordering: a state that asks for studies, from the request form to the report."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from imagingsim.reading import Reading, Site, read
from imagingsim.scan import at_rest_mm
from imagingsim.series import CtTechnique, MrTechnique
from imagingsim.study import EPOCH, Study
from imagingsim.workup import safety
from imagingsim.workup.catalogue import LABS_OF, StudyRow
from imagingsim.workup.chart import Known
from imagingsim.workup.clock import MINUTES_PER_DAY, whole_minutes
from imagingsim.workup.laboratory import draw_labs
from imagingsim.workup.outcome import Visit
from imagingsim.workup.safety import Verdict
from imagingsim.workup.spec import Order, StudyOrder
from imagingsim.workup.walking import Draft, Walk

NOT_FOR_BELIEF = ("device", "brain", "ear_canal", "soft_tissue")
"""Regions that no diagnosis of the differentials says anything about."""


@dataclass(frozen=True)
class Booking:
    """One study that will be made."""

    order: StudyOrder
    study: str
    row: StudyRow
    verdict: Verdict
    index: int
    start_day: float
    report_day: float


def place_orders(walk: Walk, name: str, state: Order) -> None:
    """Place the orders of a state and let time pass until it may go on."""
    now = walk.chart.now_d
    bookings = [
        booking
        for order in state.orders
        if walk.chart.holds(order.only_if)
        for booking in _book(walk, name, state, order)
    ]
    if state.on_blocked == "stop" and walk.chart.blocked & {one.study for one in state.orders}:
        walk.stopped = "blocked"
        return
    for booking in bookings:
        walk.at(booking.start_day, partial(_start, walk, walk.draft, booking))
    if not bookings:
        return
    reports = [booking.report_day for booking in bookings]
    until = max(reports) if state.join == "all" else min(reports)
    if state.deadline_d is not None:
        until = min(until, now + state.deadline_d)
    walk.advance(until)
    for booking in bookings:
        _close(walk, walk.draft, booking)


def _book(walk: Walk, name: str, state: Order, order: StudyOrder) -> list[Booking]:
    """Return the booking of an order, of its first allowed substitute, or nothing."""
    wanted = [order.study]
    if state.on_blocked == "substitute":
        wanted += walk.catalogue.study(order.study).substitutes
    for study in wanted:
        row = walk.catalogue.study(study)
        verdict = _verdict(walk, row)
        index = len(walk.draft.visits)
        walk.draft.visits.append(_planned(walk, order, study, row, verdict))
        if not verdict.blocked:
            visit = walk.chart.visits[name]
            start = walk.days(
                walk.catalogue.wait(study).until_start(order.urgency), study, name, visit, "wait"
            )
            start = whole_minutes(walk.chart.now_d + verdict.hold_d + start)
            latency = walk.days(walk.catalogue.wait(study).report, study, name, visit, "report")
            report = whole_minutes(start + row.room_min / MINUTES_PER_DAY + latency)
            walk.chart.blocked.discard(study)
            return [Booking(order, study, row, verdict, index, start, report)]
        walk.chart.blocked.add(study)
        walk.draft.update_visit(index, status="blocked")
    return []


def _verdict(walk: Walk, row: StudyRow) -> Verdict:
    """Return what the rules say; a rule that waits for a lab value has it drawn."""
    first = safety.of_study(row, walk.catalogue, walk.chart)
    if row.contrast in LABS_OF and not set(LABS_OF[row.contrast]) <= set(walk.chart.labs):
        draw_labs(walk, LABS_OF[row.contrast])
        again = safety.of_study(row, walk.catalogue, walk.chart)
        return replace(again, hold_d=first.hold_d, notes=(*first.notes, *again.notes))
    return first


def _planned(walk: Walk, order: StudyOrder, study: str, row: StudyRow, verdict: Verdict) -> Visit:
    return Visit(
        study=study, title=row.title, modality=row.modality, urgency=order.urgency,
        question=order.question or "", status="planned", why=verdict.notes,
        ordered_day=walk.chart.now_d, timepoint=walk.chart.timepoint,
    )  # fmt: skip


def _start(walk: Walk, draft: Draft, booking: Booking) -> None:
    """Make the study: dose and cost count from here on; the report comes later."""
    row, day = booking.row, walk.chart.now_d
    if row.acquisition is None:
        draft.update_visit(
            booking.index, status="unavailable", start_day=day,
            why=(*draft.visits[booking.index].why, "this study cannot be simulated yet"),
        )  # fmt: skip
        return
    number = len(walk.studies) + 1
    walk.progress.step(f"Day {day:.0f}: {row.title}")
    scanned = walk.imaging(row.acquisition, walk.chart.timepoint)
    cost = walk.catalogue.price(booking.study)
    study = replace(
        scanned, id=f"{number:02d}_{booking.study}", start=EPOCH + timedelta(days=day),
        duration_min=row.room_min, cost=cost,
    )  # fmt: skip
    walk.studies.append(study)
    walk.archive(study)
    walk.chart.cost += cost
    walk.chart.dose_msv += study.dose_msv
    draft.update_visit(
        booking.index, status="acquired", start_day=day, study_id=study.id, cost=cost,
        wait_days=day - draft.visits[booking.index].ordered_day, dose_msv=study.dose_msv,
        contrast=_contrast(study), timepoint=study.timepoint,
    )  # fmt: skip
    _run_risks(walk, draft, booking)
    walk.at(booking.report_day, partial(_report, walk, draft, booking, study))


def _run_risks(walk: Walk, draft: Draft, booking: Booking) -> None:
    for name, rule in booking.verdict.risks:
        if float(walk.rng(booking.study, name, "risk").random()) < rule.probability:
            walk.chart.clock.worsen(rule.hazard_factor)
            draft.events.append(f"{rule.event} ({rule.why})")


def _report(walk: Walk, draft: Draft, booking: Booking, study: Study) -> None:
    """Read the images: from here on the doctors know what the reader saw."""
    chart = walk.chart
    walk.progress.step(f"Day {chart.now_d:.0f}: reading {booking.row.title}")
    lesions = {lesion.id: lesion for lesion in walk.case.lesions_at(study.timepoint)}
    sites = [
        Site(lesion.id, lesion.region, expected=lesion.role == "sequela")
        for lesion in lesions.values()
    ]
    reading = _asked(read(study, sites, walk.reader, seed=walk.seed), booking.row)
    draft.update_visit(booking.index, status="reported", report_day=chart.now_d, reading=reading)
    chart.done.add(booking.study)
    if study.timepoint != chart.timepoint:
        return
    chart.reports[booking.study] = reading
    for finding in reading.findings:
        if finding.suspicious:
            best = finding.best
            centre = at_rest_mm(walk.case, study, best.series, best.centre_mm)
            chart.know(Known(finding.lesion, finding.region, centre, best.diameter_mm))
    _believe(walk, booking, reading)


def _asked(reading: Reading, row: StudyRow) -> Reading:
    """Return a report with the lines the study is about, and those where something was seen."""
    lines = tuple(line for line in reading.regions if line.region in row.regions or line.findings)
    return replace(reading, regions=lines)


def _believe(walk: Walk, booking: Booking, reading: Reading) -> None:
    belief, evidence = walk.chart.belief, walk.catalogue.evidence
    for line in reading.regions:
        if line.positive is None or line.region in NOT_FOR_BELIEF:
            continue
        if line.region not in booking.row.regions:
            continue
        again = line.region in walk.chart.read_regions
        weight = evidence.repeated_study_weight.value if again else 1.0
        rate = evidence.rate(booking.row.modality, line.region)
        belief = belief.after_region(line.region, line.positive, rate, weight=weight)
        walk.chart.read_regions.add(line.region)
    walk.remember(belief)


def _close(walk: Walk, draft: Draft, booking: Booking) -> None:
    """Say of a study that never began why it did not."""
    visit = draft.visits[booking.index]
    if walk.chart.dead and visit.status == "planned":
        reason = f"the patient died before day {booking.start_day:.0f}, when it was due"
        draft.update_visit(booking.index, status="cancelled", why=(*visit.why, reason))


def _contrast(study: Study) -> tuple[str, ...]:
    """Return what was injected, each dose once."""
    found = {}
    for one in study.series:
        if isinstance(one.technique, CtTechnique | MrTechnique) and one.technique.contrast:
            dose = one.technique.contrast
            found[f"{dose.agent} {dose.concentration_mg_ml:g} mg/mL, {dose.volume_ml:.0f} mL"] = 1
    return tuple(found)
