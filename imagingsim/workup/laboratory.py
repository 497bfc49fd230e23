"""Bloods: values of the case that somebody asked for."""

from collections.abc import Iterable
from dataclasses import replace

from imagingsim.workup.names import ALL
from imagingsim.workup.steps import LabResult
from imagingsim.workup.walking import Walk


def draw_labs(walk: Walk, tests: Iterable[str]) -> None:
    """Write the values of tests into chart and step; those the case lacks are passed over.

    Parameters
    ----------
    tests
        Names of tests; ``all`` stands for everything the case has at this timepoint.
    """
    wanted = list(tests)
    if ALL in wanted:
        wanted = list(walk.world.tests)
    for test in wanted:
        lab = walk.world.lab(test, walk.chart.timepoint)
        if lab is None:
            continue
        if test in walk.chart.corrected:
            lab = replace(lab, value=walk.chart.corrected[test])
        walk.chart.labs[test] = lab
        walk.draft.labs.append(LabResult(test, lab.value, lab.unit, lab.flag, lab.source))
