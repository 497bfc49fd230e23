"""PET: a tracer's activity counted, corrected and reconstructed; knows no file format.

Every slice is scanned and reconstructed by itself (no oblique lines of response): the axial
coupling is the detector's blur, the broad scatter and the filter after reconstruction. Left out
so far: time of flight, dead time, positron range, and motion other than breathing.
"""

from imagingsim.pet.acquire import acquire, suv_g_ml
from imagingsim.pet.breathing import BreathingSample, over_cycle
from imagingsim.pet.settings import SCANNERS, PetSettings, Scanner, image_grid, sampling_grid, slab
from imagingsim.pet.solve import solve_uptake

__all__ = [
    "SCANNERS", "BreathingSample", "PetSettings", "Scanner", "acquire", "image_grid", "over_cycle",
    "sampling_grid", "slab", "solve_uptake", "suv_g_ml",
]  # fmt: skip
