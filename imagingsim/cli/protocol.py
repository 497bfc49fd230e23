"""The commands of ``imagingsim protocol``: draw, table."""

from typing import Annotated

import typer

from imagingsim import scripting, tables
from imagingsim.cli.options import Libraries, content_of
from imagingsim.cli.showing import show

graphs = typer.Typer(no_args_is_help=True, help="Look at a workup protocol.")


@graphs.command()
def draw(
    protocol: str,
    language: Annotated[
        str, typer.Option("--as", help="mermaid or graphviz: what lays the graph out.")
    ] = "mermaid",
    folders: Libraries = None,
) -> None:
    """Print a protocol as a graph, for Mermaid or Graphviz."""
    print(scripting.draw_protocol(protocol, language, content=content_of(folders)), end="")


@graphs.command()
def table(protocol: str, folders: Libraries = None) -> None:
    """Print a protocol as a decision table."""
    rows = scripting.decision_table(protocol, content=content_of(folders))
    show(tables.of_decisions(rows))
