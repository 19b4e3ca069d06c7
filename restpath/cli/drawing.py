"""
Lines for a person or a pipe: looks, rows and trees.

Takes texts; writes lines to standard output: on a terminal with colours, and cut or wrapped to its width; in a pipe
plain and whole, so that every word can be copied. The looks are those that are good on dark and on light: no yellow, no
blue, nothing that sets a background.
Source: ECMA-48 section 8.3.117 (SGR).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from restpath.cli.printing import Out, dots, standard_out

__all__ = ["Page", "method_look", "plain_text"]

# What a text is, and how that looks.
_LOOKS = {
    "head": "1",
    "name": "36",
    "dim": "2",
    "good": "32",
    "more": "35",
    "bad": "31",
}
_METHOD_LOOKS = {"GET": "good", "HEAD": "good", "OPTIONS": "good", "QUERY": "good", "DELETE": "bad"}
Look: TypeAlias = "str | Callable[[str], str]"
_SGR = re.compile("\x1b\\[[0-9;]*m")


def method_look(method: str) -> str:
    """The look of a method: what only reads, what takes away, what else changes something."""
    return _METHOD_LOOKS.get(method, "more")


def plain_text(text: str) -> str:
    """Write out what would steer a terminal: data files say what they like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


class Page:
    """
    Lines on standard output.

    Attributes:
        width: the columns of the terminal; None in a pipe.
    """

    def __init__(self, out: Out | None = None) -> None:
        self._out = out or standard_out()
        self.width = max(self._out.width, 20) if self._out.width is not None else None

    def look(self, text: str, name: str) -> str:
        """Give a text the look of that name; as it is where there are no colours."""
        text = plain_text(text)
        return f"\x1b[{_LOOKS[name]}m{text}\x1b[0m" if self._out.colour and text and name else text

    def methods(self, words: Iterable[str]) -> str:
        """Write methods, each in its look."""
        return " ".join(self.look(word, method_look(word)) for word in words)

    def line(self, text: str = "") -> None:
        """Write a line as it is: what is in it may be copied."""
        self._out.text(f"{text}\n")

    def cut(self, text: str) -> None:
        """Write a line, cut at the terminal's edge."""
        self.line(text if self.width is None else _cut(text, self.width, self.dots()))

    def wrapped(self, text: str, indent: str = "") -> None:
        """Write running text: wrapped on a terminal, each of its lines whole in a pipe."""
        for part in text.splitlines():
            part = plain_text(part)
            for line in _wrap(part, self.width - len(indent)) if self.width is not None else [part]:
                self.line((indent + line).rstrip())

    def rows(self, rows: Sequence[Sequence[str]], looks: Sequence[Look] = (), indent: str = "") -> None:
        """
        Write rows with aligned columns. The last column is wrapped beside itself on a terminal.

        Args:
            looks: the looks of the columns, "" for none; or what gives the look of a text.
        """
        count = max(map(len, rows), default=0)
        texts = [[*map(plain_text, row), *[""] * (count - len(row))] for row in rows]
        used = [column for column in range(count) if any(row[column] for row in texts)]
        widths = [max(_columns(row[column]) for row in texts) for column in used]
        self._fit(widths, indent)
        for row in texts:
            cells = [(row[column], _look_of(row[column], looks[column : column + 1])) for column in used]
            self._row(cells, widths, indent)

    def _fit(self, widths: list[int], indent: str) -> None:
        """Narrow the widest column until the last one has room: a longer text in it then sticks out."""
        if self.width is None or len(widths) < 2:
            return
        taken = len(indent) + sum(widths[:-1]) + 2 * (len(widths) - 1)
        lacking = min(widths[-1], self.width * 2 // 5) - (self.width - taken)
        widest = max(range(len(widths) - 1), key=widths.__getitem__)
        if lacking > 0:
            widths[widest] = max(widths[widest] - lacking, 8)

    def _row(self, cells: list[tuple[str, str]], widths: list[int], indent: str) -> None:
        *first, (last, look) = cells or [("", "")]
        line = indent + "".join(
            self.look(text, name) + " " * max(width - _columns(text) + 2, 2)
            for (text, name), width in zip(first, widths, strict=False)
        )
        start = len(indent) + sum(widths[:-1]) + 2 * len(first)
        parts = [last] if self.width is None else _wrap(last, max(self.width - start, 16))
        if _columns(line) > start and last and self.width is not None:
            self.line(line.rstrip())
            line = " " * start
        for part in parts:
            self.line((line + self.look(part, look)).rstrip())
            line = " " * start

    def branches(self) -> tuple[str, str, str, str]:
        """The pieces of a tree: a branch, the last one, and what stands before what is below them."""
        drawn = ("├── ", "└── ", "│   ", "    ")
        return drawn if self._out.can_write("".join(drawn)) else ("|-- ", "`-- ", "|   ", "    ")

    def dots(self) -> str:
        """What says that there is more."""
        return dots(self._out)


def _look_of(text: str, look: Sequence[Look]) -> str:
    (said,) = look or ("",)
    return said if isinstance(said, str) else said(text)


def _columns(text: str) -> int:
    """How many columns a text takes; looks take none, and some characters two."""
    text = _SGR.sub("", text) if "\x1b" in text else text
    if text.isascii():
        return len(text)
    return sum(_column(char) for char in text)


def _column(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):  # marks above, below and around the character before
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(text: str, width: int, dots: str) -> str:
    """Cut a line that is too long, with its looks ended."""
    if _columns(text) <= width:
        return text
    done, room, end = "", width - len(dots), 0
    while room > 0 and end < len(text):
        looks = _SGR.match(text, end)
        if looks is not None:
            done, end = done + looks.group(), looks.end()
            continue
        room -= _column(text[end])
        done += text[end] if room >= 0 else ""
        end += 1
    return done.rstrip() + ("\x1b[0m" if "\x1b" in done else "") + dots


def _wrap(text: str, width: int) -> list[str]:
    """Wrap at spaces; a word that is longer than a line stays whole, so that it can be copied."""
    lines: list[str] = [""]
    for word in text.split(" "):
        if lines[-1] and _columns(lines[-1]) + 1 + _columns(word) > width:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines
