"""Reading: what a reader sees and measures in simulated images, and what they miss.

It owns findings, measurement and detectability. It is given images and *where to look*, and decides
from pixels alone; it knows nothing of workups, tissues or the truth of a case.
"""

from imagingsim.reading.finding import Finding, Measurement, Reading, RegionReading, Site
from imagingsim.reading.reader import Reader, read, truth_of

__all__ = [
    "Finding", "Measurement", "Reader", "Reading", "RegionReading", "Site", "read", "truth_of",
]  # fmt: skip
