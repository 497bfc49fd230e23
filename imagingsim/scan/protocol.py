"""AcquisitionProtocol: what a scanner is asked for, as ``protocols/acquisition/*.yaml`` say it."""

from typing import Annotated, Literal

from pydantic import Field

from imagingsim.content import Library, record
from imagingsim.ct import CtSettings
from imagingsim.errors import ContentError
from imagingsim.mr import MrSettings
from imagingsim.pet import PetSettings

FOLDER = "protocols/acquisition"

Breathing = Literal["expiration", "inspiration", "free"]


@record
class Coverage:
    """From which landmark of the body to which other a series reaches.

    Attributes
    ----------
    first, last
        Names of landmarks of the body, in either order (``from`` and ``to`` in a file).
    margin_mm
        Added beyond both.
    """

    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]
    margin_mm: float = 0.0


@record
class SeriesRequest:
    """One series of an acquisition; exactly one of ``ct``, ``mr`` and ``pet`` is given.

    Attributes
    ----------
    name
        Key of its folder and of its random stream.
    coverage, breathing
        Where they differ from the acquisition's.
    """

    name: str
    description: str
    coverage: Coverage | None = None
    breathing: Breathing | None = None
    ct: CtSettings | None = None
    mr: MrSettings | None = None
    pet: PetSettings | None = None


@record
class AcquisitionSource:
    """Where numbers of an acquisition come from: a DOI, an address or a reason, and for what."""

    about: str
    doi: str | None = None
    url: str | None = None
    authored: str | None = None


@record
class AcquisitionProtocol:
    """A visit to a scanner: its series in order.

    Attributes
    ----------
    body_part
        DICOM Body Part Examined term, e.g. ``"ABDOMEN"``.
    arms
        How the patient holds the arms; up for the trunk, so that they do not shade it.
    breathing
        Held at the end of a quiet expiration or of a deep breath, or going on: then a PET scan
        averages over it, and a CT scan catches one moment.
    oral_contrast
        Whether the patient has drunk positive contrast medium.
    """

    title: str
    body_part: str
    coverage: Coverage
    series: tuple[SeriesRequest, ...]
    sources: tuple[AcquisitionSource, ...]
    arms: Literal["down", "up"] = "down"
    breathing: Breathing = "expiration"
    oral_contrast: bool = False


def acquisitions(library: Library) -> tuple[str, ...]:
    """Return the names of all acquisitions."""
    return library.names(FOLDER)


def read_acquisition(library: Library, name: str) -> AcquisitionProtocol:
    """Read one acquisition.

    Raises
    ------
    UnknownNameError
        Listing the known ones.
    ContentError
        Listing every problem of the file with its line.
    """
    protocol = library.read("acquisition", FOLDER, name, AcquisitionProtocol)
    document = library.document(f"{FOLDER}/{name}.yaml")
    problems = [
        document.problem("give exactly one of ct, mr and pet", "series", index)
        for index, series in enumerate(protocol.series)
        if sum(settings is not None for settings in (series.ct, series.mr, series.pet)) != 1
    ]
    names = [series.name for series in protocol.series]
    problems += [
        document.problem(f"the name {name!r} stands twice; rename one", "series", index, "name")
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    if problems:
        raise ContentError("\n".join(problems))
    return protocol
