"""
The client: the root of all paths, with a way to call operations by their names and to give the connections back.

Takes the core that it shares with its paths; nothing is sent by looking at it. `connecting` makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from restpath.path import Path, plain_path
from restpath.place import Place

if TYPE_CHECKING:
    from restpath.core import Core
    from restpath.place import Root


__all__ = ["Client", "client_of", "core_of"]


class Client(Path):
    """
    A service, and the root of all its paths.

    Beside what every path has: `call(name, **fields)` calls an operation by its name, `close()` gives the connections
    back, and `with` does so at its end. Where the service has a segment of that name, the segment wins, and
    `restpath.operation`, `restpath.close` do the same.
    """

    # The dictionary keeps the paths that were asked for by their names: from there Python gives them by itself.
    __slots__ = ("_core", "_is_dotted", "__dict__")

    def __init__(self, core: Core) -> None:
        super().__init__(core.root, core.root.tree.root, ())
        self._core = core
        self._is_dotted = core.definition.service.dotted

    # A face may have attributes of its own.
    def __setattr__(self, name: str, value: object) -> None:
        if type(self) is Client and name not in _OWN:
            raise _fixed(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if type(self) is Client:
            raise _fixed(name)
        super().__delattr__(name)

    def __getattr__(self, name: str) -> Any:
        child = None if self._is_dotted else self._node.attributes.get(name)
        if child is not None:
            path = plain_path(self._root, child, ())
            if type(self) is Client:
                self.__dict__[name] = path
            return path
        found = self._named(name)
        if found is not None:
            return found
        definition = self._root.definition
        if definition.service.dotted and not name.startswith("_") and name not in self._node.attributes:
            from restpath.later import later_root
            from restpath.named import unknown_name

            error = unknown_name(self._root, "", self._root.tree.operation_names, name)
            return later_root(self._root, name, error, lambda root: _dotted(root, name))
        return super().__getattr__(name)

    def _named(self, name: str) -> Any:
        """The namespace or operation of that name, where the definition has dotted names."""
        return _dotted(self._root, name)

    def _operation(self, word: str) -> Any:
        return self._named(word) or super()._operation(word)

    def _segment(self, name: str) -> Any:
        return self._named(name) or super()._segment(name)

    @property
    def call(self) -> Any:
        """`call(name, data=UNSET, **fields)` calls the operation of that name; or the segment of that name."""
        return self._segment("call") or self._core.call

    @property
    def close(self) -> Any:
        """`close()` gives the connections back; or the segment of that name."""
        return self._segment("close") or self._core.close

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self._core.close()

    def __dir__(self) -> list[str]:
        names = list(self._root.tree.operation_names) if self._root.definition.service.dotted else []
        return sorted({*super().__dir__(), *names, "call", "close"})

    def __repr__(self) -> str:
        return f"<Client {self._root.definition.name or 'without a definition'} at {self._root.base_url}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_client, (self._core,)


_OWN = frozenset((*Place.__slots__, "_core", "_is_dotted"))


def _fixed(name: str) -> AttributeError:
    return AttributeError(f"{name!r} can be neither set nor deleted: a client's names are those of its service")


def client_of(core: Core, kind: type[Client] = Client) -> Client:
    """Make the client of a core, of a face's own kind; that may have an `__init__` with arguments of its own."""
    client = kind.__new__(kind)
    Client.__init__(client, core)
    return client


def core_of(client: Client) -> Core:
    """Give what a client shares with its paths; its own names are those of the service."""
    return client._core


def _dotted(root: Root, name: str) -> Any:
    if not root.definition.service.dotted or name.startswith("_"):
        return None
    return _name_rules()(root, "", root.tree.operation_names, name)


@cache
def _name_rules() -> Callable[[Root, str, Mapping[str, object], str], Any]:
    from restpath.named import named_operation

    return named_operation


def _restore_client(core: Core) -> Client:
    return core.path()
