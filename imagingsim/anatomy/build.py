"""From a person's height, weight and age to how far each lever of a body is pulled.

The parameters a ``habitus.yaml`` may have a lever for:

* ``subcutaneous_fat``, ``visceral_fat``: kg more than the reference person has
* ``subcutaneous_loss``: kg less; it goes evenly, while gained fat goes to the sex's own places
* ``muscle``: share more than the reference person has (-0.2: a fifth less)
* ``kyphosis``: degrees more; ``fracture_<level>``: degrees at a wedge fracture
* ``atrophy``, ``aortic_calcium``, ``white_matter``: 0 to 1
* ``trabecular_hu``: HU more; ``breast_density``: ACR classes more
* ``organ_size.<organ>``: share its lengths grow
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from imagingsim.anatomy.habitus_records import DENSITIES, Habitus, Reference
from imagingsim.anatomy.lever_masses import LeverMasses
from imagingsim.errors import ContentError

MUSCLE_LOSS_PER_Y = 0.0055
"""Share of skeletal muscle lost per year from 45 on: 1.9 kg of 33 in men and 1.1 of 21 in women
per decade (Janssen et al., J Appl Physiol 89 (2000) 81, doi:10.1152/jappl.2000.89.1.81)."""
LEAN_SHARE = 0.2
"""Share of a weight that is gained or lost that is muscle.

Authored: most of the lean mass that goes with fat (Forbes's theory, Hall, Br J Nutr 97 (2007) 1059,
doi:10.1017/S0007114507691946)."""
LIGHTER = 0.095
"""Share of its mass that is lost where fat of the same volume takes the place of muscle."""
GAINED_INSIDE = 0.6
"""Of fat that is gained the share that goes inside, relative to the share a lean person has there.

Authored: what is gained goes under the skin first, and the wall of the belly gives way only so far.
"""
LOST_INSIDE = 1.3
"""Of fat that is lost the same: visceral fat goes as the 1.3th power of all fat when weight is lost
(Hall and Hallgreen, Int J Obes 32 (2008) 845, PMC2398723)."""
VISCERAL_PER_Y = 0.003
"""Share of the fat that moves inside per year of age beyond the reference.

Authored, after the rise of visceral fat with age in CT series (Hunter et al. 2010,
doi:10.1038/oby.2009.491).
"""
LEANEST_INSIDE = -0.7
"""Share of the visceral fat that may be lost. Authored: the lean keep a little round the organs."""
MOST_INSIDE_KG = 5.2
"""Visceral fat gained at most. Authored: what the wall of the belly can be moved out for; it makes
8 kg in a man, as the heaviest have."""
HU_PER_Y = 2.5
"""Loss of attenuation of the spongiosa of L1 (Jang et al. 2019, doi:10.1148/radiol.2019181648)."""
SOFTEST_HU = 40.0
KYPHOSIS_PER_Y = {"female": 0.45, "male": 0.25}
"""Degrees per year from 50 on: 43 degrees at 55-60 and 52 at 76-80 in women (Katzman et al. 2010,
doi:10.2519/jospt.2010.3099); in men authored, about half."""

Kg = float


@dataclass(frozen=True)
class Build:
    """A person's size, and how far each lever is pulled to make the reference person theirs."""

    height_m: float
    weight_kg: Kg
    levers: Mapping[str, float]


@dataclass(frozen=True)
class Person:
    """The reference person of a body, whom levers make another.

    Attributes
    ----------
    masses
        What the levers weigh; each is taken at its word where that was not measured.
    """

    name: str
    sex: str | None
    height_m: float
    weight_kg: Kg
    reference: Reference
    masses: LeverMasses | None = None

    def ratio(self, height_m: float) -> float:
        """Return how much heavier a person of the same build and another height is."""
        return (height_m / self.height_m) ** 2

    def gained_kg(self, under: Kg, inside: Kg, muscle: float) -> Kg:
        """Return by how much levers make the reference person heavier."""
        if self.masses is None:
            return under + inside + LIGHTER * muscle * self.reference.muscle_kg
        return self.masses.gained_kg(under, inside, muscle)

    def under_kg(self, gained: Kg, inside: Kg, muscle: float) -> Kg:
        """Return the fat under the skin with which the reference person gains so much."""
        if self.masses is None:
            return gained - inside - LIGHTER * muscle * self.reference.muscle_kg
        return self.masses.subcutaneous_kg(gained, inside, muscle)


def height_scale(height_m: float, reference_m: float) -> tuple[float, float, float]:
    """Return the stretch of a body for a height: mass of a body of one build goes as its square."""
    ratio = height_m / reference_m
    return math.sqrt(ratio), math.sqrt(ratio), ratio


def build_of(habitus: Habitus, person: Person) -> Build:
    """Return how far each lever is pulled; what is not given follows from age and weight.

    Raises
    ------
    ContentError
        When no amount of fat makes the person weigh what they shall.

    Examples
    --------
    >>> reference = Reference(
    ...     age_y=45, subcutaneous_fat_kg=10, visceral_fat_kg=2, muscle_kg=29, trabecular_hu=170
    ... )
    >>> man = Person("man", "male", 1.76, 73, reference)
    >>> pulled = build_of(Habitus(weight_kg=85, age_y=45), man).levers
    >>> round(pulled["subcutaneous_fat"], 1), round(pulled["visceral_fat"], 1)
    (10.6, 1.2)
    """
    reference = person.reference
    age = _or(habitus.age_y, reference.age_y)
    height = _or(habitus.height_m, person.height_m)
    usual = person.weight_kg * person.ratio(height)
    wanted = habitus.weight_kg if habitus.bmi is None else habitus.bmi * height**2
    gained = (_or(wanted, usual) - usual) / person.ratio(height)
    muscle = _muscle(habitus, age, gained, reference)
    under, inside = _fat(habitus, person, wanted is not None, gained, muscle, age)
    found = {
        "subcutaneous_fat": max(under, 0.0), "subcutaneous_loss": max(-under, 0.0),
        "visceral_fat": inside, "muscle": muscle, **_aged_levers(habitus, age, person),
    }  # fmt: skip
    weight = usual + person.ratio(height) * person.gained_kg(under, inside, muscle)
    if wanted is not None and abs(weight - wanted) > 0.01 * wanted:
        raise ContentError(_beyond(person, height, weight, wanted))
    return Build(height, weight, {k: value for k, value in found.items() if abs(value) > 1e-9})


def _aged_levers(habitus: Habitus, age: float, person: Person) -> dict[str, float]:
    """Return what follows from age, and what is given of it."""
    bent = KYPHOSIS_PER_Y.get(person.sex or "male", 0.0) * max(age - 50.0, 0.0)
    found = {
        "kyphosis": _or(habitus.kyphosis_deg, bent),
        "atrophy": _or(habitus.atrophy, _aged(age, 45.0, 90.0)),
        "aortic_calcium": _or(habitus.aortic_calcium, _aged(age, 50.0, 85.0)),
        "white_matter": _or(habitus.white_matter, 0.5 * _aged(age, 60.0, 90.0)),
        "trabecular_hu": _bone(habitus, age, person.reference),
    }
    if habitus.fracture is not None:
        found[f"fracture_{habitus.fracture}"] = habitus.fracture_kyphosis_deg
    usual = person.reference.breast_density
    if habitus.breast_density is not None and usual is not None:
        classes = DENSITIES.index(habitus.breast_density) - DENSITIES.index(usual)
        found["breast_density"] = float(classes)
    for organ, size in habitus.organ_size.items():
        found[f"organ_size.{organ}"] = size ** (1.0 / 3.0) - 1.0
    return found


def _muscle(habitus: Habitus, age: float, gained: Kg, reference: Reference) -> float:
    """Return the share of muscle more than in the reference person: by age and by weight."""
    lost = MUSCLE_LOSS_PER_Y * max(age - reference.age_y, 0.0)
    return _or(habitus.muscle, 1.0 - lost + LEAN_SHARE * gained / reference.muscle_kg) - 1.0


def _fat(
    habitus: Habitus, person: Person, asked: bool, gained: Kg, muscle: float, age: float
) -> tuple[Kg, Kg]:
    """Return the fat under the skin and inside, kg more, that makes a person gain so much.

    Fat fills the place of lost muscle as it is.
    """
    reference = person.reference
    outer, inner = reference.subcutaneous_fat_kg, reference.visceral_fat_kg
    under = None if habitus.subcutaneous_fat is None else (habitus.subcutaneous_fat - 1.0) * outer
    inside = None if habitus.visceral_fat is None else (habitus.visceral_fat - 1.0) * inner
    if under is not None:
        rest = gained - person.gained_kg(under, 0.0, muscle) if asked else 0.0
        return under, rest if inside is None else inside
    if inside is not None:
        return person.under_kg(gained, inside, muscle) if asked else 0.0, inside
    fat = gained - LIGHTER * muscle * reference.muscle_kg
    share = inner / (outer + inner) + VISCERAL_PER_Y * max(age - reference.age_y, 0.0)
    inside = max(
        fat * share * (GAINED_INSIDE if fat > 0.0 else LOST_INSIDE), LEANEST_INSIDE * inner
    )
    inside = min(inside, MOST_INSIDE_KG)
    return person.under_kg(gained, inside, muscle), inside


def _beyond(person: Person, height: float, weight: Kg, wanted: Kg) -> str:
    """Say what the person weighs at most, or at least, when more or less was asked for."""
    end = "most" if wanted > weight else "least"
    return (
        f"{person.name} cannot weigh {wanted:.0f} kg at {height:.2f} m with the fat and muscle "
        f"that go with it: about {weight:.0f} kg at {end}. Ask for another weight or height, or "
        "leave out subcutaneous_fat, visceral_fat or muscle."
    )


def _or(given: float | None, solved: float) -> float:
    return solved if given is None else given


def _aged(age: float, start: float, end: float) -> float:
    return min(max((age - start) / (end - start), 0.0), 1.0)


def _bone(habitus: Habitus, age: float, reference: Reference) -> float:
    by_age = max(reference.trabecular_hu - HU_PER_Y * (age - reference.age_y), SOFTEST_HU)
    return _or(habitus.trabecular_hu, by_age) - reference.trabecular_hu
