"""The meaning of a protocol once more, as one would write it by hand: lean Python, and SimPy.

One patient at a time, no report, no outcome, only what is counted. A walk is a generator that
yields the days until which it waits; who drives it lets time pass. Draws are Python's own.
"""

import ast
import heapq
import random
from collections.abc import Callable, Generator, Iterator
from functools import partial
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

import simpy

from imagingsim.cohort import Plan
from imagingsim.cohort.kernels import LOG_FIRST, LOG_STEP
from imagingsim.cohort.observation import Observer
from imagingsim.cohort.population import Patients
from imagingsim.workup.belief import GROUP_WEIGHT
from imagingsim.workup.catalogue import Rule, Spoken
from imagingsim.workup.consequences import Harm
from imagingsim.workup.guard import ARITHMETIC, COMPARE, dotted
from imagingsim.workup.names import ALL, REGIONS
from imagingsim.workup.ordering import NOT_FOR_BELIEF
from imagingsim.workup.pathology import KI67, KI67_HIGH_PERCENT
from imagingsim.workup.spec import Biopsy, End, Order, Panel, Set, StudyOrder, Wait
from imagingsim.workup.waits import LogNormal

Days = Generator[float, None, None]
Asked = Callable[["Walker"], Any]
SMALLEST = 1e-4
NORMAL = NormalDist()


def compiled(node: ast.expr) -> Asked:
    """Return a condition as a function of a walker, in three truth values."""
    name = dotted(node)
    if name is not None:
        return _lookup(name)
    return _MEANINGS[type(node)](node)


def _constant(node: ast.Constant) -> Asked:
    return lambda _: node.value


def _unary(node: ast.UnaryOp) -> Asked:
    part, no = compiled(node.operand), isinstance(node.op, ast.Not)

    def asked(w: "Walker") -> Any:
        value = part(w)
        if value is None:
            return None
        return not value if no else -value

    return asked


def _arithmetic(node: ast.BinOp) -> Asked:
    left, right, op = compiled(node.left), compiled(node.right), ARITHMETIC[type(node.op)]

    def asked(w: "Walker") -> Any:
        a, b = left(w), right(w)
        return None if a is None or b is None else op(a, b)

    return asked


def _known(node: ast.Call) -> Asked:
    part = compiled(node.args[0])
    return lambda w: part(w) is not None


def _joined(node: ast.BoolOp) -> Asked:
    return _connective([compiled(one) for one in node.values], isinstance(node.op, ast.Or))


def _compared(node: ast.Compare) -> Asked:
    parts = [compiled(one) for one in (node.left, *node.comparators)]
    return _comparison(parts, [COMPARE[type(op)] for op in node.ops])


_MEANINGS: dict[type[ast.expr], Callable[[Any], Asked]] = {
    ast.Constant: _constant, ast.UnaryOp: _unary, ast.BinOp: _arithmetic, ast.Call: _known,
    ast.BoolOp: _joined, ast.Compare: _compared,
}  # fmt: skip


def _connective(parts: list[Asked], decisive: bool) -> Asked:
    def asked(w: "Walker") -> bool | None:
        unknown = False
        for part in parts:
            value = part(w)
            if value is None:
                unknown = True
            elif bool(value) == decisive:
                return decisive
        return None if unknown else not decisive

    return asked


def _comparison(parts: list[Asked], ops: list[Any]) -> Asked:
    def asked(w: "Walker") -> bool | None:
        values = [part(w) for part in parts]
        if None in values:
            return None
        return all(op(a, b) for op, a, b in zip(ops, values, values[1:], strict=False))

    return asked


def _lookup(name: tuple[str, ...]) -> Asked:
    space, key = name[0], name[-1]
    table: dict[str, Asked] = {
        "t": lambda w: w.now, "cost": lambda w: w.cost, "dose": lambda w: w.dose,
        "patient": lambda w: w.fact(key), "lab": lambda w: w.labs.get(key),
        "visits": lambda w: w.visits.get(key, 0), "done": lambda w: key in w.done,
        "blocked": lambda w: key in w.blocked, "report": lambda w: w.reports.get(name[1:]),
        "seen": lambda w: w.sees(key), "post": lambda w: w.believes(key),
        "path": lambda w: w.path[key], "param": lambda w: w.file.params[key].value,
    }  # fmt: skip
    return table[space]


class LeanReader:
    """How a study is read, in plain numbers; a lesion's ease is looked up by its size."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.curves = observer.curves.tolist()
        self.false, self.dismissed = observer.false_positive.tolist(), observer.dismissed.tolist()
        self.own = sqrt(1.0 - observer.rho**2)
        self.blurs = [
            (one.patient, one.column, one.share, one.curve.tolist(), one.blinds)
            for one in observer.blurs
        ]

    def read(self, walker: "Walker", k: int, column: int) -> tuple[bool, bool]:
        """Return whether a region is called involved, and whether it cannot be judged."""
        draw, blind = walker.rng.random, False
        there = walker.involved[column]
        mu = looked_up(self.curves[k], walker.size_mm[column]) if there else 0.0
        for flag, at, share, curve, blinds in self.blurs:
            if at == k and walker.values[flag] > 0:
                blind = blind or blinds
                if there and draw() < share:
                    mu = min(mu, looked_up(curve, walker.size_mm[column]))
        if there:
            tracer = self.observer.row.tracer
            mu -= self.observer.not_avid if tracer and not walker.avid[tracer] else 0.0
            z = self.observer.rho * walker.hard[column] + self.own * walker.rng.gauss(0.0, 1.0)
            found = z < mu and draw() >= self.dismissed[k]
        else:
            found = draw() < self.false[k]
        return found, blind and not found


def looked_up(curve: list[float], size_mm: float) -> float:
    """Return the ease of a lesion by its size."""
    at = min(max((log(size_mm) - LOG_FIRST) / LOG_STEP, 0.0), len(curve) - 1.001)
    low = int(at)
    return curve[low] + (at - low) * (curve[low + 1] - curve[low])


class Rules:
    """A protocol made ready for hand-written walks."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.catalogue, self.file = plan, plan.catalogue, plan.protocol.file
        self.guards = {k: compiled(one.tree) for k, one in plan.protocol.guards.items()}
        self.study_rules = {
            one: self._rules(self.catalogue.about_study(one)) for one in plan.studies
        }
        self.needle_rules = {
            one: self._rules(self.catalogue.about_procedure(one))
            for one in self.catalogue.procedures
        }
        self.names = list(plan.population.differential.diagnoses)
        self.rows = list(plan.population.differential.diagnoses.values())
        self.readers = {one: LeanReader(plan.staff.observer(one)) for one in plan.studies}
        self.regions: dict[tuple[str, str], list[list[float]]] = {}
        self.stains: dict[str, list[list[float]]] = {}

    def _rules(self, spoken: Spoken) -> list[tuple[Rule, Asked]]:
        rules = spoken.rules
        return [(rule, compiled(guard.tree)) for _, rule, guard in rules if rule.effect != "note"]

    def news_of_region(self, key: str, region: str) -> list[list[float]]:
        """Return what a free, and an involved, region says of each diagnosis."""
        if (key, region) not in self.regions:
            rate = self.catalogue.evidence.rate(key, region)
            elsewhere = self.plan.population.differential.elsewhere
            shares = [row.involvement.get(region, elsewhere) for row in self.rows]
            yes = [p * rate.sensitivity + (1 - p) * (1 - rate.specificity) for p in shares]
            self.regions[key, region] = _news(yes)
        return self.regions[key, region]

    def news_of_stain(self, marker: str) -> list[list[float]]:
        """Return what a negative, and a positive, stain says of each diagnosis."""
        if marker not in self.stains:
            row = self.catalogue.markers[marker]
            self.stains[marker] = _news([row.rate(name) for name in self.names])
        return self.stains[marker]


def _news(yes: list[float]) -> list[list[float]]:
    return [[log(max(1 - p, SMALLEST)) for p in yes], [log(max(p, SMALLEST)) for p in yes]]


class Walker:
    """One patient on the way through a protocol."""

    def __init__(self, rules: Rules, patients: Patients, row: int, rng: random.Random) -> None:
        self.rules, self.catalogue, self.file, self.rng = rules, rules.catalogue, rules.file, rng
        self.disease = int(patients.disease[row])
        self.involved = patients.involved[row].tolist()
        self.size_mm = patients.size_mm[row].tolist()
        self.hard = patients.conspicuity[row].tolist()
        self.avid = {name: bool(one[row]) for name, one in patients.avid.items()}
        self.values = {name: float(one[row]) for name, one in patients.values.items()}
        self.blood = {name: float(one[row]) for name, one in patients.labs.items()}
        self.ki67, self.budget = float(patients.ki67[row]), float(patients.budget_d[row])
        self.now = self.cost = self.dose = self.fit = 0.0
        self.hazard, self.dead, self.ending = 1.0, False, ""
        self.labs: dict[str, float] = {}
        self.visits: dict[str, int] = {}
        self.done: set[str] = set()
        self.blocked: set[str] = set()
        self.reports: dict[tuple[str, ...], bool | None] = {}
        self.known: dict[int, float] = {}
        self.read: set[str] = set()
        self.groups: set[str] = set()
        self.booked: dict[str, int] = {}
        self.weights = [log(one.weight) for one in rules.rows]
        self.path: dict[str, Any] = {
            "diagnostic": False, "malignant": None, "ki67": None, "tissue_left": 0.0,
            "outstanding": 0.0,
        }  # fmt: skip
        self.stained: dict[str, bool] = {}

    def fact(self, key: str) -> Any:
        """Return a fact of the patient."""
        if key == "dead":
            return self.dead
        if key == "performance":
            return sum(self.budget <= one for one in self.catalogue.evidence.performance.left_d)
        return self.values[key] if key in ("age", "weight") else self.values[key] > 0

    def chances(self) -> list[float]:
        """Return the probability of each diagnosis."""
        top = max(self.weights)
        raw = [exp(one - top) for one in self.weights]
        total = sum(raw)
        return [one / total for one in raw]

    def believes(self, key: str) -> Any:
        """Return a probability, or the likeliest diagnosis."""
        chances = self.chances()
        if key == "max":
            return max(chances)
        if key == "top":
            return self.rules.names[chances.index(max(chances))]
        pairs = zip(self.rules.names, self.rules.rows, chances, strict=True)
        return sum(p for name, row, p in pairs if key in (name, row.group))

    def sees(self, key: str) -> bool:
        """Tell whether a lesion of a region is known."""
        if key == "any":
            return bool(self.known)
        if key == "primary":
            chances = self.chances()
            key = self.rules.rows[chances.index(max(chances))].primary
        return key in REGIONS and REGIONS.index(key) in self.known

    def holds(self, text: str | None) -> bool:
        """Tell whether a condition holds."""
        return text is None or self.rules.guards[text](self) is True

    @property
    def over(self) -> bool:
        """Whether the walk cannot go on."""
        return self.dead or self.now >= self.file.horizon_d

    def spend(self, day: float) -> None:
        """Let time pass, or die before."""
        death = self.now + self.budget / self.hazard
        if day >= death:
            self.now, self.budget, self.dead = death, 0.0, True
        else:
            self.budget -= (day - self.now) * self.hazard
            self.now = day

    def days(self, one: LogNormal) -> float:
        """Draw a duration."""
        return one.median_d * exp(one.sigma * self.rng.gauss(0.0, 1.0))

    def suffer(self, harm: Harm) -> None:
        """Let something befall the patient, or not."""
        if self.rng.random() < harm.probability:
            self.hazard *= harm.hazard_factor
            self.fit = max(self.fit, self.now + harm.delay_d)
            self.cost += harm.cost
            self.dose += harm.dose_msv

    def judged(self, rules: list[tuple[Rule, Asked]]) -> tuple[bool, float, list[Rule]]:
        """Return whether rules block, how long they hold, and which risks there are."""
        for rule, _ in rules:
            for test in rule.needs:
                if test not in self.labs and test in self.blood:
                    self.labs[test] = self.blood[test]
        firing = [rule for rule, asked in rules if asked(self) is True]
        held = [rule for rule in firing if rule.effect == "hold"]
        for rule in held:
            self.labs.update(rule.becomes)
        blocked = any(rule.effect == "block" for rule in firing)
        risks = [rule for rule in firing if rule.effect == "risk"]
        return blocked, sum(rule.days for rule in held), risks

    def weigh(self, news: list[float], weight: float = 1.0) -> None:
        """Weigh a finding."""
        self.weights = [one + weight * new for one, new in zip(self.weights, news, strict=True)]

    def walk(self, hospital: Any) -> Days:
        """Go from state to state; yields the days until which it waits."""
        name = self.file.start
        while True:
            state = self.file.states[name]
            self.visits[name] = self.visits.get(name, 0) + 1
            if isinstance(state, End):
                self.ending = state.outcome
                return
            if isinstance(state, Biopsy) and self.visits[name] > state.max_visits:
                return
            if isinstance(state, Order):
                yield from self.order(state, hospital)
            elif isinstance(state, Biopsy):
                yield from self.biopsy(state, hospital)
            elif isinstance(state, Wait):
                yield self.now + (state.days or 0.0)
            elif isinstance(state, Set):
                self.set(state)
            steps = [one for one in self.file.interrupts if self.holds(one.when)]
            if self.over and not steps:
                return
            steps = steps or [one for one in state.next if self.holds(one.when)]
            name = steps[0].to

    def set(self, state: Set) -> None:
        """Draw blood, look and feel."""
        for test in self.blood if ALL in state.labs else state.labs:
            if test in self.blood:
                self.labs[test] = self.blood[test]
        chance = self.catalogue.evidence.clinical_examination.value
        for region in state.examine:
            column = REGIONS.index(region)
            found = self.involved[column] and self.rng.random() < chance
            if found:
                self.known[column] = self.size_mm[column]
            self.weigh(self.rules.news_of_region("clinical", region)[found])
            self.read.add(region)

    def order(self, state: Order, hospital: Any) -> Days:
        """Order studies and wait for their reports."""
        reports = []
        for order in state.orders:
            if self.holds(order.only_if):
                reports += self.book(state, order, hospital)
        if reports:
            reports.sort()
            wanted = {"all": len(reports), "any": 1}.get(str(state.join), state.join)
            until = reports[min(int(wanted), len(reports)) - 1]
            if state.deadline_d is not None:
                until = min(until, self.now + state.deadline_d)
            yield until

    def book(self, state: Order, order: StudyOrder, hospital: Any) -> list[float]:
        """Book a study, or its first allowed substitute; return when it will be reported."""
        wanted = [order.study]
        if state.on_blocked == "substitute":
            wanted += self.catalogue.study(order.study).substitutes
        for study in wanted:
            blocked, hold, risks = self.judged(self.rules.study_rules[study])
            if blocked:
                self.blocked.add(study)
                continue
            self.blocked.discard(study)
            row, waits = self.catalogue.study(study), self.catalogue.wait(study)
            repeat = self.booked[study] = self.booked.get(study, -1) + 1
            start = max(self.fit, self.now + hold + self.days(waits.until_start(order.urgency)))
            report = start + row.room_min / 1440 + self.days(waits.report)
            hospital.study(self, row.modality, start, report, row.room_min / 1440,
                           partial(self.begin, study, risks),
                           partial(self.report, study, repeat))  # fmt: skip
            return [report]
        return []

    def begin(self, study: str, risks: list[Rule]) -> None:
        """Make a study."""
        self.cost += self.catalogue.price(study)
        self.dose += self.catalogue.study(study).dose.value
        for rule in risks:
            self.suffer(rule.harm)

    def report(self, study: str, repeat: int) -> None:
        """Read a study."""
        self.done.add(study)
        row, evidence = self.catalogue.study(study), self.catalogue.evidence
        if repeat == 0 and row.modality in self.catalogue.incidentals:
            self.suffer(self.catalogue.incidentals[row.modality])
        reader = self.rules.readers[study]
        for k, region in enumerate(row.regions):
            column = REGIONS.index(region)
            found, blind = reader.read(self, k, column)
            self.reports[study, region] = None if blind else found
            if found:
                size = self.size_mm[column] if self.involved[column] else 10.0
                self.known[column] = size
            if blind or region in NOT_FOR_BELIEF:
                continue
            weight = evidence.repeated_study_weight.value if region in self.read else 1.0
            self.weigh(self.rules.news_of_region(row.rate_key, region)[found], weight)
            self.read.add(region)

    def biopsy(self, state: Biopsy, hospital: Any) -> Days:
        """Sample the first region in which something is known, and stain it."""
        columns = [REGIONS.index(one) for one in state.target.regions]
        found = [c for c in columns if self.known.get(c, -1.0) >= state.target.min_mm]
        if not found:
            return
        column, tissue = found[0], self.rules.plan.staff.tissue
        technique = state.technique[REGIONS[column]]
        procedure = self.catalogue.procedures[technique]
        blocked, hold, _ = self.judged(self.rules.needle_rules[technique])
        if blocked:
            return
        yield max(self.fit, self.now + hold + self.days(procedure.wait))
        if self.over:
            return
        self.cost += self.catalogue.price(technique)
        lung = REGIONS[column] == "lung" and procedure.lung_complication
        self.suffer(lung or procedure.complication)
        slope = self.catalogue.evidence.yield_slope.value
        ease = NORMAL.inv_cdf(procedure.yield_of(REGIONS[column]))
        ease += slope * log(self.size_mm[column] / 15.0)
        good = self.involved[column] and self.rng.gauss(0.0, 1.0) < ease
        yield self.now + self.days(procedure.histology_d)
        if self.over or not good:
            return
        self.path["diagnostic"], malignant = True, bool(tissue.malignant[self.disease])
        self.path["malignant"] = malignant
        self.path["tissue_left"] = left = float(tissue.sections(procedure, state))
        self.stain(tissue.features)
        left = 999.0 if state.whole else left
        for panel in state.panels if malignant else ():
            if not self.over and self.holds(panel.when):
                count = int(min(left, len(panel.markers)))
                left -= count
                yield from self.panel(panel, count, hospital)

    def panel(self, panel: Panel, count: int, hospital: Any) -> Days:
        """Ask for stains."""
        self.path["outstanding"] += len(panel.markers)
        self.cost += self.catalogue.price("stain") * count
        due = self.now + panel.turnaround_d

        def back() -> None:
            self.path["outstanding"] -= len(panel.markers)
            if KI67 in panel.markers:
                self.path["ki67"] = self.ki67
            self.stain(panel.markers[:count])

        hospital.later(self, due, back)
        if not panel.background:
            yield due

    def stain(self, markers: tuple[str, ...]) -> None:
        """Read stains and features."""
        name = self.rules.names[self.disease]
        for marker in markers:
            row = self.catalogue.markers[marker]
            if marker not in self.stained:
                drawn = self.rng.random() < row.rate(name)
                high = self.ki67 > KI67_HIGH_PERCENT
                self.stained[marker] = high if marker == KI67 else drawn
            weight = GROUP_WEIGHT if row.group in self.groups else 1.0
            self.weigh(self.rules.news_of_stain(marker)[self.stained[marker]], weight)
            self.groups.add(row.group)


class Alone:
    """A hospital for one patient: a heap of what is to come."""

    def __init__(self) -> None:
        self.events: list[tuple[float, int, Callable[[], None]]] = []

    def later(self, walker: Walker, day: float, happens: Callable[[], None]) -> None:
        """Let something happen on a day."""
        heapq.heappush(self.events, (day, len(self.events), happens))

    def study(self, walker: Walker, modality: str, start: float, report: float, room: float,
              begin: Callable[[], None], read: Callable[[], None]) -> None:  # fmt: skip
        """Let a study be made and reported."""

        def begun() -> None:
            begin()
            self.later(walker, report, read)

        self.later(walker, start, begun)

    def run(self, walker: Walker) -> Walker:
        """Walk a patient to an end."""
        for day in walker.walk(self):
            target = min(max(day, walker.now), walker.file.horizon_d)
            while self.events and self.events[0][0] <= target and not walker.dead:
                due, _, happens = heapq.heappop(self.events)
                walker.spend(max(due, walker.now))
                if not walker.dead:
                    happens()
            if not walker.dead:
                walker.spend(target)
        return walker


class Simpy:
    """A hospital in SimPy: patients and studies are processes, scanners resources."""

    def __init__(self, scanners: int) -> None:
        self.env = simpy.Environment()
        kinds = ("CT", "MR", "PT", "US")
        self.rooms = {one: simpy.Resource(self.env, scanners) for one in kinds}

    def later(self, walker: Walker, day: float, happens: Callable[[], None]) -> None:
        """Let something happen on a day."""
        self.env.process(self._later(walker, day, happens))

    def _later(self, walker: Walker, day: float, happens: Callable[[], None]) -> Iterator[Any]:
        yield self.env.timeout(max(0.0, day - self.env.now))
        if self._alive(walker):
            happens()

    def study(self, walker: Walker, modality: str, start: float, report: float, room: float,
              begin: Callable[[], None], read: Callable[[], None]) -> None:  # fmt: skip
        """Let a study be made in a room and reported."""

        def made() -> Iterator[Any]:
            yield self.env.timeout(max(0.0, start - self.env.now))
            with self.rooms[modality].request() as place:
                yield place
                if not self._alive(walker):
                    return
                begin()
                yield self.env.timeout(room)
            yield self.env.timeout(max(0.0, report - self.env.now))
            if self._alive(walker):
                read()

        self.env.process(made())

    def _alive(self, walker: Walker) -> bool:
        if not walker.over:
            walker.spend(min(self.env.now, walker.file.horizon_d))
        return not walker.over

    def patient(self, walker: Walker) -> Iterator[Any]:
        """Be a patient."""
        for day in walker.walk(self):
            target = min(max(day, walker.now), walker.file.horizon_d)
            yield self.env.timeout(max(0.0, target - self.env.now) + 1e-9)
            if not walker.over:
                walker.spend(max(target, walker.now))

    def run(self, walkers: list[Walker]) -> None:
        """Walk all patients to their ends."""
        for walker in walkers:
            self.env.process(self.patient(walker))
        self.env.run()
