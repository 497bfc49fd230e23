"""The ``imagingsim`` command: one file per family of commands.

A command reads what it was asked, lets the rooms below do the work, and prints. It computes
nothing itself.
"""

from imagingsim.cli.command import app, main

__all__ = ["app", "main"]
