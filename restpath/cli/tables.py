"""
A table for people: columns as wide as they need to be, and no more of them than there is room for.

Takes rows and the names of their columns; writes lines of text. What is nested is short JSON. On a terminal the columns
of plain values come first where there is not room for all; those left out are named on standard error.
Source: UAX 11 for the width of characters, by the tables that come with rich.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from restpath.cli.printing import Out, dots, note, visible

__all__ = ["cell_text", "write_table"]

_GAP = 2
_PLAIN, _NESTED = 32, 16  # what a column is content with where there is little room


def cell_text(value: Any) -> str:
    """Write a value for a cell: texts as they are, nothing for null, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def write_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], out: Out) -> None:
    """Write rows under the names of their columns."""
    from rich.cells import cell_len

    cells = {name: [_in_a_line(cell_text(row.get(name))) for row in rows] for name in columns}
    heads = {name: _in_a_line(name) for name in columns}
    natural = {name: max(1, *map(cell_len, [heads[name], *cells[name]])) for name in columns}
    nested = {name for name in columns if any(isinstance(row.get(name), (dict, list)) for row in rows)}
    widths = _fitting(natural, nested, out.width)
    left = [name for name in columns if name not in widths]
    if left:
        note(f"no room for {', '.join(heads[name] for name in left)}: --query picks columns, --output csv has them all")
    numbers = {name for name in widths if all(_is_number(row.get(name)) for row in rows)}
    more = dots(out)
    head = _line(heads, widths, numbers, more)
    out.text(f"\x1b[1m{head}\x1b[0m\n" if out.colour else f"{head}\n")
    if out.terminal:
        rule = "─" if out.can_write("─") else "-"
        out.text(rule * (sum(widths.values()) + _GAP * (len(widths) - 1)) + "\n")
    for index in range(len(rows)):
        out.text(_line({name: cells[name][index] for name in widths}, widths, numbers, more) + "\n")


def _fitting(natural: Mapping[str, int], nested: set[str], room: int | None) -> dict[str, int]:
    """The columns that there is room for, in their order, with their widths."""
    if room is None:
        return dict(natural)
    least = {name: min(width, _NESTED if name in nested else _PLAIN) for name, width in natural.items()}
    chosen: dict[str, int] = {}
    left = room + _GAP
    for name in sorted(natural, key=lambda name: name in nested):
        if least[name] + _GAP <= left or not chosen:
            chosen[name] = min(least[name], room)
            left -= chosen[name] + _GAP
    for name in [name for name in natural if name in chosen]:  # what is left goes to the first that have more to say
        more = min(natural[name] - chosen[name], max(left, 0))
        chosen[name] += more
        left -= more
    return {name: chosen[name] for name in natural if name in chosen}


def _line(texts: Mapping[str, str], widths: Mapping[str, int], numbers: set[str], more: str) -> str:
    from rich.cells import cell_len, set_cell_size

    parts = []
    for name, width in widths.items():
        text = texts[name]
        if cell_len(text) > width:
            text = set_cell_size(text, max(width - len(more), 0)) + more[:width]
        blank = " " * (width - cell_len(text))
        parts.append(blank + text if name in numbers else text + blank)
    return (" " * _GAP).join(parts).rstrip()


def _in_a_line(text: str) -> str:
    return visible(" ".join(text.split()))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
