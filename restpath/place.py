"""
Place: the data of a path, and what all paths of one client share.

`Path` is the place that is spoken to, see there; what can be said of a place is in `phrasing`. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from restpath.definition.model import Definition
from restpath.tree import End, Lookup, Names, Node, Tree

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.operations import Operation

__all__ = ["Later", "Place", "Root"]

MakeOperation: TypeAlias = "Callable[[Any, str], Operation]"


class Later(Protocol):
    """Gives the later roots one by one; and says in words what has kept it from finding more, "" for nothing."""

    @property
    def note(self) -> str: ...
    def __iter__(self) -> Iterator[Root]: ...


Renew: TypeAlias = "Callable[[Root, str], Later]"


class Root:
    """
    What all paths of one client share.

    Attributes:
        owner: whom a pickled path is made again from: something picklable with `.root` and `.path()`.
        definition: the service.
        tree: its resource tree.
        base_url: where it is, without a slash at the end.
        strict: whether segments and methods that the definition does not know are refused.
        operation: makes the operation for a path and a method; all that a path knows of calling.
        named: makes the operation of a given name.
        lookup: finds the value of a credential that may stand in a path (`:me`); None where there is none.
        warn: says once per place that something unknown is let through.
        servers: what to put in place of single operations' own servers; None: the base URL holds for all.
        renew: finds later roots of the same client, at which something that is unknown here may be known; see `later`.
    """

    __slots__ = (
        "owner", "definition", "tree", "base_url", "strict", "operation", "named", "lookup", "warn", "free_methods",
        "servers", "renew", "plans",
    )  # fmt: skip

    def __init__(
        self,
        definition: Definition,
        tree: Tree,
        base_url: str,
        *,
        owner: Any,
        operation: MakeOperation,
        named: Callable[[str], Operation],
        strict: bool = True,
        lookup: Lookup = lambda name: None,
        warn: Callable[[str], None] = lambda place: None,
        servers: Mapping[str, str] | None = None,
        renew: Renew | None = None,
    ) -> None:
        self.definition, self.tree, self.base_url, self.strict = definition, tree, base_url, strict
        self.owner = owner
        self.operation, self.named, self.lookup, self.warn = operation, named, lookup, warn
        self.servers, self.renew = servers, renew
        self.free_methods: dict[tuple[str, str], Method] = {}
        self.plans: dict[Method | End, Any] = {}  # what `building` and `urls` have worked out for good

    def base_of(self, method: Method) -> str:
        """Give the base URL of an operation: the service's, unless the operation names a server of its own."""
        if method.server is None or self.servers is None:
            return self.base_url
        return self.servers.get(method.server, method.server).rstrip("/")

    def same_as(self, other: Root) -> bool:
        """Tell whether paths of both lead to the same place, whoever is logged in."""
        return self is other or (self.base_url == other.base_url and self.definition == other.definition)


class Place:
    """
    The data of a path.

    Its names begin with `_`, for all others are the service's: the client's `_root`, the `_node` of the tree, the
    `_values` of the variables from the root down to it; the variables' `_names` where they were said and tell
    templates apart; the `_suffix` (slash, query, fragment) where it was said.
    """

    __slots__ = ("_root", "_node", "_values", "_names", "_suffix")

    def __init__(
        self, root: Root, node: Node, values: tuple[str, ...], names: Names | None = None, suffix: str | None = None
    ) -> None:
        self._root = root
        self._node = node
        self._values = values
        self._names = names
        self._suffix = suffix

    def _at(self, node: Node, values: tuple[str, ...], names: Names | None = None, suffix: str | None = None) -> Any:
        """The place at another node of the same client."""
        raise NotImplementedError

    def _in(self, root: Root, node: Node) -> Any:
        """The same place in another tree of the same client."""
        raise NotImplementedError
