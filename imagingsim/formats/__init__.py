"""The only room that knows file formats: DICOM and NIfTI; it must not know physics.

Both formats are written from the same stored values (`stored`), so they agree voxel by voxel.
"""

from imagingsim.formats.dicom import (
    EPOCH,
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
from imagingsim.formats.folders import new_folder
from imagingsim.formats.nifti import (
    read_nifti,
    read_sidecar,
    write_label_map,
    write_series,
    write_volume,
)
from imagingsim.formats.stored import stored
from imagingsim.formats.terminology import label_colours, label_volume

__all__ = [
    "EPOCH", "Identity", "Place", "StoredSeries", "StudyHeader", "dicom_files", "digest",
    "is_dicom", "label_colours", "label_volume", "new_folder", "read_dicom", "read_nifti",
    "read_segmentation", "read_sidecar", "segmentation_files", "series_starts", "stored",
    "suv_per_bq_ml", "write_images", "write_label_map", "write_reformat", "write_segmentations",
    "write_series", "write_volume",
]  # fmt: skip
