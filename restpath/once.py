"""
What is worked out once per object, and kept in it: the standard library's `cached_property` without its lock.

Takes a method; gives an attribute. Until Python 3.11 the standard one holds a lock while it works: a process that forks
meanwhile has a child that waits for it for ever. Here two threads may both work it out, and have the same object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property:
        """See `functools.cached_property`."""

        def __init__(self, make):
            self._make, self.__doc__ = make, make.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            own: dict[str, Any] = instance.__dict__
            if self._name in own:
                return own[self._name]
            return own.setdefault(self._name, self._make(instance))
