"""Unique identifiers computed from content: equal content, equal UIDs; other content, other UIDs.

A PACS keeps the pixels it has when a known UID arrives again, so a UID must cover everything that
can change: the seed, the technique and the pixels themselves, and the version of the program.
"""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import imagingsim
from imagingsim.labels import LabelVolume
from imagingsim.series import Series, Subject

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:imagingsim:dicom-uid:1")
VERSION = getattr(imagingsim, "__version__", "0.1.0")


def uid(digest: str, *role: object) -> str:
    """Return the UID of a role within the content ``digest``.

    Examples
    --------
    >>> uid("a", "study") == uid("a", "study"), uid("a", "study") == uid("b", "study")
    (True, False)
    >>> uid("a", "series", 1).startswith("2.25.")
    True
    """
    name = "/".join([digest, *map(str, role)])
    return f"2.25.{uuid.uuid5(NAMESPACE, name).int}"


IMPLEMENTATION_CLASS_UID = uid("implementation", VERSION)


@dataclass(frozen=True)
class Identity:
    """What distinguishes one study from another apart from its pixels."""

    id: str
    case: str
    timepoint: str
    acquisition: str
    seed: int


def digest(
    identity: Identity,
    subject: Subject,
    start: object,
    series: Iterable[Series],
    labels: Iterable[LabelVolume],
) -> str:
    """Return a hexadecimal digest of everything a study holds."""
    hasher = hashlib.sha256()
    hasher.update(repr((VERSION, identity, subject, str(start))).encode())
    for one in series:
        said = (
            one.name,
            one.description,
            one.modality,
            one.body_part,
            one.technique,
            one.derivation,
        )
        hasher.update(repr(said).encode())
        _add(hasher, one.volume.grid.affine, one.volume.array)
    for truth in labels:
        hasher.update(repr((truth.series, truth.segments)).encode())
        _add(hasher, truth.volume.grid.affine, truth.volume.array)
    return hasher.hexdigest()[:40]


def _add(hasher: "hashlib._Hash", *arrays: npt.NDArray[np.generic]) -> None:
    for array in arrays:
        hasher.update(repr((array.shape, array.dtype.str)).encode())
        hasher.update(np.ascontiguousarray(array).data)
