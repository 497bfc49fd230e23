"""Study: one patient's series in order, with dose, time and cost; it writes itself to files."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from imagingsim import formats
from imagingsim.errors import FormatError, UnknownNameError
from imagingsim.labels import LabelVolume
from imagingsim.series import EPOCH, CtTechnique, PetTechnique, Series, Subject


@dataclass(frozen=True, eq=False)
class Study:
    """What one visit to the scanner gave.

    Attributes
    ----------
    id
        Name of its folder, unique within a workup, e.g. ``"01_ct_chest"``.
    case, timepoint, acquisition
        Ids of the content it was made from.
    description
        Title of the acquisition.
    subject
        The patient; ``age_y`` is the age at `EPOCH`, whatever the timepoint.
    series
        In the order they were acquired, with different names.
    labels
        The ground truth on the grids of some of the series; one per grid is enough.
    start
        When the patient arrived. Never the wall clock.
    duration_min
        Time in the department.
    cost
        In the currency of the tariff.
    """

    id: str
    case: str
    timepoint: str
    acquisition: str
    description: str
    subject: Subject
    seed: int
    series: tuple[Series, ...]
    labels: tuple[LabelVolume, ...] = ()
    start: datetime = EPOCH
    duration_min: float = 0.0
    cost: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an empty study, two series of one name, and labels that fit no series."""
        names = [one.name for one in self.series]
        if not names or len(set(names)) < len(names):
            raise FormatError(f"A study needs series with different names, got {names}.")
        for truth in self.labels:
            if truth.volume.grid.shape != self.series_named(truth.series).volume.grid.shape:
                raise FormatError(
                    f"The labels of {truth.series} do not lie on its grid: "
                    f"{truth.volume.grid.shape} is not "
                    f"{self.series_named(truth.series).volume.grid.shape}."
                )

    @property
    def dose_msv(self) -> float:
        """Effective dose of all series, mSv."""
        return sum(
            one.technique.effective_dose_msv
            for one in self.series
            if isinstance(one.technique, CtTechnique | PetTechnique)
        )

    @property
    def measured(self) -> tuple[Series, ...]:
        """The series that hold slices as acquired, without scouts and reformats."""
        return tuple(one for one in self.series if one.is_measured)

    def series_named(self, name: str) -> Series:
        """Return the series called ``name``."""
        for one in self.series:
            if one.name == name:
                return one
        raise UnknownNameError.of("series", name, [one.name for one in self.series])

    def labels_of(self, series: str) -> LabelVolume | None:
        """Return the ground truth on the grid of a series, or None."""
        return next((truth for truth in self.labels if truth.series == series), None)

    def suv_g_ml(self, series: str) -> float:
        """Return the factor from Bq/mL to body-weight SUV of a PET series."""
        technique = self.series_named(series).technique
        if not isinstance(technique, PetTechnique):
            raise FormatError(f"Series {series} is no PET and has no SUV.")
        return formats.suv_per_bq_ml(
            weight_kg=self.subject.weight_kg,
            injected_bq=technique.injected_bq,
            half_life_s=technique.half_life_s,
            uptake_s=technique.uptake_s,
        )

    def write(self, folder: Path | str, *, force: bool = False) -> Path:
        """Write ``folder/dicom/`` and ``folder/nifti/``, whole or not at all; return ``folder``.

        Raises
        ------
        FormatError
            When ``folder`` exists and ``force`` is false.
        """
        with formats.new_folder(Path(folder), force=force) as partial:
            self._fill_dicom(partial / "dicom")
            self._fill_nifti(partial / "nifti")
        return Path(folder)

    def write_dicom(self, folder: Path | str, *, force: bool = False) -> Path:
        """Write one folder per series, and ``seg_<series>`` for each label map."""
        with formats.new_folder(Path(folder), force=force) as partial:
            self._fill_dicom(partial)
        return Path(folder)

    def write_nifti(self, folder: Path | str, *, force: bool = False) -> Path:
        """Write image, sidecar and, where there is one, label map of each series."""
        with formats.new_folder(Path(folder), force=force) as partial:
            self._fill_nifti(partial)
        return Path(folder)

    def _fill_dicom(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for one in self._stored:
            formats.write_images(one, self._places[one.name], folder / one.name)
        for truth in self.labels:
            one = next(series for series in self._stored if series.name == truth.series)
            finished = max(place.start for place in self._places.values())
            target = folder / f"seg_{truth.series}"
            formats.write_segmentations(truth, one, self._places[one.name], finished, target)

    def _fill_nifti(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for one in self._stored:
            formats.write_series(one, self.subject, folder)
        for truth in self.labels:
            formats.write_label_map(folder / f"{truth.series}_labels.nii.gz", truth)

    @cached_property
    def _stored(self) -> tuple[Series, ...]:
        return tuple(
            replace(one, volume=formats.stored(one.volume, one.modality)) for one in self.series
        )

    @cached_property
    def _places(self) -> "dict[str, formats.Place]":
        identity = formats.Identity(self.id, self.case, self.timepoint, self.acquisition, self.seed)
        digest = formats.digest(identity, self.subject, self.start, self._stored, self.labels)
        header = formats.StudyHeader(self.subject, self.description, self.start, digest)
        starts = formats.series_starts(self.series, self.start)
        return {
            one.name: formats.Place(header, number, starts[one.name])
            for number, one in enumerate(self.series, start=1)
        }
