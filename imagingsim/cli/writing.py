"""Commands for those who write content: check, schema."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from imagingsim import checking
from imagingsim.cli.options import Libraries, content_of
from imagingsim.content import Library, placeholders


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
    content, files = content_of(folders), files or []
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
