"""X-ray CT: from a sampled body to CT numbers; knows no phantom document and no file format.

A polychromatic, energy-integrating scanner with parallel-rebinned views. Bodies reach it as
densities of water, hydroxyapatite, iodine, cement and titanium; beam hardening, streaks, noise
and photon starvation follow from the readings and are never painted.
"""

from imagingsim.ct.acquire import acquire, acquire_phases
from imagingsim.ct.geometry import sampling_grid
from imagingsim.ct.limits import Fault, check, faults
from imagingsim.ct.raw import RawScan
from imagingsim.ct.scout import ScoutView, acquire_scouts, scout_grid
from imagingsim.ct.settings import (
    BolusTracking,
    ChannelDefect,
    CtSettings,
    DualEnergy,
    IodineBolus,
    share_sample,
)
from imagingsim.ct.timing import seen_s

__all__ = [
    "BolusTracking", "ChannelDefect", "CtSettings", "DualEnergy", "Fault", "IodineBolus",
    "RawScan", "ScoutView", "acquire", "acquire_phases", "acquire_scouts", "check", "faults",
    "sampling_grid", "scout_grid", "seen_s", "share_sample",
]  # fmt: skip
