"""The ``imagingsim`` command."""

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from imagingsim import checking, comparing, lessons, scripting, survey, tables
from imagingsim.anatomy import asked_habitus
from imagingsim.content import Library, library, placeholders
from imagingsim.errors import AcquisitionWarning, ImagingSimError
from imagingsim.reading import LevelName
from imagingsim.reformatting import PlaneName, Projection

app = typer.Typer(
    name="imagingsim", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Simulate a radiology imaging workup. Everything is synthetic and not for diagnosis.",
)  # fmt: skip

bodies = typer.Typer(no_args_is_help=True, help="Look at a body and measure it.")
app.add_typer(bodies, name="body")
graphs = typer.Typer(no_args_is_help=True, help="Look at a workup protocol.")
app.add_typer(graphs, name="protocol")

LINE = 220
"""Columns of a line that is not wrapped."""

Libraries = Annotated[
    list[Path] | None,
    typer.Option("--library", help="Folder with your own phantoms/ and protocols/; repeatable."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same bytes.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write; must not exist.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what exists.")]
Who = Annotated[
    str | None,
    typer.Option(
        "--habitus",
        metavar="LEVERS|FILE",
        help="Another person: height_m=1.6,weight_kg=80,age_y=72,... or a YAML file.",
    ),
]
Individual = Annotated[
    int,
    typer.Option(
        "--seed", min=0, help="Individual variation and grain; 0 is the reference person."
    ),
]
Level = Annotated[
    str, typer.Option("--reader", help="Who reads the images: student, resident, consultant.")
]
At = Annotated[
    str | None, typer.Option("--timepoint", help="Point of the case's course; the workup's start.")
]


class _Bar:
    """Shows progress as one bar per task; what was done stays on the screen."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._task: TaskID | None = None

    def begin(self, task: str, steps: int) -> None:
        """Start a new bar."""
        self._finish()
        self._task = self._shown.add_task(task, total=steps)
        self._started = False

    def step(self, doing: str) -> None:
        """Count the step before as done, and say what is done now."""
        if self._task is None:
            self.begin(doing, 1)
        elif self._started:
            self._shown.advance(self._task)
        self._started = True
        if self._task is not None:
            self._shown.update(self._task, description=doing)

    def _finish(self) -> None:
        if self._task is not None:
            task = self._shown.tasks[self._task]
            self._shown.update(self._task, completed=task.total)


@contextmanager
def _progress() -> Iterator[_Bar]:
    columns = (
        SpinnerColumn(),
        BarColumn(24),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        bar = _Bar(shown)
        yield bar
        bar._finish()


@app.command()
def cases(folders: Libraries = None) -> None:
    """List the cases: id, patient, timepoints, lesions."""
    content = _content(folders)
    table = Table(box=None, pad_edge=False)
    for heading in ("case", "patient", "timepoints", "lesions", "title"):
        table.add_column(heading, no_wrap=True)
    for name in content.names("phantoms/cases"):
        case = scripting.load_case(name, content=content)
        patient = f"{case.patient.sex}, {case.patient.age_y:g}"
        points = ", ".join(point.id for point in case.timepoints)
        table.add_row(name, patient, points, str(len(case.lesion_numbers)), case.title)
    Console(width=LINE).print(table)


@app.command()
def protocols(folders: Libraries = None) -> None:
    """List the workup protocols: id, differential, title."""
    _list("protocol", scripting.list_protocols(_content(folders)))


@app.command()
def populations(folders: Libraries = None) -> None:
    """List the populations of virtual patients: id, differential, title."""
    _list("population", scripting.list_populations(_content(folders)))


@app.command()
def compare(
    protocols: Annotated[
        list[str], typer.Argument(help="Two or more; the first is the yardstick.")
    ],
    population: Annotated[str, typer.Option("--population", help="See `imagingsim populations`.")],
    out: Out,
    count: Annotated[
        float, typer.Option("-n", "--patients", min=1, help="How many, e.g. 1e6.")
    ] = 1e5,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; every core when not given.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="ADDRESS|local", help="A Dask scheduler does the work."),
    ] = None,
    effect: Annotated[
        str, typer.Option("--effect", help="What is paid for: localised, correct, diagnosed, alive")
    ] = "localised",
    willing: Annotated[
        float, typer.Option("--willing", help="What one more patient with the effect is worth.")
    ] = 2000.0,
    psa: Annotated[
        float, typer.Option("--psa", min=0, help="Sets of uncertain parameters to draw, e.g. 1000.")
    ] = 0,
    inner: Annotated[
        float, typer.Option("--psa-patients", min=2, help="Patients walked with each set.")
    ] = 1000,
    tornado: Annotated[
        bool, typer.Option("--tornado", help="Every parameter to both ends of its interval.")
    ] = False,
    only: Annotated[
        str, typer.Option("--parameters", help="Only these, e.g. prices,waits.ct; all when empty.")
    ] = "",
    subgroup: Annotated[
        str, typer.Option("--subgroup", help="Covariates, cut where you like: age:65:80,pacemaker")
    ] = "",
    waits: Annotated[
        Path | None, typer.Option("--waits", help="A file `imagingsim department` left.")
    ] = None,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Whether beliefs are as often true as believed.")
    ] = False,
    reader: Level = "consultant",
    seed: Seed = 1,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Walk the same virtual patients through several protocols; leave tables and a page.

    Interrupted, it goes on where it stopped when it is called again.
    """
    with _progress() as bar:
        found = comparing.compare_protocols(
            protocols, population, count=int(count), seed=seed, workers=workers, cluster=cluster,
            folder=out, force=force, waits=waits, content=_content(folders), progress=bar,
            effect=effect, willing=willing, psa=int(psa), inner=int(inner), tornado=tornado,
            only=_listed(only), subgroups=_listed(subgroup), calibration=calibration,
            reader=checking.one_of("reader", reader, LevelName),
        )  # fmt: skip
    Console(width=LINE).print(tables.of_comparison(found))
    print(f"Report: {out / 'report.html'}")


@app.command()
def departments(folders: Libraries = None) -> None:
    """List the departments: id, scanners, title."""
    _list("department", comparing.list_departments(_content(folders)), "scanners")


@app.command()
def department(
    name: str,
    out: Out,
    weeks: Annotated[int, typer.Option("--weeks", min=1, help="How long it is watched.")] = 52,
    protocol: Annotated[
        str | None, typer.Option("--protocol", help="Its patients come on top of all others.")
    ] = None,
    population: Annotated[
        str | None, typer.Option("--population", help="Who they are; see `imagingsim populations`.")
    ] = None,
    per_week: Annotated[float, typer.Option("--per-week", help="How many of them come.")] = 0.0,
    seed: Seed = 1,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Simulate a radiology department; leave its waits, for `imagingsim compare --waits`."""
    with _progress() as bar:
        found = comparing.run_department(
            name, weeks=weeks, seed=seed, protocol=protocol, population=population,
            per_week=per_week, folder=out, force=force, content=_content(folders), progress=bar,
        )  # fmt: skip
    Console(width=LINE).print(tables.of_frame(found))
    print(f"Waits: {out / 'waits.yaml'}")


@app.command()
def debrief(
    record: Annotated[Path, typer.Argument(help="A recorded session, YAML.")],
    out: Out,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Play a recorded session again; leave its score and debriefing."""
    found = lessons.debrief(record, folder=out, force=force, content=_content(folders))
    for part in found.score.parts:
        print(f"{part.name}: {part.points:.1f} of {part.most:g}")
    print(f"{found.score.percent:.0f} of 100\nDebriefing: {out / 'debrief.html'}")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


@app.command("what-if")
def what_if(
    protocol: Annotated[str, typer.Argument(help="See `imagingsim protocols`.")],
    population: Annotated[str, typer.Option("--population", help="See `imagingsim populations`.")],
    patient: Annotated[int, typer.Option("--patient", min=0, help="Number of the patient.")] = 0,
    steps: Annotated[int, typer.Option("--steps", min=0, help="States gone through before.")] = 0,
    count: Annotated[
        int, typer.Option("-n", "--patients", min=2, help="Patients walked on for each step.")
    ] = 20_000,
    seed: Seed = 1,
    folders: Libraries = None,
) -> None:
    """Say what each possible next step leads to, from some point of a virtual patient's walk."""
    walk, found = scripting.what_if(
        protocol, population, patient=patient, steps=steps, count=count, seed=seed,
        content=_content(folders),
    )  # fmt: skip
    gone = " > ".join(draft.state for draft in walk.drafts) or "nothing yet"
    print(f"Day {walk.chart.now_d:.1f}; done: {gone}")
    Console(width=LINE).print(tables.of_forecasts(found))


@app.command()
def workup(
    case: str,
    out: Out,
    protocol: Annotated[
        str | None, typer.Option("--protocol", help="Another protocol than the case's own.")
    ] = None,
    reader: Level = "consultant",
    seed: Seed = 1,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Walk a case from the first study to the biopsy; leave images, timeline and report."""
    patient = scripting.load_case(case, content=_content(folders))
    with _progress() as bar:
        outcome = scripting.walk(
            patient, protocol, seed=seed, folder=out, force=force, progress=bar,
            reader=checking.one_of("reader", reader, LevelName),
        )  # fmt: skip
    print(f"{outcome.ending_text}\nReport: {out / 'report.html'}")


@app.command()
def acquire(
    case: str,
    acquisition: str,
    out: Out,
    timepoint: At = None,
    seed: Seed = 1,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Scan a case once and write DICOM and NIfTI."""
    patient = scripting.load_case(case, content=_content(folders))
    checking.writable(out, force=force)
    with _progress() as bar:
        study = scripting.acquire(
            patient, acquisition, seed=seed, timepoint=timepoint, progress=bar
        )
        study.write(out, force=force)
    for one in study.series:
        slices, rows, columns = one.volume.array.shape
        print(f"{one.name}: {one.description}, {slices} slices of {rows} x {columns}")
    print(f"Written to {out}")


@app.command()
def reformat(
    folder: Annotated[Path, typer.Argument(help="Holds DICOM, e.g. what acquire wrote.")],
    series: Annotated[str, typer.Argument(help="Name of a CT series, e.g. ct_portal.")],
    out: Out,
    plane: Annotated[str, typer.Option("--plane", help="axial, coronal or sagittal")] = "coronal",
    thickness: Annotated[float, typer.Option("--thickness", help="Of the slabs, mm.")] = 3.0,
    interval: Annotated[
        float | None, typer.Option("--interval", help="From slab to slab, mm; the thickness.")
    ] = None,
    projection: Annotated[
        str, typer.Option("--projection", help="mean, maximum (MIP) or minimum (MinIP)")
    ] = "mean",
    force: Force = False,
) -> None:
    """Reformat a CT series to another plane or a projection; write DICOM and NIfTI."""
    checking.writable(out, force=force)
    slabs = scripting.write_reformat(
        folder, series, out, plane=checking.one_of("plane", plane, PlaneName),
        thickness_mm=thickness, interval_mm=interval,
        projection=checking.one_of("projection", projection, Projection), force=force,
    )  # fmt: skip
    count, rows, columns = slabs.array.shape
    print(f"{count} slabs of {rows} x {columns}\nWritten to {out}")


@app.command()
def quality(
    thing: Annotated[str, typer.Argument(metavar="OBJECT")],
    acquisition: str,
    out: Out,
    seed: Seed = 1,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Scan a test object, write the images, and report the quality of each series."""
    checking.writable(out, force=force)
    content = _content(folders)
    with _progress() as bar:
        study, found = scripting.quality(
            thing, acquisition, seed=seed, content=content, progress=bar
        )
        study.write(out, force=force)
    for name, one in found.items():
        _show_quality(name, one)
    print(f"Written to {out}")
    if not all(insert.within for one in found.values() for insert in one.inserts):
        raise typer.Exit(1)


def _show_quality(name: str, found: survey.Quality) -> None:
    print(
        f"{name}: water {found.water_hu:.1f} HU, edge {found.edge_hu:+.1f} HU, noise "
        f"{found.noise_hu:.1f} HU at {found.noise_frequency_mm:.2f} per mm"
    )
    if found.inserts:
        table = Table(box=None, pad_edge=False)
        for heading in ("rod", "HU", "range", ""):
            table.add_column(heading)
        for rod in found.inserts:
            wanted = f"{rod.low_hu:g} to {rod.high_hu:g}"
            table.add_row(rod.name, f"{rod.mean_hu:.0f}", wanted, "" if rod.within else "outside")
        Console(width=LINE).print(table)
    for sharp in [found.wire, *found.edges]:
        if sharp is not None:
            print(
                f"{sharp.name}: transfer 50 % at {sharp.half_lp_cm:.1f} and 10 % at "
                f"{sharp.tenth_lp_cm:.1f} lp/cm"
            )
    if found.resolved_lp_cm is not None:
        left = ", ".join(f"{bar.lp_cm:g}: {100 * bar.modulation:.0f} %" for bar in found.bars)
        print(f"bars resolved up to {found.resolved_lp_cm:g} lp/cm ({left})")
    for faint in found.faint:
        print(
            f"faint rod of {faint.diameter_mm:g} mm: {faint.contrast_hu:.1f} HU, "
            f"contrast to noise {faint.contrast_to_noise:.2f}"
        )


@app.command()
def phantom(
    case: str,
    out: Annotated[Path, typer.Option("--out", help="A file ending in .nii.gz; must not exist.")],
    timepoint: At = None,
    spacing: Annotated[float, typer.Option("--spacing", min=0.2, help="Voxel side, mm.")] = 2.0,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Write the label map of a case's body, and beside it the names of its labels."""
    patient = scripting.load_case(case, content=_content(folders))
    checking.writable(out, force=force, suffix=".nii.gz")
    with _progress() as bar:
        bar.begin("Sampling the body", 1)
        scripting.write_label_map(patient, out, spacing_mm=spacing, timepoint=timepoint)
    print(f"Written to {out}")


@app.command()
def view(what: str, timepoint: At = None, folders: Libraries = None) -> None:
    """Open a case, or a folder written by workup or acquire, in napari."""
    opening = {point.name: point for point in entry_points(group="imagingsim.viewer")}
    try:
        if Path(what).is_dir():
            opening["folder"].load()(Path(what))
        else:
            patient = scripting.load_case(what, content=_content(folders))
            opening["case"].load()(patient, timepoint)
    except ImportError as error:
        raise ImagingSimError(
            f"The viewer is not installed ({error}). "
            "Install it with: pip install 'imagingsim[viewer]'"
        ) from error


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Content files.")] = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="List the numbers that nobody has looked up yet.")
    ] = False,
    shapes: Annotated[
        bool, typer.Option(help="Sample the bodies that files belong to, and look at their shapes.")
    ] = True,
    sample: Annotated[
        int,
        typer.Option(min=0, help="Virtual patients who are asked whether a guard ever holds."),
    ] = 100_000,
    folders: Libraries = None,
) -> None:
    """Check content files; every problem is listed with file and line."""
    content, files = _content(folders), files or []
    if not (files or sources):
        raise typer.BadParameter("name content files, or ask for --sources")
    if sources:
        _print_placeholders(content)
    problems = checking.problems(files, content, shapes=shapes)
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    for line in checking.never_held(files, content, count=sample) if sample else ():
        print(f"note: {line}")
    if files:
        print(f"{len(files)} file{'s' if len(files) != 1 else ''} without problems")


def _print_placeholders(content: Library) -> None:
    lines = list(placeholders(content))
    for line in lines:
        print(line)
    print(f"{len(lines)} lines with a number that nobody has looked up yet", file=sys.stderr)


@app.command()
def detectability(
    recipe: Annotated[str, typer.Argument(help="Name of a file in protocols/detectability.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write instead of beside the recipe.")
    ] = None,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Simulate how detectable lesions are, with a model observer, and write the table."""
    with _progress() as bar:
        file = scripting.write_detectability(
            recipe, out, force=force, content=_content(folders), progress=bar
        )
    print(f"Written to {file}")


@app.command()
def schema(
    kind: Annotated[
        str,
        typer.Argument(
            help="body, region, habitus, state, case, acquisition, workup, department, ..."
        ),
    ],
) -> None:
    """Print the JSON Schema of a kind of content file, for editors."""
    print(json.dumps(checking.schema_of(kind), indent=2))


@graphs.command()
def draw(
    protocol: str,
    language: Annotated[
        str, typer.Option("--as", help="mermaid or graphviz: what lays the graph out.")
    ] = "mermaid",
    folders: Libraries = None,
) -> None:
    """Print a protocol as a graph, for Mermaid or Graphviz."""
    print(scripting.draw_protocol(protocol, language, content=_content(folders)), end="")


@graphs.command()
def table(protocol: str, folders: Libraries = None) -> None:
    """Print a protocol as a decision table."""
    rows = scripting.decision_table(protocol, content=_content(folders))
    Console(width=LINE).print(tables.of_decisions(rows))


@bodies.command()
def gallery(
    body: str,
    out: Out,
    region: Annotated[
        list[str] | None, typer.Option("--region", help="Repeatable; every region by default.")
    ] = None,
    sheet: Annotated[
        list[str] | None, typer.Option("--sheet", help="Only these sheets; repeatable.")
    ] = None,
    arms: Annotated[str, typer.Option("--arms", help="down or up")] = "down",
    habitus: Who = None,
    noise: Annotated[bool, typer.Option(help="Grain as of a scan of usual dose.")] = False,
    seed: Individual = 0,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Draw named slices and projections of a body's regions as PNG contact sheets."""
    content = _content(folders)
    checking.writable(out, force=force)
    person = asked_habitus(habitus, seed=seed)
    with _progress() as bar:
        drawn = survey.write_gallery(
            body, out, region, sheet, arms=arms, habitus=person, noise=noise, seed=seed,
            content=content, progress=bar,
        )  # fmt: skip
    for file in drawn:
        print(file)


@bodies.command()
def calibrate(
    body: str,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write instead of beside the body.")
    ] = None,
    levers: Annotated[
        bool, typer.Option("--levers", help="Weigh the levers of fat and muscle instead.")
    ] = False,
    folders: Libraries = None,
) -> None:
    """Grow a body's organs to the reference masses, and write how much beside the body."""
    with _progress() as bar:
        if levers:
            target = survey.write_lever_masses(body, out, content=_content(folders), progress=bar)
            print(f"Written to {target}")
            return
        file, found = survey.write_calibration(body, out, content=_content(folders), progress=bar)
    print(f"Written to {file} after {found.steps} weighings")
    for name, error in found.off:
        print(f"{name}: still {error:+.1f} % off")


@bodies.command(name="report")
def body_report(
    body: str,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help="masses, lengths, levels, labels, topology, sampling; repeatable."
        ),
    ] = None,
    arms: Annotated[str, typer.Option("--arms", help="down or up")] = "down",
    habitus: Who = None,
    seed: Individual = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    folders: Libraries = None,
) -> None:
    """Hold a body against reference masses, lengths, levels and topology; exit 1 if it fails.

    The section ``sampling`` holds every organ at 2 and 4 mm against itself at 1 mm.
    """
    person = asked_habitus(habitus, seed=seed)
    with _progress() as bar:
        found = survey.survey_body(
            body, content=_content(folders), sections=only or survey.SECTIONS, arms=arms,
            habitus=person, progress=bar,
        )  # fmt: skip
    if as_json:
        print(json.dumps(found.to_json(), indent=2))
    else:
        for table in tables.of_report(found):
            Console(width=LINE).print(table)
        for line in found.failures:
            print(line)
    if found.failures:
        raise typer.Exit(1)


def _list(kind: str, rows: Iterator[tuple[str, str, str]], second: str = "differential") -> None:
    table = Table(box=None, pad_edge=False)
    for heading in (kind, second, "title"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=LINE).print(table)


def _content(folders: list[Path] | None) -> Library:
    return library(*(folders or []))


def main(run: Callable[[], object] = app) -> None:
    """Run the command; what the user can mend is one line and exit code 2."""
    with warnings.catch_warnings():
        _show_warnings_as_lines()
        _run(run)


def _show_warnings_as_lines() -> None:
    """Show what a scan warns of as one line, once; leave other warnings as they are."""
    others = warnings.showwarning

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: TextIO | None = None, line: str | None = None,
    ) -> None:  # fmt: skip
        if issubclass(category, AcquisitionWarning):
            print(f"imagingsim: warning: {message}", file=sys.stderr)
        else:
            others(message, category, filename, lineno, file, line)

    warnings.showwarning = show
    warnings.simplefilter("once", AcquisitionWarning)


def _run(run: Callable[[], object]) -> None:
    try:
        run()
    except ImagingSimError as error:
        print(f"imagingsim: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("imagingsim: interrupted; nothing half-written is left", file=sys.stderr)
        sys.exit(130)
