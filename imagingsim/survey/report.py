"""The report on a body: masses, lengths, levels, labels, topology, sampling, and what fails."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from imagingsim.anatomy import Habitus, Phantom, read_body
from imagingsim.anatomy.habitus import changed_tissues
from imagingsim.content import Library
from imagingsim.errors import UnknownNameError
from imagingsim.progress import Progress, Silence
from imagingsim.survey.lengths import Length, Level, in_order, measure_length, measure_level
from imagingsim.survey.masses import BodyMass, Mass, Scales, body_mass
from imagingsim.survey.references import read_references
from imagingsim.survey.scouting import Scout
from imagingsim.survey.topology import Breach, judge
from imagingsim.survey.volumes import SPACINGS_MM, OrganVolume, organ_volumes
from imagingsim.tissue import read_tissues

SECTIONS = ("masses", "lengths", "levels", "labels", "topology", "sampling")
ENOUGH_ORGANS = 40
"""How many organs must be within their tolerance of the reference masses."""
ENOUGH_LABELS = 104
"""How many of TotalSegmentator's classes a body must show."""
TOTALSEGMENTATOR = 117
"""Labels with numbers up to this one are those of TotalSegmentator v2, task ``total``."""
_VITAL_PERCENT = 5.0
_VISIBLE_ML = 0.05


@dataclass(frozen=True)
class Labels:
    """Which of TotalSegmentator's classes a body shows.

    Attributes
    ----------
    shown
        How many.
    missing
        The others.
    """

    shown: int
    missing: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether there are enough."""
        return self.shown >= ENOUGH_LABELS


@dataclass(frozen=True)
class Report:
    """What was measured of a body; a section that was not asked for is empty or None."""

    body: str
    masses: tuple[Mass, ...] = ()
    whole: BodyMass | None = None
    lengths: tuple[Length, ...] = ()
    levels: tuple[Level, ...] = ()
    orders: Mapping[str, bool] | None = None
    labels: Labels | None = None
    breaches: tuple[Breach, ...] = ()
    promises: int = 0
    volumes: tuple[OrganVolume, ...] = ()
    habitus: Habitus | None = None

    @property
    def judged(self) -> bool:
        """Whether organs and lengths must be the reference person's: not in another person."""
        return self.habitus is None

    @property
    def organs_within(self) -> int:
        """How many organs are within ten percent of their reference mass."""
        return sum(mass.good for mass in self.masses)

    @property
    def failures(self) -> list[str]:
        """What is not as it must be, one line each."""
        out = list(self._misfits()) if self.judged else []
        if self.whole is not None and not self.whole.good:
            out.append(f"mass of the body: {self.whole.error_percent:+.1f} %")
        out += [f"order of {name}" for name, good in (self.orders or {}).items() if not good]
        if self.labels is not None and not self.labels.good:
            out.append(f"only {self.labels.shown} TotalSegmentator classes; {ENOUGH_LABELS} needed")
        out += [str(breach) for breach in self.breaches]
        return out + [
            f"volume of {v.label}: {v.worst_percent:+.1f} % when sampled coarsely"
            for v in self.volumes
            if not v.good
        ]

    def _misfits(self) -> Iterator[str]:
        """Give what of the reference person is not as in the reference tables."""
        for m in self.masses:
            if m.tolerance_percent <= _VITAL_PERCENT and not m.good:
                allowed = f"{m.tolerance_percent:g} % allowed"
                yield f"mass of {m.organ}: {m.error_percent:+.1f} %, {allowed}"
        if self.masses and self.organs_within < ENOUGH_ORGANS:
            yield (
                f"{self.organs_within} organs are within their tolerance of the reference masses; "
                f"{ENOUGH_ORGANS} must be"
            )
        yield from (f"{x.name}: {x.error_percent:+.1f} %" for x in self.lengths if not x.good)
        yield from (f"{x.name} lies at z = {x.z_mm:.0f} mm" for x in self.levels if not x.good)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with errors and verdicts written out."""
        judged = ("masses", "lengths", "levels")
        plain: dict[str, Any] = {"body": self.body, "failures": self.failures}
        for name in judged:
            plain[name] = [_plain(item) for item in getattr(self, name)]
        plain["body_mass"] = None if self.whole is None else _plain(self.whole)
        plain["orders"] = dict(self.orders or {})
        plain["labels"] = None if self.labels is None else asdict(self.labels)
        plain["topology"] = {
            "promises": self.promises, "broken": [asdict(breach) for breach in self.breaches]
        }  # fmt: skip
        plain["sampling"] = [
            {"organ": v.label, "spacings_mm": SPACINGS_MM, "ml": v.ml,
             "errors_percent": [round(e, 2) for e in v.errors_percent], "good": v.good}
            for v in self.volumes
        ]  # fmt: skip
        return plain


def survey_body(
    name: str, *, content: Library, sections: Collection[str] = SECTIONS, arms: str = "down",
    habitus: Habitus | None = None, progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Measure a body and hold it against the references.

    Parameters
    ----------
    habitus
        Of another person than the reference one: then the mass of the body must be theirs, and
        organs are shown beside those of a reference person of their height, but not judged.
    """
    for section in sections:
        if section not in SECTIONS:
            raise UnknownNameError.of("section of the report", section, SECTIONS)
    progress = progress or Silence()
    progress.begin(f"Survey of {name}", 1 + len(sections))
    progress.step("Compiling and sampling the body")
    surveyor = _Surveyor(name, content, arms, habitus)
    found: dict[str, Any] = {}
    for section in sections:
        progress.step(f"{name}: {section}")
        found.update(getattr(surveyor, section)())
    return Report(name, habitus=habitus, **found)


class _Surveyor:
    """Fills the sections of a report."""

    def __init__(self, name: str, content: Library, arms: str, habitus: Habitus | None) -> None:
        self.body = read_body(content, name, arms=arms, habitus=habitus)
        usual = read_body(content, name, arms=arms)
        self.references = read_references(content)
        if habitus is not None:
            ratio = (self.body.record.height_m or 1.0) / (usual.record.height_m or 1.0)
            self.references = self.references.of_height(ratio)
        self.scout = Scout(Phantom(self.body))
        tissues = changed_tissues(read_tissues(content), self.body.tissue_changes)
        self.scales = Scales(self.scout, tissues)
        self.sex = self.body.record.sex

    def masses(self) -> dict[str, Any]:
        masses = self.scales.masses(self.references.masses, self.sex)
        whole = body_mass(self.scales, self.body, self.references)
        return {"masses": tuple(masses), "whole": whole}

    def lengths(self) -> dict[str, Any]:
        rows = self.references.file.lengths
        return {"lengths": tuple(measure_length(self.scout, self.body, row) for row in rows)}

    def levels(self) -> dict[str, Any]:
        rows, orders = self.references.file.levels, self.references.file.order
        return {
            "levels": tuple(measure_level(self.scout, self.body, row) for row in rows),
            "orders": {
                name: in_order(self.scout, self.references, levels)
                for name, levels in orders.items()
            },
        }

    def labels(self) -> dict[str, Any]:
        return {"labels": shown_labels(self.scout)}

    def topology(self) -> dict[str, Any]:
        promises = [p for p in self.references.file.topology if self.sex in p.sexes]
        broken = [breach for promise in promises for breach in judge(self.scout, promise)]
        return {"breaches": tuple(broken), "promises": len(promises)}

    def sampling(self) -> dict[str, Any]:
        return {"volumes": organ_volumes(self.scout.phantom)}


def shown_labels(scout: Scout) -> Labels:
    """Return which TotalSegmentator classes fill any volume worth mentioning in a body."""
    known = scout.phantom.body.label_numbers
    wanted = sorted((n, name) for name, n in known.items() if n <= TOTALSEGMENTATOR)
    volumes: dict[str, float] = {}
    for layer, millilitres in zip(scout.whole.layers, scout.whole_ml, strict=True):
        volumes[layer.label] = volumes.get(layer.label, 0.0) + float(millilitres)
    missing = tuple(name for _, name in wanted if volumes.get(name, 0.0) < _VISIBLE_ML)
    return Labels(len(wanted) - len(missing), missing)


def _plain(item: Mass | BodyMass | Length | Level) -> dict[str, Any]:
    """Return a measurement as plain data; what could not be measured is null."""
    out: dict[str, Any] = {**asdict(item), "good": item.good}
    if not isinstance(item, Level):
        out["error_percent"] = round(item.error_percent, 2)
    return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in out.items()}
