"""AcquisitionProtocol: what a scanner is asked for, as ``protocols/acquisition/*.yaml`` say it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from imagingsim.content import Document, Library, record
from imagingsim.ct import CtSettings, ScoutView, faults
from imagingsim.errors import ContentError
from imagingsim.mr import MrSettings
from imagingsim.pet import PetSettings
from imagingsim.reformatting import PlaneName, Projection
from imagingsim.series import Position

FOLDER = "protocols/acquisition"

Breathing = Literal["expiration", "inspiration", "free", "moving"]


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
class ReformatRequest:
    """Slabs of another plane, or a projection, that are stored beside an axial series.

    Attributes
    ----------
    interval_mm
        From slab to slab; the thickness when not given.
    projection
        The mean of a slab, or its brightest or darkest voxel.
    """

    plane: PlaneName
    thickness_mm: Annotated[float, Field(gt=0.0, le=500.0)]
    interval_mm: Annotated[float, Field(gt=0.0, le=500.0)] | None = None
    projection: Projection = "mean"

    @property
    def name(self) -> str:
        """What is added to the name of the series, e.g. ``"coronal"`` or ``"axial_maximum"``."""
        return self.plane if self.projection == "mean" else f"{self.plane}_{self.projection}"

    @property
    def in_words(self) -> str:
        """What is added to the description of the series, e.g. ``"axial MIP 10 mm"``."""
        kind = {"mean": "", "maximum": " MIP", "minimum": " MinIP"}[self.projection]
        return f"{self.plane}{kind} {self.thickness_mm:g} mm"


@record
class SeriesRequest:
    """One series of an acquisition; exactly one of ``ct``, ``mr`` and ``pet`` is given.

    Attributes
    ----------
    name
        Key of its folder and of its random stream.
    coverage, breathing
        Where they differ from the acquisition's.
    reformats
        What is stored beside a CT series.
    """

    name: str
    description: str
    coverage: Coverage | None = None
    breathing: Breathing | None = None
    ct: CtSettings | None = None
    mr: MrSettings | None = None
    pet: PetSettings | None = None
    reformats: tuple[ReformatRequest, ...] = ()


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
    position
        On what the patient lies, the head first; only CT is taken on anything but the back.
    breathing
        Held at the end of a quiet expiration or of a deep breath, or going on (``free``): then a
        PET scan averages over it, and CT and MR are taken at the average depth. While it is
        ``moving``, every slice of a CT catches another moment.
    scouts
        Projections taken before the first CT series.
    oral_contrast
        Whether the patient has drunk positive contrast medium.
    """

    title: str
    body_part: str
    coverage: Coverage
    series: tuple[SeriesRequest, ...]
    sources: tuple[AcquisitionSource, ...]
    arms: Literal["down", "up"] = "down"
    position: Position = "supine"
    breathing: Breathing = "expiration"
    oral_contrast: bool = False
    scouts: tuple[ScoutView, ...] = ()


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
    problems = list(_problems(protocol, library.document(f"{FOLDER}/{name}.yaml")))
    if problems:
        raise ContentError("\n".join(problems))
    return protocol


def _problems(protocol: AcquisitionProtocol, document: Document) -> Iterator[str]:
    """Yield what is wrong with a file whose keys and types are right."""
    names: set[str] = set()
    for index, series in enumerate(protocol.series):
        for name in names_of(series):
            if name in names:
                said = f"the name {name!r} stands twice; rename one"
                yield document.problem(said, "series", index, "name")
            names.add(name)
        yield from _problems_of(series, document, index)
    others = [one.name for one in protocol.series if one.ct is None]
    if others and protocol.position != "supine":
        said = f"only CT is taken {protocol.position}, but {', '.join(others)} is none"
        yield document.problem(said, "position")
    if protocol.scouts and len(others) == len(protocol.series):
        yield document.problem("only a CT scanner takes scouts; leave them out", "scouts")
    if len(set(protocol.scouts)) < len(protocol.scouts):
        yield document.problem("a scout stands twice; leave one out", "scouts")


def _problems_of(series: SeriesRequest, document: Document, index: int) -> Iterator[str]:
    if sum(settings is not None for settings in (series.ct, series.mr, series.pet)) != 1:
        yield document.problem("give exactly one of ct, mr and pet", "series", index)
    if series.reformats and series.ct is None:
        said = "only CT series are reformatted; leave them out"
        yield document.problem(said, "series", index, "reformats")
    if series.ct is not None:
        for fault in faults(series.ct):
            yield document.problem(fault.message, "series", index, "ct", *fault.path)


def names_of(series: SeriesRequest) -> tuple[str, ...]:
    """Return the names of a series and of its reformats."""
    return (series.name, *(f"{series.name}_{one.name}" for one in series.reformats))
