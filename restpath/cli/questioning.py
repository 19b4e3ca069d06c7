"""
Questions to whoever sits at the terminal, each answered by a line.

Takes the question; gives the answer. It is shown on standard error, as standard output is for content. Ctrl-C is never
lost: Python's own `input` sees a signal that comes between the question and the wait for its answer only when the
next line is typed. So what is waited for here is a line or a signal, whichever comes first. Whoever asks has seen that
standard input is a terminal.
Source: POSIX chapter 11 for terminals; Python's documents on signal.set_wakeup_fd.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import click

from restpath.cli.printing import is_terminal

__all__ = ["ask", "confirmed"]


def ask(question: str, *, hidden: bool = False, empty: bool = False) -> str:
    """
    Ask for a line of text.

    Args:
        question: what is shown, without a colon.
        hidden: whether the answer is not to be seen.
        empty: whether it may be empty; unless it may, the question comes again.
    Raises:
        KeyboardInterrupt: on Ctrl-C.
        click.Abort: on Ctrl-D.
    """
    if not _is_seen():
        default: Any = {"default": "", "show_default": False} if empty else {}
        return str(click.prompt(question, hide_input=hidden, err=True, **default))
    while True:
        answer = _answer(f"{question}: ", hidden)
        if answer or empty:
            return answer


def confirmed(question: str) -> bool:
    """Ask for a yes; Return alone is a no. Raises what `ask` raises."""
    if not _is_seen():
        return click.confirm(question, err=True)
    while True:
        answer = _answer(f"{question} [y/N]: ").strip().lower()
        if answer in ("y", "yes", "n", "no", ""):
            return answer.startswith("y")
        click.echo("Say y or n.", err=True)


# ---- a terminal of POSIX -----------------------------------------------------------------------------------------


def _is_seen() -> bool:
    """Whether standard input is a terminal that can be waited for together with signals."""
    if sys.platform == "win32" or not is_terminal(sys.stdin):
        return False
    with suppress(OSError, ValueError):
        return os.isatty(sys.stdin.fileno())
    return False


def _answer(question: str, hidden: bool = False) -> str:
    descriptor, encoding = sys.stdin.fileno(), sys.stdin.encoding
    with _signals_seen() as wait, _hidden(descriptor) if hidden else nullcontext():
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.stderr.write(question)
        sys.stderr.flush()
        line = _line(descriptor, wait)
    if hidden or not line.endswith(b"\n"):
        click.echo(err=True)
    if not line:
        raise click.Abort
    return line.decode(encoding, "surrogateescape").rstrip("\r\n")


def _line(descriptor: int, wait: Callable[[int], None]) -> bytes:
    """Read a line, or what there is of it at the end of the file."""
    line = b""
    while not line.endswith(b"\n"):
        wait(descriptor)
        block = os.read(descriptor, 4096)
        if not block:
            break
        line += block
    return line


@contextmanager
def _signals_seen() -> Iterator[Callable[[int], None]]:
    """Give a way to wait for a descriptor that any signal ends: the interpreter then does what the signal asks for."""
    import select

    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)

    def wait(descriptor: int) -> None:
        while descriptor not in select.select([descriptor, read], [], [])[0]:
            with suppress(BlockingIOError):
                os.read(read, 4096)

    try:
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        try:
            yield wait
        finally:
            signal.set_wakeup_fd(before)
    finally:
        os.close(read)
        os.close(write)


@contextmanager
def _hidden(descriptor: int) -> Iterator[None]:
    """Have the terminal not show what is typed; what was typed before goes, as it was typed without the question."""
    import termios

    old = termios.tcgetattr(descriptor)
    new = old[:]
    new[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, new)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, old)
