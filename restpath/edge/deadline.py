"""
Deadlines: a call that is to be over after so many seconds is over then, whatever the server does.

Takes the seconds and a clock; gives what is left, and a watchdog that shuts the connection down when nothing is. Time
limits between bytes do not end an answer that drips a byte a second; closing its socket from outside does. A thread is
started only for calls that have a deadline.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from restpath.edge.clock import Clock
from restpath.types import Limits

__all__ = ["Deadline", "current_watch"]

_state = threading.local()


def current_watch() -> Deadline | None:
    """Give the deadline of the call that this thread is making; None if it has none."""
    return getattr(_state, "deadline", None)


class Deadline:
    """
    The point in time at which a call is over.

    Attributes:
        seconds: how long the call may take in all; None for as long as it wants.
        passed: whether the watchdog ended it.
    """

    def __init__(self, seconds: float | None, clock: Clock) -> None:
        self.seconds, self._clock = seconds, clock
        self.passed = False
        self._end = None if seconds is None else clock.monotonic() + seconds
        self._socket: Any = None
        self._around: Deadline | None = None
        self._lock = threading.Lock()

    def left(self) -> float | None:
        """Seconds until the deadline, at least a millisecond; None if there is none."""
        return None if self._end is None else max(0.001, self._end - self._clock.monotonic())

    def allows(self, wait: float) -> bool:
        """Tell whether there is time to wait so long and try again."""
        return self._end is None or self._clock.monotonic() + wait < self._end

    @property
    def is_over(self) -> bool:
        """Whether the deadline has come."""
        return self.passed or (self._end is not None and self._clock.monotonic() >= self._end)

    def shorten(self, limits: Limits) -> Limits:
        """Give time limits for connecting and between bytes that do not reach past the deadline."""
        left = self.left()
        if left is None:
            return limits
        connect, read = limits if isinstance(limits, tuple) else (limits, limits)
        return min(left, connect or left), min(left, read or left)

    def watch(self, connection: Any) -> None:
        """Take note of the socket, or of the connection that will have one, which is to be shut down."""
        with self._lock:
            self._socket = connection
            late = self.passed
        if late:
            self._shut_down()
        if self._around is not None:
            self._around.watch(connection)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Watch over what this thread does; while it is reading, too."""
        left = self.left()
        if left is None:
            yield
            return
        timer = threading.Timer(left, self._fire)
        timer.daemon = True
        timer.name = "restpath-deadline"
        before, _state.deadline = current_watch(), self
        # Of a request for a token, the call that needs it may have less time.
        self._around = before if before is not self else None
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            _state.deadline, self._around = before, None

    def _fire(self) -> None:
        self.passed = True
        self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            sock = getattr(self._socket, "sock", self._socket)
        if isinstance(sock, socket.socket):
            try:
                # Not the method of an SSL socket, which would first forget its session under the reader's feet.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass  # it was closed already
