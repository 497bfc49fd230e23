"""Belief: how likely each diagnosis is, by Bayes' rule, step by step.

The model is simpler than the truth on purpose: findings are independent given the diagnosis, and
what repeats itself counts less. It uses published accuracies, never the case's truth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log

from imagingsim.workup.catalogue import Differential, MarkerRow
from imagingsim.workup.evidence import Rate

SMALLEST = 1e-4
GROUP_WEIGHT = 0.5
"""What a second stain of the same group counts."""


@dataclass(frozen=True)
class Belief:
    """Logarithms of the weights of the diagnoses, in the order of the differential."""

    differential: Differential
    weights: tuple[float, ...]

    @classmethod
    def before(cls, differential: Differential) -> "Belief":
        """Return the belief before anything is known."""
        return cls(differential, tuple(log(one.weight) for one in differential.diagnoses.values()))

    @property
    def chances(self) -> dict[str, float]:
        """Probability of each diagnosis; they sum to 1."""
        top = max(self.weights)
        raw = [exp(weight - top) for weight in self.weights]
        total = sum(raw)
        names = self.differential.diagnoses
        return {name: value / total for name, value in zip(names, raw, strict=True)}

    @property
    def top(self) -> str:
        """The likeliest diagnosis."""
        chances = self.chances
        return max(chances, key=lambda name: chances[name])

    def group(self, name: str) -> float:
        """Return the probability of a group of diagnoses."""
        groups = {key: one.group for key, one in self.differential.diagnoses.items()}
        return sum(chance for key, chance in self.chances.items() if groups[key] == name)

    def after_region(
        self, region: str, positive: bool, rate: Rate, *, weight: float = 1.0
    ) -> "Belief":
        """Return the belief after a region was reported as involved, or as free."""
        likelihoods = []
        for one in self.differential.diagnoses.values():
            involved = one.involvement.get(region, self.differential.elsewhere)
            found = involved * rate.sensitivity + (1 - involved) * (1 - rate.specificity)
            likelihoods.append(found if positive else 1 - found)
        return self._times(likelihoods, weight)

    def after_markers(
        self, results: Mapping[str, bool], markers: Mapping[str, MarkerRow], done: Iterable[str]
    ) -> "Belief":
        """Return the belief after stains and histological features.

        Parameters
        ----------
        done
            Groups that earlier results spoke about; their news count less.
        """
        belief, groups = self, set(done)
        for name, positive in results.items():
            row = markers[name]
            rates = [row.rate(diagnosis) for diagnosis in self.differential.diagnoses]
            likelihoods = [rate if positive else 1 - rate for rate in rates]
            belief = belief._times(likelihoods, GROUP_WEIGHT if row.group in groups else 1.0)
            groups.add(row.group)
        return belief

    def _times(self, likelihoods: list[float], weight: float) -> "Belief":
        clipped = [min(max(value, SMALLEST), 1.0) for value in likelihoods]
        pairs = zip(self.weights, clipped, strict=True)
        return Belief(self.differential, tuple(old + weight * log(new) for old, new in pairs))
