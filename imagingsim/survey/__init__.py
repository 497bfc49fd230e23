"""Looks at whole bodies and measures them: galleries, masses, calibration, lengths, topology.

Knows anatomy and what a scanner would show of it; knows no case and no workup.
"""

from imagingsim.survey.calibration import Calibrated, calibrate, write_calibration
from imagingsim.survey.gallery import read_gallery, write_gallery
from imagingsim.survey.gallery_records import Gallery, GalleryRegion, Sheet
from imagingsim.survey.lever_weighing import write_lever_masses
from imagingsim.survey.masses import BodyMass, Mass, Scales, body_mass
from imagingsim.survey.quality import (
    BarReading,
    FaintReading,
    InsertReading,
    Quality,
    measure_quality,
)
from imagingsim.survey.references import ReferenceFile, References, read_references
from imagingsim.survey.report import SECTIONS, Labels, Report, survey_body
from imagingsim.survey.resolution import Resolution
from imagingsim.survey.scouting import Part, Scout
from imagingsim.survey.shapes import Fault, shape_faults
from imagingsim.survey.topology import Breach, judge
from imagingsim.survey.volumes import SPACINGS_MM, OrganVolume, organ_volumes

__all__ = [
    "SECTIONS", "SPACINGS_MM", "BarReading", "BodyMass", "Breach",
    "Calibrated", "FaintReading", "Fault", "Gallery", "GalleryRegion", "InsertReading", "Labels",
    "Mass", "OrganVolume", "Part", "Quality", "ReferenceFile", "References", "Report",
    "Resolution", "Scales", "Scout", "Sheet", "body_mass", "calibrate", "judge", "measure_quality",
    "organ_volumes", "read_gallery", "read_references", "shape_faults", "survey_body",
    "write_calibration", "write_gallery", "write_lever_masses",
]  # fmt: skip
