"""Commands about many virtual patients: compare, department, what-if."""

from pathlib import Path
from typing import Annotated

import typer

from imagingsim import checking, comparing, scripting, tables
from imagingsim.cli.options import Force, Level, Libraries, Out, Seed, content_of, listed
from imagingsim.cli.showing import progress, show
from imagingsim.reading import LevelName


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
    with progress() as bar:
        found = comparing.compare_protocols(
            protocols, population, count=int(count), seed=seed, workers=workers, cluster=cluster,
            folder=out, force=force, waits=waits, content=content_of(folders), progress=bar,
            effect=effect, willing=willing, psa=int(psa), inner=int(inner), tornado=tornado,
            only=listed(only), subgroups=listed(subgroup), calibration=calibration,
            reader=checking.one_of("reader", reader, LevelName),
        )  # fmt: skip
    show(tables.of_comparison(found))
    print(f"Report: {out / 'report.html'}")


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
    with progress() as bar:
        found = comparing.run_department(
            name, weeks=weeks, seed=seed, protocol=protocol, population=population,
            per_week=per_week, folder=out, force=force, content=content_of(folders), progress=bar,
        )  # fmt: skip
    show(tables.of_frame(found))
    print(f"Waits: {out / 'waits.yaml'}")


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
        content=content_of(folders),
    )  # fmt: skip
    gone = " > ".join(draft.state for draft in walk.drafts) or "nothing yet"
    print(f"Day {walk.chart.now_d:.1f}; done: {gone}")
    show(tables.of_forecasts(found))
