"""One series of any modality to a folder of DICOM files."""

from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from imagingsim.errors import FormatError
from imagingsim.formats.dicom import ct, mr, pt
from imagingsim.formats.dicom.common import Place
from imagingsim.formats.dicom.files import write_slices
from imagingsim.series import CtTechnique, MrTechnique, PetTechnique, Series


def write_images(series: Series, place: Place, folder: Path) -> list[Path]:
    """Write ``series``, whose volume holds stored values, into the new ``folder``."""
    shared, own = _parts(series, place)
    return write_slices(folder, shared, own, instance_uids(series, place))


def source_images(series: Series, place: Place) -> list[Dataset]:
    """Return the images of ``series`` without pixels, for objects that refer to them."""
    shared, own = _parts(series, place)
    uids = instance_uids(series, place)
    numbered = enumerate(zip(own, uids, strict=True), start=1)
    return [_header(shared, one, uid, number) for number, (one, uid) in numbered]


def instance_uids(series: Series, place: Place) -> list[str]:
    """Return the SOP Instance UID of each slice, in order."""
    slices = series.volume.grid.shape[0]
    return [place.header.uid("image", series.name, n) for n in range(1, slices + 1)]


def _parts(series: Series, place: Place) -> tuple[Dataset, Iterator[Dataset]]:
    technique = series.technique
    if series.modality == "CT" and isinstance(technique, CtTechnique):
        return ct.template(series, technique, place), ct.slices(series)
    if series.modality == "MR" and isinstance(technique, MrTechnique):
        return mr.template(series, technique, place), mr.slices(series)
    if series.modality == "PT" and isinstance(technique, PetTechnique):
        return pt.template(series, technique, place), pt.slices(series, technique, place)
    raise FormatError(
        f"Series {series.name} says {series.modality} but was made with a "
        f"{type(technique).__name__}."
    )


def _header(shared: Dataset, own: Dataset, uid: str, number: int) -> Dataset:
    data = Dataset()
    data.update(shared)
    data.update(own)
    data.SOPInstanceUID = uid
    data.InstanceNumber = number
    del data.PixelData
    return data
