"""
Standard error, whoever hears it: what cannot be told changes neither what is done nor the exit status.

Takes nothing; while it lasts, what is written to standard error and cannot be goes nowhere: whoever read it has gone,
its disk is full, or it was closed before the program began. Then Python has None in its place, and `print` would write
to standard output, among the content.
Source: Python's documents on sys.stderr, and the note on SIGPIPE in those on signal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["hear_or_not", "give_up"]


@contextmanager
def hear_or_not() -> Iterator[None]:
    """Have standard error take all that is written, as long as this lasts."""
    before = sys.stderr
    sys.stderr = _Stream(before)
    try:
        yield
    finally:
        sys.stderr = before


def give_up(stream: Any) -> None:
    """Have what a stream still holds go nowhere, so that Python complains no more when it closes it."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    with suppress(Exception):
        stream.flush()


class _Stream:
    """A stream, or none, that takes all that is written."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def buffer(self) -> _Stream:
        """The stream of bytes below, which click writes to where the character set is small."""
        return _Stream(getattr(self._stream, "buffer", None))

    def write(self, text: Any) -> int:
        self._done("write", text)
        return len(text)

    def flush(self) -> None:
        self._done("flush")

    def _done(self, name: str, *given: Any) -> None:
        if self._stream is None:
            return
        try:
            getattr(self._stream, name)(*given)
        except (OSError, ValueError):  # ValueError: it was closed meanwhile
            give_up(self._stream)

    def isatty(self) -> bool:
        return self._stream is not None and bool(self._stream.isatty())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
