"""
JSON that cannot be changed: what a definition hands out, so that no user of it can change it for all the others.

Takes plain values; gives the same with every object and list read-only. They are still a `dict` and a `list`, for
`json` and `jsonschema` know no others; a copy of one, also by `copy` and `deepcopy`, is an ordinary one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

__all__ = ["FrozenDict", "FrozenList", "arguments_of", "freeze", "frozen_map", "nothing"]

_V = TypeVar("_V")


def _refuse(self: object, *_: Any, **__: Any) -> NoReturn:
    raise TypeError("a definition cannot be changed: copy this, or lay a layer over it with restpath.read(source, ...)")


class FrozenDict(dict[str, Any]):
    """A JSON object that cannot be changed."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {key: copy.deepcopy(value, memo) for key, value in self.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


class FrozenList(list[Any]):
    """A JSON array that cannot be changed."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [copy.deepcopy(value, memo) for value in self]

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)


def freeze(value: Any) -> Any:
    """Give a value of plain JSON with every object and list in it read-only; what is so already is not copied."""
    kind = type(value)
    if kind is dict:
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    return FrozenList([freeze(item) for item in value]) if kind is list else value


def frozen_map(items: Mapping[str, _V]) -> Mapping[str, _V]:
    """Give a mapping of records as a read-only one that can be pickled, as `MappingProxyType` cannot."""
    return FrozenDict(items)


_NOTHING: Mapping[str, Any] = frozen_map({})


def nothing() -> Mapping[str, Any]:
    """Give the empty mapping that all records share by whom nothing is said."""
    return _NOTHING


def arguments_of(words: Mapping[str, Any]) -> dict[str, Any]:
    """Give words of a definition as arguments of a record: read-only, without those that are the author's own."""
    return {key: _constant(value) for key, value in words.items() if not key.startswith("x-")}


def _constant(value: Any) -> Any:
    if isinstance(value, dict):
        return frozen_map({key: _constant(each) for key, each in value.items()})
    return tuple(value) if isinstance(value, list) else value
