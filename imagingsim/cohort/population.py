"""Population: patients drawn from a file, each the same whoever asks and in whatever company."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log

import numpy as np
import numpy.typing as npt

from imagingsim.cohort.draws import Ids, normal, uniform
from imagingsim.cohort.population_records import Among, PopulationFile, Size, Spread
from imagingsim.content import Document, Library, structure
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.units import FloatArray
from imagingsim.workup.catalogue import Catalogue, Differential
from imagingsim.workup.catalogue_reading import differential_of
from imagingsim.workup.names import LABS, PATIENT, REGIONS
from imagingsim.workup.ordering import NOT_FOR_BELIEF

FOLDER = "protocols/populations"
NUMBERS = ("age", "weight")
FLAGS = tuple(name for name, kind in PATIENT.items() if kind == "truth" and name != "dead")
TRACERS = ("fdg", "sstr")
IMMORTAL = float("inf")

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Patients:
    """The hidden truth of n patients.

    Attributes
    ----------
    ids
        (n,) their numbers; everything else follows from number and seed.
    disease
        (n,) index into the differential.
    involved
        (n, regions) whether a region holds a lesion, in the order of `REGIONS`.
    size_mm
        (n, regions) largest diameter of that lesion.
    conspicuity
        (n, regions) standard normal; a high one is hard to see on every study.
    values
        Numbers and flags, (n,) each; what a guard asks as ``patient.<name>``.
    budget_d
        (n,) days from the start to death when nothing changes.
    """

    seed: int
    ids: Ids
    disease: Ints
    involved: Bools
    size_mm: FloatArray
    conspicuity: FloatArray
    avid: dict[str, Bools]
    values: dict[str, FloatArray]
    labs: dict[str, FloatArray]
    ki67: FloatArray
    budget_d: FloatArray

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Population:
    """A population that was read, ready to be drawn from."""

    id: str
    file: PopulationFile
    differential: Differential
    survival: float = 1.0
    """Survival over that of the file, as the setting has it."""

    def draw(self, seed: int, ids: Ids) -> Patients:
        """Return the patients with these numbers."""
        rows = list(self.differential.diagnoses.values())
        share = np.cumsum([row.weight for row in rows])
        u = uniform(seed, "disease", ids)
        disease = np.minimum(np.searchsorted(share / share[-1], u, side="right"), len(rows) - 1)
        regions = np.arange(len(REGIONS))
        column = ids[:, None]
        involved = uniform(seed, "involved", column, regions) < self._involvement()[disease]
        mean, sigma = self._sizes()
        size = np.exp(mean + sigma * normal(seed, "size", column, regions))
        size *= self._primary_scale()[disease]
        return Patients(
            seed, ids, disease, involved, size,
            normal(seed, "conspicuity", column, regions),
            {name: self._avid(seed, ids, disease, name) for name in TRACERS},
            self._values(seed, ids), self._labs(seed, ids), self._ki67(seed, ids, disease),
            self._budget(seed, ids, disease),
        )  # fmt: skip

    def _involvement(self) -> FloatArray:
        """Return (diseases, regions): how often a region holds a lesion."""
        elsewhere = dict.fromkeys(NOT_FOR_BELIEF, 0.0)
        default = self.differential.elsewhere
        return np.array(
            [
                [row.involvement.get(one, elsewhere.get(one, default)) for one in REGIONS]
                for row in self.differential.diagnoses.values()
            ]
        )

    def sizes_of(self, region: str) -> Size:
        """Return the sizes of a region's lesions."""
        sizes = self.file.sizes.regions
        return sizes.get(region) or sizes["other"]

    def _sizes(self) -> tuple[FloatArray, FloatArray]:
        rows = [self.sizes_of(region) for region in REGIONS]
        return np.log([row.median_mm for row in rows]), np.array([row.sigma for row in rows])

    def _primary_scale(self) -> FloatArray:
        """Return (diseases, regions): by how much a lesion is smaller as it is the primary."""
        scale, rows = self.file.primary_scale, self.differential.diagnoses.values()
        return np.array(
            [
                [scale.value if scale and row.primary == one else 1.0 for one in REGIONS]
                for row in rows
            ]
        )

    def _avid(self, seed: int, ids: Ids, disease: Ints, tracer: str) -> Bools:
        chance = np.array([getattr(self.file.diseases[one], tracer) for one in self._names()])
        return uniform(seed, f"avid|{tracer}", ids) < chance[disease]

    def _names(self) -> tuple[str, ...]:
        return tuple(self.differential.diagnoses)

    def _values(self, seed: int, ids: Ids) -> dict[str, FloatArray]:
        found = {
            name: _spread(seed, f"patient|{name}", ids, row)
            for name, row in self.file.numbers.items()
        }
        for name, one in self.file.flags.items():
            found[name] = (uniform(seed, f"patient|{name}", ids) < one.chance).astype(np.float64)
        for name, one in self.file.flags.items():
            if one.among:
                found[name] *= _belongs(found, one.among)
        return found

    def _labs(self, seed: int, ids: Ids) -> dict[str, FloatArray]:
        return {
            name: _spread(seed, f"lab|{name}", ids, row) for name, row in self.file.labs.items()
        }

    def _ki67(self, seed: int, ids: Ids, disease: Ints) -> FloatArray:
        rows = [self.file.diseases[name].ki67_percent for name in self._names()]
        mean = np.array([log(row.median) if row else np.nan for row in rows])
        sigma = np.array([row.sigma if row else 0.0 for row in rows])
        drawn = np.exp(mean[disease] + sigma[disease] * normal(seed, "ki67", ids))
        return np.minimum(drawn, 100.0)

    def _budget(self, seed: int, ids: Ids, disease: Ints) -> FloatArray:
        median = np.array(
            [self.file.diseases[name].survival_median_d or IMMORTAL for name in self._names()]
        )
        median = median * self.survival
        energy = -np.log(uniform(seed, "death", ids))
        frailty = np.exp(self.file.frailty.value * normal(seed, "frailty", ids))
        return energy * median[disease] / (log(2.0) * frailty)


def _belongs(values: Mapping[str, FloatArray], among: Among) -> Bools:
    """Tell of every patient whether something can concern them."""
    low, high = among.age or (-np.inf, np.inf)
    inside: Bools = (values["age"] >= low) & (values["age"] <= high)
    return inside if among.female is None else inside & (values["female"] == among.female)


def populations(library: Library) -> tuple[str, ...]:
    """Return the ids of the populations in ``protocols/populations``."""
    return library.names(FOLDER)


def read_population(library: Library, name: str, catalogue: Catalogue) -> Population:
    """Read ``protocols/populations/<name>.yaml`` and check all of it.

    Parameters
    ----------
    name
        Of the file; ``<file>:<setting>`` for patients met elsewhere, with another survival.

    Raises
    ------
    UnknownNameError
        When there is no such population, or it has no such setting.
    ContentError
        Listing every fault as ``file:line: where: what, what to do``.
    """
    stem, _, setting = name.partition(":")
    found = check_population(library.named("population", FOLDER, stem), name, catalogue)
    if not setting:
        return found
    if setting not in found.file.settings:
        raise UnknownNameError.of(f"setting of {stem}", setting, found.file.settings)
    return replace(found, survival=found.file.settings[setting].value)


def check_population(document: Document, name: str, catalogue: Catalogue) -> Population:
    """Return the population that a parsed text holds; see `read_population`."""
    file = structure(document, PopulationFile)
    differential = differential_of(document, file.differential, catalogue)
    faults = [
        *_set_faults(document, "numbers", file.numbers, NUMBERS),
        *_set_faults(document, "flags", file.flags, FLAGS),
        *_set_faults(document, "diseases", file.diseases, differential.diagnoses),
        *(
            document.problem(f"unknown blood test {one!r}; known: {', '.join(LABS)}", "labs", one)
            for one in file.labs
            if one not in LABS
        ),
        *(
            document.problem(f"unknown region {one!r}; known: {', '.join(REGIONS)}", "sizes", one)
            for one in file.sizes.regions
            if one not in (*REGIONS, "other")
        ),
    ]
    if "other" not in file.sizes.regions:
        faults.append(document.problem("no size for `other` regions; add it", "sizes"))
    for kind, rows in (("numbers", file.numbers), ("labs", file.labs)):
        for one, row in rows.items():
            if row.shape == "lognormal" and row.centre <= 0:
                text = "a log-normal number has a median above 0; correct it"
                faults.append(document.problem(text, kind, one))
    if faults:
        raise ContentError("\n".join(faults))
    return Population(name, file, differential)


def _set_faults(document: Document, kind: str, given: object, wanted: object) -> list[str]:
    """Return what is missing and what is too much in a mapping that must be complete."""
    have, need = set(given), set(wanted)  # type: ignore[call-overload]
    faults = [document.problem(f"{one} is missing; add it", kind) for one in sorted(need - have)]
    known = ", ".join(sorted(need))
    return faults + [
        document.problem(f"unknown name {one!r}; known: {known}", kind, one)
        for one in sorted(have - need)
    ]


def _spread(seed: int, name: str, ids: Ids, row: Spread) -> FloatArray:
    draws = normal(seed, name, ids)
    if row.shape == "lognormal":
        value = row.centre * np.exp(row.spread * draws)
    else:
        value = row.centre + row.spread * draws
    return np.clip(value, row.low, row.high) if (row.low, row.high) != (None, None) else value
