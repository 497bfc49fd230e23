"""Compare: many protocols, the same many patients, and what the choice between them costs.

It owns the runs, and what is made of them: paired differences, front and cost-effectiveness,
sensitivity, value of information, decision curves, subgroups and calibration. Pages and files are
others' business.
"""

from imagingsim.compare.calibration import LIMIT, reliability
from imagingsim.compare.decision import decision_curves
from imagingsim.compare.doubt import Doubt, read_doubts
from imagingsim.compare.found import Compared, Extras
from imagingsim.compare.kept import Kept, fingerprint
from imagingsim.compare.machines import Machines
from imagingsim.compare.parameters import Parameter, chosen, parameters, with_values
from imagingsim.compare.runs import BLOCK, MEASURES, SHARES, Comparison, run
from imagingsim.compare.sensitivity import PREFIX, Sets, draw_sets, tornado
from imagingsim.compare.subgroups import Covariate, checked, subgroups
from imagingsim.compare.summary import CERTAIN, Estimate, Step, frontier, icer, pareto, table
from imagingsim.compare.what_if import COUNT, Forecast, what_if
from imagingsim.compare.worth import (
    Acceptability,
    acceptability,
    dominance,
    information,
    means_of,
    net_benefit,
    net_benefits,
    partial_information,
    perfect_information,
)

__all__ = [
    "BLOCK", "CERTAIN", "COUNT", "LIMIT", "MEASURES", "PREFIX", "SHARES", "Acceptability",
    "Compared", "Comparison", "Covariate", "Doubt", "Estimate", "Extras", "Forecast", "Kept",
    "Machines", "Parameter", "Sets", "Step", "acceptability", "checked", "chosen",
    "decision_curves", "dominance", "draw_sets", "fingerprint", "frontier", "icer",
    "information", "means_of", "net_benefit", "net_benefits", "parameters", "pareto",
    "partial_information", "perfect_information", "read_doubts", "reliability", "run",
    "subgroups", "table", "tornado", "what_if", "with_values",
]  # fmt: skip
