"""Compare: many protocols, the same many patients, and what the choice between them costs."""

from imagingsim.compare.kept import Kept
from imagingsim.compare.runs import BLOCK, MEASURES, Comparison, run
from imagingsim.compare.summary import Estimate, Step, frontier, icer, pareto, table

__all__ = [
    "BLOCK", "MEASURES", "Comparison", "Estimate", "Kept", "Step", "frontier", "icer", "pareto",
    "run", "table",
]  # fmt: skip
