"""Writes and reads DICOM; knows no physics and no anatomy.

Every object says in the standard's own attributes that it is synthetic. Slices are uncompressed,
because lossless compression is read wrongly, without an error, by tools still in use.
"""

from imagingsim.formats.dicom.common import Place
from imagingsim.formats.dicom.derived import write_reformat
from imagingsim.formats.dicom.header import StudyHeader, series_starts
from imagingsim.formats.dicom.images import write_images
from imagingsim.formats.dicom.pt import suv_per_bq_ml
from imagingsim.formats.dicom.reading import (
    StoredSeries,
    dicom_files,
    is_dicom,
    read_dicom,
    segmentation_files,
)  # fmt: skip
from imagingsim.formats.dicom.seg import write_segmentations
from imagingsim.formats.dicom.segreading import read_segmentation
from imagingsim.formats.dicom.uids import Identity, digest

__all__ = [
    "Identity", "Place", "StoredSeries", "StudyHeader", "dicom_files", "digest", "is_dicom",
    "read_dicom", "read_segmentation", "segmentation_files", "series_starts", "suv_per_bq_ml",
    "write_images", "write_reformat", "write_segmentations",
]  # fmt: skip
