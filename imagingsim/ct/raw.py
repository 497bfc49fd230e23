"""A scan whose path lengths are kept, so that other settings of it show at once."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from imagingsim.anatomy.sampled import SampledPhantom
from imagingsim.ct.imager import Imager, Reading
from imagingsim.ct.limits import check
from imagingsim.ct.modulation import along_body, water_diameters_cm
from imagingsim.ct.paths import PathFinder, SlicePaths
from imagingsim.ct.recon import stored_hu
from imagingsim.ct.settings import CtSettings, share_sample
from imagingsim.ct.target import target_of
from imagingsim.errors import AcquisitionError
from imagingsim.series import Subject
from imagingsim.streams import stream
from imagingsim.tissue import Tissues
from imagingsim.units import FloatArray, IntArray

KEPT_SLICES: Final = 32
"""How many slices' path lengths are kept: about 10 MB each."""


class RawScan:
    """One scan of a body, reconstructed slice by slice as often as wanted.

    The first image of a slice projects the body; the next ones, at another tube voltage or load,
    with another kernel or correction, take a tenth of a second.

    Parameters
    ----------
    settings
        One series, or several phases, that agree in `share_sample`.
    seed
        Of the noise; a slice has the same noise at any settings of equal shape.
    """

    def __init__(
        self, sampled: SampledPhantom, tissues: Tissues, settings: Sequence[CtSettings], *,
        subject: Subject, seed: int = 1,
    ) -> None:  # fmt: skip
        for one in settings:
            check(one)
        self.settings = tuple(settings)
        self.seed = seed
        self._target, self._bases = target_of(sampled, tissues, settings, subject)
        self._current = along_body(water_diameters_cm(self._target))
        self._finder = PathFinder(self._target)
        self._paths: OrderedDict[int, SlicePaths] = OrderedDict()
        self._imager = lru_cache(maxsize=8)(self._new_imager)

    @property
    def slices(self) -> int:
        """Number of slices."""
        return self._target.plan.count

    def image(
        self, slice_: int, settings: CtSettings | None = None, *, series: int = 0,
        noise: bool = True,
    ) -> IntArray:  # fmt: skip
        """Return one slice with some settings, (matrix, matrix), HU, int16.

        Parameters
        ----------
        settings
            What may differ from those of the scan: tube voltage and load, kernel, corrections,
            strength; those of the series itself when not given.
        series
            Whose phase of contrast is shown.

        Raises
        ------
        AcquisitionError
            For settings that need another scan, or a slice that is not there.
        """
        if not 0 <= slice_ < self.slices:
            raise AcquisitionError(f"Slice {slice_} is not among 0 to {self.slices - 1}.")
        wanted = settings or self.settings[series]
        check(wanted)
        if not share_sample(wanted, self.settings[0]):
            raise AcquisitionError(
                "Slices, views, bowtie, pitch and image matrix belong to a scan and cannot be "
                "changed afterwards. Scan again."
            )
        (image,) = self._imager(wanted, series).images_hu([self._reading(slice_, noise)])
        return stored_hu(image)

    def iodine_mg_ml(self, slice_: int, settings: CtSettings, *, series: int = 0) -> FloatArray:
        """Return the iodine in a slice of a dual-energy series, (matrix, matrix), mg/mL."""
        _, iodine = self._imager(settings, series).water_and_iodine(self._reading(slice_, True))
        return iodine * 1000.0

    def _reading(self, slice_: int, noise: bool) -> Reading:
        rng = stream(self.seed, f"slice {slice_}") if noise else None
        return self._paths_of(slice_), rng, float(self._current[slice_])

    def _new_imager(self, settings: CtSettings, series: int) -> Imager:
        return Imager(settings, self._target.geometry, self._bases[series])

    def _paths_of(self, slice_: int) -> SlicePaths:
        if slice_ not in self._paths:
            (self._paths[slice_],) = self._finder.slices(range(slice_, slice_ + 1))
            if len(self._paths) > KEPT_SLICES:
                self._paths.popitem(last=False)
        self._paths.move_to_end(slice_)
        return self._paths[slice_]
