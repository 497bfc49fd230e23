"""Window presets: which grey a CT number gets. Values as in the hospital's viewers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from imagingsim.errors import UnknownNameError


@dataclass(frozen=True)
class Window:
    """A grey scale: black below, white above.

    Attributes
    ----------
    title
        What a menu shows.
    width, level
        In the unit of the image (HU, SUV).
    """

    title: str
    width: float
    level: float

    @property
    def limits(self) -> tuple[float, float]:
        """The values shown black and white.

        Examples
        --------
        >>> Window("Soft tissue", 400, 40).limits
        (-160.0, 240.0)
        """
        return self.level - self.width / 2, self.level + self.width / 2

    def grey(self, values: npt.NDArray[np.number]) -> npt.NDArray[np.uint8]:
        """Return ``values`` as grey levels, 0 to 255."""
        low, high = self.limits
        scaled = (np.asarray(values, dtype=np.float32) - low) * (255.0 / (high - low))
        return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


CT_WINDOWS: Mapping[str, Window] = MappingProxyType(
    {
        "soft": Window("Soft tissue", 400, 40),
        "lung": Window("Lung", 1500, -600),
        "bone": Window("Bone", 1800, 400),
        "brain": Window("Brain", 80, 40),
        "liver": Window("Liver", 150, 90),
        "mediastinum": Window("Mediastinum", 350, 50),
        "angio": Window("CT angiography", 600, 200),
        "subdural": Window("Subdural", 200, 75),
        "full": Window("Full range", 4096, 1024),
    }
)
"""Keyed by a short name, in the order of the digit keys 1 to 9."""

SUV_WINDOWS: Mapping[str, Window] = MappingProxyType(
    {f"suv_{top}": Window(f"SUV 0-{top}", top, top / 2) for top in (5, 7, 10, 15, 20)}
)


def window_named(name: str) -> Window:
    """Return a preset by its short name, e.g. ``"soft"`` or ``"suv_7"``."""
    known = {**CT_WINDOWS, **SUV_WINDOWS}
    if name not in known:
        raise UnknownNameError.of("window", name, known)
    return known[name]


def window_for(modality: str, said: str, values: npt.NDArray[np.number]) -> Window:
    """Return the window a radiologist opens a series with.

    Parameters
    ----------
    modality
        ``"CT"``, ``"MR"`` or ``"PT"``.
    said
        Name, description and body part of the series, in any order.
    values
        The image: MR has no absolute scale, so its window follows its values. PET in SUV.
    """
    if modality == "CT":
        return CT_WINDOWS[_ct_window(said.lower())]
    if modality == "PT":
        return SUV_WINDOWS["suv_7"]
    few = values[:: max(1, len(values) // 24), ::2, ::2]
    inside = few[few > np.mean(few) * 0.2] if few.size else few
    low, high = (0.0, float(np.percentile(inside, 99.5))) if inside.size else (0.0, 1.0)
    return Window("MR", max(high - low, 1e-6), (high + low) / 2)


def _ct_window(said: str) -> str:
    for name in ("bone", "lung"):
        if name in said:
            return name
    return "brain" if "head" in said.replace("headneck", "") or "brain" in said else "soft"
