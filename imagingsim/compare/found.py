"""Found: what a comparison was asked beside itself, and all that it found."""

from dataclasses import dataclass

import polars as pl

from imagingsim.compare.parameters import Parameter
from imagingsim.compare.runs import SHARES, Comparison
from imagingsim.compare.summary import Step
from imagingsim.errors import UnknownNameError, WorkupError


@dataclass(frozen=True)
class Extras:
    """What is asked beside the comparison itself.

    Attributes
    ----------
    effect
        Measure a protocol is paid for: a yes or no of each patient.
    willing
        What one more patient with the effect is worth, in the tariff's currency.
    psa
        Parameter sets of the probabilistic analysis; 0: none.
    inner
        Patients walked with each set.
    tornado
        Whether parameters are changed one at a time, with ``tornado_patients`` each.
    only
        Parameters that are varied, by name; all when empty.
    subgroups
        Covariates, as ``age`` or ``age:65:80``.
    calibration
        Whether beliefs are compared with the truth.
    """

    effect: str = "localised"
    willing: float = 2000.0
    psa: int = 0
    inner: int = 1000
    tornado: bool = False
    tornado_patients: int = 8192
    only: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    calibration: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        if self.effect not in SHARES:
            raise UnknownNameError.of("effect", self.effect, SHARES)
        if self.willing <= 0:
            raise WorkupError(f"An effect is worth more than 0, not {self.willing:g}.")
        if self.psa < 0 or self.inner < 2 or self.tornado_patients < 2:
            raise WorkupError("A sensitivity analysis needs at least two patients in each run.")


class Compared(pl.DataFrame):
    """What a comparison found: a data frame, and the rest as attributes.

    The frame has one row a protocol and measure; differences are to the first protocol, patient by
    patient.

    Attributes
    ----------
    patients
        One row a patient: number, disease, and ``<protocol>/<measure>``.
    front
        Protocols that no other beats or equals in days, cost, dose and localised primaries at once.
    steps
        The protocols by cost, with what one more localised primary costs.
    net_benefits
        In money, over what one more patient with the effect is worth.
    decision_curves
        Net benefit of acting on the diagnosis, over threshold probabilities.
    psa
        One row a parameter set: the parameters, and the mean of every ``<protocol>/<measure>``.
    acceptability
        Over what an effect is worth: how often each protocol is best, which is best on average, and
        the value of perfect information.
    information
        What knowing each parameter would be worth.
    on_front
        How often each protocol is on the front over the parameter sets.
    tornado, subgroups, reliability, calibration
        See `imagingsim.compare`. What was not asked for is None.
    """

    asked: Comparison
    extras: Extras
    patients: pl.DataFrame
    front: tuple[str, ...]
    steps: tuple[Step, ...]
    net_benefits: pl.DataFrame
    decision_curves: pl.DataFrame
    parameters: tuple[Parameter, ...] = ()
    psa: pl.DataFrame | None = None
    acceptability: pl.DataFrame | None = None
    information: pl.DataFrame | None = None
    on_front: dict[str, float] | None = None
    tornado: pl.DataFrame | None = None
    subgroups: pl.DataFrame | None = None
    reliability: pl.DataFrame | None = None
    calibration: pl.DataFrame | None = None

    @property
    def summary(self) -> pl.DataFrame:
        """The frame itself, by its name."""
        return pl.DataFrame(self)

    @property
    def names(self) -> list[str]:
        """The protocols, in the order they were named."""
        return [one.id for one in self.asked.protocols]
