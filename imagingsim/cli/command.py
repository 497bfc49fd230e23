"""The command: its parts in the order of ``--help``, and how it ends."""

import sys
import warnings
from collections.abc import Callable
from typing import TextIO

import typer

from imagingsim.cli import comparison, images, lists, patient, writing
from imagingsim.cli.body import bodies
from imagingsim.cli.protocol import graphs
from imagingsim.errors import AcquisitionWarning, ImagingSimError

app = typer.Typer(
    name="imagingsim", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Simulate a radiology imaging workup. Everything is synthetic and not for diagnosis.",
)  # fmt: skip

COMMANDS: tuple[Callable[..., None], ...] = (
    lists.cases, lists.protocols, lists.populations, comparison.compare,
    lists.departments, comparison.department, patient.debrief, comparison.what_if,
    patient.workup, patient.acquire, images.reformat, images.quality,
    patient.phantom, patient.view, writing.check, images.detectability, writing.schema,
)  # fmt: skip
"""What can be asked for, in the order of ``--help``."""

for _command in COMMANDS:
    app.command()(_command)
app.add_typer(bodies, name="body")
app.add_typer(graphs, name="protocol")


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
