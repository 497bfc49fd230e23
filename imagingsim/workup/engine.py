"""The engine: walks one patient through one protocol, from the first state to an end."""

from collections.abc import Callable
from functools import cache
from math import inf

from imagingsim.anatomy import sample_points
from imagingsim.anatomy.case import Case
from imagingsim.anatomy.case_records import Evidence
from imagingsim.progress import Progress, Silence
from imagingsim.reading import Reader
from imagingsim.study import Study
from imagingsim.workup.belief import Belief
from imagingsim.workup.chart import Chart, Known
from imagingsim.workup.clock import DeathClock
from imagingsim.workup.graph import transitions
from imagingsim.workup.laboratory import draw_labs
from imagingsim.workup.needle import Probe
from imagingsim.workup.ordering import place_orders
from imagingsim.workup.outcome import (
    Choice,
    Endpoint,
    Examined,
    Outcome,
    Person,
    Totals,
    in_words,
)
from imagingsim.workup.protocol import Protocol
from imagingsim.workup.spec import Biopsy, End, Order, Set, State, Transition, Wait
from imagingsim.workup.tissue import sample_tissue
from imagingsim.workup.walking import Draft, Imaging, Walk, chances

HORIZON, BIOPSY_LIMIT, BLOCKED = "horizon", "biopsy_limit", "blocked"
UNIT_WORDS = {"1": "", "1e-5/year": "per 100,000 a year"}
ENDINGS = {
    HORIZON: "The time limit of the protocol was reached.",
    BIOPSY_LIMIT: "No more biopsies are allowed at this point, and there is still no answer.",
    BLOCKED: "A study that the protocol needs must not be done in this patient.",
}


def nobody(study: Study) -> None:
    """Keep no study."""


def walk(
    case: Case,
    protocol: Protocol,
    imaging: Imaging,
    *,
    seed: int,
    probe: Callable[[str], Probe] | None = None,
    archive: Callable[[Study], None] = nobody,
    reader: Reader | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Walk a case through a protocol.

    Parameters
    ----------
    imaging
        Makes the images: called with an acquisition and a timepoint of the case.
    seed
        Equal content, seed and images give an equal outcome.
    probe
        Gives, for a timepoint, what tissue lies at points of the patient; the case's phantom when
        not given.
    archive
        Hears of each study as soon as it is acquired, with its place in the walk.
    reader
        Who reads the images; the one of ``evidence.yaml`` when not given.

    Returns
    -------
    Outcome
        Every walk has one: the patient dies, an end is reached, or time is up.
    """
    under_way = Walk(
        case, protocol, seed, _chart(case, protocol), imaging, probe or _phantom_probe(case),
        archive, reader or _reader(protocol), progress or Silence(),
    )  # fmt: skip
    under_way.progress.begin(protocol.file.title, len(protocol.file.states))
    ending = _run(under_way)
    return _outcome(under_way, ending)


def _chart(case: Case, protocol: Protocol) -> Chart:
    start = case.timepoint(case.workup_timepoint)
    left = case.outcome.survival_days
    clock = DeathClock(inf if left is None else left - start.day)
    belief = Belief.before(protocol.differential)
    return Chart(case, protocol, clock, belief, start.id, start.day)


def _reader(protocol: Protocol) -> Reader:
    row = protocol.catalogue.evidence.reader
    return Reader(threshold=row.threshold, efficiency=row.efficiency)


def _phantom_probe(case: Case) -> Callable[[str], Probe]:
    """Return a probe into the case's own phantom, built once per timepoint."""

    @cache
    def at(timepoint: str) -> Probe:
        phantom = case.phantom(timepoint)
        layers = phantom.layers
        return lambda points: [layers[i] for i in sample_points(phantom, points)]

    return at


def _run(walk: Walk) -> str:
    """Go from state to state; return the name of the ending."""
    name = walk.protocol.file.start
    while True:
        state = walk.protocol.state(name)
        _enter(walk, name, state)
        if isinstance(state, End):
            return state.outcome
        if isinstance(state, Biopsy) and walk.chart.visits[name] > state.max_visits:
            return BIOPSY_LIMIT
        _do(walk, name, state)
        walk.draft.end_day = walk.chart.now_d
        interrupt = _interrupt(walk)
        if walk.over and interrupt is None:
            return HORIZON
        if walk.stopped is not None:
            return walk.stopped
        name = _go(walk, interrupt or _next(walk, state))


def _enter(walk: Walk, name: str, state: State) -> None:
    chart = walk.chart
    chart.visits[name] = chart.visits.get(name, 0) + 1
    title = state.title or name.replace("_", " ").capitalize()
    walk.progress.step(f"Day {chart.now_d:.0f}: {title}")
    walk.drafts.append(
        Draft(
            len(walk.drafts) + 1, name, state.type, title, chart.timepoint, chart.now_d,
            chart.now_d, belief=chances(chart.belief),
        )
    )  # fmt: skip


def _do(walk: Walk, name: str, state: State) -> None:
    if isinstance(state, Order):
        place_orders(walk, name, state)
    elif isinstance(state, Biopsy):
        sample_tissue(walk, name, state)
    elif isinstance(state, Wait):
        _wait(walk, state)
    elif isinstance(state, Set):
        _set(walk, state)


def _wait(walk: Walk, state: Wait) -> None:
    chart = walk.chart
    if state.days is not None:
        walk.advance(chart.now_d + state.days)
    elif state.timepoint is not None:
        walk.advance(chart.day_of(state.timepoint))
        if not walk.over:
            chart.move_to(state.timepoint)
            walk.draft.timepoint = state.timepoint
            walk.note(" ".join(walk.case.timepoint(state.timepoint).history.split()))
    elif state.until is not None and state.timeout_d is not None:
        last = chart.now_d + state.timeout_d
        while not chart.holds(state.until) and chart.now_d < last and not walk.over:
            walk.advance(min(chart.now_d + 1.0, last))


def _set(walk: Walk, state: Set) -> None:
    if walk.draft.number == 1:
        walk.note(" ".join(walk.case.timepoint(walk.chart.timepoint).history.split()))
    draw_labs(walk, state.labs)
    for region in state.examine:
        _examine(walk, region)
    walk.note_procedures(state.procedures)
    if state.plan is not None:
        walk.note(state.plan)
    if state.hazard_factor != 1.0:
        walk.chart.clock.worsen(state.hazard_factor)


def _examine(walk: Walk, region: str) -> None:
    """Look and feel: the doctor sees most of what lies at the surface, and may miss one."""
    chart, evidence = walk.chart, walk.catalogue.evidence
    there = [lesion for lesion in chart.lesions().values() if lesion.region == region]
    for lesion in there:
        if lesion.role == "sequela":
            continue
        rng = walk.rng(chart.timepoint, "examination", lesion.id)
        found = float(rng.random()) < evidence.clinical_examination.value
        walk.draft.examined.append(Examined(lesion.id, in_words(lesion.set_id), region, found))
        if found:
            diameter = 2 * sorted(lesion.extents_mm)[1]
            chart.know(Known(lesion.id, region, lesion.centre_mm, diameter))
    positive = any(one.found for one in walk.draft.examined if one.region == region)
    rate = evidence.rate("clinical", region)
    walk.remember(chart.belief.after_region(region, positive, rate))
    chart.read_regions.add(region)


def _interrupt(walk: Walk) -> Transition | None:
    for step in walk.protocol.file.interrupts:
        if walk.chart.holds(step.when):
            return step
    return None


def _next(walk: Walk, state: State) -> Transition:
    return next(step for step in transitions(state) if walk.chart.holds(step.when))


def _go(walk: Walk, step: Transition) -> str:
    title = walk.protocol.state(step.to).title or step.to.replace("_", " ").capitalize()
    why = step.why or ("nothing stands against it" if step.when is None else step.when)
    walk.draft.choice = Choice(step.to, title, step.when, why)
    return step.to


def _outcome(walk: Walk, ending: str) -> Outcome:
    case, file = walk.case, walk.protocol.file
    for draft in walk.drafts:
        for index, visit in enumerate(draft.visits):
            if visit.status == "planned":
                why = (*visit.why, "the walk ended before it was due")
                draft.update_visit(index, status="cancelled", why=why)
    last = walk.protocol.file.states.get(walk.draft.state)
    text = last.title if isinstance(last, End) and last.title else ENDINGS.get(ending, ending)
    return Outcome(
        case_id=case.id, case_title=case.title, person=_person(case),
        protocol_id=walk.protocol.id, protocol_title=file.title, protocol_about=file.about,
        seed=walk.seed, steps=tuple(draft.finished(case) for draft in walk.drafts),
        studies=tuple(walk.studies), ending=ending, ending_text=text, totals=_totals(walk),
        endpoints=tuple(
            Endpoint(name, condition, _truth(walk, condition))
            for name, condition in file.endpoints.items()
        ),
        teaching=(*case.teaching, *file.teaching),
        facts=tuple(_fact(one) for one in case.disease),
        cited=tuple(dict.fromkeys((*(one.citation for one in case.sources), *file.source))),
    )  # fmt: skip


def _fact(one: Evidence) -> str:
    """Return a fact in words, with its number when it has one."""
    counted = one.unit == "1" and any(letter.isdigit() for letter in one.text)
    if one.value is None or counted:
        return one.text
    joint = " " if one.text.endswith(("about", "in", "of")) else ": "
    unit = UNIT_WORDS.get(one.unit or "", one.unit or "")
    return f"{one.text}{joint}{one.value:g} {unit}".strip()


def _truth(walk: Walk, condition: str) -> bool | None:
    value = walk.chart.guard(condition).value(walk.chart.lookup)
    return None if value is None else bool(value)


def _person(case: Case) -> Person:
    patient = case.patient
    history = tuple(fact.text for fact in (*patient.comorbidities, *patient.implants))
    drugs = tuple(fact.text for fact in patient.medication)
    return Person(
        patient.sex, case.age_y(case.workup_timepoint), patient.weight_kg, patient.height_m,
        (*history, *drugs),
    )  # fmt: skip


def _totals(walk: Walk) -> Totals:
    visits = [visit for draft in walk.drafts for visit in draft.visits]
    samplings = [one for draft in walk.drafts for one in draft.samplings]
    stains = [
        result for one in samplings for panel in one.panels for result in panel.results
        if result.positive is not None
    ]  # fmt: skip
    tariff = walk.catalogue.tariff
    return Totals(
        days=walk.chart.now_d, waiting_days=sum(visit.wait_days or 0.0 for visit in visits),
        cost=walk.chart.cost, currency=tariff.currency, symbol=tariff.symbol,
        dose_msv=walk.chart.dose_msv, studies=len(walk.studies),
        biopsies=sum(one.specimen is not None for one in samplings), stains=len(stains),
    )  # fmt: skip
