"""Belief: how likely each diagnosis is, by Bayes' rule, step by step.

The model is simpler than the truth on purpose: findings are independent given the diagnosis, and
what repeats itself counts less. It uses published accuracies, never the case's truth.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import exp, log
from operator import add

from imagingsim.workup.catalogue import Diagnosis, Differential, MarkerRow
from imagingsim.workup.evidence import Rate
from imagingsim.workup.steps import Chance

SMALLEST = 1e-4
GROUP_WEIGHT = 0.5
"""What a second stain of the same group counts."""

Weights = tuple[float, ...]
"""Logarithms, one for each diagnosis, in the order of the differential."""

Says = tuple[Weights, Weights]
"""What a no, and a yes, adds to the weights."""


@dataclass(frozen=True, eq=False)
class News:
    """What findings say of the diagnoses of a differential, worked out once each."""

    differential: Differential
    markers: Mapping[str, MarkerRow]
    _known: dict[tuple[str, ...] | tuple[str, float, float], Says] = field(default_factory=dict)

    def of_region(self, region: str, rate: Rate) -> Says:
        """Return what a region says that was reported as free, or as involved."""
        elsewhere = self.differential.elsewhere

        def found(name: str, row: Diagnosis) -> float:
            involved = row.involvement.get(region, elsewhere)
            return involved * rate.sensitivity + (1 - involved) * (1 - rate.specificity)

        return self._once((region, rate.sensitivity, rate.specificity), found)

    def of_marker(self, marker: str) -> Says:
        """Return what a stain or a histological feature says."""
        return self._once((marker,), lambda name, row: self.markers[marker].rate(name))

    def _once(
        self,
        key: tuple[str, ...] | tuple[str, float, float],
        likelihood: Callable[[str, Diagnosis], float],
    ) -> Says:
        if key not in self._known:
            yes = [likelihood(name, row) for name, row in self.differential.diagnoses.items()]
            self._known[key] = _logarithms(1 - one for one in yes), _logarithms(yes)
        return self._known[key]


def _logarithms(likelihoods: Iterable[float]) -> Weights:
    return tuple(log(min(max(one, SMALLEST), 1.0)) for one in likelihoods)


@dataclass(frozen=True)
class Belief:
    """Logarithms of the weights of the diagnoses, in the order of the differential."""

    news: News
    weights: Weights

    @classmethod
    def before(cls, news: News) -> "Belief":
        """Return the belief before anything is known."""
        rows = news.differential.diagnoses.values()
        return cls(news, tuple(log(one.weight) for one in rows))

    @property
    def differential(self) -> Differential:
        """What it may be."""
        return self.news.differential

    @cached_property
    def chances(self) -> dict[str, float]:
        """Probability of each diagnosis; they sum to 1."""
        top = max(self.weights)
        raw = [exp(weight - top) for weight in self.weights]
        total = added(raw)
        names = self.differential.diagnoses
        return {name: value / total for name, value in zip(names, raw, strict=True)}

    @cached_property
    def shown(self) -> tuple[Chance, ...]:
        """The probabilities as records."""
        rows = self.differential.diagnoses
        return tuple(
            Chance(name, rows[name].title, rows[name].group, value)
            for name, value in self.chances.items()
        )

    @property
    def top(self) -> str:
        """The likeliest diagnosis."""
        chances = self.chances
        return max(chances, key=chances.__getitem__)

    def group(self, name: str) -> float:
        """Return the probability of a group of diagnoses."""
        return added(one.probability for one in self.shown if one.group == name)

    def after_region(
        self, region: str, positive: bool, rate: Rate, *, weight: float = 1.0
    ) -> "Belief":
        """Return the belief after a region was reported as involved, or as free."""
        return self._with(self.news.of_region(region, rate)[positive], weight)

    def after_markers(self, results: Mapping[str, bool], done: Iterable[str]) -> "Belief":
        """Return the belief after stains and histological features.

        Parameters
        ----------
        done
            Groups that earlier results spoke about; their news count less.
        """
        belief, groups = self, set(done)
        for name, positive in results.items():
            group = self.news.markers[name].group
            weight = GROUP_WEIGHT if group in groups else 1.0
            belief = belief._with(self.news.of_marker(name)[positive], weight)
            groups.add(group)
        return belief

    def _with(self, news: Weights, weight: float) -> "Belief":
        pairs = zip(self.weights, news, strict=True)
        return Belief(self.news, tuple([old + weight * new for old, new in pairs]))


def added(values: Iterable[float]) -> float:
    """Return a sum, added from left to right as on arrays; `sum` compensates since Python 3.12."""
    return reduce(add, values, 0.0)
