"""Every coded value the images use; a test compares them with pydicom's copy of PS3.16."""

import re

from imagingsim.labels import Code

REGIONS = {
    "HEAD": Code("69536005", "SCT", "Head"),
    "BRAIN": Code("12738006", "SCT", "Brain"),
    "NECK": Code("45048000", "SCT", "Neck"),
    "HEADNECK": Code("774007", "SCT", "Head and Neck"),
    "CHEST": Code("816094009", "SCT", "Thorax"),
    "NECKCHEST": Code("417437006", "SCT", "Neck and Chest"),
    "ABDOMEN": Code("818981001", "SCT", "Abdomen"),
    "PELVIS": Code("816092008", "SCT", "Pelvis"),
    "ABDOMENPELVIS": Code("818982008", "SCT", "Abdomen and Pelvis"),
    "CHESTABDOMEN": Code("416550000", "SCT", "Chest and Abdomen"),
    "CHESTABDPELVIS": Code("416775004", "SCT", "Chest, Abdomen and Pelvis"),
    "NECKCHESTABDPELV": Code("416319003", "SCT", "Neck, Chest, Abdomen and Pelvis"),
    "WHOLEBODY": Code("38266002", "SCT", "Entire body"),
}
"""DICOM Body Part Examined terms of regions that have no side."""

NUCLIDES = {
    "18F": Code("77004003", "SCT", "^18^Fluorine"),
    "68GA": Code("35337001", "SCT", "^68^Gallium"),
    "11C": Code("40565003", "SCT", "^11^Carbon"),
}
TRACERS = {
    "FDG": Code("35321007", "SCT", "Fluorodeoxyglucose F^18^"),
    "DOTATATE": Code("724025002", "SCT", "Gallium ^68^ Dotatate"),
    "DOTATOC": Code("C2713594", "UMLS", "Edotreotide Ga^68^"),
    "FDOPA": Code("5811000122108", "SCT", "Fluorodopa F^18^"),
}
AGENTS = {
    "iohexol": Code("109218004", "SCT", "Iohexol"),
    "iodixanol": Code("353962003", "SCT", "Iodixanol"),
    "gadobutrol": Code("407976008", "SCT", "Gadobutrol"),
    "gadoterate": Code("712714000", "SCT", "Gadoterate"),
}
INTRAVENOUS = Code("47625008", "SCT", "Intravenous route")
ORAL = Code("26643006", "SCT", "Oral route")
RECUMBENT = Code("102538003", "SCT", "recumbent")
SUPINE = Code("40199007", "SCT", "supine")
HEAD_FIRST = Code("102540008", "SCT", "headfirst")
PROCESSING_EQUIPMENT = Code("109102", "DCM", "Processing Equipment")
CTDI_PHANTOMS = {
    16: Code("113690", "DCM", "IEC Head Dosimetry Phantom"),
    32: Code("113691", "DCM", "IEC Body Dosimetry Phantom"),
}
MULTIPLANAR = Code("113072", "DCM", "Multiplanar reformatting")
MAXIMUM_INTENSITY = Code("113078", "DCM", "Maximum intensity projection")
MINIMUM_INTENSITY = Code("113079", "DCM", "Minimum intensity projection")
MANUAL = Code("123109", "DCM", "Manual Processing")


def nuclide(name: str) -> Code | None:
    """Return the code of a nuclide written in any order, or None.

    Examples
    --------
    >>> nuclide("F-18") == nuclide("18F") == NUCLIDES["18F"]
    True
    """
    mass = "".join(re.findall(r"\d", name))
    letters = "".join(re.findall(r"[A-Za-z]", name)).upper()
    return NUCLIDES.get(mass + letters)


def named(table: dict[str, Code], text: str) -> Code | None:
    """Return the first code whose key occurs in ``text``, or None."""
    return next((code for key, code in table.items() if key.lower() in text.lower()), None)
