"""Report: the HTML pages of a walked workup, a comparison and a debriefing; no physics."""

from imagingsim.report.comparison import comparison
from imagingsim.report.debriefing import debriefing
from imagingsim.report.page import html, write

__all__ = ["comparison", "debriefing", "html", "write"]
