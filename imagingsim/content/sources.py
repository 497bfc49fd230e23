"""Which numbers of the content still wait for a page to be read: placeholders, with their lines."""

import re
from collections.abc import Iterator

from imagingsim.content.library import Library

WAITING = re.compile(r"from memory|to be checked|placeholder|\bverify\b", re.IGNORECASE)
"""How a source says that nobody has looked the number up yet."""

_KINDS = (".yaml", ".csv")
_FOLDERS = ("phantoms", "protocols")
_SHOWN = 140


def placeholders(content: Library) -> Iterator[str]:
    """Yield ``file:line: text`` for every line whose source is a placeholder, file by file."""
    for folder in _FOLDERS:
        for kind in _KINDS:
            for name in content.names(folder, kind):
                file = f"{folder}/{name}{kind}"
                for number, line in enumerate(content.text(file).splitlines(), start=1):
                    if WAITING.search(line):
                        yield f"{file}:{number}: {_short(line.strip())}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
