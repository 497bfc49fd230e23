"""Workup: protocols as graphs, and the engine that walks one patient through them.

It owns protocols, the catalogue, guards, safety rules, biopsy, pathology and belief. Images come
from an `Imaging` that is handed in, so it knows no scanner, no file format and no screen.
"""

from imagingsim.workup.catalogue import Catalogue, read_catalogue
from imagingsim.workup.engine import walk
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.needle import Probe
from imagingsim.workup.outcome import DISCLAIMER, Outcome, Sampling, Step, Visit
from imagingsim.workup.protocol import Protocol, check_protocol, protocols, read_protocol
from imagingsim.workup.spec import ProtocolFile
from imagingsim.workup.walking import Imaging

__all__ = [
    "DISCLAIMER", "Catalogue", "Guard", "Imaging", "Outcome", "Probe", "Protocol", "ProtocolFile",
    "Sampling", "Step", "Visit", "check_protocol", "guard", "protocols", "read_catalogue",
    "read_protocol", "walk",
]  # fmt: skip
