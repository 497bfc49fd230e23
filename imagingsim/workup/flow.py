"""Flow: what can have happened by the time a state of a protocol is reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TypeVar

import networkx as nx

from imagingsim.workup.catalogue import Catalogue, Differential
from imagingsim.workup.graph import graph_of
from imagingsim.workup.names import ALL, LABS, REGIONS, Kind, kinds
from imagingsim.workup.pathology import KI67
from imagingsim.workup.ranges import (
    ANY_TRUTH,
    UNKNOWN,
    Domain,
    Knowable,
    Name,
    Range,
    number,
    truth,
)
from imagingsim.workup.spec import Biopsy, Order, ProtocolFile, Set

S = TypeVar("S")
PERCENT, LEVELS = 100.0, 4.0
OLDEST_Y, HEAVIEST_KG = 130.0, 400.0


@dataclass(frozen=True)
class Flow:
    """What the states of a protocol do, and what that makes of the names of its guards."""

    file: ProtocolFile
    catalogue: Catalogue
    differential: Differential

    def before(self, state: str) -> frozenset[str]:
        """Return the states that can have been gone through before a state is entered."""
        return frozenset(nx.ancestors(self._graph, state)) | self._on_cycles & {state}

    @property
    def everywhere(self) -> frozenset[str]:
        """Every state."""
        return frozenset(self.file.states)

    def studies(self, states: Iterable[str]) -> set[str]:
        """Return the studies that states may order, substitutes included."""
        found = set()
        for order in self._of(states, Order):
            for one in order.orders:
                found.add(one.study)
                if order.on_blocked == "substitute":
                    found.update(self.catalogue.study(one.study).substitutes)
        return found

    def shown(self, states: Iterable[str]) -> set[str]:
        """Return the regions in which states can show a lesion, by a study or by looking."""
        states = tuple(states)
        found = {region for one in self.studies(states) for region in self._regions(one)}
        return found | {region for one in self._of(states, Set) for region in one.examine}

    def drawn(self, states: Iterable[str]) -> set[str]:
        """Return the blood tests that states draw, or that safety rules have drawn for them."""
        states = tuple(states)
        found = {test for one in self._of(states, Set) for test in one.labs}
        techniques = {one for state in self._of(states, Biopsy) for one in state.technique.values()}
        rows = [(name, self.catalogue.study(name)) for name in self.studies(states)]
        for rule, _ in self.catalogue.rules.values():
            asked = any(row.meant(rule.applies, name) for name, row in rows)
            needle = any(self.catalogue.procedures[one].meant(rule.applies) for one in techniques)
            if asked or needle:
                found.update(rule.needs)
        return set(LABS) if ALL in found else found

    def domains(
        self, states: frozenset[str], here: str | None = None, *, alive: bool = False
    ) -> dict[Name, Domain]:
        """Return what every name can stand for when these states may have been gone through.

        Parameters
        ----------
        here
            A state that was gone through for certain.
        alive
            Whether the patient must be alive, as on every way from one state to the next.
        """
        known = kinds(self.file, self.catalogue, self.differential)
        found = {name: _plain(kind) for name, kind in known.items()}
        found |= self._numbers(alive) | self._seen(states) | self._path(states)
        found |= self._studied(states)
        drawn = self.drawn(states)
        found |= {("lab", test): _maybe(test in drawn) for test in LABS}
        found |= {("visits", name): self._visits(name, states, here) for name in self.file.states}
        return found

    def _numbers(self, alive: bool) -> dict[Name, Domain]:
        groups = {one.group for one in self.differential.diagnoses.values()}
        chances = (*self.differential.diagnoses, *groups, "max")
        horizon = self.file.horizon_d
        return {
            ("t",): number(high=horizon), ("dose",): number(), ("cost",): number(),
            ("horizon",): number(horizon, horizon),
            ("patient", "age"): number(high=OLDEST_Y),
            ("patient", "weight"): number(high=HEAVIEST_KG),
            ("patient", "performance"): number(high=LEVELS, whole=True),
            ("patient", "dead"): truth(False) if alive else truth(True, False),
            ("post", "top"): Domain(texts=frozenset(self.differential.diagnoses)),
            **{("post", name): number(high=1.0) for name in chances},
            **{("param", name): number(one.value, one.value)
               for name, one in self.file.params.items()},
        }  # fmt: skip

    def _seen(self, states: frozenset[str]) -> dict[Name, Domain]:
        shown = self.shown(states)
        some = truth(True, False) if shown else truth(False)
        return {
            ("seen", "any"): some, ("seen", "primary"): some,
            **{("seen", one): truth(*((True, False) if one in shown else (False,)))
               for one in REGIONS},
        }  # fmt: skip

    def _path(self, states: frozenset[str]) -> dict[Name, Domain]:
        biopsies = self._of(states, Biopsy)
        panels = [panel for one in biopsies for panel in one.panels]
        stained = any(KI67 in panel.markers for panel in panels)
        most = inf if biopsies else 0.0
        return {
            ("path", "diagnostic"): truth(*((True, False) if biopsies else (False,))),
            ("path", "malignant"): truth(*ANY_TRUTH, knowable="maybe") if biopsies else UNKNOWN,
            ("path", "ki67"): number(high=PERCENT, knowable="maybe") if stained else UNKNOWN,
            ("path", "tissue_left"): number(high=most),
            ("path", "outstanding"): number(high=inf if panels else 0.0),
        }  # fmt: skip

    def _studied(self, states: frozenset[str]) -> dict[Name, Domain]:
        found: dict[Name, Domain] = {}
        ordered = self.studies(states)
        for study in self.studies(self.everywhere):
            can = study in ordered
            found["done", study] = truth(*((True, False) if can else (False,)))
            stopped = can and self._can_be_blocked(study)
            found["blocked", study] = truth(*((True, False) if stopped else (False,)))
            found |= {
                ("report", study, region): truth(*ANY_TRUTH, knowable=_may(can))
                for region in self._regions(study)
            }
        return found

    def _can_be_blocked(self, study: str) -> bool:
        row = self.catalogue.study(study)
        rules = [rule for rule, _ in self.catalogue.rules.values()]
        return any(one.effect == "block" and row.meant(one.applies, study) for one in rules)

    def _visits(self, name: str, states: frozenset[str], here: str | None) -> Domain:
        state, low = self.file.states[name], 1.0 if name == here else 0.0
        high = 1.0 if name in states or name == here else 0.0
        if high and name in self._on_cycles:
            high = float(state.max_visits) if isinstance(state, Biopsy) else inf
        return Domain(numbers=Range(low, high, whole=True))

    def _regions(self, study: str) -> tuple[str, ...]:
        return self.catalogue.study(study).regions

    def _of(self, states: Iterable[str], kind: type[S]) -> list[S]:
        wanted = set(states)
        found = (state for name, state in self.file.states.items() if name in wanted)
        return [state for state in found if isinstance(state, kind)]

    @cached_property
    def _graph(self) -> "nx.DiGraph[str]":
        return graph_of(self.file.states)

    @cached_property
    def _on_cycles(self) -> frozenset[str]:
        graph = self._graph
        loops = {name for name in graph if graph.has_edge(name, name)}
        groups = nx.strongly_connected_components(graph)
        return frozenset(loops.union(*(group for group in groups if len(group) > 1)))


def _plain(kind: Kind) -> Domain:
    """Return what a name of a kind can stand for when nothing more is said."""
    if kind == "truth":
        return truth(True, False)
    return number() if kind == "number" else Domain()


def _may(can: bool) -> Knowable:
    return "maybe" if can else "never"


def _maybe(can: bool) -> Domain:
    return number(knowable=_may(can))


def transition_domains(flow: Flow, state: str) -> dict[Name, Domain]:
    """Return what names can stand for when a state has been gone through."""
    return flow.domains(flow.before(state) | {state}, state, alive=True)


def entry_domains(flow: Flow, state: str) -> dict[Name, Domain]:
    """Return what names can stand for when a state is entered."""
    return flow.domains(flow.before(state), state, alive=True)
