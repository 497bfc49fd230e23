"""Segmentation objects of the ground truth: lesions, and the principal organs.

Segments are binary, which every viewer reads. Readers expand each segment to the whole scan, so a
hundred structures would cost them tens of gigabytes: an object holds no more than `BUDGET` voxels
so expanded. The complete label map stands in the NIfTI file.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import highdicom as hd
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code as DicomCode
from pydicom.uid import UID

from imagingsim.formats.dicom import codes, common
from imagingsim.formats.dicom.common import Place
from imagingsim.formats.dicom.images import source_images
from imagingsim.formats.dicom.uids import IMPLEMENTATION_CLASS_UID, NAMESPACE, VERSION
from imagingsim.labels import Code, LabelVolume, Segment
from imagingsim.series import Series

BUDGET = 1_500_000_000
ORGANS = (
    "liver", "spleen", "pancreas", "kidney_left", "kidney_right", "adrenal_gland_left",
    "adrenal_gland_right", "aorta", "stomach", "gallbladder", "inferior_vena_cava", "heart",
    "lung_upper_lobe_left", "lung_lower_lobe_left", "lung_upper_lobe_right",
    "lung_middle_lobe_right", "lung_lower_lobe_right", "brain", "grey_matter", "white_matter",
    "cerebellum", "occipital_bone", "vertebrae_L1", "urinary_bladder", "thyroid_gland", "uterus",
    "prostate", "colon", "duodenum", "eye_left", "eye_right", "spinal_cord",
)  # fmt: skip
"""By the name of their label; the first ones are kept when a scan is large."""

Numbers = npt.NDArray[np.number]
AFTER_IMAGES = timedelta(minutes=1)


def write_segmentations(
    labels: LabelVolume, series: Series, place: Place, finished: datetime, folder: Path
) -> list[Path]:
    """Write the lesions and the principal organs of a series, and return the files.

    Parameters
    ----------
    place
        Of the series the labels lie on.
    finished
        When the last image of the study was there.
    """
    objects = _objects(labels)
    if not objects:
        return []
    folder.mkdir(parents=True)
    sources = source_images(series, place)
    written = []
    for number, (role, segments) in enumerate(objects):
        numbered = _Object(role, segments, 100 * place.number + number)
        seg = _segmentation(labels, numbered, sources, place)
        _finalise(seg, finished + AFTER_IMAGES)
        seg.save_as(folder / f"{role}.dcm")
        written.append(folder / f"{role}.dcm")
    return written


@dataclass(frozen=True)
class _Object:
    role: str
    segments: tuple[Segment, ...]
    series_number: int


def _objects(labels: LabelVolume) -> list[tuple[str, tuple[Segment, ...]]]:
    """Return name and segments of each object; none is empty, that hangs some viewers."""
    most = max(4, BUDGET // labels.volume.array.size)
    lesions = [segment for segment in labels.segments if segment.is_lesion]
    known = {segment.name: segment for segment in labels.segments}
    organs = [known[name] for name in ORGANS if name in known][:most]
    objects = []
    for part, start in enumerate(range(0, len(lesions), most), start=1):
        role = "lesions" if len(lesions) <= most else f"lesions_{part}"
        objects.append((role, tuple(lesions[start : start + most])))
    if organs:
        objects.append(("organs", tuple(organs)))
    return objects


def _segmentation(
    labels: LabelVolume, one: _Object, sources: list[Dataset], place: Place
) -> hd.seg.Segmentation:
    header = place.header
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=_renumbered(labels.volume.array, one.segments),
        segmentation_type="BINARY",
        segment_descriptions=[
            _description(segment, number, header.uid("segment", segment.name))
            for number, segment in enumerate(one.segments, start=1)
        ],
        series_instance_uid=header.uid("segmentation", labels.series, one.role),
        series_number=one.series_number,
        sop_instance_uid=header.uid("segmentation", labels.series, one.role, 1),
        instance_number=1,
        manufacturer=common.MANUFACTURER,
        manufacturer_model_name="IMSIM SEG",
        software_versions=VERSION,
        device_serial_number="0",
        content_label="GROUND_TRUTH",
        content_description="Synthetic ground truth",
        content_creator_name="Imagingsim^Generator",
        series_description=f"Ground truth of {labels.series[:35]}: {one.role} SYNTH",
        omit_empty_frames=True,
    )


def _renumbered(array: Numbers, segments: tuple[Segment, ...]) -> Numbers:
    dtype = np.uint8 if len(segments) < 256 else np.uint16
    table = np.zeros(int(array.max()) + 1, dtype=dtype)
    table[[segment.number for segment in segments]] = np.arange(1, len(segments) + 1)
    return table[array]


def _description(segment: Segment, number: int, tracking_uid: str) -> hd.seg.SegmentDescription:
    algorithm = hd.AlgorithmIdentificationSequence(
        name="imagingsim ground truth", family=_code(codes.MANUAL), version=VERSION
    )
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=segment.name[:64],
        segmented_property_category=_code(segment.category),
        segmented_property_type=_code(segment.kind),
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
        tracking_uid=tracking_uid,
        tracking_id=segment.name[:64],
        display_color=hd.color.CIELabColor.from_rgb(*segment.colour),
    )
    if segment.modifier is not None:
        kind = description.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = common.sequence(
            common.coded(segment.modifier)
        )
    return description


def _code(code: Code) -> DicomCode:
    return DicomCode(code.value, code.scheme, code.meaning)


def _finalise(seg: Dataset, when: datetime) -> None:
    # highdicom writes the wall clock and a random UID; the same seed must give the same bytes
    common.mark_synthetic(seg)
    common.stamp(seg, when, "InstanceCreation", "Content", "Series")
    for equipment in seg.get("ContributingEquipmentSequence", []):
        equipment.ContributionDateTime = f"{when:%Y%m%d%H%M%S}"
    dimension = f"2.25.{uuid.uuid5(NAMESPACE, str(seg.SOPInstanceUID) + '/dimension').int}"
    seg.DimensionOrganizationSequence[0].DimensionOrganizationUID = dimension
    for index in seg.DimensionIndexSequence:
        index.DimensionOrganizationUID = dimension
    seg.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    seg.file_meta.ImplementationVersionName = f"IMSIM_{VERSION}"[:16]
