"""What commands print on the way and at the end: bars, and tables that are not wrapped."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

LINE = 220
"""Columns of a line that is not wrapped."""


class Bar:
    """Shows progress as one bar per task; what was done stays on the screen."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._task: TaskID | None = None

    def begin(self, task: str, steps: int) -> None:
        """Start a new bar."""
        self.finish()
        self._task = self._shown.add_task(task, total=steps)
        self._started = False

    def step(self, doing: str) -> None:
        """Count the step before as done, and say what is done now."""
        if self._task is None:
            self.begin(doing, 1)
        elif self._started:
            self._shown.advance(self._task)
        self._started = True
        if self._task is not None:
            self._shown.update(self._task, description=doing)

    def finish(self) -> None:
        """Show the last bar as done."""
        if self._task is not None:
            task = self._shown.tasks[self._task]
            self._shown.update(self._task, completed=task.total)


@contextmanager
def progress() -> Iterator[Bar]:
    """Show bars on the error stream while the block runs."""
    columns = (
        SpinnerColumn(),
        BarColumn(24),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        bar = Bar(shown)
        yield bar
        bar.finish()


def show(table: Table) -> None:
    """Print a table; its lines are not wrapped."""
    Console(width=LINE).print(table)


def show_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of words below their headings."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    show(table)
