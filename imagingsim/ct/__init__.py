"""X-ray CT: from a sampled body to CT numbers; knows no phantom document and no file format.

A polychromatic, energy-integrating scanner with parallel-rebinned views. Bodies reach it as
densities of water, hydroxyapatite, iodine, cement and titanium; beam hardening, streaks, noise
and photon starvation follow from the readings and are never painted.
"""

from imagingsim.ct.acquire import acquire, acquire_phases
from imagingsim.ct.geometry import sampling_grid
from imagingsim.ct.raw import RawScan
from imagingsim.ct.settings import (
    BolusTracking,
    CtSettings,
    DualEnergy,
    IodineBolus,
    check,
    share_sample,
)

__all__ = [
    "BolusTracking", "CtSettings", "DualEnergy", "IodineBolus", "RawScan", "acquire",
    "acquire_phases", "check", "sampling_grid", "share_sample",
]  # fmt: skip
