"""A comparison as scripts ask for it: the runs, what is made of them, and files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from imagingsim import cohort, compare, department, report, workup
from imagingsim.compare import Compared, Extras
from imagingsim.content import Library, library, load, structure, written
from imagingsim.errors import UnknownNameError, WorkupError
from imagingsim.folders import checked_folder, write_text
from imagingsim.progress import Progress, Silence
from imagingsim.reading import LevelName
from imagingsim.units import FloatArray
from imagingsim.workup.waits import Waits

TABLES = (
    "summary", "psa", "acceptability", "information", "tornado", "net_benefits", "decision_curves",
    "subgroups",
    "reliability", "calibration",
)  # fmt: skip
PARTS = ("patients", "psa", "tornado", "report.html", *(f"{one}.{kind}" for one in TABLES
                                             for kind in ("parquet", "csv")))  # fmt: skip
"""What a written comparison consists of."""

DEPARTMENT = ("waits.csv", "weekdays.csv", "patients.parquet", "waits.yaml")
"""What a written department consists of."""

FEWEST = 2
"""Patients below which there is no spread to tell."""

PRICES = 41
"""Points of a curve over what an effect is worth."""

AXES = ("days", "cost", "dose_msv", "-localised")
"""What the front is drawn over; of the last, more is better."""

CALIBRATED = 65536
"""Patients walked for a calibration; fewer when the comparison has fewer."""


def compare_protocols(
    protocols: Sequence[str], population: str, *, count: int, seed: int = 1,
    workers: int | None = None, cluster: str | None = None, folder: Path | str | None = None,
    force: bool = False, waits: Path | str | None = None, content: Library | None = None,
    progress: Progress | None = None, reader: LevelName = "consultant", **extras: object,
) -> Compared:  # fmt: skip
    """Walk the same virtual patients through several protocols.

    Parameters
    ----------
    count
        How many patients.
    cluster
        Address of a Dask scheduler, or ``"local"``; processes of this machine when not given.
    folder
        Where to leave ``patients/`` (parquet, a file for each block), tables as parquet and CSV,
        and ``report.html``; nothing is written when not given. A comparison that was interrupted
        there goes on where it stopped.
    force
        Replace another comparison in ``folder``.
    waits
        File with other waits than the catalogue's, e.g. what `run_department` left.
    reader
        How experienced those are who read the images.
    extras
        What else is asked: the fields of `Extras`, e.g. ``psa=1000, tornado=True,
        subgroups=["age", "egfr:30:45"], calibration=True``.

    Raises
    ------
    UnknownNameError
        When a protocol, the population, a parameter or a covariate does not exist.
    WorkupError
        When a protocol thinks of other diseases than the population has, or is named twice.
    FormatError
        When ``folder`` holds something else and ``force`` is false.
    """
    content, progress = content or library(), progress or Silence()
    catalogue = workup.read_catalogue(content)
    if waits is not None:
        catalogue = department.catalogue_with(catalogue, _read_waits(Path(waits)))
    asked = compare.Comparison(
        tuple(workup.read_protocol(content, name, catalogue) for name in protocols),
        cohort.read_population(content, population, catalogue), count, seed, reader,
    )  # fmt: skip
    wanted = _extras(extras)
    if count < FEWEST:
        raise WorkupError(f"A comparison needs at least {FEWEST} patients, not {count}.")
    covariates = compare.checked(asked, wanted.subgroups)
    varied = _varied(asked, wanted, content)
    place = Path(folder) if folder is not None else None
    if place is not None and force:
        checked_folder(place, PARTS, force=True)
    keep = compare.Kept.of(place, asked) if place is not None else None
    machines = compare.Machines(workers, cluster)
    frame = compare.run(asked, keep=keep, machines=machines, progress=progress)
    found = _first(asked, frame, wanted)
    found.parameters = varied
    _vary(found, machines, place, progress)
    if covariates:
        found.subgroups = compare.subgroups(asked, frame, covariates)
    if wanted.calibration:
        found.reliability, found.calibration = compare.reliability(
            asked, count=CALIBRATED, machines=machines
        )
    if place is not None:
        _write(found, place)
    return found


def _read_waits(file: Path) -> Waits:
    return structure(load(file.read_text(encoding="utf-8"), where=str(file)), Waits)


def list_departments(content: Library) -> Iterator[tuple[str, str, str]]:
    """Yield id, scanners and title of every department."""
    catalogue = workup.read_catalogue(content)
    for name in department.departments(content):
        file = department.read_department(content, name, catalogue).file
        counted = ", ".join(f"{one.count} {kind}" for kind, one in file.scanners.items())
        yield name, counted, file.title


def run_department(
    name: str, *, weeks: int = 52, seed: int = 1, protocol: str | None = None,
    population: str | None = None, per_week: float = 0.0, folder: Path | str | None = None,
    force: bool = False, content: Library | None = None, progress: Progress | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Simulate a department and return its waits by study and urgency.

    Parameters
    ----------
    weeks
        How long it is watched, after some weeks that are thrown away.
    protocol, population, per_week
        So many patients of the population come every week, through the protocol, on top of the
        department's own; their waits and its queues are brought to agree.
    folder
        Where to leave ``waits.csv``, ``weekdays.csv``, ``patients.parquet`` and ``waits.yaml``,
        which a comparison reads.

    Raises
    ------
    UnknownNameError
        When the department, the protocol or the population does not exist.
    WorkupError
        When a queue grows without end, or a protocol comes without population or patients.
    FormatError
        When ``folder`` is not empty and ``force`` is false.
    """
    content = content or library()
    catalogue = workup.read_catalogue(content)
    found = department.read_department(content, name, catalogue)
    if folder is not None:
        checked_folder(Path(folder), DEPARTMENT, force=force)
    if protocol is None:
        patients = department.simulate(found, weeks=weeks, seed=seed, progress=progress)
    elif population is None or per_week <= 0:
        raise WorkupError("A protocol needs its population and how many come in a week.")
    else:
        settled = department.settle(
            found, workup.read_protocol(content, protocol, catalogue),
            cohort.read_population(content, population, catalogue), per_week=per_week,
            weeks=weeks, seed=seed, progress=progress,
        )  # fmt: skip
        found, patients = settled.department, settled.patients
    table = department.summary(found, patients)
    if folder is not None:
        place, said = Path(folder), f"department {name}, {weeks} weeks, seed {seed}"
        waits = department.waits_with(catalogue.waits, department.by_urgency(patients), said)
        table.write_csv(place / "waits.csv")
        department.by_weekday(patients).write_csv(place / "weekdays.csv")
        patients.write_parquet(place / "patients.parquet")
        note = "Waits, in days, in place of `waits.yaml` of the catalogue."
        write_text(place / "waits.yaml", written(waits, note=note))
    return table


def _extras(given: dict[str, object]) -> Extras:
    """Return what was asked; lists become tuples, unknown names are refused."""
    known = Extras.__dataclass_fields__
    for name in given:
        if name not in known:
            raise UnknownNameError.of("option of a comparison", name, list(known))
    plain = {name: tuple(value) if isinstance(value, list) else value
             for name, value in given.items()}  # fmt: skip
    return Extras(**plain)  # type: ignore[arg-type]


def _first(asked: compare.Comparison, frame: pl.DataFrame, extras: Extras) -> Compared:
    """Return what the patients alone tell."""
    found = Compared(compare.table(asked, frame))
    found.asked, found.extras, found.patients = asked, extras, frame
    found.front, found.steps = compare.pareto(asked, frame), compare.icer(asked, frame)
    found.net_benefits = compare.net_benefits(frame, found.names, extras.effect, _prices(extras))
    found.decision_curves = compare.decision_curves(frame, found.names)
    return found


def _prices(extras: Extras) -> FloatArray:
    return np.linspace(0.0, 4 * extras.willing, PRICES)


def _varied(
    asked: compare.Comparison, extras: Extras, content: Library
) -> tuple[compare.Parameter, ...]:
    """Return the parameters that are varied; none when nothing asks for them."""
    if not (extras.psa or extras.tornado):
        return ()
    known = compare.parameters(asked, compare.read_doubts(content))
    return compare.chosen(known, extras.only)


def _vary(
    found: Compared, machines: compare.Machines, place: Path | None, progress: Progress
) -> None:
    """Run the sensitivity analyses that were asked for."""
    asked, extras = found.asked, found.extras
    if extras.psa:
        sets = compare.Sets(asked, found.parameters, extras.psa, extras.inner)
        mark = compare.fingerprint(asked, found.parameters, extras.inner)
        keep = compare.Kept.part(place / "psa", mark) if place is not None else None
        found.psa = compare.draw_sets(sets, keep=keep, machines=machines, progress=progress)
        _weigh(found, found.psa)
    if extras.tornado:
        mark = compare.fingerprint(
            asked, found.parameters, extras.tornado_patients, extras.effect, extras.willing
        )
        keep = compare.Kept.part(place / "tornado", mark) if place is not None else None
        found.tornado = compare.tornado(
            asked, found.parameters, count=extras.tornado_patients, effect=extras.effect,
            willing=extras.willing, keep=keep, machines=machines, progress=progress,
        )  # fmt: skip


def _weigh(found: Compared, sets: pl.DataFrame) -> None:
    """Fill in what the parameter sets tell."""
    names, extras = found.names, found.extras
    prices = _prices(extras)
    cost, gained = (compare.means_of(sets, names, one) for one in ("cost", extras.effect))
    curves = compare.acceptability(cost, gained, prices)
    found.acceptability = pl.DataFrame(
        {"willing": prices}
        | {f"best/{name}": curves.best[:, k] for k, name in enumerate(names)}
        | {"optimal": [names[k] for k in curves.optimal], "frontier": curves.frontier,
           "evpi": curves.evpi}
    )  # fmt: skip
    found.information = compare.information(
        sets, names, [(one.name, one.title) for one in found.parameters], effect=extras.effect,
        willing=extras.willing, prefix=compare.PREFIX,
    )  # fmt: skip
    share = compare.dominance(sets, names, AXES)
    found.on_front = {name: float(share[k]) for k, name in enumerate(names)}


def _write(found: Compared, folder: Path) -> None:
    for name in TABLES:
        frame = getattr(found, name)
        if frame is not None:
            frame.write_parquet(folder / f"{name}.parquet")
            frame.write_csv(folder / f"{name}.csv")
    write_text(folder / "report.html", report.comparison(found))
