"""Plan: what of a protocol does not depend on the patient, worked out once for a whole cohort."""

from dataclasses import dataclass
from functools import cached_property
from math import log

import networkx as nx
import numpy as np

from imagingsim.cohort.population import Bools, Ints, Population
from imagingsim.cohort.staff import Staff
from imagingsim.cohort.world import TIMEPOINT
from imagingsim.errors import WorkupError
from imagingsim.reading import LevelName
from imagingsim.units import FloatArray
from imagingsim.workup import belief
from imagingsim.workup.belief import GROUP_WEIGHT, Says
from imagingsim.workup.catalogue import Catalogue, Diagnosis
from imagingsim.workup.evidence import Rate
from imagingsim.workup.graph import graph_of
from imagingsim.workup.guard import Guard
from imagingsim.workup.names import REGIONS, orderable
from imagingsim.workup.ordering import NOT_FOR_BELIEF
from imagingsim.workup.protocol import Protocol
from imagingsim.workup.spec import Wait

SILENT = 4
"""What a finding says: 0 no, 1 yes, `NO_AGAIN` and 3 the same of what was found before, nothing."""

News = FloatArray
"""(5, diseases): what is added to the logarithms of the weights by a finding, by what it says."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A protocol made ready for a population, and for readers of some experience."""

    protocol: Protocol
    population: Population
    level: LevelName = "consultant"

    @classmethod
    def of(
        cls, protocol: Protocol, population: Population, level: LevelName = "consultant"
    ) -> "Plan":
        """Return the plan of a protocol for the patients of a population.

        Raises
        ------
        WorkupError
            When the two speak of different diseases, or the protocol follows the written course
            of a case without saying how long that takes.
        """
        if protocol.file.differential != population.file.differential:
            raise WorkupError(
                f"Protocol {protocol.id} thinks of {protocol.file.differential}, population "
                f"{population.id} is drawn from {population.file.differential}. "
                "Compare protocols with a population of their differential."
            )
        for name, state in protocol.file.states.items():
            if isinstance(state, Wait) and state.timepoint is not None and state.days is None:
                raise WorkupError(
                    f"Protocol {protocol.id}: state {name} waits for timepoint {state.timepoint}, "
                    "which only its case has. Add `days` for patients without a written course."
                )
        return cls(protocol, population, level)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the protocol."""
        return self.protocol.catalogue

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The states, those that lead to others first, so that patients meet again soon."""
        file = self.protocol.file
        found = list(nx.dfs_postorder_nodes(graph_of(file.states), file.start))[::-1]
        return (*found, *(name for name in file.states if name not in found))

    @cached_property
    def studies(self) -> tuple[str, ...]:
        """Every study the protocol may order, substitutes included."""
        return tuple(dict.fromkeys(orderable(self.protocol.file, self.catalogue)))

    @cached_property
    def timepoints(self) -> tuple[str, ...]:
        """Referral, and the timepoints the protocol waits for."""
        waits = [one for one in self.protocol.file.states.values() if isinstance(one, Wait)]
        return tuple(dict.fromkeys((TIMEPOINT, *(w.timepoint for w in waits if w.timepoint))))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups of the stains."""
        return tuple(dict.fromkeys(row.group for row in self.catalogue.markers.values()))

    @cached_property
    def staff(self) -> Staff:
        """Who reads, and who looks at tissue."""
        return Staff(self.population, self.catalogue, self.level)

    @cached_property
    def prior(self) -> FloatArray:
        """Logarithms of the weights of the diagnoses before anything is known."""
        return np.array([log(one.weight) for one in self._diagnoses])

    @cached_property
    def primary(self) -> Ints:
        """Region of the primary of each diagnosis, as an index; -1 where no region is."""
        return np.array(
            [
                REGIONS.index(one.primary) if one.primary in REGIONS else -1
                for one in self._diagnoses
            ]
        )

    def members(self, group: str) -> Bools:
        """Tell which diagnoses belong to a group."""
        return np.array([one.group == group for one in self._diagnoses])

    def guard(self, text: str) -> Guard:
        """Return a guard of the protocol by its text."""
        return self.protocol.guards[text]

    def of_region(self, region: str, rate: Rate, again: float = 1.0) -> News:
        """Return what a region reported as involved, or as free, says of each diagnosis."""
        return _rows(self._news.of_region(region, rate), again)

    @cached_property
    def staining(self) -> dict[str, News]:
        """What each stain and feature says of each diagnosis."""
        news = self._news
        return {one: _rows(news.of_marker(one), GROUP_WEIGHT) for one in self.catalogue.markers}

    @cached_property
    def reading(self) -> dict[str, tuple[Ints, FloatArray]]:
        """For each study, which of its regions say something, and (m, 5, diseases) what."""
        evidence, found = self.catalogue.evidence, {}
        again = evidence.repeated_study_weight.value
        for study in self.studies:
            row = self.catalogue.study(study)
            places = [k for k, one in enumerate(row.regions) if one not in NOT_FOR_BELIEF]
            news = [
                self.of_region(region, evidence.rate(row.rate_key, region), again)
                for region in (row.regions[k] for k in places)
            ]
            empty = np.zeros((0, 5, len(self._diagnoses)))
            found[study] = np.array(places, np.int64), np.stack(news) if news else empty
        return found

    @cached_property
    def examination(self) -> dict[str, News]:
        """What looking and feeling says of each diagnosis, by region."""
        rate = self.catalogue.evidence.rate
        return {one: self.of_region(one, rate("clinical", one)) for one in REGIONS}

    @cached_property
    def _news(self) -> belief.News:
        return belief.News(self.population.differential, self.catalogue.markers)

    @cached_property
    def _diagnoses(self) -> list[Diagnosis]:
        return list(self.population.differential.diagnoses.values())


def _rows(says: Says, again: float) -> News:
    """Return the rows of a finding, that counts less when it is repeated."""
    no, yes = map(np.array, says)
    return np.stack([no, yes, again * no, again * yes, np.zeros(len(yes))])
