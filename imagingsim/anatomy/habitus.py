"""From a person's height, weight and age to the levers of a body, and those levers pulled.

The parameters a ``habitus.yaml`` may have a lever for:

* ``subcutaneous_fat``, ``visceral_fat``: kg more than the reference person has
* ``subcutaneous_loss``: kg less; it goes evenly, while gained fat goes to the sex's own places
* ``muscle``: share more than the reference person has (-0.2: a fifth less)
* ``kyphosis``: degrees more; ``fracture_<level>``: degrees at a wedge fracture
* ``atrophy``, ``aortic_calcium``, ``white_matter``: 0 to 1
* ``trabecular_hu``: HU more; ``breast_density``: ACR classes more
* ``organ_size.<organ>``: share its lengths grow
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from imagingsim.anatomy.habitus_records import (
    DENSITIES,
    Grow,
    Habitus,
    HabitusFile,
    Lever,
    Number,
    Paint,
    Reference,
    TextureChange,
    TissueChange,
)
from imagingsim.anatomy.records import Patches, Structure, TextureRecord
from imagingsim.anatomy.solid_records import Solid
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.tissue import Quantity, Tissues

if TYPE_CHECKING:
    from imagingsim.anatomy.body import Body

GRAMMAR = "imagingsim.habitus/1"

MUSCLE_LOSS_PER_Y = 0.0055
"""Share of skeletal muscle lost per year from 45 on: 1.9 kg of 33 in men and 1.1 of 21 in women
per decade (Janssen et al., J Appl Physiol 89 (2000) 81, doi:10.1152/jappl.2000.89.1.81)."""
LEAN_SHARE = 0.2
"""Share of a weight that is gained or lost that is muscle (Forbes 1987, a quarter is lean mass)."""
LIGHTER = 0.095
"""Share of its mass that is lost where fat of the same volume takes the place of muscle."""
GAINED_INSIDE = 0.6
"""Of fat that is gained the share that goes inside, relative to the share a lean person has there.

Authored: in CT series the visceral share falls as the total grows.
"""
VISCERAL_PER_Y = 0.003
"""Share of the fat that moves inside per year of age beyond the reference.

Authored, after the rise of visceral fat with age in CT series (Hunter et al. 2010,
doi:10.1038/oby.2009.491).
"""
HU_PER_Y = 2.5
"""Loss of attenuation of the spongiosa of L1 (Jang et al. 2019, doi:10.1148/radiol.2019181648)."""
SOFTEST_HU = 40.0
KYPHOSIS_PER_Y = {"female": 0.45, "male": 0.25}
"""Degrees per year from 50 on: 43 degrees at 55-60 and 52 at 76-80 in women (Katzman et al. 2010,
doi:10.2519/jospt.2010.3099); in men authored, about half."""

Kg = float


def amounts(
    habitus: Habitus, *, sex: str | None, height_m: float, weight_kg: Kg, reference: Reference
) -> Mapping[str, float]:
    """Return how far each lever is pulled; what is not given follows from age and weight.

    Parameters
    ----------
    height_m, weight_kg
        Of the reference person.

    Examples
    --------
    >>> person = Reference(
    ...     age_y=45, subcutaneous_fat_kg=10, visceral_fat_kg=2, muscle_kg=29, trabecular_hu=170
    ... )
    >>> heavy = Habitus(weight_kg=85, age_y=45)
    >>> pulled = amounts(heavy, sex="male", height_m=1.76, weight_kg=73, reference=person)
    >>> round(pulled["subcutaneous_fat"], 1), round(pulled["visceral_fat"], 1)
    (10.6, 1.2)
    """
    age = habitus.age_y if habitus.age_y is not None else reference.age_y
    muscle = _muscle(habitus, age, height_m, weight_kg, reference)
    found = {
        **_fat(habitus, muscle, age, height_m, weight_kg, reference),
        "muscle": muscle,
        "kyphosis": _or(
            habitus.kyphosis_deg, KYPHOSIS_PER_Y.get(sex or "male", 0.0) * max(age - 50.0, 0.0)
        ),
        "atrophy": _or(habitus.atrophy, _aged(age, 45.0, 90.0)),
        "aortic_calcium": _or(habitus.aortic_calcium, _aged(age, 50.0, 85.0)),
        "white_matter": _or(habitus.white_matter, 0.5 * _aged(age, 60.0, 90.0)),
        "trabecular_hu": _bone(habitus, age, reference),
    }
    if habitus.fracture is not None:
        found[f"fracture_{habitus.fracture}"] = habitus.fracture_kyphosis_deg
    if habitus.breast_density is not None and reference.breast_density is not None:
        classes = DENSITIES.index(habitus.breast_density)
        found["breast_density"] = float(classes - DENSITIES.index(reference.breast_density))
    for organ, size in habitus.organ_size.items():
        found[f"organ_size.{organ}"] = size ** (1.0 / 3.0) - 1.0
    return {name: value for name, value in found.items() if abs(value) > 1e-9}


def height_scale(habitus: Habitus, height_m: float) -> tuple[float, float, float]:
    """Return the stretch of a body for a height: mass of a body of one build goes as its square."""
    ratio = _or(habitus.height_m, height_m) / height_m
    return math.sqrt(ratio), math.sqrt(ratio), ratio


def _muscle(
    habitus: Habitus, age: float, height_m: float, weight_kg: Kg, person: Reference
) -> float:
    """Return the share of muscle more than in the reference person: by age and by weight."""
    lost = MUSCLE_LOSS_PER_Y * max(age - person.age_y, 0.0)
    gained = LEAN_SHARE * _excess_kg(habitus, height_m, weight_kg) / person.muscle_kg
    return _or(habitus.muscle, 1.0 - lost + gained) - 1.0


def _excess_kg(habitus: Habitus, height_m: float, weight_kg: Kg) -> Kg:
    """Return how much more a person weighs than the reference build at their height."""
    height = _or(habitus.height_m, height_m)
    usual = weight_kg * (height / height_m) ** 2
    if habitus.bmi is not None:
        return habitus.bmi * height**2 - usual
    return _or(habitus.weight_kg, usual) - usual


def _or(given: float | None, solved: float) -> float:
    return solved if given is None else given


def _aged(age: float, start: float, end: float) -> float:
    return min(max((age - start) / (end - start), 0.0), 1.0)


def _bone(habitus: Habitus, age: float, reference: Reference) -> float:
    by_age = max(reference.trabecular_hu - HU_PER_Y * (age - reference.age_y), SOFTEST_HU)
    return _or(habitus.trabecular_hu, by_age) - reference.trabecular_hu


def _fat(
    habitus: Habitus, muscle: float, age: float, height_m: float, weight_kg: Kg, person: Reference
) -> dict[str, Kg]:
    """Return the fat that makes the body weigh what it shall, inside and under the skin, kg more.

    Lean mass goes as the square of the height; fat fills the place of lost muscle as it is.
    """
    ratio = (_or(habitus.height_m, height_m) / height_m) ** 2
    excess = _excess_kg(habitus, height_m, weight_kg)
    excess -= LIGHTER * muscle * person.muscle_kg * ratio
    outer, inner = person.subcutaneous_fat_kg, person.visceral_fat_kg
    share = inner / (outer + inner) + VISCERAL_PER_Y * max(age - person.age_y, 0.0)
    under = None if habitus.subcutaneous_fat is None else (habitus.subcutaneous_fat - 1.0) * outer
    inside = None if habitus.visceral_fat is None else (habitus.visceral_fat - 1.0) * inner
    solved = habitus.weight_kg is not None or habitus.bmi is not None
    if under is None and inside is None:
        inside = max(excess * share * (GAINED_INSIDE if excess > 0.0 else 1.0), -0.7 * inner)
        under = excess - inside
    elif under is None:
        under = excess - (inside or 0.0) if solved else 0.0
    elif inside is None:
        inside = excess - under if solved else 0.0
    return {
        "subcutaneous_fat": max(under, 0.0), "subcutaneous_loss": max(-under, 0.0),
        "visceral_fat": inside or 0.0,
    }  # fmt: skip


def pulled(body: "Body", file: HabitusFile, habitus: Habitus) -> "Body":
    """Return a body with all levers pulled as a habitus asks.

    Raises
    ------
    ContentError
        When a lever would have to go beyond its range, or there is none for a parameter.
    """
    record = body.record
    if record.height_m is None or record.weight_kg is None:
        raise ContentError(f"{body.name} has no height_m and weight_kg; give them in its body.yaml")
    asked = amounts(
        habitus, sex=record.sex, height_m=record.height_m, weight_kg=record.weight_kg,
        reference=file.reference,
    )  # fmt: skip
    levers = {lever.parameter: lever for lever in file.levers}
    x, y, z = (
        a * b for a, b in zip(body.scale, height_scale(habitus, record.height_m), strict=True)
    )
    body = dataclasses.replace(
        body, record=dataclasses.replace(record, scale=(x, y, z)), seed=habitus.seed
    )
    for name, amount in asked.items():
        if name not in levers:
            raise UnknownNameError.of(f"habitus lever of {body.name}", name, sorted(levers))
        body = _pull(body, levers[name], amount)
    return body


def refuse_misfits(body: "Body", file: HabitusFile) -> None:
    """Refuse levers that change what the body does not have."""
    for lever in file.levers:
        low, high = lever.range
        _pull(body, lever, high if high > 0.0 else low)


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


def _pull(body: "Body", lever: Lever, amount: float) -> "Body":
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
    )  # fmt: skip


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
    "Habitus", "HabitusFile", "amounts", "changed_tissues", "height_scale", "joined",
    "pulled", "refuse_misfits",
]  # fmt: skip
