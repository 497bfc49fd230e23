"""Report: the HTML pages of a walked workup and of a comparison; no physics."""

from imagingsim.report.comparison import comparison
from imagingsim.report.page import html, write

__all__ = ["comparison", "html", "write"]
