"""
Forks: a child process that shares its parent's sockets would read its parent's answers.

Takes the things of this process that hold sockets or locks; in a child, each of them is told, and begins anew.
Source: the standard library's `os.register_at_fork`; nothing is done on systems that do not fork.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Protocol
from weakref import WeakSet

__all__ = ["Forkable", "tell_of_forks"]


class Forkable(Protocol):
    """Something that lets go of what belongs to the parent."""

    def after_fork(self) -> None: ...


_live: WeakSet[Forkable] = WeakSet()


def tell_of_forks(thing: Forkable) -> None:
    """See to it that a thing is told, in the child, of every fork for as long as it lives."""
    _live.add(thing)


def _after_fork() -> None:
    for thing in list(_live):
        thing.after_fork()


def _before_fork() -> None:
    """Let other threads finish the imports that they are at: a child would wait for these modules for ever."""
    if threading.active_count() == 1:
        return
    # What is being imported; Python has no other way to ask. Without it all is as it always was for whoever forks.
    locks = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    late = [name for name in list(locks) if name.partition(".")[0] in _IMPORTED_LATE]
    with _logging_free():
        for name in late:
            with suppress(ImportError):
                import_module(name)  # which waits for whoever is at it


@contextmanager
def _logging_free() -> Iterator[None]:
    """
    Give back the lock of logging, which is held here if logging was imported after this.

    Its own hook takes it before a fork; but a module that is being imported waits for it where it asks for a logger.
    """
    lock = getattr(sys.modules.get("logging"), "_lock", None)
    is_held = getattr(lock, "_is_owned", None)
    if lock is None or is_held is None or not is_held():
        yield
        return
    lock.release()
    try:
        yield
    finally:
        lock.acquire()


_IMPORTED_LATE = ("restpath", "requests", "urllib3", "certifi")

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
