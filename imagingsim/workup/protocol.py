"""Protocol: a workup graph that was read, whose names are known and whose walks all end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from imagingsim.content import Document, Library, structure
from imagingsim.errors import ContentError, UnknownNameError, WorkupError
from imagingsim.workup import graph
from imagingsim.workup.catalogue import Catalogue, Differential, read_catalogue
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.names import REGIONS, kinds, misuse
from imagingsim.workup.spec import Biopsy, End, Order, ProtocolFile, Set, State, Transition, Wait

FOLDER = "protocols/workups"
PERFORMANCE = ("patient", "performance")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Protocol:
    """A protocol ready to be walked.

    Attributes
    ----------
    id
        Name of its file.
    file
        What the file says.
    guards
        Its conditions, by their text.
    differential
        The diagnoses whose probabilities are followed.
    catalogue
        The catalogue its names were checked against.
    """

    id: str
    file: ProtocolFile
    guards: dict[str, Guard]
    differential: Differential
    catalogue: Catalogue

    @cached_property
    def sudden(self) -> tuple[str, ...]:
        """The interrupts that can come to hold while time passes; death stops it anyway."""
        texts = [step.when for step in self.file.interrupts if step.when]
        return tuple(one for one in texts if set(self.guards[one].names) != {("patient", "dead")})

    @cached_property
    def minds_performance(self) -> bool:
        """Whether a fall of performance may interrupt a walk."""
        return any(PERFORMANCE in self.guards[one].names for one in self.sudden)

    def state(self, name: str) -> State:
        """Return a state by its name."""
        return self.file.states[name]


def protocols(library: Library) -> tuple[str, ...]:
    """Return the ids of the protocols in ``protocols/workups``."""
    return library.names(FOLDER)


def read_protocol(library: Library, name: str, catalogue: Catalogue | None = None) -> Protocol:
    """Read ``protocols/workups/<name>.yaml`` and check all of it.

    Raises
    ------
    UnknownNameError
        When there is no such protocol.
    ContentError
        Listing every fault as ``file:line: where: what, what to do``.
    """
    file = f"{FOLDER}/{name}.yaml"
    if not library.has(file):
        raise UnknownNameError.of("protocol", name, protocols(library))
    return check_protocol(library.document(file), name, catalogue or read_catalogue(library))


def check_protocol(document: Document, name: str, catalogue: Catalogue) -> Protocol:
    """Return the protocol that a parsed text holds; see `read_protocol`."""
    file = structure(document, ProtocolFile)
    if file.differential not in catalogue.differentials:
        known = ", ".join(sorted(catalogue.differentials))
        message = f"unknown differential {file.differential!r}; known: {known}"
        raise ContentError(document.problem(message, "differential"))
    differential = catalogue.differentials[file.differential]
    guards: dict[str, Guard] = {}
    faults = [*_reference_faults(file, catalogue), *_target_faults(file)]
    if not faults:
        also = {step.to for step in file.interrupts}
        faults += [
            (("states", state), message)
            for state, message in graph.problems(file.states, file.start, also)
        ]
    known_names = kinds(file, catalogue, differential)
    for path, text in _guard_texts(file):
        try:
            guards[text] = guard(text)
            fault = misuse(guards[text], known_names)
        except WorkupError as error:
            fault = str(error)
        if fault:
            faults.append((path, fault))
    if faults:
        lines = [
            (document.place(*path).line, document.problem(text, *path)) for path, text in faults
        ]
        raise ContentError("\n".join(line for _, line in sorted(lines)))
    return Protocol(name, file, guards, differential, catalogue)


def _guard_texts(file: ProtocolFile) -> Iterator[tuple[Path, str]]:
    """Yield every condition with its place in the file."""
    for i, step in enumerate(file.interrupts):
        if step.when:
            yield ("interrupts", i, "when"), step.when
    for name, text in file.endpoints.items():
        yield ("endpoints", name), text
    for name, state in file.states.items():
        for path, text in _state_guards(state):
            yield ("states", name, *path), text


def _state_guards(state: State) -> Iterator[tuple[Path, str]]:
    for i, step in enumerate(graph.transitions(state)):
        if step.when:
            yield ("next", i, "when"), step.when
    if isinstance(state, Order):
        for i, order in enumerate(state.orders):
            if order.only_if:
                yield ("orders", i, "only_if"), order.only_if
    if isinstance(state, Biopsy):
        for i, panel in enumerate(state.panels):
            if panel.when:
                yield ("panels", i, "when"), panel.when
    if isinstance(state, Wait) and state.until:
        yield ("until",), state.until


def _target_faults(file: ProtocolFile) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with where states lead."""
    if file.start not in file.states:
        yield ("start",), f"unknown state {file.start!r}; known: {', '.join(file.states)}"
    for i, step in enumerate(file.interrupts):
        if not isinstance(file.states.get(step.to), End):
            yield ("interrupts", i, "to"), f"{step.to!r} is no end; an interrupt must lead to one"
        if step.when is None:
            yield ("interrupts", i), "an interrupt needs a condition; add `when`"
    for name, state in file.states.items():
        if not isinstance(state, End):
            yield from _transition_faults(("states", name, "next"), state.next, file)


def _transition_faults(
    path: Path, steps: tuple[Transition, ...], file: ProtocolFile
) -> Iterator[tuple[Path, str]]:
    if not steps or steps[-1].when is not None:
        yield path, "the last transition must be the default; add one without `when`"
    for i, step in enumerate(steps):
        if step.to not in file.states:
            known = ", ".join(file.states)
            yield (*path, i, "to"), f"unknown state {step.to!r}; known: {known}"
        if step.when is None and i < len(steps) - 1:
            yield (*path, i), "only the last transition may lack `when`; those after it never fire"


def _reference_faults(file: ProtocolFile, catalogue: Catalogue) -> Iterator[tuple[Path, str]]:
    """Yield names that the catalogue does not have, and states that say nothing to do."""
    for name, state in file.states.items():
        for place, message in _state_faults(state, catalogue):
            yield ("states", name, *place), message


def _state_faults(state: State, catalogue: Catalogue) -> Iterator[tuple[Path, str]]:
    if isinstance(state, Order):
        for i, order in enumerate(state.orders):
            if order.study not in catalogue.studies:
                message = _unknown("study", order.study, catalogue.studies)
                yield ("orders", i, "study"), message
    elif isinstance(state, Biopsy):
        yield from _biopsy_faults(state, catalogue)
    elif isinstance(state, Wait):
        yield from _wait_faults(state)
    elif isinstance(state, Set):
        for region in state.examine:
            if region not in REGIONS:
                yield ("examine",), _unknown("region", region, REGIONS)


def _wait_faults(state: Wait) -> Iterator[tuple[Path, str]]:
    given = sum(value is not None for value in (state.days, state.timepoint, state.until))
    if given != 1 and (state.until is not None or given != 2):
        text = "a wait needs one of days, timepoint and until; days may stand beside timepoint"
        yield (), f"{text}; correct it"
    elif state.until is not None and state.timeout_d is None:
        yield (), "a wait until something needs timeout_d; add it"


def _biopsy_faults(state: Biopsy, catalogue: Catalogue) -> Iterator[tuple[Path, str]]:
    for region in state.target.regions:
        if region not in REGIONS:
            yield ("target", "regions"), _unknown("region", region, REGIONS)
        elif region not in state.technique:
            yield ("technique",), f"region {region!r} has no technique; add it"
    for region, technique in state.technique.items():
        if technique not in catalogue.procedures:
            message = _unknown("procedure", technique, catalogue.procedures)
            yield ("technique", region), message
    for i, panel in enumerate(state.panels):
        for marker in panel.markers:
            if marker not in catalogue.markers:
                message = _unknown("marker", marker, catalogue.markers)
                yield ("panels", i, "markers"), message


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    return f"unknown {kind} {name!r}; known: {', '.join(sorted(known))}"
