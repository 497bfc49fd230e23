"""Scans of test objects: the same scanner, a cylinder for a patient."""

from imagingsim import ct
from imagingsim.anatomy import QualityObject, sample, warm_up
from imagingsim.content import Library
from imagingsim.errors import AcquisitionError
from imagingsim.formats import label_volume
from imagingsim.grid import Box
from imagingsim.progress import Progress, Silence
from imagingsim.scan.placing import labels_on
from imagingsim.scan.protocol import AcquisitionProtocol, SeriesRequest, read_acquisition
from imagingsim.series import Series, Subject
from imagingsim.streams import stream
from imagingsim.study import Study
from imagingsim.tissue import read_tissues
from imagingsim.volume import Volume

_SPARE_MM = 6.0


def scan_object(
    thing: QualityObject, acquisition: str, *, library: Library, seed: int,
    progress: Progress | None = None,
) -> Study:  # fmt: skip
    """Scan a test object with the CT series of an acquisition, from end to end of the object.

    Raises
    ------
    AcquisitionError
        When the acquisition holds anything but unenhanced CT.
    """
    protocol = read_acquisition(library, acquisition)
    refuse = [one.name for one in protocol.series if one.ct is None or one.ct.bolus is not None]
    if refuse:
        raise AcquisitionError(
            f"{acquisition}: a test object takes unenhanced CT only, but {', '.join(refuse)} "
            "is not. Choose another acquisition, e.g. ct_head."
        )
    progress = progress or Silence()
    progress.begin(thing.file.title, len(protocol.series) + 1)
    progress.step("loading compiled code (the first run compiles it)")
    warm_up()
    subject = Subject(
        id=thing.name, name=f"Test object^{thing.name}", sex="other", age_y=0.0, weight_kg=0.0,
        height_m=0.0,
    )  # fmt: skip
    series, labels = [], []
    for request in protocol.series:
        progress.step(f"{thing.file.title}: {request.description}")
        one, truth = _series(thing, protocol, request, subject, library=library, seed=seed)
        series.append(one)
        labels.append(label_volume(truth, {}, series=one.name, content=library))
    return Study(
        id=acquisition, case=thing.name, timepoint="test", acquisition=acquisition,
        description=f"{thing.file.title}: {protocol.title}", subject=subject, seed=seed,
        series=tuple(series), labels=tuple(labels),
    )  # fmt: skip


def _series(
    thing: QualityObject, protocol: AcquisitionProtocol, request: SeriesRequest, subject: Subject,
    *, library: Library, seed: int,
) -> tuple[Series, Volume]:  # fmt: skip
    settings = request.ct
    assert settings is not None
    (left, front, _), (right, back, _) = thing.phantom.bounds_mm
    box = Box((left - _SPARE_MM, right + _SPARE_MM), (front - _SPARE_MM, back + _SPARE_MM),
              thing.file.length_mm)  # fmt: skip
    sampled = sample(thing.phantom, ct.sampling_grid(settings, box))
    rng = stream(seed, f"{thing.name}/{request.name}")
    volume, technique = ct.acquire(
        sampled, read_tissues(library), settings, subject=subject, rng=rng
    )
    series = Series(
        name=request.name, description=request.description, modality="CT",
        body_part=protocol.body_part, volume=volume, technique=technique,
    )  # fmt: skip
    return series, Volume(labels_on(sampled, volume.grid), volume.grid, "label", "1")
