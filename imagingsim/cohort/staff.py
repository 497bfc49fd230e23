"""Staff: who reads the studies of a population's patients, and who looks at their tissue."""

from dataclasses import dataclass, field
from functools import cached_property

from imagingsim.cohort.observation import Observer, observer
from imagingsim.cohort.population import Population
from imagingsim.cohort.tissue import Tissue
from imagingsim.reading import LevelName
from imagingsim.workup.catalogue import Catalogue


@dataclass(frozen=True, eq=False)
class Staff:
    """The same for every patient of a population; what they go by is worked out when asked for.

    Attributes
    ----------
    level
        How experienced the readers are.
    """

    population: Population
    catalogue: Catalogue
    level: LevelName = "consultant"
    _observers: dict[str, Observer] = field(default_factory=dict)

    def observer(self, study: str) -> Observer:
        """Return how a study is read."""
        if study not in self._observers:
            one = observer(study, self.catalogue, self.population, self.level)
            self._observers[study] = one
        return self._observers[study]

    @cached_property
    def tissue(self) -> Tissue:
        """The laboratory."""
        return Tissue.of(self.population, self.catalogue)
