"""Charts of many patients: what the doctors know of each, as arrays, and what guards may ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from imagingsim.cohort import kernels
from imagingsim.cohort.conditions import Lookup, Vague, evaluate, holding
from imagingsim.cohort.draws import Ids
from imagingsim.cohort.plan import Plan
from imagingsim.cohort.population import Bools, Ints, Patients
from imagingsim.units import FloatArray
from imagingsim.workup.clock import NEAR_D, whole_minutes
from imagingsim.workup.consequences import Harm
from imagingsim.workup.guard import Guard
from imagingsim.workup.names import LABS, REGIONS

UNKNOWN = -1


@dataclass(eq=False)
class Charts:
    """What is known now of n patients; see `imagingsim.workup.chart` for the same of one.

    ``tally`` counts, by state and text of a guard, of how many it was asked and for how many it
    held.

    Arrays are (n,) or (n, regions | studies | states | labs | groups | diagnoses).
    """

    plan: Plan
    patients: Patients
    now: FloatArray = field(init=False)
    budget: FloatArray = field(init=False)
    hazard: FloatArray = field(init=False)
    dead: Bools = field(init=False)
    cost: FloatArray = field(init=False)
    dose: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Fill in what is known before anything was done: nothing."""
        n, plan = len(self.patients), self.plan
        self.now, self.cost, self.dose = np.zeros(n), np.zeros(n), np.zeros(n)
        self.budget, self.hazard = self.patients.budget_d.copy(), np.ones(n)
        self.dead, self.diagnostic = np.zeros(n, bool), np.zeros(n, bool)
        self.made, self.samples, self.pushed = (np.zeros(n, np.int64) for _ in range(3))
        self.timepoint = np.zeros(n, np.int64)
        self.lab_known = np.zeros((n, len(LABS)), bool)
        self.known_mm = np.full((n, len(REGIONS)), np.nan)
        self.report = np.full((n, len(plan.studies), len(REGIONS)), UNKNOWN, np.int8)
        self.done, self.blocked = (np.zeros((n, len(plan.studies)), bool) for _ in range(2))
        self.booked = np.zeros((n, len(plan.studies)), np.int64)
        self.visits = np.zeros((n, len(plan.order)), np.int64)
        self.read_regions = np.zeros((n, len(REGIONS)), bool)
        self.groups = np.zeros((n, len(plan.groups)), bool)
        self.weights = np.tile(plan.prior, (n, 1))
        self.where, self.tally = "", dict[tuple[str, str], list[int]]()
        self.caught = np.zeros(n, bool)
        self.harms = np.zeros(n, np.int64)
        self.fit = np.zeros(n)
        self.apart = np.zeros((n, len(plan.catalogue.conflicts)))
        self.labs = dict(self.patients.labs)
        self.malignant = np.full(n, UNKNOWN, np.int8)
        self.ki67 = np.full(n, np.nan)
        self.tissue_left, self.outstanding = np.zeros(n), np.zeros(n)

    @property
    def ids(self) -> Ids:
        """Numbers of the patients."""
        return self.patients.ids

    def over(self, rows: Ints) -> Bools:
        """Tell who died, reached the horizon, or was caught by an interrupt."""
        late = self.now[rows] >= self.plan.protocol.file.horizon_d
        return self.dead[rows] | self.caught[rows] | late

    def performance(self, rows: Ints) -> FloatArray:
        """Return performance by the ECOG scale: 0 active to 4 bedbound."""
        left = self.budget[rows]
        falls = self.plan.catalogue.evidence.performance.left_d
        return sum((left <= one + NEAR_D).astype(np.float64) for one in falls)  # type: ignore[return-value]

    def correct(self, rows: Ints, values: Mapping[str, float]) -> None:
        """Put blood tests right."""
        for test, value in values.items():
            if test in self.labs and len(rows):
                if self.labs[test] is self.patients.labs[test]:
                    self.labs[test] = self.labs[test].copy()
                self.labs[test][rows] = value

    def suffer(self, rows: Ints, harm: Harm) -> None:
        """Let something befall patients."""
        self.hazard[rows] *= harm.hazard_factor
        later = whole_minutes(self.now[rows] + harm.delay_d)
        self.fit[rows] = np.maximum(self.fit[rows], later)
        self.cost[rows] += harm.cost
        self.dose[rows] += harm.dose_msv
        self.harms[rows] += 1

    def holds(self, text: str | None, rows: Ints) -> Bools:
        """Tell for whom a guard of the protocol holds; none given always does."""
        if text is None:
            return np.ones(len(rows), bool)
        found = self.guard_holds(self.plan.guard(text), rows)
        count = self.tally.setdefault((self.where, text), [0, 0])
        count[0] += len(rows)
        count[1] += int(np.count_nonzero(found))
        return found

    def guard_holds(self, guard: Guard, rows: Ints) -> Bools:
        """Tell for whom a condition is true."""
        return holding(guard, self.lookup(rows), len(rows))

    def ask(self, text: str, rows: Ints) -> Vague:
        """Return what a guard of the protocol is worth for each."""
        return evaluate(self.plan.guard(text).tree, self.lookup(rows))

    def move_to(self, rows: Ints, timepoint: int) -> None:
        """Go on to a later timepoint: what was seen before must be seen anew."""
        self.timepoint[rows] = timepoint
        self.known_mm[rows] = np.nan
        self.report[rows] = UNKNOWN
        self.read_regions[rows] = False
        self.blocked[rows] = False
        for test, values in self.labs.items():
            if values is not self.patients.labs[test]:
                values[rows] = self.patients.labs[test][rows]
        self.diagnostic[rows] = False
        self.malignant[rows] = UNKNOWN

    def believe(self, rows: Ints, says: Ints, news: FloatArray) -> None:
        """Weigh findings one after the other.

        Parameters
        ----------
        says
            (k, findings) what each says of each patient: a row of its `News`.
        news
            (findings, 5, diseases).
        """
        kernels.weigh(rows, says, news, self.weights)

    def chances(self, rows: Ints) -> FloatArray:
        """Return the probabilities of the diagnoses, (k, diagnoses)."""
        return kernels.chances(self.weights[rows])

    def lookup(self, rows: Ints) -> Lookup:
        """Return the values a guard asks for, of some patients."""
        return lambda name: self._value(name, rows)

    def _value(self, name: tuple[str, ...], rows: Ints) -> Vague:
        if len(name) == 1:
            return self._plain(name[0], rows)
        if name[0] == "report":
            found = self.report[rows, self.plan.studies.index(name[1]), REGIONS.index(name[2])]
            return Vague(found > 0, found != UNKNOWN)
        return _SPACES[name[0]](self, name[1], rows)

    def _plain(self, name: str, rows: Ints) -> Vague:
        if name == "horizon":
            return Vague.sure(np.asarray(self.plan.protocol.file.horizon_d))
        if name == "timepoint":
            return Vague.sure(np.asarray(self.plan.timepoints)[self.timepoint[rows]])
        values = {"t": self.now, "dose": self.dose, "cost": self.cost}
        return Vague.sure(values[name][rows])

    def _patient(self, name: str, rows: Ints) -> Vague:
        if name == "performance":
            return Vague.sure(self.performance(rows))
        values = self.dead if name == "dead" else self.patients.values[name]
        return Vague.sure(values[rows])

    def _lab(self, name: str, rows: Ints) -> Vague:
        if name not in self.labs:
            return Vague(np.zeros(len(rows)), np.False_)
        return Vague(self.labs[name][rows], self.lab_known[rows, LABS.index(name)])

    def _seen(self, name: str, rows: Ints) -> Vague:
        if name == "any":
            return Vague.sure((~np.isnan(self.known_mm[rows])).any(axis=1))
        if name == "primary":
            region = self.plan.primary[self._top(rows)]
            return Vague.sure(~np.isnan(self.known_mm[rows, region]) & (region >= 0))
        return Vague.sure(~np.isnan(self.known_mm[rows, REGIONS.index(name)]))

    def _top(self, rows: Ints) -> Ints:
        return self.chances(rows).argmax(axis=1)

    def _post(self, name: str, rows: Ints) -> Vague:
        names = list(self.plan.population.differential.diagnoses)
        if name == "top":
            return Vague.sure(np.asarray(names)[self._top(rows)])
        chances = self.chances(rows)
        if name == "max":
            return Vague.sure(reduce(np.maximum, chances.T))
        if name in names:
            return Vague.sure(chances[:, names.index(name)])
        return Vague.sure(_added(chances[:, self.plan.members(name)]))

    def _path(self, name: str, rows: Ints) -> Vague:
        if name == "malignant":
            return Vague(self.malignant[rows] > 0, self.malignant[rows] != UNKNOWN)
        if name == "ki67":
            return Vague(self.ki67[rows], ~np.isnan(self.ki67[rows]))
        values = {
            "diagnostic": self.diagnostic, "tissue_left": self.tissue_left,
            "outstanding": self.outstanding,
        }  # fmt: skip
        return Vague.sure(values[name][rows])

    def _param(self, name: str, rows: Ints) -> Vague:
        return Vague.sure(np.asarray(self.plan.protocol.file.params[name].value))

    def _visits(self, name: str, rows: Ints) -> Vague:
        return Vague.sure(self.visits[rows, self.plan.order.index(name)].astype(np.float64))

    def _done(self, name: str, rows: Ints) -> Vague:
        return Vague.sure(self.done[rows, self.plan.studies.index(name)])

    def _blocked(self, name: str, rows: Ints) -> Vague:
        return Vague.sure(self.blocked[rows, self.plan.studies.index(name)])


_SPACES = {
    "patient": Charts._patient, "lab": Charts._lab, "seen": Charts._seen, "post": Charts._post,
    "path": Charts._path, "param": Charts._param, "visits": Charts._visits, "done": Charts._done,
    "blocked": Charts._blocked,
}  # fmt: skip


def _added(values: FloatArray) -> FloatArray:
    """Return the sums of rows, added from left to right as the scalar engine does."""
    total = np.zeros(len(values))
    for k in range(values.shape[1]):
        total = total + values[:, k]
    return total
