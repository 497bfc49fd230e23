"""Weighs a body with its levers of fat and muscle pulled, and keeps the table beside it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from imagingsim.anatomy import Body, HabitusFile, Phantom, read_body, read_habitus
from imagingsim.anatomy.habitus import pull
from imagingsim.anatomy.lever_masses import FILE, Weighing, table
from imagingsim.content import Library
from imagingsim.progress import Progress
from imagingsim.survey.masses import Scales, body_mass
from imagingsim.survey.references import FOLDER, References, read_references
from imagingsim.survey.scouting import Scout
from imagingsim.tissue import Tissues, read_tissues

POINTS = (
    (0.0, 0.0, 0.0), (-0.5, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.3, 0.0, 0.0), (0.65, 0.0, 0.0),
    (1.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 0.5),
    (0.0, 0.0, -0.5), (0.3, 0.3, 0.2), (0.65, 0.6, 0.4), (1.0, 0.9, 0.5), (-0.7, -0.7, -0.3),
    (0.2, 0.3, -0.5),
)  # fmt: skip
"""Where a body is weighed: shares of what the levers of fat under the skin, fat inside and muscle
stand. Authored: each lever alone, and along the ways people grow fat, thin and old."""


def write_lever_masses(
    name: str, file: Path | None, *, content: Library, progress: Progress
) -> Path:
    """Weigh a body of a library with its levers pulled, and write the table beside its files.

    Raises
    ------
    FormatError
        When the body is part of an installation and ``file`` does not say where to write.
    """
    target = file or content.place(f"{FOLDER}/{name}/body.yaml").with_name(FILE)
    body, levers = read_body(content, name), read_habitus(content, name)
    references, tissues = read_references(content), read_tissues(content)
    found = []
    progress.begin(f"Weighing {name}", len(POINTS))
    usual_kg = None
    for share in POINTS:
        amounts = _amounts(levers, share)
        progress.step(", ".join(f"{k} {v:+.3g}" for k, v in amounts.items() if v) or "as it is")
        whole_kg = _whole_kg(_pulled(body, levers, amounts), references, tissues)
        usual_kg = whole_kg if usual_kg is None else usual_kg
        fat = amounts["subcutaneous_fat"] - amounts["subcutaneous_loss"]
        found.append(Weighing(fat, amounts["visceral_fat"], amounts["muscle"], whole_kg - usual_kg))
    note = (
        f"Written by `imagingsim body calibrate {name} --levers`; do not edit by hand. By how\n"
        "much the person gets heavier when the levers of habitus.yaml are pulled (the body,\n"
        "weighed at 4 mm, over its share of a person)."
    )
    target.write_text(table(found, note), encoding="utf-8")
    return target


def _amounts(file: HabitusFile, share: tuple[float, float, float]) -> Mapping[str, float]:
    """Return the amount of each lever at a share of its range."""
    ranges = {lever.parameter: lever.range for lever in file.levers}
    fat, inside, muscle = share
    return {
        "subcutaneous_fat": max(fat, 0.0) * ranges["subcutaneous_fat"][1],
        "subcutaneous_loss": max(-fat, 0.0) * ranges["subcutaneous_loss"][1],
        "visceral_fat": inside * abs(ranges["visceral_fat"][int(inside > 0.0)]),
        "muscle": muscle * ranges["muscle"][1],
    }


def _pulled(body: Body, file: HabitusFile, amounts: Mapping[str, float]) -> Body:
    levers = {lever.parameter: lever for lever in file.levers}
    for name, amount in amounts.items():
        if amount:
            body = pull(body, levers[name], amount)
    return body


def _whole_kg(body: Body, references: References, tissues: Tissues) -> float:
    """Return the mass of the person of whom a body is a part, kg."""
    found = body_mass(Scales(Scout(Phantom(body)), tissues), body, references)
    return float(np.round(found.mass_kg / found.share, 3))
