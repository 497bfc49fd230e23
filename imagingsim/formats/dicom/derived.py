"""A reformat of a CT series that lies in files: the source's header, its own planes and pixels."""

from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from imagingsim.errors import FormatError
from imagingsim.formats.dicom import common, ct
from imagingsim.formats.dicom.files import write_slices
from imagingsim.formats.dicom.uids import uid
from imagingsim.formats.stored import LOWEST_HU, stored
from imagingsim.series import Derivation
from imagingsim.volume import Volume

OF_ONE_SLICE = (
    "SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "SliceLocation", "PixelData",
    "SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue",
)  # fmt: skip
"""What belongs to a slice of the source and to none of the reformat."""


def write_reformat(source: Path, volume: Volume, made: Derivation, folder: Path) -> list[Path]:
    """Write the slabs of a reformat into the new ``folder``.

    Parameters
    ----------
    source
        Any file of the series it was made from; patient, study and technique are taken from it.

    Raises
    ------
    FormatError
        When the source is no CT.
    """
    shared = pydicom.dcmread(source, stop_before_pixels=True)
    if shared.get("Modality") != "CT":
        raise FormatError(f"{source} is no CT; only CT series are reformatted.")
    series, number = str(shared.SeriesInstanceUID), int(shared.get("SeriesNumber") or 0)
    _describe(shared, volume, made)
    shared.SeriesInstanceUID = uid(series, made)
    shared.SeriesNumber = 100 * number + 1
    instances = [uid(series, made, n) for n in range(volume.grid.shape[0])]
    slabs = ct.planes(stored(volume, "CT"))
    return write_slices(folder, shared, slabs, instances)


def _describe(data: Dataset, volume: Volume, made: Derivation) -> None:
    for keyword in OF_ONE_SLICE:
        if keyword in data:
            delattr(data, keyword)
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ImageType = ct.image_type(made)
    said = str(data.get("SeriesDescription", made.source)).removesuffix(" SYNTH")
    data.SeriesDescription = f"{said}, {made.plane} {made.thickness_mm:g} mm"[:64]
    common.orientation(data, volume.grid)
    shape = (volume.grid.shape[1], volume.grid.shape[2])
    common.pixel_description(data, shape, bits_stored=12, signed=False)
    data.RescaleIntercept, data.RescaleSlope = common.ds(LOWEST_HU), common.ds(1)
    ct.derivation(data, made)
