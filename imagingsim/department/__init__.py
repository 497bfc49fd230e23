"""Department: scanners that patients share, and the waits that come of it.

It owns the simulation of queues, opening hours and breakdowns, and the tables of waits that walks
read as keyed draws. It knows patients only as requests; who they are is for `imagingsim.cohort`.
"""

from imagingsim.department.congestion import Settled, orders, settle
from imagingsim.department.file import (
    Department,
    Load,
    check_department,
    departments,
    read_department,
)
from imagingsim.department.queues import mean_wait, waits_of
from imagingsim.department.records import DepartmentFile
from imagingsim.department.simulation import simulate
from imagingsim.department.tables import (
    by_urgency,
    by_weekday,
    catalogue_with,
    summary,
    waits_with,
)

__all__ = [
    "Department", "DepartmentFile", "Load", "Settled", "by_urgency", "by_weekday",
    "catalogue_with", "check_department", "departments", "mean_wait", "orders", "read_department",
    "settle", "simulate", "summary", "waits_of", "waits_with",
]  # fmt: skip
