"""Workup: protocols as graphs, and the engine that walks one patient through them.

It owns protocols, the catalogue, guards, safety rules, biopsy, pathology and belief. Images come
from an `Imaging` that is handed in, so it knows no scanner, no file format and no screen.
"""

from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.catalogue_reading import read_catalogue
from imagingsim.workup.drawing import Decision, decisions, graphviz, mermaid
from imagingsim.workup.engine import begin, finish, walk_on, walk_world
from imagingsim.workup.guard import Guard, guard
from imagingsim.workup.needle import Probe
from imagingsim.workup.outcome import DISCLAIMER, Outcome
from imagingsim.workup.protocol import Protocol, check_protocol, protocols, read_protocol
from imagingsim.workup.simulated import Imaging, SimulatedWorld, walk
from imagingsim.workup.spec import ProtocolFile
from imagingsim.workup.steps import Sampling, Step, Visit
from imagingsim.workup.walking import Walk
from imagingsim.workup.world import World

__all__ = [
    "DISCLAIMER", "Catalogue", "Decision", "Guard", "Imaging", "Outcome", "Probe", "Protocol",
    "ProtocolFile", "Sampling", "SimulatedWorld", "Step", "Visit", "Walk", "World", "begin",
    "check_protocol", "decisions", "finish", "graphviz", "guard", "mermaid", "protocols",
    "read_catalogue", "read_protocol", "walk", "walk_on", "walk_world",
]  # fmt: skip
