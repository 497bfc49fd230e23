"""The engine: walks one patient through one protocol, from the first state to an end."""

from imagingsim.progress import Progress, Silence
from imagingsim.workup.belief import Belief
from imagingsim.workup.chart import Chart
from imagingsim.workup.clock import DeathClock
from imagingsim.workup.graph import transitions
from imagingsim.workup.laboratory import draw_labs
from imagingsim.workup.ordering import place_orders
from imagingsim.workup.outcome import Endpoint, Outcome, Totals
from imagingsim.workup.protocol import Protocol
from imagingsim.workup.spec import Biopsy, End, Order, Set, State, Transition, Wait
from imagingsim.workup.steps import Choice
from imagingsim.workup.tissue import sample_tissue
from imagingsim.workup.walking import Draft, Walk
from imagingsim.workup.world import World

HORIZON, BIOPSY_LIMIT, BLOCKED = "horizon", "biopsy_limit", "blocked"
ENDINGS = {
    HORIZON: "The time limit of the protocol was reached.",
    BIOPSY_LIMIT: "No more biopsies are allowed at this point, and there is still no answer.",
    BLOCKED: "A study that the protocol needs must not be done in this patient.",
}


def walk_world(
    world: World, protocol: Protocol, *, seed: int = 0, progress: Progress | None = None
) -> Outcome:
    """Walk the patient of a world through a protocol.

    Parameters
    ----------
    seed
        Written into the outcome; the world draws.

    Returns
    -------
    Outcome
        Every walk has one: the patient dies, an end is reached, or time is up.
    """
    return finish(begin(world, protocol, progress), seed)


def begin(world: World, protocol: Protocol, progress: Progress | None = None) -> Walk:
    """Return a walk at its first state, nothing done yet."""
    timepoint, day = world.start
    chart = Chart(
        world, protocol,
        DeathClock(world.budget_d, falls_d=protocol.catalogue.evidence.performance.left_d),
        Belief.before(protocol.news), timepoint, day,
    )  # fmt: skip
    walk = Walk(world, protocol, chart, progress or Silence(), protocol.file.start)
    walk.progress.begin(protocol.file.title, len(protocol.file.states))
    return walk


def finish(walk: Walk, seed: int) -> Outcome:
    """Walk on to an end."""
    ending = walk_on(walk)
    while ending is None:
        ending = walk_on(walk)
    return _outcome(walk, ending, seed)


def walk_on(walk: Walk) -> str | None:
    """Go through one state; return the name of the ending when the walk is over."""
    name, state = walk.state, walk.protocol.state(walk.state)
    _enter(walk, name, state)
    if isinstance(state, End):
        return state.outcome
    if isinstance(state, Biopsy) and walk.chart.visits[name] > state.max_visits:
        return BIOPSY_LIMIT
    _do(walk, name, state)
    walk.draft.end_day = walk.chart.now_d
    interrupt = _interrupt(walk)
    walk.caught = False
    if walk.over and interrupt is None:
        return HORIZON
    if walk.stopped is not None:
        return walk.stopped
    walk.state = _go(walk, interrupt or _next(walk, state))
    return None


def _enter(walk: Walk, name: str, state: State) -> None:
    chart = walk.chart
    chart.visits[name] = chart.visits.get(name, 0) + 1
    title = state.title or name.replace("_", " ").capitalize()
    walk.progress.step(f"Day {chart.now_d:.0f}: {title}")
    walk.drafts.append(
        Draft(
            len(walk.drafts) + 1, name, state.type, title, chart.timepoint, chart.now_d,
            chart.now_d, belief=chart.belief,
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
    if state.timepoint is not None:
        _wait_for_timepoint(walk, state, state.timepoint)
    elif state.days is not None:
        walk.advance(chart.now_d + state.days)
    elif state.until is not None and state.timeout_d is not None:
        last = chart.now_d + state.timeout_d
        while not chart.holds(state.until) and chart.now_d < last and not walk.over:
            walk.advance(min(chart.now_d + 1.0, last))


def _wait_for_timepoint(walk: Walk, state: Wait, timepoint: str) -> None:
    chart, day = walk.chart, walk.world.day_of(timepoint)
    walk.advance(chart.now_d + (state.days or 0.0) if day is None else day - chart.start_day)
    if not walk.over:
        chart.move_to(timepoint)
        walk.draft.timepoint = timepoint
        walk.note(walk.world.history(timepoint))


def _set(walk: Walk, state: Set) -> None:
    if walk.draft.number == 1:
        walk.note(walk.world.history(walk.chart.timepoint))
    draw_labs(walk, state.labs)
    for region in state.examine:
        _examine(walk, region)
    walk.note_procedures(state.procedures)
    if state.plan is not None:
        walk.note(state.plan)
    if state.hazard_factor != 1.0:
        walk.chart.clock.worsen(state.hazard_factor)


def _examine(walk: Walk, region: str) -> None:
    """Look and feel: what is found is known from now on."""
    chart = walk.chart
    for one, known in walk.world.examined(region, chart.timepoint):
        walk.draft.examined.append(one)
        if one.found:
            chart.know(known)
    positive = any(one.found for one in walk.draft.examined if one.region == region)
    rate = walk.catalogue.evidence.rate("clinical", region)
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


def _outcome(walk: Walk, ending: str, seed: int) -> Outcome:
    about, file = walk.world.about, walk.protocol.file
    for draft in walk.drafts:
        for index, visit in enumerate(draft.visits):
            if visit.status == "planned":
                why = (*visit.why, "the walk ended before it was due")
                draft.update_visit(index, status="cancelled", why=why)
    last = file.states.get(walk.draft.state)
    text = last.title if isinstance(last, End) and last.title else ENDINGS.get(ending, ending)
    return Outcome(
        case_id=about.id, case_title=about.title, person=about.person,
        protocol_id=walk.protocol.id, protocol_title=file.title, protocol_about=file.about,
        seed=seed, steps=tuple(draft.finished(walk.world) for draft in walk.drafts),
        studies=tuple(walk.studies), ending=ending, ending_text=text, totals=_totals(walk),
        endpoints=tuple(
            Endpoint(name, condition, _truth(walk, condition))
            for name, condition in file.endpoints.items()
        ),
        teaching=(*about.teaching, *file.teaching), facts=about.facts,
        cited=tuple(dict.fromkeys((*about.cited, *file.source))),
    )  # fmt: skip


def _truth(walk: Walk, condition: str) -> bool | None:
    value = walk.chart.guard(condition).value(walk.chart.lookup)
    return None if value is None else bool(value)


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
        dose_msv=walk.chart.dose_msv, studies=walk.made, harms=walk.chart.harms,
        biopsies=sum(one.specimen is not None for one in samplings), stains=len(stains),
    )  # fmt: skip
