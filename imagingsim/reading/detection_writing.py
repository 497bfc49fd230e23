"""Writes a table of detectability as text, one row a line."""

import json
from dataclasses import asdict

from imagingsim.reading.detection_records import Row, TableFile


def text_of(table: TableFile, name: str) -> str:
    """Return the text of ``<name>.table.yaml``."""
    head = {
        "schema": table.schema, "title": table.title, "command": table.command,
        "content": table.content, "seed": table.seed, "realisations": table.realisations,
        "settings": table.settings, "sizes_mm": list(table.sizes_mm), "source": list(table.source),
    }  # fmt: skip
    lines = [f"# Made from {name}.yaml by the command below; do not edit, make it anew."]
    lines += [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    return "\n".join([*lines, "rows:", *map(_line, table.rows)]) + "\n"


def _line(row: Row) -> str:
    fields = ", ".join(f"{key}: {_value(value)}" for key, value in asdict(row).items())
    return f"  - {{{fields}}}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f"{one:g}" for one in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)
