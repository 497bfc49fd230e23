"""A segmentation object back to a label map."""

from pathlib import Path

import highdicom as hd
import numpy as np

from imagingsim.errors import FormatError
from imagingsim.grid import Grid
from imagingsim.labels import FIRST_LESION, Code, LabelVolume, Segment
from imagingsim.volume import Volume

GREY = (200, 200, 200)


def read_segmentation(file: Path) -> LabelVolume:
    """Return the label map of a binary or label-map SEG, numbered as its segments are.

    Lesions, by their category, keep that by numbers from 1000 on.
    """
    seg = hd.seg.segread(file)
    if "ReferencedSeriesSequence" not in seg:
        raise FormatError(f"{file}: the segmentation does not say which series it belongs to.")
    volume = seg.get_volume(combine_segments=True, relabel=False)
    segments = [_segment(seg, number) for number in seg.segment_numbers]
    renumber = np.zeros(max(seg.segment_numbers, default=0) + 1, dtype=np.uint16)
    for number, segment in zip(seg.segment_numbers, segments, strict=True):
        renumber[number] = segment.number
    labels = Volume(renumber[volume.array], Grid(volume.array.shape, volume.affine), "label", "1")
    series = str(seg.ReferencedSeriesSequence[0].SeriesInstanceUID)
    return LabelVolume(labels, tuple(sorted(segments, key=lambda one: one.number)), series)


def _segment(seg: hd.seg.Segmentation, number: int) -> Segment:
    said = seg.get_segment_description(number)
    category = _code(said.segmented_property_category)
    lesion = category.value == "49755003"
    return Segment(
        number + FIRST_LESION if lesion else number,
        str(said.segment_label),
        category,
        _code(said.segmented_property_type),
        None,
        GREY,
    )


def _code(code: hd.sr.CodedConcept) -> Code:
    return Code(code.value, code.scheme_designator, code.meaning)
