"""Teaching: a resident drives a workup, and is told afterwards what it was worth and why.

It owns sessions, the rubric and the ratings, scores and debriefings. It shows nothing: whoever does
calls `Session`, and asks `score` and `Debrief` when it is over. Formative prompts never count.
"""

from imagingsim.teaching.cases import over_cases
from imagingsim.teaching.debrief import Debrief, deductions, markdown, mirc, tables
from imagingsim.teaching.records import Appropriateness, Rubric, SessionFile, Who
from imagingsim.teaching.rules import Ratings, check_ratings, read_ratings, read_rubric
from imagingsim.teaching.score import Deduction, Part, Read, Reference, Score, score
from imagingsim.teaching.session import Session
from imagingsim.teaching.truth import Hidden, in_images, in_numbers

__all__ = [
    "Appropriateness", "Debrief", "Deduction", "Hidden", "Part", "Ratings", "Read", "Reference",
    "Rubric", "Score", "Session", "SessionFile", "Who", "check_ratings", "deductions",
    "in_images", "in_numbers", "markdown", "mirc", "over_cases", "read_ratings", "read_rubric",
    "score", "tables",
]  # fmt: skip
