"""
The type names and the two small values that every other module shares.

Nothing here does anything: `UNSET` says "not given" where None has a meaning of its own (JSON's null),
`Headers` is what an answer's header fields are handed out as.
Source: RFC 9110 section 5.1 (field names are case-insensitive).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol, TypeAlias, TypeVar, final, overload

__all__ = ["is_a", "UNSET", "Unset", "Headers", "Json", "JsonObject", "Limits", "Timeout", "BinaryReader"]

_T = TypeVar("_T")

Json: TypeAlias = Any  # str | int | float | bool | None | list[Json] | dict[str, Json]
JsonObject: TypeAlias = dict[str, Any]
Limits: TypeAlias = "float | tuple[float | None, float | None] | None"
Timeout: TypeAlias = "Limits | tuple[float | None, float | None, float | None]"


@final
class Unset:
    """The type of `UNSET`, the one value that says "not given"."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


def is_a(value: object, module: str, name: str) -> bool:
    """Tell whether a value is of a class of the standard library: who has one has imported the module, we need not."""
    found = sys.modules.get(module)
    return found is not None and isinstance(value, getattr(found, name))


class BinaryReader(Protocol):
    """An open binary file, or anything that reads like one."""

    def read(self, size: int = -1, /) -> bytes: ...


class Headers(Mapping[str, str]):
    """
    Header fields of an answer: an immutable mapping whose names ignore case.

    A field that came several times is joined with a comma and a space, as RFC 9110 section 5.3 allows;
    `get_all` gives the lines one by one (for `Set-Cookie`, which must not be joined). In a pickle, the values of
    fields that carry credentials are masked.
    """

    __slots__ = ("_lines", "_joined")

    def __init__(self, lines: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._lines = tuple(lines.items() if isinstance(lines, Mapping) else lines)
        joined: dict[str, tuple[str, str]] = {}
        for name, value in self._lines:
            key = name.lower()
            joined[key] = (name, f"{joined[key][1]}, {value}") if key in joined else (name, value)
        self._joined = joined

    def __getitem__(self, name: object) -> str:
        if not isinstance(name, str):
            raise KeyError(name)
        return self._joined[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._joined

    @overload
    def get(self, name: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, name: str, default: _T, /) -> str | _T: ...
    def get(self, name: str, default: _T | None = None, /) -> str | _T | None:
        """Give the field called `name`, its lines joined; the default where there is none."""
        found = self._joined.get(name.lower()) if isinstance(name, str) else None
        return default if found is None else found[1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._joined.values())

    def __len__(self) -> int:
        return len(self._joined)

    def get_all(self, name: str) -> list[str]:
        """Give every line of the field called `name`, in the order of arrival; empty if there is none."""
        key = name.lower()
        return [value for line, value in self._lines if line.lower() == key]

    def has_any(self, keys: frozenset[str]) -> bool:
        """Tell whether there is a field of one of these names, which are in lower case."""
        return not keys.isdisjoint(self._joined)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Give all the lines as they came: pairs of name and value."""
        return self._lines

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        mine = {key: value for key, (_, value) in self._joined.items()}
        return mine == {str(key).lower(): value for key, value in other.items()}

    def __hash__(self) -> int:
        return hash(frozenset((key, value) for key, (_, value) in self._joined.items()))

    def __repr__(self) -> str:
        from restpath.masking import mask_headers

        return f"Headers({dict(mask_headers(self._joined.values()))!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        from restpath.masking import mask_headers

        return Headers, (tuple(mask_headers(self._lines)),)

    def __copy__(self) -> Headers:
        return self  # immutable; and a copy, unlike a pickle, keeps its secrets

    def __deepcopy__(self, memo: dict[int, Any]) -> Headers:
        return self
