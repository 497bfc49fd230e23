"""Reading: what a reader sees and measures in simulated images, and what they miss.

It owns findings, measurement and detectability. It is given images and *where to look*, and decides
from pixels alone; it knows nothing of workups, tissues or the truth of a case.
"""

from imagingsim.reading.detectability import make_table
from imagingsim.reading.detection_records import (
    FOLDER,
    TABLE,
    DetectionTable,
    Recipe,
    Row,
    TableFile,
    check_table,
    read_recipe,
    tables,
)
from imagingsim.reading.finding import Finding, Measurement, Reading, RegionReading, Site
from imagingsim.reading.levels import Level, LevelName
from imagingsim.reading.reader import Reader, read, truth_of

__all__ = [
    "FOLDER", "TABLE", "DetectionTable", "Finding", "Level", "LevelName", "Measurement", "Reader",
    "Reading", "Recipe", "RegionReading", "Row", "Site", "TableFile", "check_table", "make_table",
    "read", "read_recipe", "tables", "truth_of",
]  # fmt: skip
