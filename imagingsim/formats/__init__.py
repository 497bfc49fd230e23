"""The only room that knows file formats: DICOM and NIfTI; it must not know physics.

Both formats are written from the same stored values (`stored`), so they agree voxel by voxel. Their
libraries are imported when a file is first read or written: most commands, and patients without
images, never do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from imagingsim.formats.folders import new_folder
from imagingsim.formats.stored import stored
from imagingsim.formats.terminology import label_colours, label_volume

if TYPE_CHECKING:
    from imagingsim.formats.dicom import (
        Identity,
        Place,
        StoredSeries,
        StudyHeader,
        dicom_files,
        digest,
        is_dicom,
        read_dicom,
        read_segmentation,
        segmentation_files,
        series_starts,
        suv_per_bq_ml,
        write_images,
        write_reformat,
        write_segmentations,
    )  # fmt: skip
    from imagingsim.formats.nifti import (
        read_nifti,
        read_sidecar,
        write_label_map,
        write_series,
        write_volume,
    )
else:
    _NIFTI = ("read_nifti", "read_sidecar", "write_label_map", "write_series", "write_volume")

    def __getattr__(name: str) -> Any:
        """Import the names of a format when one of them is first used."""
        if name not in __all__:
            raise AttributeError(f"module 'imagingsim.formats' has no attribute {name!r}")
        room = "nifti" if name in _NIFTI else "dicom"
        return getattr(import_module(f"imagingsim.formats.{room}"), name)


__all__ = [
    "Identity", "Place", "StoredSeries", "StudyHeader", "dicom_files", "digest", "is_dicom",
    "label_colours", "label_volume", "new_folder", "read_dicom", "read_nifti",
    "read_segmentation", "read_sidecar", "segmentation_files", "series_starts", "stored",
    "suv_per_bq_ml", "write_images", "write_label_map", "write_reformat", "write_segmentations",
    "write_series", "write_volume",
]  # fmt: skip
