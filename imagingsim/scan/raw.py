"""A CT acquisition kept raw, for a console or a viewer that changes settings of one scan."""

from imagingsim import ct
from imagingsim.anatomy import Case
from imagingsim.content import Library
from imagingsim.errors import AcquisitionError
from imagingsim.grid import Box
from imagingsim.progress import Progress
from imagingsim.scan.protocol import read_acquisition
from imagingsim.scan.visit import groups_of, visit_of


def raw_scan(
    case: Case, acquisition: str, *, library: Library, seed: int = 1,
    timepoint: str | None = None, heights_mm: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> ct.RawScan:  # fmt: skip
    """Scan a case with the first CT series of an acquisition and keep what was read.

    Parameters
    ----------
    heights_mm
        Lowest and highest z of what is scanned; the coverage of the acquisition when not given.

    Returns
    -------
    RawScan
        Of that series and of those that share its sample, in the order of the file.

    Raises
    ------
    AcquisitionError
        When the acquisition holds no CT, or contrast medium is asked for that cannot be given.
    """
    groups = groups_of(read_acquisition(library, acquisition).series)
    group = next((one for one in groups if one[0].ct is not None), None)
    if group is None:
        raise AcquisitionError(f"{acquisition} holds no CT. Choose one that does, e.g. ct_chest.")
    visit = visit_of(
        case, acquisition, library=library, seed=seed, timepoint=timepoint, progress=progress
    )
    settings = [request.ct for request in group if request.ct is not None]
    box = visit.box(group[0])
    if heights_mm is not None:
        box = Box(box.left_mm, box.posterior_mm, heights_mm)
    sampled = visit.sampled(group[0], ct.sampling_grid(settings[0], box), "CT")
    tissues = visit.tissues(group[0])
    return ct.RawScan(sampled, tissues, settings, subject=visit.subject, seed=seed)
