"""
Where content is printed: a terminal, a pipe, or a file that is to be saved.

Takes text and bytes; writes them to one place. A terminal gets colours (unless NO_COLOR is set) and nothing that would
steer it; a pipe gets what was meant, byte for byte.
Source: no-color.org for NO_COLOR; ECMA-48 for what steers a terminal.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from typing import Any, BinaryIO, Protocol

__all__ = [
    "Out", "byte_stream", "dots", "is_terminal", "json_text", "note", "painted", "standard_out", "visible",
]  # fmt: skip


class _Bytes(Protocol):
    def write(self, block: bytes, /) -> object: ...


class Out:
    """
    A place for content.

    Attributes:
        file: what it writes to; None for standard output.
        terminal: whether somebody looks at it.
        colour: whether it may have colours.
        width: its columns; None where there is no limit.
    """

    def __init__(self, file: _Bytes | None = None) -> None:
        """Print to a file of bytes; unless one is given, to standard output as it is now."""
        self.file = file
        self.terminal = file is None and is_terminal(sys.stdout)
        self.colour = self.terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.width = _columns() if self.terminal else None

    @property
    def encoding(self) -> str:
        """The character set that texts are written in."""
        return "utf-8" if self.file is not None else getattr(sys.stdout, "encoding", None) or "utf-8"

    def can_write(self, text: str) -> bool:
        """Tell whether its character set has all of a text."""
        try:
            text.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def encoded(self, text: str) -> bytes:
        """Give text as the bytes that it is here; what the character set lacks is written out."""
        return text.encode(self.encoding, "backslashreplace")

    def text(self, text: str) -> None:
        """Write text; what the place cannot show is written out."""
        if self.file is not None:
            self.file.write(self.encoded(text))
        else:
            _check_open()
            sys.stdout.write(self.encoded(text).decode(self.encoding))

    def data(self, block: bytes) -> None:
        """Write bytes as they are."""
        if self.file is not None:
            self.file.write(block)
        else:
            stream = byte_stream()
            stream.write(block)
            stream.flush()

    def flush(self) -> None:
        """See that what was written is on its way."""
        if self.file is None and sys.stdout is not None:
            sys.stdout.flush()


def _check_open() -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")


def standard_out() -> Out:
    """Give standard output as it is now."""
    return Out()


def byte_stream() -> BinaryIO:
    """Give standard output as a stream of bytes, behind all that was printed before."""
    _check_open()
    sys.stdout.flush()
    return sys.stdout.buffer


def dots(out: Out) -> str:
    """What says that there is more, in one column where the place has the character."""
    return "…" if out.can_write("…") else "..."


def is_terminal(stream: Any) -> bool:
    """Tell whether somebody looks at a stream, or types into it."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


def note(text: str) -> None:
    """Say something on standard error; what others wrote in it steers no terminal."""
    print(f"restpath: {visible(text)}", file=sys.stderr)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size((80, 24)).columns


# ---- JSON --------------------------------------------------------------------------------------------------------

_INDENT = 2
# Behind a backslash nothing ends a text; a name is a text with a colon behind it.
_PIECES = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)')
_NAME, _TEXT, _VALUE, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[35m", "\x1b[0m"
# What JSON leaves as it is, and terminals act upon: C1 controls, and what turns the direction of writing.
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_text(value: Any, out: Out) -> str:
    """Write a value as JSON: indented and in colours for a terminal, in one line for a program."""
    plain = not _is_utf(out.encoding)
    indent = _INDENT if out.terminal else None
    text = json.dumps(value, ensure_ascii=plain, indent=indent, default=str)
    if not plain:
        text = _STEERING.sub(lambda found: f"\\u{ord(found.group()):04x}", text) if _needs_care(text, out) else text
    return painted(text) if out.colour else text


def _needs_care(text: str, out: Out) -> bool:
    return out.terminal or any("\ud800" <= char <= "\udfff" for char in text)


def _is_utf(encoding: str) -> bool:
    return encoding.lower().replace("-", "").startswith("utf")


def painted(text: str) -> str:
    """Give JSON its colours, which are to be seen on dark and on light."""

    def paint(found: re.Match[str]) -> str:
        text, colon, value = found.groups()
        if value is not None:
            return f"{_VALUE}{value}{_PLAIN}"
        return f"{_NAME}{text}{_PLAIN}{colon}" if colon else f"{_TEXT}{text}{_PLAIN}"

    return _PIECES.sub(paint, text)


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Write out what would steer a terminal, but for line breaks and tabs."""
    text = text.replace("\r\n", "\n")
    return _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
