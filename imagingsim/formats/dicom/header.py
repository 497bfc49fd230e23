"""What all files of one study share: who, when, and the names derived from its content."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from imagingsim.formats.dicom.uids import uid
from imagingsim.series import EPOCH, MrTechnique, PetTechnique, Series, Subject, Technique

PREPARATION = timedelta(minutes=10)
INJECTION_AFTER_ARRIVAL = timedelta(minutes=5)
CHANGE_OF_SERIES = timedelta(seconds=30)
CT_ROTATION_TIME = timedelta(seconds=15)


@dataclass(frozen=True)
class StudyHeader:
    """The part of every file that does not depend on the series.

    Attributes
    ----------
    digest
        Hash of the study's whole content; all UIDs derive from it.
    """

    subject: Subject
    description: str
    start: datetime
    digest: str

    def uid(self, *role: object) -> str:
        """Return the UID of a role in this study, e.g. ``("series", "ct_portal")``."""
        return uid(self.digest, *role)

    @property
    def short_id(self) -> str:
        """At most 16 characters, different for different content: Study ID, Accession Number."""
        return "IMS" + str(int(self.digest, 16))[-12:]

    @property
    def birth_date(self) -> date:
        """The first of January of the year that gives the subject's age at the first visit."""
        return date(EPOCH.year - math.floor(self.subject.age_y), 1, 1)

    @property
    def age_y(self) -> int:
        """Whole years of age on the day of the study."""
        return self.start.year - self.birth_date.year


def series_starts(series: Iterable[Series], arrival: datetime) -> dict[str, datetime]:
    """Return when each series begins, in whole seconds, in the order they were acquired.

    Contrast phases follow their injection by their delay, and a PET starts exactly its uptake time
    after the tracer; everything else follows what came before. A reformat was acquired when its
    source was.
    """
    listed = list(series)
    now = arrival + max([PREPARATION, *(_uptake(s) - timedelta(minutes=3) for s in listed)])
    injected: datetime | None = None
    starts: dict[str, datetime] = {}
    for one in listed:
        technique = one.technique
        if one.derivation is not None:
            starts[one.name] = starts[one.derivation.source]
            continue
        if isinstance(technique, PetTechnique):
            now = max(now, arrival + _uptake(one))
        elif technique.contrast is not None:
            injected = now if injected is None else injected
            now = max(now, injected + _seconds(technique.contrast.delay_s))
        starts[one.name] = now
        now += _length(one)
    return starts


def injection_time(technique: Technique, start: datetime) -> datetime:
    """Return when the contrast medium or tracer of a series that began at ``start`` was given."""
    if isinstance(technique, PetTechnique):
        return start - _seconds(technique.uptake_s)
    delay_s = technique.contrast.delay_s if technique.contrast is not None else 0.0
    return start - _seconds(delay_s)


def _uptake(series: Series) -> timedelta:
    if isinstance(series.technique, PetTechnique):
        return INJECTION_AFTER_ARRIVAL + _seconds(series.technique.uptake_s)
    return timedelta(0)


def _length(series: Series) -> timedelta:
    technique = series.technique
    if isinstance(technique, MrTechnique):
        return _seconds(technique.acquisition_time_s) + CHANGE_OF_SERIES
    if isinstance(technique, PetTechnique):
        return _seconds(max(technique.bed_starts_s) + technique.bed_duration_s) + CHANGE_OF_SERIES
    return CT_ROTATION_TIME


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=round(seconds))
