"""
What an importer gives: documents of our own data format, and what the description says beyond them.

Takes what the importers find; gives `Imported` with its `LeftOut`s. Places are JSON Pointers into the description,
after the name of the file where that is another one. Source: RFC 6901.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from restpath.definition.jsonfile import pointer
from restpath.types import JsonObject

__all__ = ["Imported", "LeftOut", "Refer", "Report", "follow_nothing"]


@dataclass(frozen=True)
class LeftOut:
    """
    Something that a description says and restpath cannot do, or does otherwise.

    Attributes:
        place: where it is said: a JSON Pointer into the description, after the file's name and # where it is another.
        what: what is missing, and what to do instead where there is something.
    """

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place or '/'}: {self.what}"


@dataclass(frozen=True)
class Imported:
    """
    A description in our own data format.

    Attributes:
        documents: service, resources and, where there are any, defaults and schemas. Resources and schemas may be
            made when they are first asked for.
        find_left_out: gives what the description says beyond that, in its own order: all of it is gone through.
    """

    documents: Mapping[str, JsonObject]
    find_left_out: Callable[[], tuple[LeftOut, ...]] = tuple

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What the description says beyond the documents; found anew each time."""
        return self.find_left_out()


class Refer(Protocol):
    """
    Follows a reference to another file.

    Takes the name of the document in which the reference stands and the reference without its fragment; gives the name
    of the other document and its content. Raises DefinitionError where it is not followed, or is no JSON or YAML.
    """

    def __call__(self, base: str, reference: str, /) -> tuple[str, Any]: ...


def follow_nothing(base: str, reference: str, /) -> tuple[str, Any]:
    """Follow no reference: what a description that is no file refers to is not fetched."""
    from restpath.errors import DefinitionError

    raise DefinitionError("a description that is no file can refer to no other")


@dataclass
class Report:
    """What has been left out so far; the same is told once."""

    source: str = ""
    _said: dict[LeftOut, None] = field(default_factory=dict)

    def add(self, place: Sequence[object], what: str, base: str = "") -> None:
        """Note what is left out at a place of the description, or of another file that it refers to."""
        where = pointer(place) if base == self.source else f"{base}#{pointer(place)}"
        self._said.setdefault(LeftOut(where, what))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """All of it, in the order in which it was found."""
        return tuple(self._said)
