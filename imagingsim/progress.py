"""Progress: how long work says what it is doing, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Hears what is being done; the command line shows it as a bar."""

    def begin(self, task: str, steps: int) -> None:
        """Hear that ``task`` starts and takes ``steps`` steps."""

    def step(self, doing: str) -> None:
        """Hear that the next step starts, and what it does."""


class Silence:
    """A `Progress` that nobody hears."""

    def begin(self, task: str, steps: int) -> None:
        """Do nothing."""

    def step(self, doing: str) -> None:
        """Do nothing."""
