"""Protocol: a workup graph that was read, whose names are known and whose walks all end."""

from dataclasses import dataclass
from functools import cached_property

from imagingsim.content import Document, Library, structure
from imagingsim.errors import ContentError, WorkupError
from imagingsim.workup.belief import News
from imagingsim.workup.catalogue import Catalogue, Differential
from imagingsim.workup.catalogue_reading import differential_of, read_catalogue
from imagingsim.workup.conditions import Path, conditions
from imagingsim.workup.flow import Flow
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.guard_faults import guard_faults
from imagingsim.workup.names import kinds, misuse
from imagingsim.workup.protocol_faults import protocol_faults
from imagingsim.workup.spec import ProtocolFile, State

FOLDER = "protocols/workups"
PERFORMANCE = ("patient", "performance")


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
    def news(self) -> News:
        """What findings say of the diagnoses."""
        return News(self.differential, self.catalogue.markers)

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
    document = library.named("protocol", FOLDER, name)
    return check_protocol(document, name, catalogue or read_catalogue(library))


def check_protocol(document: Document, name: str, catalogue: Catalogue) -> Protocol:
    """Return the protocol that a parsed text holds; see `read_protocol`."""
    file = structure(document, ProtocolFile)
    differential = differential_of(document, file.differential, catalogue)
    faults: list[tuple[Path, str]] = list(protocol_faults(file, catalogue))
    sound = not faults
    guards: dict[str, Guard] = {}
    known_names = kinds(file, catalogue, differential)
    for path, text in conditions(file):
        try:
            guards[text] = guard(text)
            fault = misuse(guards[text], known_names)
        except WorkupError as error:
            fault = str(error)
        if fault:
            faults.append((path, fault))
    if sound and not faults:
        faults += guard_faults(Flow(file, catalogue, differential), guards)
    if faults:
        lines = [
            (document.place(*path).line, document.problem(text, *path)) for path, text in faults
        ]
        raise ContentError("\n".join(line for _, line in sorted(lines)))
    return Protocol(name, file, guards, differential, catalogue)
