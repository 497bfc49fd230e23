"""Cohorts: virtual patients drawn from a population, one at a time or a million at once.

`VirtualWorld` lets the workup engine walk one of them, event by event; `walk_all` walks many on
arrays, with the same result for every patient.
"""

from imagingsim.cohort.batch import Cohort, walk_all, walk_from
from imagingsim.cohort.coverage import Covered, coverage, never
from imagingsim.cohort.plan import Plan
from imagingsim.cohort.population import (
    Patients,
    Population,
    check_population,
    populations,
    read_population,
)
from imagingsim.cohort.population_records import PopulationFile
from imagingsim.cohort.staff import Staff
from imagingsim.cohort.twins import resume, twins
from imagingsim.cohort.world import VirtualWorld

__all__ = [
    "Cohort", "Covered", "Patients", "Plan", "Population", "PopulationFile", "Staff",
    "VirtualWorld", "check_population", "coverage", "never", "populations", "read_population",
    "resume", "twins", "walk_all", "walk_from",
]  # fmt: skip
