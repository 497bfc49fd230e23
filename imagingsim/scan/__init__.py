"""Turns an acquisition's name into a Study; the only room that knows every modality."""

from imagingsim.scan.acquire import acquire
from imagingsim.scan.breathing import at_rest_mm, state_of
from imagingsim.scan.protocol import (
    AcquisitionProtocol,
    Coverage,
    SeriesRequest,
    acquisitions,
    read_acquisition,
)  # fmt: skip
from imagingsim.scan.quality_object import scan_object
from imagingsim.scan.raw import raw_scan
from imagingsim.scan.truth import ideal_hu, true_body, true_labels
from imagingsim.scan.visit import subject_of

__all__ = [
    "AcquisitionProtocol", "Coverage", "SeriesRequest", "acquire", "acquisitions", "at_rest_mm",
    "ideal_hu", "raw_scan", "read_acquisition", "scan_object", "state_of", "subject_of",
    "true_body", "true_labels",
]  # fmt: skip
