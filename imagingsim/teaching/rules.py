"""Reading the rubric and the ratings, and refusing what they cannot mean."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagingsim.content import Document, Library, structure
from imagingsim.errors import ContentError, WorkupError
from imagingsim.teaching.records import Appropriateness, Mandatory, Rubric, Scenario
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.names import LABS, PATH, PATIENT, REGIONS

RUBRIC = "protocols/teaching/rubric.yaml"
RATINGS = "protocols/appropriateness"
BIOPSY = "biopsy"
NEEDED = (
    "missed_critical", "missed", "misread", "false_mark", "usually_not_appropriate",
    "may_be_appropriate", "mandatory_missing", "rule_block", "rule_hold", "rule_risk", "log_score",
    "no_differential", "no_commitment", "slow", "dear", "dose",
)  # fmt: skip
"""The faults a rubric must weigh."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """The ratings of one differential, with their guards read, in the order of the file."""

    file: Appropriateness
    scenarios: tuple[tuple[str, Scenario, Guard], ...]
    mandatory: tuple[tuple[str, Mandatory, Guard | None], ...]


def read_rubric(library: Library, catalogue: Catalogue) -> Rubric:
    """Read the rubric.

    Raises
    ------
    ContentError
        When a weight is missing, or a critical rule is none of the catalogue.
    """
    document = library.document(RUBRIC)
    rubric = structure(document, Rubric)
    faults = [
        document.problem(f"{name} is missing; say what it costs", "weights")
        for name in NEEDED
        if name not in rubric.weights
    ]
    faults += [
        document.problem(f"unknown weight {name!r}; known: {', '.join(NEEDED)}", "weights", name)
        for name in rubric.weights
        if name not in NEEDED
    ]
    known = ", ".join(sorted(catalogue.rules))
    faults += [
        document.problem(f"unknown safety rule {name!r}; known: {known}", "critical")
        for name in rubric.critical
        if name not in catalogue.rules
    ]
    if faults:
        raise ContentError("\n".join(faults))
    return rubric


def read_ratings(library: Library, differential: str, catalogue: Catalogue) -> Ratings:
    """Read the ratings of a differential.

    Raises
    ------
    ContentError
        When there are none, or they speak of what is not known.
    """
    name = f"{RATINGS}/{differential}.yaml"
    if not library.has(name):
        raise ContentError(
            f"{name} is missing: nobody rated the studies of {differential}. Add it."
        )
    return check_ratings(library.document(name), differential, catalogue)


def check_ratings(document: Document, differential: str, catalogue: Catalogue) -> Ratings:
    """Return the ratings that a parsed text holds; see `read_ratings`."""
    file = structure(document, Appropriateness)
    faults = [
        document.problem(f"unknown study {study!r}; known: {', '.join(sorted(catalogue.studies))}",
                         "scenarios", name, "ratings", study)
        for name, one in file.scenarios.items() for study in one.ratings
        if study not in catalogue.studies
    ]  # fmt: skip
    faults += [
        document.problem(f"unknown study {study!r}; name a study, or `biopsy`", "mandatory", name)
        for name, one in file.mandatory.items() for study in one.any_of
        if study not in catalogue.studies and study != BIOPSY
    ]  # fmt: skip
    if differential not in catalogue.differentials:
        known = ", ".join(sorted(catalogue.differentials))
        faults.append(document.problem(f"no differential {differential!r}; known: {known}"))
    else:
        faults += list(_guard_faults(document, file, catalogue, differential))
    if faults:
        raise ContentError("\n".join(faults))
    return Ratings(
        file,
        tuple((name, one, guard(one.when)) for name, one in file.scenarios.items()),
        tuple(
            (name, one, guard(one.when) if one.when else None)
            for name, one in file.mandatory.items()
        ),
    )


def _guard_faults(
    document: Document, file: Appropriateness, catalogue: Catalogue, differential: str
) -> Iterator[str]:
    known = _names(catalogue, differential)
    texts = [("scenarios", name, one.when) for name, one in file.scenarios.items()]
    texts += [("mandatory", name, one.when) for name, one in file.mandatory.items() if one.when]
    for kind, name, text in texts:
        try:
            unknown = [".".join(one) for one in guard(text).names if one not in known]
        except WorkupError as error:
            yield document.problem(str(error), kind, name, "when")
            continue
        if unknown:
            yield document.problem(f"a rating cannot ask {unknown[0]}", kind, name, "when")


def _names(catalogue: Catalogue, differential: str) -> set[tuple[str, ...]]:
    """Return what a guard of the ratings may ask."""
    rows = catalogue.differentials[differential].diagnoses
    groups = {row.group for row in rows.values()}
    return {
        ("t",), ("dose",), ("cost",), *(("patient", one) for one in PATIENT),
        *(("lab", one) for one in LABS), *(("path", one) for one in PATH),
        *(("seen", one) for one in (*REGIONS, "any", "primary")),
        *(("post", one) for one in (*rows, *groups, "max")),
        *(("done", one) for one in catalogue.studies),
    }  # fmt: skip
