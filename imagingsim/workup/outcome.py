"""Outcome: what a walk through a protocol gave, step by step, and the timeline as JSON."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from imagingsim.study import Study
from imagingsim.workup.steps import Sampling, Step, Visit

DIGITS = 6
DISCLAIMER = "Synthetic patient and images. For teaching and research; not for diagnosis."


@dataclass(frozen=True)
class Totals:
    """What the whole walk took."""

    days: float
    waiting_days: float
    cost: float
    currency: str
    symbol: str
    dose_msv: float
    studies: int
    biopsies: int
    stains: int
    harms: int


@dataclass(frozen=True)
class Endpoint:
    """One question asked at the end; None: cannot be answered."""

    name: str
    condition: str
    value: bool | None


@dataclass(frozen=True)
class Person:
    """The patient, for the head of a report."""

    sex: str
    age_y: float
    weight_kg: float
    height_m: float
    history: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """What a report says of a patient before and after the walk.

    Attributes
    ----------
    facts
        What is known of the disease.
    cited
        The reports behind the case.
    """

    id: str
    title: str
    person: Person
    teaching: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Outcome:
    """All of a walk.

    Attributes
    ----------
    studies
        The images, in the order they were acquired.
    ending
        The protocol's word for how it ended.
    facts
        What is known of the disease and of the modalities.
    cited
        Reports and tables behind the case and the protocol, for the foot of a report.
    """

    case_id: str
    case_title: str
    person: Person
    protocol_id: str
    protocol_title: str
    protocol_about: str
    seed: int
    steps: tuple[Step, ...]
    studies: tuple[Study, ...]
    ending: str
    ending_text: str
    totals: Totals
    endpoints: tuple[Endpoint, ...]
    teaching: tuple[str, ...]
    facts: tuple[str, ...]
    cited: tuple[str, ...]

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Every study ordered, in order."""
        return tuple(visit for step in self.steps for visit in step.visits)

    @property
    def samplings(self) -> tuple[Sampling, ...]:
        """Every biopsy and resection, in order."""
        return tuple(one for step in self.steps for one in step.samplings)

    def study(self, name: str) -> Study:
        """Return the images of a visit by their ``study_id``."""
        return next(study for study in self.studies if study.id == name)

    def timeline_json(self) -> str:
        """Return everything but the images as JSON; same seed, same bytes."""
        fields = dataclasses.fields(self)
        tree = {
            one.name: _plain(getattr(self, one.name)) for one in fields if one.name != "studies"
        }
        tree["studies"] = [_study(study) for study in self.studies]
        tree = {"schema": "imagingsim.timeline/1", "notice": DISCLAIMER, **tree}
        return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def in_words(name: str) -> str:
    """Return an id in words: what the doctors call a lesion before they know what it is.

    Examples
    --------
    >>> in_words("neck_node")
    'Neck node'
    """
    return name.replace("_", " ").capitalize()


def _plain(value: Any) -> Any:
    """Return records as mappings, tuples as lists and floats rounded."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def _study(study: Study) -> dict[str, Any]:
    return {
        "id": study.id,
        "acquisition": study.acquisition,
        "timepoint": study.timepoint,
        "description": study.description,
        "start": study.start.isoformat(),
        "duration_min": round(study.duration_min, DIGITS),
        "cost": round(study.cost, DIGITS),
        "dose_msv": round(study.dose_msv, DIGITS),
        "series": [
            {"name": one.name, "modality": one.modality, "description": one.description}
            for one in study.series
        ],
    }
