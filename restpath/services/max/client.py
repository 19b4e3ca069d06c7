"""
The REST-ish face: MAX's resource paths, with the methods that the original client's users know beside them.

Takes what the original constructor takes; gives the root of all paths.
"""

from __future__ import annotations

from restpath.client import Client
from restpath.services.max.core import MaxCore
from restpath.services.max.face import Face

__all__ = ["MaxClient"]


class MaxClient(Face, Client):
    """
    MAX by its resource paths: `client.people["ann"].activities.post(object_content="Hello")`.

    It is what `restpath.connect("max", ...)` gives, with `login` and its kin beside the paths. A segment of the service
    that is called as one of these is reached as an item: `client["login"]`. `data=` silently wins over fields.
    """

    __slots__ = ()

    _core: MaxCore

    def _kind(self) -> type[Client]:
        return type(self)

    def _take(self, core: MaxCore) -> None:
        Client.__init__(self, core)

    def __dir__(self) -> list[str]:
        own = [name for name in dir(Face) if not name.startswith("_")]
        return sorted({*super().__dir__(), *own})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._core.base_url}>"
