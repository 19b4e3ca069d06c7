"""
JSON objects whose members are made when they are first asked for: what a description of thousands of operations costs
is what is used of it.

Takes the keys and what makes a member of one; gives a read-only `dict`, in which what was made stays. Resources know
besides, without making any, what has to be known of all: templates, methods, names of operations. What makes a member
is pure, reads nothing, and is run by one thread at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any, Final

from restpath.definition.frozen import FrozenDict, freeze
from restpath.errors import DefinitionError
from restpath.types import JsonObject

__all__ = [
    "MAKING",
    "LatePlain",
    "LazyMap",
    "Outline",
    "Resources",
    "Schemas",
    "outline_of",
    "outlines_of",
    "schema_in",
]

# One lock for all that is made late: what makes one member asks for others, in any order. It is held over a fork, so
# that no child begins with half of something.
MAKING: Final = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=MAKING.acquire, after_in_parent=MAKING.release, after_in_child=MAKING.release)


class _Unmade:
    """Stands where a member is still to be made."""


_UNMADE: Final = _Unmade()
_MISSING: Final = object()


class LazyMap(FrozenDict):
    """
    A JSON object that makes each member when it is first asked for.

    Args:
        make: gives the value of a key; it is frozen, and made once.
        keys: all the keys.
        made: members that are there already.
    """

    __slots__ = ("_make",)

    def __init__(
        self, make: Callable[[str], Any], keys: Iterable[str] = (), made: Mapping[str, Any] | None = None
    ) -> None:
        dict.__init__(self, dict.fromkeys(keys, _UNMADE))
        for key, value in (made or {}).items():
            dict.__setitem__(self, key, freeze(value))
        self._make = make

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        return self._made(key) if value is _UNMADE else value

    def _made(self, key: str) -> Any:
        with MAKING:
            value = dict.__getitem__(self, key)
            if value is _UNMADE:
                try:
                    value = self._keep(key, self._make(key))
                except RecursionError as error:
                    raise DefinitionError("it is nested too deeply", expected="fewer levels") from error
        return value

    def _keep(self, key: str, value: Any) -> Any:
        value = freeze(value)
        dict.__setitem__(self, key, value)
        return value

    @property
    def made(self) -> list[str]:
        """The keys of the members that have been made so far."""
        return [key for key, value in dict.items(self) if value is not _UNMADE]

    # What `dict` does by itself would meet what stands for unmade members. `__iter__` is here because `dict(lazy)` and
    # `{**lazy}` ask `__getitem__` of a subclass only where it has its own.

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self)

    def get(self, key: str, default: Any = None) -> Any:
        value = dict.get(self, key, _MISSING)
        return default if value is _MISSING else self._made(key) if value is _UNMADE else value

    def items(self) -> Any:
        return ItemsView(self)

    def values(self) -> Any:
        return ValuesView(self)

    def copy(self) -> dict[str, Any]:
        return dict(self)

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return dict(self) == (dict(other) if isinstance(other, LazyMap) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

    def __repr__(self) -> str:
        return repr(dict(self))


class LatePlain(LazyMap):
    """The same with members that stay as they are made, for what only this package sees."""

    __slots__ = ()

    def _keep(self, key: str, value: Any) -> Any:
        dict.__setitem__(self, key, value)
        return value


class Outline:
    """
    What has to be known of a resource before it is used.

    Attributes:
        methods: the methods that it accepts.
        names: the names of the operations, in the order of the methods; () where none has one.
        literal: whether the braces of its template are plain text.
        also: other texts for the same paths.
    """

    __slots__ = ("methods", "names", "literal", "also")  # a named tuple takes ten times as long to be declared

    def __init__(
        self,
        methods: tuple[str, ...],
        names: tuple[str | None, ...] = (),
        literal: bool = False,
        also: tuple[str, ...] = (),
    ) -> None:
        self.methods, self.names, self.literal, self.also = methods, names, literal, also

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outline) and all(
            getattr(self, each) == getattr(other, each) for each in self.__slots__
        )

    def __hash__(self) -> int:
        return hash((self.methods, self.names, self.literal, self.also))

    def named(self) -> Iterator[tuple[str, str]]:
        """Give the methods that have a name, with it."""
        return ((method, name) for method, name in zip(self.methods, self.names, strict=False) if name is not None)


class Resources(LazyMap):
    """The document `resources`, whose resources are made when they are first asked for; their outlines are known."""

    __slots__ = ("outlines",)

    def __init__(
        self, make: Callable[[str], Any], outlines: Mapping[str, Outline], made: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(make, (*(key for key in made or () if key not in outlines), *outlines), made)
        self.outlines = outlines

    def make_all(self) -> None:
        """Make every method of every resource, in their order."""
        for text in self.outlines:
            for _ in self[text]["methods"].values():
                pass

    def overlaid(self, changed: Mapping[str, Any]) -> Resources:
        """Give these resources with some of them changed, or taken away by None."""
        made = {key: value for key, value in changed.items() if value is not None}
        kept = {key: outline for key, outline in self.outlines.items() if key not in changed or key in made}
        outlines = {**kept, **{key: outline_of(words) for key, words in made.items() if key.startswith("/")}}
        words = {key: value for key, value in dict.items(self) if not key.startswith("/") and key not in changed}
        return Resources(self.__getitem__, outlines, {**words, **made})


def outline_of(words: JsonObject) -> Outline:
    """Make the outline of a resource of its words, in the long form. (That it has no methods, the check tells.)"""
    methods = words.get("methods") or {}
    names = tuple([said.get("name") for said in methods.values()])
    has_names = names.count(None) < len(names)
    return Outline(
        tuple(methods), names if has_names else (), words.get("literal", False), tuple(words.get("also", ()))
    )


def outlines_of(resources: JsonObject) -> Iterator[tuple[str, Outline]]:
    """Give every template of a merged document of resources with its outline, making none of them."""
    if isinstance(resources, Resources):
        yield from resources.outlines.items()
        return
    for text, words in resources.items():
        if text.startswith("/"):
            yield text, outline_of(words)


class Schemas(LazyMap):
    """
    The document `schemas`, of which one schema can be had without the others.

    Args:
        one: gives a schema by its name; raises KeyError where there is none of that name.
        whole: gives all schemas by name.
        words: what else the document says.
    """

    __slots__ = ("one",)

    def __init__(
        self, one: Callable[[str], Any], whole: Callable[[], JsonObject], words: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(lambda _: whole(), (*(words or ()), "schemas"), words)
        self.one = one

    def overlaid(self, changed: JsonObject) -> Schemas:
        """Give this document with some of its schemas changed, or taken away by None."""

        def one(name: str) -> Any:
            if name not in changed:
                return self.one(name)
            if changed[name] is None:
                raise KeyError(name)
            return changed[name]

        def whole() -> JsonObject:
            return {key: value for key, value in {**self["schemas"], **changed}.items() if value is not None}

        return Schemas(one, whole, {key: self[key] for key in self if key != "schemas"})


def schema_in(document: JsonObject, name: str) -> Any:
    """Give a schema of the document `schemas`. Raises KeyError where there is none of that name."""
    if isinstance(document, Schemas) and "schemas" not in document.made:
        with MAKING:
            return freeze(document.one(name))
    return document.get("schemas", {})[name]
