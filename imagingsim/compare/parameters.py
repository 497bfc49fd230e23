"""Parameters: the uncertain numbers of a comparison, what they may be, and comparisons with them.

Shapes as usual in decision models: beta for probabilities, gamma for costs, log-normal for times
and ratios (Briggs, Claxton, Sculpher: Decision Modelling for Health Economic Evaluation, 2006).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from scipy.special import betaincinv, gammaincinv, ndtri

from imagingsim.cohort.draws import uniform
from imagingsim.compare.doubt import FILE, Doubt, Shape
from imagingsim.compare.runs import Comparison
from imagingsim.compare.tree import Path, at, changed, found, reached
from imagingsim.errors import UnknownNameError, WorkupError
from imagingsim.units import FloatArray
from imagingsim.workup.names import orderable
from imagingsim.workup.spec import Biopsy

NORMAL_95 = 1.959963984540054
OWN = {"value": "ci", "amount": "ci", "chance": "ci"}
"""Beside which number an interval of its own may stand, and under which name."""


@dataclass(frozen=True)
class Parameter:
    """One uncertain number, or several that rise and fall together.

    Attributes
    ----------
    value
        What the files say; 1 of a common factor.
    low, high
        95 % interval.
    paths
        Where it stands; a common factor multiplies what stands there.
    """

    name: str
    title: str
    shape: Shape
    value: float
    low: float
    high: float
    paths: tuple[Path, ...]
    source: str
    multiplies: bool = False

    def quantile(self, u: FloatArray | float) -> FloatArray:
        """Return the values below which a share ``u`` of the draws lies.

        Beta and gamma have the mean ``value`` and the interval's width over 3.92 as standard
        deviation; normal and log-normal have ``value`` in the middle.
        """
        u = np.asarray(u, dtype=np.float64)
        spread = (self.high - self.low) / (2 * NORMAL_95)
        if self.shape == "beta":
            size = self.value * (1 - self.value) / spread**2 - 1
            return betaincinv(self.value * size, (1 - self.value) * size, u)
        if self.shape == "gamma":
            scale = spread**2 / self.value
            return gammaincinv(self.value / scale, u) * scale
        if self.shape in ("lognormal", "odds"):
            sigma = log(self.high / self.low) / (2 * NORMAL_95)
            return self.value * np.exp(sigma * ndtri(u))
        return self.value + spread * ndtri(u)

    def applied(self, before: float, value: float) -> float:
        """Return what a number becomes when the parameter has a value."""
        if not self.multiplies:
            return value
        if self.shape == "odds":
            return before * value / (1 - before + before * value)
        return before * value

    def draws(self, seed: int, sets: Sequence[int] | range) -> FloatArray:
        """Return the values in some parameter sets; a set is the same whoever asks for it."""
        ids = np.asarray(sets, dtype=np.uint64)
        return self.quantile(uniform(seed, f"parameter|{self.name}", ids))


def parameters(asked: Comparison, doubts: Mapping[str, Doubt]) -> tuple[Parameter, ...]:
    """Return the uncertain numbers that the protocols of a comparison depend on.

    Raises
    ------
    WorkupError
        When a row of the file names nothing, or an interval does not hold its number.
    """
    tree = _tree(asked)
    rows = [one for name, doubt in doubts.items() for one in _of(name, doubt, tree, asked)]
    return tuple(rows)


def chosen(known: Sequence[Parameter], names: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters of some names; a name may be the row of the file.

    Raises
    ------
    UnknownNameError
        Listing the known ones.
    """
    if not names:
        return tuple(known)
    picked: dict[str, Parameter] = {}
    for name in names:
        mine = [one for one in known if one.name == name or one.name.startswith(f"{name}.")]
        if not mine:
            raise UnknownNameError.of("parameter", name, [one.name for one in known])
        picked |= {one.name: one for one in mine}
    return tuple(picked.values())


def with_values(asked: Comparison, values: Mapping[Parameter, float]) -> Comparison:
    """Return the comparison as it is when some parameters have other values."""
    tree = _tree(asked)
    new: dict[Path, float] = {}
    for one, value in values.items():
        for path in one.paths:
            before = new.get(path, float(at(tree, path)))
            new[path] = one.applied(before, value)
    grown = changed(tree, new)
    catalogue, file = grown["catalogue"], grown["population"]
    differential = catalogue.differentials[file.differential]
    return replace(
        asked,
        protocols=tuple(
            replace(one, catalogue=catalogue, differential=differential) for one in asked.protocols
        ),
        population=replace(asked.population, file=file, differential=differential),
    )


def _tree(asked: Comparison) -> dict[str, object]:
    return {"catalogue": asked.protocols[0].catalogue, "population": asked.population.file}


def _of(name: str, doubt: Doubt, tree: object, asked: Comparison) -> Iterator[Parameter]:
    """Yield the parameters of one row of the file."""
    places: dict[Path, float] = {}
    for text in doubt.at:
        pattern = _rooted(text)
        matches = dict(found(tree, pattern))
        if not reached(tree, pattern[:-1]):
            raise WorkupError(f"{FILE}: {name}: nothing is called {text}. Correct the pattern.")
        places |= matches
    used = _used(asked)
    places = {path: value for path, value in places.items() if _matters(path, used)}
    if doubt.alike is not None:
        yield from _shared(name, doubt, places)
        return
    alone = not any("*" in text for text in doubt.at)
    for path, value in places.items():
        if 0 < value < 1 or (doubt.shape != "beta" and value > 0):
            yield _single(name if alone else _name(name, path, doubt), doubt, tree, path, value)


def _shared(name: str, doubt: Doubt, places: Mapping[Path, float]) -> Iterator[Parameter]:
    """Yield the factors of a row whose numbers rise and fall together."""
    groups: dict[tuple[str, ...], list[Path]] = {}
    for path in places:
        groups.setdefault(tuple(_open(path, doubt)[: doubt.alike]), []).append(path)
    factor = doubt.factor or 1.0
    for names, paths in groups.items():
        title = doubt.title.format(*(one.replace("_", " ") for one in names))
        yield Parameter(
            ".".join((name, *names)), title, doubt.shape, 1.0, 1 / factor, factor, tuple(paths),
            doubt.source, multiplies=True,
        )  # fmt: skip


def _single(name: str, doubt: Doubt, tree: object, path: Path, value: float) -> Parameter:
    """Return the parameter of one number: its own interval, or what the file says."""
    own = at(tree, (*path[:-1], OWN.get(path[-1], f"{path[-1]}_ci")))
    if own is not None:
        low, high = own
    elif doubt.low is not None and doubt.high is not None:
        low, high = doubt.low, doubt.high
    elif doubt.patients is not None:
        half = NORMAL_95 * (value * (1 - value) / doubt.patients) ** 0.5
        low, high = max(value - half, value / 20), min(value + half, 1 - (1 - value) / 20)
    else:
        low, high = value / (doubt.factor or 1.0), value * (doubt.factor or 1.0)
    if not low < high or not low <= value <= high:
        raise WorkupError(
            f"{'.'.join(path)}: {value:g} does not lie in its interval {low:g} to {high:g}. "
            "Correct the one or the other."
        )
    own_source = at(tree, (*path[:-1], "source"))
    source = f"{own_source}; spread: {doubt.source}" if own is None and own_source else doubt.source
    if own is not None and own_source:
        source = str(own_source)
    title = doubt.title.format(*(one.replace("_", " ") for one in _open(path, doubt)))
    return Parameter(name, title, doubt.shape, value, low, high, (path,), source)


def _rooted(text: str) -> Path:
    path = tuple(text.split("."))
    return path if path[0] == "population" else ("catalogue", *path)


def _open(path: Path, doubt: Doubt) -> list[str]:
    """Return the names that the pattern of a path left open; which differential is known."""
    for text in doubt.at:
        pattern = _rooted(text)
        if len(pattern) == len(path) and all(
            a == b or "*" in a for a, b in zip(pattern, path, strict=True)
        ):
            names = [b for a, b in zip(pattern, path, strict=True) if "*" in a]
            return names[1:] if path[1] == "differentials" else names
    return []


def _name(row: str, path: Path, doubt: Doubt) -> str:
    return ".".join((row, *_open(path, doubt)))


def _used(asked: Comparison) -> dict[str, set[str]]:
    """Return what of the catalogue the protocols can come across, by kind."""
    catalogue, diseases = asked.protocols[0].catalogue, asked.population.differential.diagnoses
    studies = {one for p in asked.protocols for one in orderable(p.file, catalogue)}
    biopsies = [
        state for p in asked.protocols for state in p.file.states.values()
        if isinstance(state, Biopsy)
    ]  # fmt: skip
    stains = {marker for state in biopsies for panel in state.panels for marker in panel.markers}
    shapes = {name for name, row in catalogue.markers.items() if row.kind == "histology"}
    return {
        "studies": studies,
        "procedures": {one for state in biopsies for one in state.technique.values()},
        "markers": stains | shapes,
        "differentials": {asked.population.file.differential},
        "diseases": set(diseases),
        "incidentals": {catalogue.study(one).modality for one in studies},
        "waits": {catalogue.waits.studies[one] for one in studies},
        "rates": {catalogue.study(one).rate_key for one in studies} | {"clinical", "default"},
        "regions": {region for one in studies for region in catalogue.study(one).regions},
    }  # fmt: skip


def _matters(path: Path, used: Mapping[str, set[str]]) -> bool:
    """Tell whether a number can change anything in this comparison."""
    if path[0] == "population":
        return True
    kind, rest = path[1], path[2:]
    if kind == "tariff":
        return rest[1] in used["studies"] | used["procedures"] | {"stain"}
    if kind == "waits":
        return rest[1] in used["waits"]
    if kind == "evidence" and rest[0] == "rates":
        return rest[1] in used["rates"] and (rest[1] == "default" or rest[2] in used["regions"])
    if kind == "markers":
        return rest[0] in used["markers"] and rest[2] in used["diseases"] | {"other"}
    return kind not in used or rest[0] in used[kind]
