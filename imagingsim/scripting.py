"""The library as scripts and notebooks use it: a case, a scan, a walk.

>>> import imagingsim as ims
>>> case = ims.load_case("net_72f")
>>> case.patient.sex
'female'
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from imagingsim import cohort, compare, formats, reading, report, scan, survey, workup
from imagingsim.anatomy import Case, read_case, read_quality_object
from imagingsim.content import Library, library, written
from imagingsim.ct import RawScan
from imagingsim.errors import FormatError, UnknownNameError, WorkupError
from imagingsim.folders import checked_folder, write_text
from imagingsim.progress import Progress, Silence
from imagingsim.reading import LevelName
from imagingsim.reformatting import PlaneName, Projection, reformat
from imagingsim.series import Derivation
from imagingsim.study import Study
from imagingsim.volume import Volume
from imagingsim.workup import Outcome

PARTS = ("dicom", "nifti", "timeline.json", "report.html")
"""What a written workup consists of."""


def load_case(name: str, *, content: Library | None = None) -> Case:
    """Return a case by its name, e.g. ``"net_72f"``.

    Raises
    ------
    UnknownNameError
        Listing the known cases.
    """
    return read_case(content or library(), name)


def acquire(
    case: Case,
    acquisition: str,
    *,
    seed: int = 1,
    timepoint: str | None = None,
    progress: Progress | None = None,
) -> Study:
    """Scan a case, e.g. with ``"ct_pancreas_two_phase"``; see `imagingsim.scan.acquire`."""
    return scan.acquire(
        case, acquisition, library=case.library, seed=seed, timepoint=timepoint, progress=progress
    )


def raw_scan(
    case: Case, acquisition: str, *, seed: int = 1, timepoint: str | None = None,
    heights_mm: tuple[float, float] | None = None, progress: Progress | None = None,
) -> RawScan:  # fmt: skip
    """Scan a case and keep the readings, so that other settings of the scan show at once.

    See `imagingsim.scan.raw_scan`.
    """
    return scan.raw_scan(
        case, acquisition, library=case.library, seed=seed, timepoint=timepoint,
        heights_mm=heights_mm, progress=progress,
    )  # fmt: skip


def walk(
    case: Case,
    protocol: str | None = None,
    *,
    seed: int = 1,
    folder: Path | str | None = None,
    force: bool = False,
    reader: LevelName = "consultant",
    progress: Progress | None = None,
) -> Outcome:
    """Walk a workup protocol with a case, scanning what it orders.

    Parameters
    ----------
    protocol
        Name of a file in ``protocols/workups``; the case's reference protocol when not given.
    folder
        Where to leave images, timeline and report; nothing is written when not given. Each study
        is written as soon as it is acquired.
    force
        Replace an earlier workup in ``folder``.
    reader
        How experienced the one is who reads the images.

    Raises
    ------
    FormatError
        When ``folder`` is not empty and ``force`` is false.
    """
    progress = progress or Silence()
    chosen = workup.read_protocol(case.library, protocol or case.protocol)
    archive = Archive.begin(Path(folder), force=force) if folder is not None else None

    def imaging(acquisition: str, timepoint: str) -> Study:
        return acquire(case, acquisition, seed=seed, timepoint=timepoint, progress=progress)

    outcome = workup.walk(
        case, chosen, imaging, seed=seed, progress=progress, level=reader,
        archive=archive.add if archive else _nobody,
    )  # fmt: skip
    if archive:
        progress.begin("Report", 1)
        progress.step("Report: drawing key images")
        archive.close(outcome)
    return outcome


def write_detectability(
    name: str, out: Path | None = None, *, force: bool = False, content: Library | None = None,
    progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Make a table of detectability from its recipe and write it; see `imagingsim.reading`.

    Raises
    ------
    FormatError
        When the file exists and ``force`` is false.
    """
    content = content or library()
    recipe = reading.read_recipe(content, name)
    beside = content.place(f"{reading.FOLDER}/{name}.yaml")
    target = out or beside.with_name(f"{name}{reading.TABLE}.yaml")
    if target.exists() and not force:
        raise FormatError(f"{target} exists and is not overwritten. Use --force.")
    command = f"imagingsim detectability {name}"
    table = reading.make_table(name, recipe, content, command=command, progress=progress)
    note = f"Made from {name}.yaml by the command below; do not edit, make it anew."
    write_text(target, written(table, note=note))
    return target


def list_protocols(content: Library) -> Iterator[tuple[str, str, str]]:
    """Yield id, differential and title of every workup protocol."""
    catalogue = workup.read_catalogue(content)
    for name in workup.protocols(content):
        file = workup.read_protocol(content, name, catalogue).file
        yield name, file.differential, file.title


def draw_protocol(name: str, language: str, *, content: Library | None = None) -> str:
    """Return a protocol in the language of a program that lays graphs out.

    Raises
    ------
    UnknownNameError
        When there is no such protocol, or no such language.
    """
    languages = {"mermaid": workup.mermaid, "graphviz": workup.graphviz}
    if language not in languages:
        raise UnknownNameError.of("language of graphs", language, languages)
    return languages[language](workup.read_protocol(content or library(), name))


def decision_table(name: str, *, content: Library | None = None) -> Iterator[workup.Decision]:
    """Yield the decisions of a protocol, in the order they are tried."""
    return workup.decisions(workup.read_protocol(content or library(), name))


def list_populations(content: Library) -> Iterator[tuple[str, str, str]]:
    """Yield id, differential and title of every population."""
    catalogue = workup.read_catalogue(content)
    for name in cohort.populations(content):
        file = cohort.read_population(content, name, catalogue).file
        yield name, file.differential, file.title


def what_if(
    protocol: str,
    population: str,
    *,
    patient: int = 0,
    steps: int = 0,
    count: int = compare.COUNT,
    seed: int = 1,
    content: Library | None = None,
) -> tuple[workup.Walk, tuple[compare.Forecast, ...]]:
    """Walk a virtual patient some states far, and look what each possible next step leads to.

    Parameters
    ----------
    patient
        Number of the patient in the population.
    steps
        How many states are gone through before.
    count
        How many patients who could be this one are walked on, for each step.
    """
    content = content or library()
    catalogue = workup.read_catalogue(content)
    asked = workup.read_protocol(content, protocol, catalogue)
    people = cohort.read_population(content, population, catalogue)
    world = cohort.VirtualWorld.of(people, catalogue, seed=seed, patient=patient)
    walk = workup.begin(world, asked)
    for _ in range(steps):
        ending = workup.walk_on(walk)
        if ending is not None:
            raise WorkupError(f"The walk is over after {len(walk.drafts)} states: {ending}.")
    return walk, compare.what_if(walk, people, count=count, seed=seed)


def quality(
    thing: str, acquisition: str, *, seed: int = 1, content: Library | None = None,
    progress: Progress | None = None,
) -> tuple[Study, dict[str, survey.Quality]]:  # fmt: skip
    """Scan a test object, e.g. ``"image_quality_cylinder"``, and measure every series of it."""
    content = content or library()
    known = read_quality_object(content, thing)
    study = scan.scan_object(known, acquisition, library=content, seed=seed, progress=progress)
    return study, {one.name: survey.measure_quality(one.volume, known) for one in study.series}


def write_label_map(
    case: Case, file: Path | str, *, spacing_mm: float = 2.0, timepoint: str | None = None
) -> None:
    """Write the label map of a case's body as NIfTI, and beside it the names as JSON."""
    point = case.timepoint(timepoint).id
    labels = scan.true_labels(case, point, library=case.library, spacing_mm=spacing_mm)
    formats.write_label_map(Path(file), labels)


def write_reformat(
    folder: Path | str, series: str, out: Path | str, *, plane: PlaneName, thickness_mm: float,
    interval_mm: float | None = None, projection: Projection = "mean", force: bool = False,
) -> Volume:  # fmt: skip
    """Reformat a CT series in a folder of DICOM; write DICOM and NIfTI, and return the slabs.

    Raises
    ------
    UnknownNameError
        Listing the CT series in the folder.
    GeometryError
        When the series is not axial, or the slab is not possible.
    """
    known = {one.name: one for one in formats.read_dicom(Path(folder)) if one.modality == "CT"}
    source = known.get(series)
    if source is None or source.file is None:
        raise UnknownNameError.of("CT series", series, sorted(known))
    slabs = reformat(
        source.volume, plane, thickness_mm=thickness_mm, interval_mm=interval_mm,
        projection=projection,
    )  # fmt: skip
    made = Derivation(series, plane, thickness_mm, projection)
    said = {
        "Modality": "CT", "SeriesDescription": source.description, "BodyPart": source.body_part,
        "Derivation": asdict(made),
    }  # fmt: skip
    name = f"{series}_{plane}" if projection == "mean" else f"{series}_{plane}_{projection}"
    with formats.new_folder(Path(out), force=force) as partial:
        (partial / "nifti").mkdir(parents=True)
        (partial / "dicom").mkdir()
        formats.write_reformat(source.file, slabs, made, partial / "dicom" / name)
        formats.write_volume(partial / "nifti" / f"{name}.nii.gz", slabs, said)
    return slabs


@dataclass(frozen=True)
class Archive:
    """A folder that a workup fills, study by study; each study is there whole or not at all."""

    folder: Path

    @classmethod
    def begin(cls, folder: Path, *, force: bool) -> "Archive":
        """Make ``folder`` ready; with ``force`` an earlier workup in it is removed."""
        checked_folder(folder, PARTS, force=force)
        return cls(folder)

    def add(self, study: Study) -> None:
        """Write a study's images."""
        study.write_dicom(self.folder / "dicom" / study.id)
        study.write_nifti(self.folder / "nifti" / study.id)

    def close(self, outcome: Outcome) -> None:
        """Write the timeline and the report."""
        write_text(self.folder / "timeline.json", outcome.timeline_json())
        report.write(outcome, self.folder / "report.html")


def _nobody(study: Study) -> None:
    """Archive nothing."""
