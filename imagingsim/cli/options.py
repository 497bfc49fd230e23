"""Options that several commands share, and what they mean."""

from pathlib import Path
from typing import Annotated

import typer

from imagingsim.content import Library, library

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


def content_of(folders: list[Path] | None) -> Library:
    """Return the user's folders in front of the content that comes with the library."""
    return library(*(folders or []))


def listed(text: str) -> tuple[str, ...]:
    """Return the words between commas; none when there is nothing."""
    return tuple(one.strip() for one in text.split(",") if one.strip())
