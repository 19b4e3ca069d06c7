"""
Files that processes share: locks, held by one process and one thread of it at a time, and patience where Windows needs
it.

Takes a path; gives a lock that waits a while and then raises what its caller says: of tokens that is another error than
of data files. The system lets go of it when a process ends, however it ends.
Source: flock(2); LockFile's byte ranges on Windows.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from restpath.edge.clock import Clock, SystemClock
from restpath.edge.forking import tell_of_forks
from restpath.errors import RestpathError

__all__ = ["FileLock", "Refusal", "insist", "lock_of", "try_lock"]

_T = TypeVar("_T")

# Makes the error of a lock that is not got: of the reason and the seconds; without a reason another process has it.
Refusal: TypeAlias = Callable[["OSError | None", float], RestpathError]

# Longer than a token request may take by the usual timeouts, as whoever renews a token holds the lock meanwhile.
_LOCK_SECONDS = 120.0
_LOCK_PAUSE_SECONDS = 0.02
_WINDOWS_TRIES = 50
_WINDOWS_PAUSE_SECONDS = 0.02


class FileLock:
    """
    A lock on a file, between processes and between the threads of this one.

    The system lets go of it when the process ends, however it ends. The file stays: whoever removed it would take it
    from under one who waits.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._threads = threading.Lock()  # on some network file systems, one process gets a file's lock twice
        self._file: int | None = None
        self._holder: int | None = None
        self._depth = 0
        tell_of_forks(self)

    def after_fork(self) -> None:
        """Let go of what is the parent's; closed but not unlocked, it stays the parent's."""
        if self._file is not None:
            os.close(self._file)
        self._threads, self._file, self._holder, self._depth = threading.Lock(), None, None, 0

    @contextmanager
    def held(self, clock: Clock, refusal: Refusal, *, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
        """
        Hold the lock, which the thread that has it may take again.

        Args:
            refusal: makes the error of a lock that is not got.
            seconds: how long another may keep it before that.
        """
        self._take(clock, refusal, seconds)
        try:
            yield
        finally:
            self._leave()

    def _take(self, clock: Clock, refusal: Refusal, seconds: float) -> None:
        me = threading.get_ident()
        if self._holder != me:
            end = clock.monotonic() + seconds
            while not self._get(refusal, seconds):
                if clock.monotonic() >= end:
                    raise refusal(None, seconds)
                clock.sleep(_LOCK_PAUSE_SECONDS)
            self._holder = me
        self._depth += 1

    def _get(self, refusal: Refusal, seconds: float) -> bool:
        if not self._threads.acquire(blocking=False):
            return False
        try:
            self._file = _lock_file(self._path)
        except OSError as error:
            raise refusal(error, seconds) from error
        finally:
            if self._file is None:
                self._threads.release()
        return self._file is not None

    def _leave(self) -> None:
        if self._holder != threading.get_ident():  # in a process that was forked meanwhile
            return
        self._depth -= 1
        if not self._depth and self._file is not None:
            file, self._file, self._holder = self._file, None, None
            _unlock_file(file)
            self._threads.release()


# One for each file, whatever number of stores there are: a thread that holds it through one may save through another.
_locks: dict[str, FileLock] = {}


def lock_of(path: str) -> FileLock:
    """Give the lock on a file."""
    return _locks.get(path) or _locks.setdefault(path, FileLock(path))


def _lock_file(path: str) -> int | None:
    """Open a file and lock it; None where another has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    got = False
    try:
        got = try_lock(file)
    finally:
        if not got:
            os.close(file)
    return file if got else None


def try_lock(file: int) -> bool:
    """
    Lock an open file for as long as it is open; False where another has it.

    Raises:
        OSError: nothing can be locked there.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # Windows says EACCES
        return False
    return True


def _unlock_file(file: int) -> None:
    # Said outright, as a child of this process may still have the file open.
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_UN)
    finally:
        os.close(file)


def insist(action: Callable[[], _T], clock: Clock | None = None) -> _T:
    """Do something to a file again and again on Windows, where nobody replaces a file while another reads it."""
    for _ in range(_WINDOWS_TRIES if sys.platform == "win32" else 0):
        try:
            return action()
        except PermissionError:
            (clock or SystemClock()).sleep(_WINDOWS_PAUSE_SECONDS)
    return action()
