"""Pulls the levers of a body, so that the reference person becomes another.

How far each is pulled is `build.build_of`.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from imagingsim.anatomy.build import Person, build_of, height_scale
from imagingsim.anatomy.habitus_records import (
    Grow,
    Habitus,
    HabitusFile,
    Lever,
    Number,
    Paint,
    TextureChange,
    TissueChange,
    Turn,
)
from imagingsim.anatomy.lever_masses import LeverMasses
from imagingsim.anatomy.records import BodyRecord, Patches, Structure, TextureRecord
from imagingsim.anatomy.solid_records import Solid
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.tissue import Quantity, Tissues

if TYPE_CHECKING:
    from imagingsim.anatomy.body import Body

GRAMMAR = "imagingsim.habitus/1"


def pulled(
    body: "Body", file: HabitusFile, habitus: Habitus, masses: LeverMasses | None = None
) -> "Body":
    """Return a body with all levers pulled as a habitus asks.

    Parameters
    ----------
    masses
        What the body weighs with its levers pulled.

    Raises
    ------
    ContentError
        When a lever would have to go beyond its range, or there is none for a parameter.
    """
    record = body.record
    if record.height_m is None or record.weight_kg is None:
        raise ContentError(f"{body.name} has no height_m and weight_kg; give them in its body.yaml")
    person = Person(
        body.name, record.sex, record.height_m, record.weight_kg, file.reference, masses
    )
    build = build_of(habitus, person)
    levers = {lever.parameter: lever for lever in file.levers}
    stretch = height_scale(build.height_m, record.height_m)
    x, y, z = (a * b for a, b in zip(body.scale, stretch, strict=True))
    record = dataclasses.replace(
        record, scale=(x, y, z), height_m=build.height_m, weight_kg=build.weight_kg
    )
    body = dataclasses.replace(body, record=record, seed=habitus.seed)
    for name, amount in build.levers.items():
        if name not in levers:
            raise UnknownNameError.of(f"habitus lever of {body.name}", name, sorted(levers))
        body = pull(body, levers[name], amount)
    return body


def refuse_misfits(body: "Body", file: HabitusFile) -> None:
    """Refuse levers that change what the body does not have."""
    for lever in file.levers:
        low, high = lever.range
        pull(body, lever, high if high > 0.0 else low)


def joined(own: HabitusFile, inherited: HabitusFile | None) -> HabitusFile:
    """Return a habitus file with the levers it inherits; its own replace those."""
    if own.habitus != GRAMMAR:
        raise ContentError(f"habitus.yaml: grammar {own.habitus!r} is not known; write {GRAMMAR}.")
    levers = {lever.parameter: lever for lever in inherited.levers} if inherited else {}
    levers |= {lever.parameter: lever for lever in own.levers}
    return dataclasses.replace(own, levers=tuple(levers.values()))


def changed_tissues(tissues: Tissues, changes: Sequence[TissueChange]) -> Tissues:
    """Return tissues with what a habitus changes in them."""
    for change in changes:
        before = tissues[change.tissue].value(change.property)
        after = before + change.by if change.to is None else change.to
        quantity = Quantity(after, f"{before:g} changed by habitus or breathing")
        tissues = tissues.derive(change.tissue, change.tissue, {change.property: quantity})
    return tissues


def pull(body: "Body", lever: Lever, amount: float) -> "Body":
    """Return a body with one lever pulled.

    Raises
    ------
    ContentError
        When the amount is beyond the lever's range, or the body lacks what it changes.
    """
    low, high = lever.range
    if not low <= amount <= high:
        raise ContentError(
            f"The habitus asks {body.name} for {lever.parameter} {amount:.2f} {lever.unit}, which "
            f"stands {low:g} to {high:g}. Choose a weight, age or value nearer to the reference."
        )
    structures = body.structures
    for grow in lever.grow:
        structures = _edited(structures, grow.structures, _growing(grow, amount), lever)
    for number in lever.number:
        before = structures
        structures = _edited(structures, number.structures, _counting(number, amount), lever)
        if amount and structures == before:
            raise ContentError(
                f"No structure of the habitus lever {lever.parameter} has {number.path}. "
                "Correct the habitus.yaml of the body."
            )
    for paint in lever.paint:
        structures = _edited(structures, paint.structures, _painting(paint, amount), lever)
    return dataclasses.replace(
        body, structures=structures, textures=_looks(body.textures, lever.texture, amount),
        moves=(*body.moves, *(move.times(amount) for move in lever.move)),
        tissue_changes=(*body.tissue_changes, *_tissues(lever, amount)),
        record=_turned(body.record, lever.turn, amount),
    )  # fmt: skip


def _turned(record: BodyRecord, turns: Sequence[Turn], amount: float) -> BodyRecord:
    """Return a record with frames turned, but for those that a posture has turned already."""
    frames = dict(record.frames or {})
    for turn in turns:
        if turn.frame not in frames:
            raise UnknownNameError.of("frame", turn.frame, sorted(frames))
        frame = frames[turn.frame]
        if any(frame.rotate_deg):
            continue
        x, y, z = (amount * degrees for degrees in turn.rotate_deg)
        frames[turn.frame] = dataclasses.replace(
            frame, rotate_deg=(x, y, z), pivot_mm=turn.pivot_mm
        )
    return dataclasses.replace(record, frames=frames) if turns else record


def _edited(
    structures: Sequence[Structure], names: Sequence[str],
    edit: Callable[[Structure], Structure], lever: Lever,
) -> tuple[Structure, ...]:  # fmt: skip
    """Return structures with those edited whose id or label is (or is like) one of the names."""
    for name in names:
        if not any(_is(s, name) for s in structures):
            near = get_close_matches(name, [s.id for s in structures], n=6, cutoff=0.3)
            raise ContentError(
                f"The habitus lever {lever.parameter} changes {name!r}, but no structure has that "
                f"id or label; near: {', '.join(near)}. Correct the habitus.yaml of the body."
            )
    return tuple(edit(s) if any(_is(s, name) for name in names) else s for s in structures)


def _is(structure: Structure, name: str) -> bool:
    return fnmatchcase(structure.id, name) or fnmatchcase(structure.label or "", name)


def _growing(grow: Grow, amount: float) -> Callable[[Structure], Structure]:
    bumps = tuple(dataclasses.replace(b, mm=b.mm * amount) for b in grow.bumps)

    def part(solid: Solid) -> Solid:
        if solid.union is not None:
            return dataclasses.replace(solid, union=tuple(map(part, solid.union)))
        field = solid.field
        if field is None or not fnmatchcase(field.id, str(grow.part)):
            return solid
        offset = field.offset_mm + grow.mm * amount
        larger = dataclasses.replace(field, offset_mm=offset, bumps=(*field.bumps, *bumps))
        return dataclasses.replace(solid, field=larger)

    def edit(structure: Structure) -> Structure:
        if grow.part is not None:
            solid = tuple(map(part, structure.solid))
            if solid == structure.solid and amount:
                raise ContentError(
                    f"{structure.id} unites no field {grow.part!r}, which a habitus lever grows"
                )
            return dataclasses.replace(structure, solid=solid)
        return dataclasses.replace(structure, grow_mm=structure.grow_mm + grow.mm * amount)

    return edit


def _counting(number: Number, amount: float) -> Callable[[Structure], Structure]:
    path = number.path.split(".")

    def edit(structure: Structure) -> Structure:
        changed: Structure = _set(structure, path, number.by * amount)
        return changed

    return edit


def _set(node: Any, path: Sequence[str], by: float) -> Any:
    """Return a record with the number at a path changed; the same where there is none."""
    if not path:
        return node + by
    step, rest = path[0], path[1:]
    if isinstance(node, tuple):
        at = int(step)
        return node if at >= len(node) else (*node[:at], _set(node[at], rest, by), *node[at + 1 :])
    inner = getattr(node, step, None)
    return node if inner is None else dataclasses.replace(node, **{step: _set(inner, rest, by)})


def _painting(paint: Paint, amount: float) -> Callable[[Structure], Structure]:
    layer = paint.layer
    if paint.bias:
        patches = layer.patches or Patches(contrast=1.0, wavelength_mm=10.0)
        bias = patches.bias + paint.bias * amount
        layer = dataclasses.replace(layer, patches=dataclasses.replace(patches, bias=bias))

    def edit(structure: Structure) -> Structure:
        at = min(paint.after, len(structure.layers))
        layers = (*structure.layers[:at], layer, *structure.layers[at:])
        return dataclasses.replace(structure, layers=layers)

    return edit


def _looks(
    textures: Mapping[str, TextureRecord], changes: Sequence[TextureChange], amount: float
) -> Mapping[str, TextureRecord]:
    for change in changes:
        if change.tissue not in textures:
            raise UnknownNameError.of("texture", change.tissue, sorted(textures))
        look = textures[change.tissue]
        pattern = dict(look.pattern or {})
        pattern[change.number] = pattern.get(change.number, 0.0) + change.by * amount
        textures = {**textures, change.tissue: dataclasses.replace(look, pattern=pattern)}
    return textures


def _tissues(lever: Lever, amount: float) -> list[TissueChange]:
    return [dataclasses.replace(change, by=change.by * amount) for change in lever.tissue]


__all__ = [
    "Habitus", "HabitusFile", "changed_tissues", "joined", "pull", "pulled", "refuse_misfits",
]  # fmt: skip
