"""A habitus as a user writes it: a few ``lever=value`` on a command line, or a file."""

import dataclasses
from pathlib import Path

from imagingsim.anatomy.habitus_records import Habitus
from imagingsim.content import Document, parse, structure
from imagingsim.errors import ContentError, UnknownNameError

WHERE = "habitus"
_SUFFIXES = (".yaml", ".yml")
_ORGANS = "organ_size"


def asked_habitus(text: str | None, *, seed: int = 0) -> Habitus | None:
    """Return the habitus that a text asks for, or None for the reference person.

    Parameters
    ----------
    text
        ``height_m=1.6,weight_kg=80,age_y=72,organ_size.liver=1.2``, or the name of a YAML file with
        the same keys, as under ``habitus:`` in a case.
    seed
        Of the individual, where the text does not give one.

    Raises
    ------
    UnknownNameError
        Listing the levers there are.
    ContentError
        When a value is not of its kind, or is beyond what a person can be.

    Examples
    --------
    >>> asked = asked_habitus("height_m=1.6,weight_kg=80", seed=4)
    >>> asked.height_m, asked.weight_kg, asked.seed
    (1.6, 80.0, 4)
    """
    if text is None:
        return Habitus(seed=seed) if seed else None
    found = _from_file(Path(text)) if text.endswith(_SUFFIXES) else _from_words(text)
    return found if found.seed else dataclasses.replace(found, seed=seed)


def _from_file(file: Path) -> Habitus:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(
            f"The habitus file {file} cannot be read ({error.strerror}). Correct its name, or "
            "write the levers themselves: height_m=1.6,weight_kg=80."
        ) from error
    return parse(text, Habitus, where=str(file))


def _from_words(text: str) -> Habitus:
    known = [f.name for f in dataclasses.fields(Habitus)]
    tree: dict[str, object] = {}
    organs: dict[str, object] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in word.partition("="))
        if not equals or not value:
            raise ContentError(
                f"{WHERE}: {word!r} is not lever=value. Write height_m=1.6,weight_kg=80, or name a "
                "file that ends in .yaml."
            )
        lever, _, organ = name.partition(".")
        if lever not in known or (lever == _ORGANS) != bool(organ):
            raise UnknownNameError.of(
                "habitus lever", name, [*(k for k in known if k != _ORGANS), f"{_ORGANS}.ORGAN"]
            )
        if name in tree or organ in organs:
            raise ContentError(f"{WHERE}: {name} is given twice; remove one")
        (organs if organ else tree)[organ or name] = _value(value)
    return structure(Document({**tree, **({_ORGANS: organs} if organs else {})}, WHERE), Habitus)


def _value(text: str) -> object:
    """Return a number where a text is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
