"""
A program on a pseudo-terminal: what tests of colours, of questions and of completion talk to.

Takes a command line; types into it, and waits for what it shows. Nothing sleeps: `until` returns as soon as the text is
there, and fails when it has not come in time.
"""

from __future__ import annotations

import os
import re
import select
import struct
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

__all__ = ["Terminal"]

_SECONDS = 30.0
_STEERING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])|\x07|\r")


class Terminal:
    """
    A program with a terminal of its own.

    Attributes:
        shown: all that it has shown, with what steers a terminal.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        columns: int = 80,
        rows: int = 24,
        out: int | None = None,
    ) -> None:
        """Start a program; `out` takes its standard output, if the terminal does not."""
        import fcntl  # POSIX alone has these; whoever tests on a terminal skips elsewhere
        import pty
        import termios

        self._own, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._process = subprocess.Popen(
            command, stdin=other, stdout=other if out is None else out, stderr=other, env=dict(env),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(other)
        self.shown = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._own)

    @property
    def text(self) -> str:
        """What it has shown, without what steers a terminal."""
        return _STEERING.sub("", self.shown)

    def type(self, text: str) -> None:
        """Type something, `\\n` for Return, `\\t` for Tab, `\\x03` for Ctrl-C."""
        os.write(self._own, text.replace("\n", "\r").encode())

    def until(self, text: str, *, after: int = 0) -> str:
        """Wait until it has shown a text, behind the first `after` characters; give all that it has shown."""
        deadline = time.monotonic() + _SECONDS
        while text not in self.text[after:]:
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"{text!r} did not come, but {self.text!r}")
        return self.text

    def end(self) -> int:
        """Wait until it ends; give its exit status."""
        deadline = time.monotonic() + _SECONDS
        while self._read(deadline - time.monotonic()):
            pass
        return self._process.wait(max(deadline - time.monotonic(), 1.0))

    def _read(self, seconds: float) -> bool:
        """Read what there is. False at the end, or when it took too long."""
        ready, _, _ = select.select([self._own], [], [], max(seconds, 0.0))
        if not ready:
            return False
        try:
            data = os.read(self._own, 65536)
        except OSError:  # on Linux a terminal that the other side has left is an error
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
