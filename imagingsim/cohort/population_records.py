"""What a population file in ``protocols/populations/`` may say: plain records, nothing computed."""

from dataclasses import field
from typing import Annotated, Literal

import pydantic

from imagingsim.content import record
from imagingsim.workup.consequences import Positive, Probability
from imagingsim.workup.evidence import Figure, Interval


@record
class Spread:
    """How a number is distributed over the population.

    Attributes
    ----------
    centre
        Mean of a normal, median of a log-normal distribution.
    spread
        Standard deviation; of a log-normal, that of the natural logarithm.
    low, high
        Values beyond are set to these.
    """

    shape: Literal["normal", "lognormal"]
    centre: float
    spread: Annotated[float, pydantic.Field(ge=0.0)]
    source: str
    unit: str = ""
    low: float | None = None
    high: float | None = None


@record
class Among:
    """Whom something can concern: women or men, ages from and to (years, both included)."""

    female: bool | None = None
    age: Interval | None = None


@record
class Likelihood:
    """How many have something; ``ci``: the published interval; ``among``: others never do."""

    chance: Probability
    source: str
    ci: Interval | None = None
    among: Among | None = None


@record
class Size:
    """Largest diameter of the lesions of a region when the workup begins: log-normal."""

    median_mm: Positive
    sigma: Annotated[float, pydantic.Field(ge=0.0)]


@record
class Sizes:
    """Sizes by region; ``other`` stands for every region not named."""

    regions: dict[str, Size]
    source: str


@record
class Percent:
    """A percentage, log-normal over the patients of a disease."""

    median: Positive
    sigma: Annotated[float, pydantic.Field(ge=0.0)]


@record
class Illness:
    """What a disease of the differential is like in this population.

    Attributes
    ----------
    fdg, sstr
        How many tumours take up the tracer.
    ki67_percent
        Proliferation index.
    survival_median_d
        Median of the untreated life left, days, in the population's setting; None: the disease
        does not kill.
    """

    fdg: Probability
    sstr: Probability
    source: str
    ki67_percent: Percent | None = None
    survival_median_d: Positive | None = None


@record
class PopulationFile:
    """A population as it stands in its file.

    Attributes
    ----------
    setting
        Where these patients are met: survival depends on it (33 days to 16 months for the same
        disease, from ward to specialist clinic).
    differential
        Id of a set in ``protocols/catalogue/priors.yaml``: the diseases and their shares.
    numbers
        ``age`` and ``weight``.
    labs
        Blood tests every patient has.
    flags
        ``female``, ``pacemaker`` and the other truths a guard may ask as ``patient.<name>``.
    settings
        Other places where such patients are met, and by how much their survival differs from that
        of ``setting``: ask for one as ``<population>:<setting>``.
    primary_scale
        Size of primaries over that of other lesions of their region: those of an unknown primary
        are small, or they would be known.
    incidence
        New patients per 100,000 and year.
    conspicuity
        Share of a lesion's difficulty that all studies have in common, as a correlation.
    frailty
        Spread of the patients' hazards around that of their disease, of the natural logarithm.
    """

    schema: Literal["imagingsim.population/1"]
    title: str
    about: str
    setting: str
    differential: str
    source: tuple[str, ...]
    numbers: dict[str, Spread]
    labs: dict[str, Spread]
    flags: dict[str, Likelihood]
    sizes: Sizes
    conspicuity: Figure
    frailty: Figure
    diseases: dict[str, Illness] = field(default_factory=dict)
    settings: dict[str, Figure] = field(default_factory=dict)
    primary_scale: Figure | None = None
    incidence: Figure | None = None
