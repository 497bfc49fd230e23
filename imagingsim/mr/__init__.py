"""MR: signal equations per tissue, k-space, noise, image; knows no file format.

Left out so far: motion and flow beyond a void, parallel imaging's noise amplification, eddy
currents, and field steps between air, bone and tissue (metal's are in).
"""

from imagingsim.mr.acquire import acquire
from imagingsim.mr.settings import Gadolinium, MrSettings, image_grid, sampling_grid, share_sample

__all__ = [
    "Gadolinium", "MrSettings", "acquire", "image_grid", "sampling_grid", "share_sample",
]  # fmt: skip
