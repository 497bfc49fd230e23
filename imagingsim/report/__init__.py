"""Report: the HTML page of a walked workup, with its pictures and charts; no physics."""

from imagingsim.report.page import html, write

__all__ = ["html", "write"]
