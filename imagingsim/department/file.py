"""Reading a department, and refusing one whose queues have no end."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagingsim.content import Document, Library, structure
from imagingsim.department.hours import Hours
from imagingsim.department.records import Demand, DepartmentFile
from imagingsim.errors import ContentError, UnknownNameError, WorkupError
from imagingsim.workup.catalogue import Catalogue

FOLDER = "protocols/departments"


@dataclass(frozen=True)
class Load:
    """How busy the scanners of one kind are.

    Attributes
    ----------
    asked_h, open_h
        Hours of work asked and hours offered in a week; offered less breakdowns.
    """

    scanner: str
    asked_h: float
    open_h: float

    @property
    def share(self) -> float:
        """Work asked over work offered."""
        return self.asked_h / self.open_h if self.open_h else float("inf")


@dataclass(frozen=True)
class Department:
    """A department that was read."""

    id: str
    file: DepartmentFile
    catalogue: Catalogue

    def minutes(self, demand: Demand) -> float:
        """Return the mean room time of a demand."""
        known = demand.minutes or self.file.scanners[demand.scanner].minutes
        if known is not None or demand.study is None:
            return known or 0.0
        return self.catalogue.study(demand.study).room_min

    def loads(self) -> Iterator[Load]:
        """Yield how busy each kind of scanner is."""
        for name, scanner in self.file.scanners.items():
            work = sum(
                one.per_week * self.minutes(one) / (1.0 - one.no_show)
                for one in self.file.demand.values()
                if one.scanner == name
            )
            offered = Hours.of(scanner).open_minutes * scanner.count
            if scanner.breakdowns is not None:
                up = scanner.breakdowns.every_h
                offered *= up / (up + scanner.breakdowns.repair_h)
            yield Load(name, work / 60.0, offered / 60.0)

    def checked(self) -> "Department":
        """Return the department, if its queues end.

        Raises
        ------
        WorkupError
            Naming every kind of scanner that is asked for as much as it can do, or more.
        """
        over = [
            f"{one.scanner} is asked for {one.asked_h:.1f} hours a week and offers {one.open_h:.1f}"
            for one in self.loads()
            if one.share >= 1.0
        ]
        if over:
            raise WorkupError(
                f"Department {self.id}: the queue grows without end: {'; '.join(over)}. Open "
                "longer, add a scanner, or send fewer patients."
            )
        return self


def departments(library: Library) -> tuple[str, ...]:
    """Return the ids of the departments in ``protocols/departments``."""
    return library.names(FOLDER)


def read_department(library: Library, name: str, catalogue: Catalogue) -> Department:
    """Read ``protocols/departments/<name>.yaml`` and check all of it.

    Raises
    ------
    UnknownNameError
        When there is no such department.
    ContentError
        Listing every fault as ``file:line: where: what, what to do``.
    """
    file = f"{FOLDER}/{name}.yaml"
    if not library.has(file):
        raise UnknownNameError.of("department", name, departments(library))
    return check_department(library.document(file), name, catalogue)


def check_department(document: Document, name: str, catalogue: Catalogue) -> Department:
    """Return the department that a parsed text holds; see `read_department`."""
    file = structure(document, DepartmentFile)
    faults = [*_scanner_faults(document, file, catalogue)]
    for key, one in file.demand.items():
        fault = _fault(one, file, catalogue)
        if fault:
            faults.append(document.problem(fault, "demand", key))
    if faults:
        raise ContentError("\n".join(faults))
    return Department(name, file, catalogue)


def _scanner_faults(
    document: Document, file: DepartmentFile, catalogue: Catalogue
) -> Iterator[str]:
    known = ", ".join(sorted(catalogue.waits.waits))
    for name, scanner in file.scanners.items():
        if name not in catalogue.waits.waits:
            text = f"unknown kind of scanner {name!r}; known: {known}"
            yield document.problem(text, "scanners", name)
        for day, (opens, closes) in scanner.hours.items():
            if opens >= closes:
                text = f"{day} opens at {opens:g} and closes at {closes:g}; correct it"
                yield document.problem(text, "scanners", name, "hours", day)
        if not scanner.hours:
            yield document.problem("never opens; give its hours", "scanners", name)


def _fault(one: Demand, file: DepartmentFile, catalogue: Catalogue) -> str:
    """Return what is wrong with a demand; nothing when it is right."""
    if one.scanner not in file.scanners:
        known = ", ".join(file.scanners)
        return f"unknown scanner {one.scanner!r}; this department has: {known}"
    if one.study is not None and one.study not in catalogue.studies:
        return f"unknown study {one.study!r}; known: {', '.join(sorted(catalogue.studies))}"
    if one.study is None and one.minutes is None:
        return "how long it takes is missing; name a `study`, or give `minutes`"
    if one.study is not None and catalogue.waits.studies[one.study] != one.scanner:
        return f"{one.study} is made on {catalogue.waits.studies[one.study]}, not on {one.scanner}"
    return "nobody ever comes; give a `no_show` below 1" if one.no_show >= 1 else ""
