"""Writes a record as the YAML text it can be read from again."""

import dataclasses
import io
import sys
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap


def written(value: object, *, note: str = "") -> str:
    """Return a record, or a mapping, as YAML; what is None or empty is left out.

    Items of a list stand on one line each, and so do mappings of plain values.

    Parameters
    ----------
    note
        What a comment at the head says.

    Examples
    --------
    >>> print(written({"a": {"b": 1.5, "c": None}, "rows": [{"d": (1, 2)}]}, note="Made."), end="")
    # Made.
    a: {b: 1.5}
    rows:
      - {d: [1, 2]}
    """
    text, yaml = io.StringIO(), YAML()
    yaml.default_flow_style = None
    yaml.width = sys.maxsize
    yaml.indent(sequence=4, offset=2)
    yaml.dump(_plain(value), text)
    return "".join(f"# {line}\n" for line in note.splitlines()) + text.getvalue()


def _plain(value: Any) -> Any:
    """Return records as mappings and tuples as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items() if one not in (None, "", (), [])}
    if isinstance(value, tuple | list):
        return [_on_one_line(_plain(one)) for one in value]
    return value


def _on_one_line(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    line = CommentedMap(value)
    line.fa.set_flow_style()
    return line
