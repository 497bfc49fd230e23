"""The commands of ``imagingsim body``: gallery, calibrate, report."""

import json
from pathlib import Path
from typing import Annotated

import typer

from imagingsim import checking, survey, tables
from imagingsim.anatomy import asked_habitus
from imagingsim.cli.options import Force, Individual, Libraries, Out, Who, content_of
from imagingsim.cli.showing import progress, show

bodies = typer.Typer(no_args_is_help=True, help="Look at a body and measure it.")


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
    content = content_of(folders)
    checking.writable(out, force=force)
    person = asked_habitus(habitus, seed=seed)
    with progress() as bar:
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
    with progress() as bar:
        if levers:
            target = survey.write_lever_masses(body, out, content=content_of(folders), progress=bar)
            print(f"Written to {target}")
            return
        file, found = survey.write_calibration(body, out, content=content_of(folders), progress=bar)
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
    with progress() as bar:
        found = survey.survey_body(
            body, content=content_of(folders), sections=only or survey.SECTIONS, arms=arms,
            habitus=person, progress=bar,
        )  # fmt: skip
    if as_json:
        print(json.dumps(found.to_json(), indent=2))
    else:
        for table in tables.of_report(found):
            show(table)
        for line in found.failures:
            print(line)
    if found.failures:
        raise typer.Exit(1)
