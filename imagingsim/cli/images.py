"""Commands about images and their quality: reformat, quality, detectability."""

from pathlib import Path
from typing import Annotated

import typer

from imagingsim import checking, scripting, survey
from imagingsim.cli.options import Force, Libraries, Out, Seed, content_of
from imagingsim.cli.showing import progress, show_rows
from imagingsim.reformatting import PlaneName, Projection


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
    content = content_of(folders)
    with progress() as bar:
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
        show_rows(("rod", "HU", "range", ""), map(_rod_row, found.inserts))
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


def _rod_row(rod: survey.InsertReading) -> tuple[str, str, str, str]:
    wanted = f"{rod.low_hu:g} to {rod.high_hu:g}"
    return rod.name, f"{rod.mean_hu:.0f}", wanted, "" if rod.within else "outside"


def detectability(
    recipe: Annotated[str, typer.Argument(help="Name of a file in protocols/detectability.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write instead of beside the recipe.")
    ] = None,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Simulate how detectable lesions are, with a model observer, and write the table."""
    with progress() as bar:
        file = scripting.write_detectability(
            recipe, out, force=force, content=content_of(folders), progress=bar
        )
    print(f"Written to {file}")
