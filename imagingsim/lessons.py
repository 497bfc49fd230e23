"""Lessons as scripts ask for them: a session with a patient, its record, its debriefing."""

from pathlib import Path

import numpy as np

from imagingsim import cohort, report, scan, teaching, workup
from imagingsim.anatomy import read_case
from imagingsim.cohort import VirtualWorld
from imagingsim.content import Library, library, load, structure, written
from imagingsim.errors import WorkupError
from imagingsim.folders import checked_folder, write_text
from imagingsim.study import Study
from imagingsim.teaching import Debrief, Read, Reference, Session, SessionFile, Who
from imagingsim.workup import Protocol, SimulatedWorld, World

WALKED = 2048
"""Walks of the reference protocol that say what is usual."""

PARTS = (
    "debrief.html", "debrief.md", "score.csv", "deductions.csv", "timeline.csv",
    "differentials.csv", "mirc.xml",
)  # fmt: skip
"""What a written debriefing consists of."""


def session(
    population: str, reference: str, *, number: int = 0, seed: int = 1,
    content: Library | None = None,
) -> Session:  # fmt: skip
    """Begin a session with a virtual patient.

    Parameters
    ----------
    reference
        Protocol that is the yardstick afterwards.
    number
        Which patient of the population.

    Raises
    ------
    UnknownNameError
        When the population or the protocol does not exist.
    """
    return begin(Who(population=population, number=number, seed=seed), reference, content=content)


def begin(who: Who, reference: str, *, content: Library | None = None) -> Session:
    """Begin a session with any patient; a case is scanned when a study is made.

    Raises
    ------
    WorkupError
        When the patient is neither a case nor of a population, or both.
    """
    content = content or library()
    protocol = workup.read_protocol(content, reference)
    ratings = teaching.read_ratings(content, protocol.file.differential, protocol.catalogue)
    return Session.of(_world(who, protocol, content), protocol, ratings, who)


def record(found: SessionFile) -> str:
    """Return a recorded session as the text of a file; see `Session.recorded` and `debrief`."""
    return written(found)


def debrief(
    file: Path | str, *, folder: Path | str | None = None, force: bool = False,
    content: Library | None = None,
) -> Debrief:  # fmt: skip
    """Play a recorded session again and say what it was worth.

    Parameters
    ----------
    folder
        Where to leave ``debrief.html``, ``debrief.md``, ``score.csv``, ``deductions.csv``,
        ``timeline.csv``, ``differentials.csv`` and ``mirc.xml``; nothing is written when not given.

    Raises
    ------
    ContentError
        When the file is malformed.
    FormatError
        When ``folder`` is not empty and ``force`` is false.
    """
    text = Path(file).read_text(encoding="utf-8")
    recorded = structure(load(text, where=str(file)), SessionFile)
    if folder is not None:
        checked_folder(Path(folder), PARTS, force=force)
    content = content or library()
    played = begin(recorded.patient, recorded.reference, content=content)
    played.play(recorded.acts)
    found = debrief_of(played, resident=recorded.resident, content=content)
    if folder is not None:
        write(found, Path(folder))
    return found


def debrief_of(played: Session, *, resident: str = "", content: Library | None = None) -> Debrief:
    """Return the debriefing of a session, over or not."""
    content, walk, recorded = content or library(), played.walk, played.recorded(resident)
    world, protocol = walk.world, played.reference
    truth, reads = _truth(world, recorded.patient), tuple(_reads(played))
    diagnosis = protocol.differential.diagnoses[truth]
    expert = None
    if isinstance(world, VirtualWorld):
        expert = workup.walk_world(world, protocol)
    rubric = teaching.read_rubric(content, protocol.catalogue)
    score = teaching.score(
        played, truth=truth, critical_regions=[diagnosis.primary], read=reads,
        reference=_usual(protocol, recorded.patient, content),
        rubric=rubric,
    )  # fmt: skip
    return Debrief(recorded, played, score, diagnosis.title, reads, rubric, expert)


def write(found: Debrief, folder: Path) -> None:
    """Write a debriefing into a folder."""
    write_text(folder / "debrief.html", report.debriefing(found))
    write_text(folder / "debrief.md", teaching.markdown(found))
    for name, text in teaching.tables(found):
        write_text(folder / name, text)
    write_text(folder / "mirc.xml", teaching.mirc(found))


def _world(who: Who, protocol: Protocol, content: Library) -> World:
    if (who.case is None) == (who.population is None):
        raise WorkupError("The patient of a session is a `case`, or of a `population`. Name one.")
    if who.population is not None:
        population = cohort.read_population(content, who.population, protocol.catalogue)
        if population.file.differential != protocol.file.differential:
            raise WorkupError(
                f"{who.population} is of {population.file.differential}, and {protocol.id} thinks "
                f"of {protocol.file.differential}. Choose a reference that fits the patient."
            )
        return VirtualWorld.of(population, protocol.catalogue, seed=who.seed, patient=who.number)
    case = read_case(content, who.case or "")

    def imaging(acquisition: str, timepoint: str) -> Study:
        return scan.acquire(case, acquisition, library=content, seed=who.seed, timepoint=timepoint)

    return SimulatedWorld(case, protocol.catalogue, imaging, who.seed)


def _truth(world: World, who: Who) -> str:
    if isinstance(world, VirtualWorld):
        names = list(world.population.differential.diagnoses)
        return names[int(world.patients.disease[world.row])]
    if who.truth is None:
        raise WorkupError("What a case has is not known to the differential: give `truth`.")
    return who.truth


def _reads(played: Session) -> list[Read]:
    """Return the studies that were made, with what a good reader could have seen."""
    world, times, found = played.walk.world, dict[str, int](), []
    for visit in played.made():
        repeat = times.get(visit.study, 0)
        times[visit.study] = repeat + 1
        if isinstance(world, VirtualWorld):
            hidden = tuple(teaching.in_numbers(world, visit.study, repeat))
        elif visit.reading is not None:
            hidden = tuple(teaching.in_images(visit.reading))
        else:
            continue
        found.append(Read(visit.start_day or 0.0, visit.study, repeat, hidden))
    return found


def _usual(protocol: Protocol, who: Who, content: Library) -> Reference:
    """Return what the reference protocol takes in patients like this one."""
    name = who.population or _like(protocol, content)
    population = cohort.read_population(content, name, protocol.catalogue)
    patients = population.draw(who.seed, np.arange(WALKED, dtype=np.uint64))
    charts = cohort.walk_all(cohort.Plan.of(protocol, population), patients).charts
    return Reference(charts.now, charts.cost, charts.dose)


def _like(protocol: Protocol, content: Library) -> str:
    for name in cohort.populations(content):
        file = cohort.read_population(content, name, protocol.catalogue).file
        if file.differential == protocol.file.differential:
            return name
    raise WorkupError(f"No population has the diseases of {protocol.id}; add one.")
