"""
Progress on standard error: of uploads, of a download, of a walk. On a terminal alone, never in a pipe.

Takes the arguments of a call, or a place to write to; gives the same, with bars that move as they are read or written.
What is quickly done has none, and neither has a terminal that only takes line after line (`TERM=dumb`).
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, BinaryIO

from restpath.cli.printing import is_terminal

if TYPE_CHECKING:
    from restpath.edge.files import Target

__all__ = ["SMALL", "Bars", "bars", "WatchedTarget"]

SMALL = 256 * 1024
"""The bytes below which nothing is shown."""

Advance = Callable[[int], None]


class Bars:
    """The bars of one call; none is drawn before it is needed, and none at all where nobody looks."""

    def __init__(self) -> None:
        # A bar is nothing to fail for: without rich, which comes with the extra, there is none.
        self.seen = is_terminal(sys.stderr) and find_spec("rich") is not None
        self._shown: Any = None
        self._opened: list[BinaryIO] = []

    def bar(self, what: str, total: int | None) -> Advance:
        """Begin a bar; gives what tells it how far it is."""
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        own = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        shown = self._drawn(*own, TimeRemainingColumn())
        task = shown.add_task(what, total=total)
        return lambda done: shown.update(task, completed=done)

    def counter(self, what: str) -> Advance:
        """Begin a count; gives what tells how many there are."""
        from rich.progress import SpinnerColumn, TextColumn

        shown = self._drawn(SpinnerColumn(), TextColumn("{task.completed:.0f} {task.description}", markup=False))
        task = shown.add_task(what, total=None)
        return lambda done: shown.update(task, completed=done)

    def _drawn(self, *columns: Any) -> Any:
        if self._shown is None:
            from rich.console import Console
            from rich.progress import Progress

            console = Console(stderr=True)
            shown = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
            if not console.is_interactive:  # in place of bars, rich would leave empty lines there
                return shown
            self._shown = shown
            shown.start()
        return self._shown

    def watch(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Give the arguments of a call, with files that show how far they are sent."""
        if not self.seen:
            return arguments
        return {
            name: self._watched(value) if name == "data" or name.startswith("upload_file_") else value
            for name, value in arguments.items()
        }

    def _watched(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._watched(each) for each in value]
        if isinstance(value, tuple):
            return tuple(self._watched(each) for each in value)
        if not isinstance(value, FilePath) or _size(value) < SMALL:
            return value
        file = open(value, "rb")  # noqa: SIM115  # closed with the bars
        self._opened.append(file)
        return _Watched(file, value.name, lambda: self.bar(value.name, _size(value)))

    def close(self) -> None:
        """Take the bars away, and close the files that were opened for them."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None
        for file in self._opened:
            file.close()


@contextmanager
def bars() -> Iterator[Bars]:
    """Give the bars of one call."""
    shown = Bars()
    try:
        yield shown
    finally:
        shown.close()


def _size(path: FilePath) -> int:
    try:
        info = os.stat(path)
    except OSError:  # which is told when it is opened
        return 0
    return info.st_size if stat.S_ISREG(info.st_mode) else 0


class _Watched:
    """An open file that tells how far it was read. A try that begins again goes back."""

    def __init__(self, file: BinaryIO, name: str, begin: Callable[[], Advance]) -> None:
        self._file, self.name, self._begin = file, name, begin
        self._advance: Advance | None = None

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._advance = self._advance or self._begin()
        self._advance(self._file.tell())
        return block

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    @property
    def closed(self) -> bool:
        return self._file.closed


class WatchedTarget:
    """
    A file to write to, over a target that is whole or as it was before; with a bar once there is much of it.

    After the call, `keep_old()` says that nothing new came.
    """

    def __init__(self, target: Target, shown: Bars, name: str) -> None:
        self._target, self._bars, self._name = target, shown, name
        self._advance: Advance | None = None

    def write(self, block: bytes) -> int:
        self._target(block)
        if self._bars.seen and self._target.received >= SMALL:
            self._advance = self._advance or self._bars.bar(self._name, None)
            self._advance(self._target.received)
        return len(block)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go back to the beginning, which is all that a download asks for."""
        self._target.begin_again()
        return 0

    def truncate(self) -> int:
        return 0

    def keep_old(self) -> None:
        self._target.keep_old()
