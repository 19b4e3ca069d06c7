"""
References: from `$ref` to what it leads to, in the same document or in another file.

Takes a `Spot`, a value with the place where it stands; gives the spot that its reference leads to, through references
to references. What leads nowhere or round and round is reported, and gives None.
Source: RFC 6901 (JSON Pointer, also percent-encoded in a fragment: section 6), OpenAPI 3.1 section 4.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from restpath.definition.jsonfile import pointer
from restpath.errors import DefinitionError
from restpath.importers.found import Refer, Report

__all__ = ["References", "Spot", "is_reference", "key_of"]

_MOST_STEPS = 50


class Spot(NamedTuple):
    """A value, the name of the document in which it stands, and its place there."""

    value: Any
    base: str
    place: tuple[object, ...] = ()

    def at(self, *steps: Any) -> Spot:
        """Give what is further in; its value is None where there is nothing."""
        value = self.value
        for step in steps:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                value = None
        return Spot(value, self.base, (*self.place, *steps))

    def items(self) -> Iterator[tuple[str, Spot]]:
        """Give the members of an object; none of any other value."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield key, Spot(value, self.base, (*self.place, key))

    def elements(self) -> Iterator[Spot]:
        """Give the elements of a list; none of any other value."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Spot(value, self.base, (*self.place, index))

    def text(self, key: str) -> str:
        """Give a member that is a text; "" where there is none."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return value if isinstance(value, str) else ""


class _Nowhere(Exception):
    """A reference leads nowhere; the message says why."""


class References:
    """Follows the references of a description, and remembers where each led."""

    def __init__(self, document: Any, source: str, refer: Refer, report: Report) -> None:
        self._documents: dict[str, Any] = {source: document}
        self._files: dict[tuple[str, str], str] = {}
        self._found: dict[tuple[str, str], Spot] = {}
        self._anchors: dict[str, dict[str, Spot]] = {}
        self._refer, self._report = refer, report

    def follow(self, spot: Spot) -> Spot | None:
        """Give what a spot refers to, or the spot itself where it is no reference; None, reported, for nothing."""
        if not is_reference(spot.value):
            return spot
        try:
            return self._follow(spot)
        except _Nowhere as error:
            self._report.add((*spot.place, "$ref"), f"{spot.value['$ref'][:200]!r} {error}", spot.base)
            return None

    def _follow(self, spot: Spot, steps: int = 0) -> Spot:
        seen: set[tuple[str, str]] = set()
        while is_reference(spot.value):
            reference = (spot.base, spot.value["$ref"])
            if reference in seen or len(seen) + steps > _MOST_STEPS:
                raise _Nowhere("leads round and round")
            seen.add(reference)
            spot = self._find(*reference, steps + len(seen))
        return spot

    def find(self, base: str, reference: str) -> Spot | str:
        """Give the spot that a reference names, which may be a reference itself; or in words why there is none."""
        try:
            return self._find(base, reference)
        except _Nowhere as error:
            return str(error)

    def _find(self, base: str, reference: str, steps: int = 0) -> Spot:
        found = self._found.get((base, reference))
        if found is None:
            found = self._found[base, reference] = self._search(base, reference, steps)
        return found

    def _search(self, base: str, reference: str, steps: int) -> Spot:
        file, _, fragment = reference.partition("#")
        if file:
            base = self._other(base, file)
        spot = Spot(self._documents[base], base)
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._anchored(spot, fragment)
        for token in fragment.split("/")[1:]:
            spot = self._step(spot, token.replace("~1", "/").replace("~0", "~"), steps)
        return spot

    def _step(self, spot: Spot, token: str, steps: int) -> Spot:
        value = spot.value
        if isinstance(value, dict) and token in value:
            return spot.at(token)
        if isinstance(value, list) and token.isascii() and token.isdigit() and int(token[:9]) < len(value):
            return spot.at(int(token))
        if is_reference(value):  # what is behind a reference is not there by the letter, and meant all the same
            if steps > _MOST_STEPS:
                raise _Nowhere("leads round and round")
            return self._step(self._follow(spot, steps + 1), token, steps + 1)
        raise _Nowhere("leads nowhere")

    def _other(self, base: str, file: str) -> str:
        """The name of another document, which is read when it is first referred to."""
        key = (base, file)
        if key not in self._files:
            try:
                name, document = self._refer(base, file)
            except DefinitionError as error:
                raise _Nowhere(f"is not followed: {error}") from error
            self._documents.setdefault(name, document)
            self._files[key] = name
        return self._files[key]

    def _anchored(self, whole: Spot, name: str) -> Spot:
        """A schema by its plain name, `$anchor`."""
        if whole.base not in self._anchors:
            self._anchors[whole.base] = dict(_anchors(whole))
        found = self._anchors[whole.base].get(name)
        if found is None:
            raise _Nowhere("leads nowhere")
        return found


def is_reference(value: Any) -> bool:
    """Tell whether a value is an object with a `$ref` that is a text."""
    return isinstance(value, dict) and isinstance(value.get("$ref"), str)


def key_of(spot: Spot) -> tuple[str, str]:
    """What tells a spot from others, however it was referred to."""
    return spot.base, pointer(spot.place)


def _anchors(whole: Spot) -> Iterator[tuple[str, Spot]]:
    pile = [whole]
    while pile:
        spot = pile.pop()
        for word in ("$anchor", "$dynamicAnchor"):
            if spot.text(word):
                yield spot.text(word), spot
        pile += [inner for _, inner in spot.items()]
        pile += spot.elements()
