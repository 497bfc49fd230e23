"""Commands about one patient: workup, acquire, phantom, view, debrief."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from imagingsim import checking, lessons, scripting
from imagingsim.cli.options import At, Force, Level, Libraries, Out, Seed, content_of
from imagingsim.cli.showing import progress
from imagingsim.errors import ImagingSimError
from imagingsim.reading import LevelName


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
    patient = scripting.load_case(case, content=content_of(folders))
    with progress() as bar:
        outcome = scripting.walk(
            patient, protocol, seed=seed, folder=out, force=force, progress=bar,
            reader=checking.one_of("reader", reader, LevelName),
        )  # fmt: skip
    print(f"{outcome.ending_text}\nReport: {out / 'report.html'}")


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
    patient = scripting.load_case(case, content=content_of(folders))
    checking.writable(out, force=force)
    with progress() as bar:
        study = scripting.acquire(
            patient, acquisition, seed=seed, timepoint=timepoint, progress=bar
        )
        study.write(out, force=force)
    for one in study.series:
        slices, rows, columns = one.volume.array.shape
        print(f"{one.name}: {one.description}, {slices} slices of {rows} x {columns}")
    print(f"Written to {out}")


def phantom(
    case: str,
    out: Annotated[Path, typer.Option("--out", help="A file ending in .nii.gz; must not exist.")],
    timepoint: At = None,
    spacing: Annotated[float, typer.Option("--spacing", min=0.2, help="Voxel side, mm.")] = 2.0,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Write the label map of a case's body, and beside it the names of its labels."""
    patient = scripting.load_case(case, content=content_of(folders))
    checking.writable(out, force=force, suffix=".nii.gz")
    with progress() as bar:
        bar.begin("Sampling the body", 1)
        scripting.write_label_map(patient, out, spacing_mm=spacing, timepoint=timepoint)
    print(f"Written to {out}")


def view(what: str, timepoint: At = None, folders: Libraries = None) -> None:
    """Open a case, or a folder written by workup or acquire, in napari."""
    opening = {point.name: point for point in entry_points(group="imagingsim.viewer")}
    try:
        if Path(what).is_dir():
            opening["folder"].load()(Path(what))
        else:
            patient = scripting.load_case(what, content=content_of(folders))
            opening["case"].load()(patient, timepoint)
    except ImportError as error:
        raise ImagingSimError(
            f"The viewer is not installed ({error}). "
            "Install it with: pip install 'imagingsim[viewer]'"
        ) from error


def debrief(
    record: Annotated[Path, typer.Argument(help="A recorded session, YAML.")],
    out: Out,
    force: Force = False,
    folders: Libraries = None,
) -> None:
    """Play a recorded session again; leave its score and debriefing."""
    found = lessons.debrief(record, folder=out, force=force, content=content_of(folders))
    for part in found.score.parts:
        print(f"{part.name}: {part.points:.1f} of {part.most:g}")
    print(f"{found.score.percent:.0f} of 100\nDebriefing: {out / 'debrief.html'}")
