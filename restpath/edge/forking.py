"""
Forks: a child process that shares its parent's sockets would read its parent's answers.

Takes the things of this process that hold sockets or locks; in a child, each of them is told, and begins anew.
Source: the standard library's `os.register_at_fork`; nothing is done on systems that do not fork.
"""

from __future__ import annotations

import os
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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
