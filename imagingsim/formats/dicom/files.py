"""Writes a series fast: what its slices share is encoded once."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element, write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian

from imagingsim.formats.dicom.uids import IMPLEMENTATION_CLASS_UID, VERSION

PREAMBLE = b"\0" * 128 + b"DICM"
ENCODING = "utf8"


def file_meta(sop_class: str, instance: str) -> FileMetaDataset:
    """Return the file meta information of one object."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = f"IMSIM_{VERSION}"[:16]
    return meta


def write_slices(
    folder: Path, shared: Dataset, slices: Iterable[Dataset], instances: Iterable[str]
) -> list[Path]:
    """Write one file per slice, named by its number, and return the files.

    Parameters
    ----------
    shared
        The elements every slice has.
    slices
        For each slice, the elements that are its own, without identity.
    instances
        SOP Instance UID of each slice.
    """
    folder.mkdir(parents=True)
    encoded = _encode(shared)
    files = []
    for number, (own, instance) in enumerate(zip(slices, instances, strict=True), start=1):
        own.SOPInstanceUID = instance
        own.InstanceNumber = number
        file = folder / f"{number:04d}.dcm"
        file.write_bytes(_file(encoded, own, file_meta(shared.SOPClassUID, instance)))
        files.append(file)
    return files


def _file(shared: Mapping[int, bytes], own: Dataset, meta: FileMetaDataset) -> bytes:
    head = _buffer()
    write_file_meta_info(head, meta)
    elements = {**shared, **_encode(own)}
    body = (elements[tag] for tag in sorted(elements))
    return b"".join([PREAMBLE, head.getvalue(), *body])


def _encode(data: Dataset) -> dict[int, bytes]:
    encoded = {}
    for element in data:
        if element.keyword == "PixelData":
            element.VR = "OW"
        buffer = _buffer()
        write_data_element(buffer, element, [ENCODING])
        encoded[int(element.tag)] = buffer.getvalue()
    return encoded


def _buffer() -> DicomBytesIO:
    buffer = DicomBytesIO()
    buffer.is_little_endian = True
    buffer.is_implicit_VR = False
    return buffer
