"""What is wrong with a catalogue whose files are each well formed: names, rules that do nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from imagingsim.content import Document
from imagingsim.errors import ContentError
from imagingsim.workup.catalogue import Catalogue, Rule
from imagingsim.workup.consequences import Applies
from imagingsim.workup.guard import Guard, Value
from imagingsim.workup.names import LABS, PATIENT, REGIONS, Kind, misuse

ASKED: dict[tuple[str, ...], Kind] = {
    **{("patient", name): kind for name, kind in PATIENT.items()},
    **{("lab", name): "number" for name in LABS},
}
"""What a rule may ask: the patient and the blood, not the protocol."""

Fault = tuple[str, tuple[str, ...], str]
"""Name of a file, place in it, what is wrong and what to do."""


def check_catalogue(catalogue: Catalogue, documents: Mapping[str, Document]) -> None:
    """Refuse a catalogue whose files do not fit each other, or hold what does nothing.

    Parameters
    ----------
    documents
        The files by their names, for the lines of messages.
    """
    checks: tuple[Callable[[Catalogue], Iterator[Fault]], ...] = (
        _studies, _prices, _procedures, _markers, _rules, _conflicts, _detection,
    )  # fmt: skip
    faults = [fault for check in checks for fault in check(catalogue)]
    if faults:
        raise ContentError(
            "\n".join(documents[file].problem(text, *at) for file, at, text in faults)
        )


def _studies(catalogue: Catalogue) -> Iterator[Fault]:
    for name, row in catalogue.studies.items():
        if catalogue.waits.studies.get(name) not in catalogue.waits.waits:
            yield "waits", ("studies",), f"study {name} has no waits; add it"
        for other in row.substitutes:
            at = ("studies", name, "substitutes")
            if other not in catalogue.studies:
                yield "studies", at, f"{name} names the unknown substitute {other}; correct it"
            elif other == name:
                yield "studies", at, f"{name} is its own substitute; remove it"
        yield from _strangers(
            "studies", ("studies", name, "regions"), "region", row.regions, REGIONS
        )
    waiting = catalogue.waits.studies
    yield from _strangers("waits", ("studies",), "study", waiting, catalogue.studies)


def _prices(catalogue: Catalogue) -> Iterator[Fault]:
    needed = (*catalogue.studies, *catalogue.procedures, "stain")
    for name in needed:
        if name not in catalogue.tariff.prices:
            yield "tariffs", ("prices",), f"{name} has no price; add it"
    yield from _strangers("tariffs", ("prices",), "study", catalogue.tariff.prices, needed)


def _procedures(catalogue: Catalogue) -> Iterator[Fault]:
    for name, procedure in catalogue.procedures.items():
        at = ("procedures", name, "yields")
        if "other" not in procedure.yields:
            yield "procedures", at, f"{name} has no yield for `other`; add it"
        yield from _strangers("procedures", at, "region", procedure.yields, (*REGIONS, "other"))


def _markers(catalogue: Catalogue) -> Iterator[Fault]:
    diseases = {one for row in catalogue.differentials.values() for one in row.diagnoses}
    for name, row in catalogue.markers.items():
        at = ("markers", name, "rates")
        if "other" not in row.rates:
            yield "ihc", at, f"{name} has no rate for `other`; add it"
        yield from _strangers("ihc", at, "diagnosis", row.rates, (*diseases, "other"))


def _rules(catalogue: Catalogue) -> Iterator[Fault]:
    for name, (rule, guard) in catalogue.rules.items():
        for key, fault in _rule_faults(catalogue, rule, guard):
            yield "safety", ("rules", name, key), fault


def _rule_faults(catalogue: Catalogue, rule: Rule, guard: Guard) -> Iterator[tuple[str, str]]:
    wrong = misuse(guard, ASKED)
    if wrong:
        yield "when", wrong
    for key, tests in (("needs", rule.needs), ("becomes", rule.becomes)):
        for test in tests:
            if test not in LABS:
                yield key, f"unknown blood test {test!r}; known: {', '.join(LABS)}"
    if not _about_anything(catalogue, rule.applies):
        yield "applies", "speaks of no study and no procedure of the catalogue; correct it"
    yield from _effect_faults(rule)
    if rule.becomes and not wrong and _still_holds(rule, guard):
        yield "becomes", "does not put right what the rule waits for; correct the value"


def _effect_faults(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield what an effect lacks, and what it has no use for."""
    if rule.effect == "hold" and rule.days <= 0:
        yield "effect", "a hold of no days changes nothing; add `days`"
    if rule.effect == "risk" and (rule.probability <= 0 or not rule.event):
        yield "effect", "a risk needs an `event` and a `probability` above 0; add them"
    if rule.effect != "hold" and (rule.days or rule.becomes):
        yield "effect", f"a {rule.effect} has no `days` and no `becomes`; remove them"
    if rule.effect != "risk" and (rule.probability or rule.event or rule.delay_d or rule.cost):
        yield "effect", f"a {rule.effect} has no event; remove what belongs to a risk"


def _still_holds(rule: Rule, guard: Guard) -> bool:
    values: dict[tuple[str, ...], Value] = {
        ("lab", test): value for test, value in rule.becomes.items()
    }
    return guard.holds(values.get)


def _conflicts(catalogue: Catalogue) -> Iterator[Fault]:
    for name, (conflict, guard) in catalogue.conflicts.items():
        for key, applies in (("first", conflict.first), ("then", conflict.then)):
            if not _about_anything(catalogue, applies):
                text = "speaks of no study and no procedure of the catalogue; correct it"
                yield "conflicts", ("conflicts", name, key), text
        wrong = misuse(guard, ASKED) if guard else None
        if wrong:
            yield "conflicts", ("conflicts", name, "when"), wrong


def _detection(catalogue: Catalogue) -> Iterator[Fault]:
    """Yield what names a table of detectability, or a series of one, that does not exist."""
    named = [
        *(
            ("studies", ("studies", name, "detection"), row.detection)
            for name, row in catalogue.studies.items()
        ),
        *(
            ("evidence", ("calibrated_on", key), one)
            for key, one in catalogue.evidence.calibrated_on.items()
        ),
    ]
    for file, at, one in named:
        if one is None:
            continue
        table = catalogue.detection.get(one.table)
        if table is None:
            known = ", ".join(catalogue.detection) or "none"
            yield (
                file,
                at,
                (
                    f"unknown table {one.table}; known: {known}; or make it with: "
                    f"imagingsim detectability {one.table}"
                ),
            )
        else:
            yield from _strangers(file, at, f"series of {one.table}", one.series, table.series)


def _about_anything(catalogue: Catalogue, applies: Applies) -> bool:
    studies = (row.meant(applies, name) for name, row in catalogue.studies.items())
    needles = (row.meant(applies) for row in catalogue.procedures.values())
    return any(studies) or any(needles)


def _strangers(
    file: str, at: tuple[str, ...], kind: str, names: Iterable[str], known: Iterable[str]
) -> Iterator[Fault]:
    """Yield names that nothing else knows."""
    allowed = set(known)
    for name in names:
        if name not in allowed:
            yield file, (*at, name), f"unknown {kind} {name!r}; known: {', '.join(sorted(allowed))}"
