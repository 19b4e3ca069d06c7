"""
A JSON text by places: what is in it is known by where it stands, and read when it is asked for.

Takes a JSON text and how deep its objects are to be laid open; gives `Places`, an object whose members are read from
the text when they are asked for. The whole text is gone through once by Python's own reader, piece by piece, so that
what is no JSON is found at once, and no more than a piece is held in memory. The text is held as one character for each
byte of its UTF-8, which has all that JSON's syntax is made of in the same places.
Source: RFC 8259; RFC 3629 section 3 for UTF-8, in which no byte of a longer character is an ASCII one.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from restpath.definition.lazy import LazyMap

__all__ = ["Octets", "Places", "lay_open", "octets_of"]

_NO_BLANK = re.compile(r"[^ \t\n\r]")
_BLOCK = 1 << 18

Look = Callable[[Any], Any]


def octets_of(data: bytes) -> str | None:
    """Give a text of UTF-8 with one character for each byte; None where it is no UTF-8."""
    if not data.isascii():
        decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
        try:  # block by block, as the text itself may take four times as much
            for start in range(0, len(view), _BLOCK):
                decoder.decode(view[start : start + _BLOCK])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return data.decode("latin-1")


class Octets:
    """
    A JSON text of which pieces are read.

    Args:
        text: one character for each byte of its UTF-8.
        decoder: reads a piece.
    """

    __slots__ = ("text", "_decoder")

    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self.text, self._decoder = text, decoder

    def read(self, start: int) -> Any:
        """Read the value that begins at a place."""
        value, end = self._decoder.raw_decode(self.text, start)
        piece = "" if self.text.isascii() else self.text[start:end]
        return value if piece.isascii() else self._decoder.decode(piece.encode("latin-1").decode())

    def whole(self) -> Any:
        """Read all of it."""
        return self._decoder.decode(self.text.encode("latin-1").decode())


class Places(LazyMap):
    """
    An object of a text, whose members are read from it when they are asked for.

    Attributes:
        octets: the text.
        starts: where the values of the members begin.
        looks: what a first look at each member found, where there was one.
    """

    __slots__ = ("octets", "looks", "starts", "_keeps")

    def __init__(
        self, octets: Octets, starts: Mapping[str, int], made: Mapping[str, Any], looks: Mapping[str, Any] | None,
        *, keeps: bool,
    ) -> None:  # fmt: skip
        super().__init__(lambda key: octets.read(starts[key]), starts)
        for key, value in made.items():
            dict.__setitem__(self, key, value)
        self.octets, self.looks, self.starts, self._keeps = octets, looks, starts, keeps

    def _keep(self, key: str, value: Any) -> Any:
        if self._keeps:  # as it is: nobody but the importers sees it
            dict.__setitem__(self, key, value)
        return value

    def whole(self) -> Any:
        """Read the whole text that this is of, anew."""
        return self.octets.whole()


_SCAN = json.JSONDecoder(parse_int=str)  # to make numbers of thousands of digits would take long, and none is needed


def lay_open(
    text: str, decoder: json.JSONDecoder, levels: Mapping[str, int], looks: Mapping[str, Look]
) -> Places | None:
    """
    Lay a JSON text open by places.

    Args:
        text: one character for each byte of its UTF-8.
        decoder: what reads the members that are asked for.
        levels: the members of the text's object of which the members are known by their places themselves, and so many
            levels down.
        looks: what takes a first look at each member of these; its result is kept with the place. In what it
            is given whole numbers are texts, and other texts are as in the file only where they are ASCII.
    Returns:
        None where it is no JSON object, or not one that this reader takes.
    """
    octets = Octets(text, decoder)
    try:
        start = _behind_blank(text, 0)
        if text[start : start + 1] != "{":
            return None
        found, end = _object(octets, start, levels, looks)
        return found if _behind_blank(text, end) == len(text) else None
    except (ValueError, IndexError, RecursionError):
        return None


def _object(octets: Octets, start: int, levels: Mapping[str, int], looks: Mapping[str, Look]) -> tuple[Places, int]:
    """The whole object."""
    starts: dict[str, int] = {}
    made: dict[str, Any] = {}

    def visit(key: str, at: int) -> int:
        starts[key] = at
        made.pop(key, None)
        if key in levels and octets.text[at] == "{":
            made[key], end = _inner(octets, at, levels[key], looks.get(key))
            return end
        return _SCAN.raw_decode(octets.text, at)[1]

    end = _each_member(octets, start, visit)
    return Places(octets, starts, made, None, keeps=True), end


def _inner(octets: Octets, start: int, levels: int, look: Look | None) -> tuple[Places, int]:
    """An object of which the members are known by their places."""
    starts: dict[str, int] = {}
    made: dict[str, Any] = {}
    found: dict[str, Any] | None = {} if look is not None else None

    def visit(key: str, at: int) -> int:
        starts[key] = at
        if levels > 1 and octets.text[at] == "{":
            made[key], end = _inner(octets, at, levels - 1, None)
            return end
        made.pop(key, None)
        value, end = _SCAN.raw_decode(octets.text, at)
        if found is not None and look is not None:
            found[key] = look(value)
        return end

    end = _each_member(octets, start, visit)
    return Places(octets, starts, made, found, keeps=look is None), end


def _each_member(octets: Octets, start: int, visit: Callable[[str, int], int]) -> int:
    """Visit the members of an object with the places of their values; give the place behind it."""
    text = octets.text
    at = _behind_blank(text, start + 1)
    if text[at] == "}":
        return at + 1
    while True:
        if text[at] != '"':
            raise ValueError("this is no key")
        key, behind = _SCAN.raw_decode(text, at)
        if not key.isascii():
            key = octets.read(at)
        at = _behind_blank(text, behind)
        if text[at] != ":":
            raise ValueError("there is no colon")
        at = _behind_blank(text, visit(key, _behind_blank(text, at + 1)))
        if text[at] == "}":
            return at + 1
        if text[at] != ",":
            raise ValueError("there is no comma")
        at = _behind_blank(text, at + 1)


def _behind_blank(text: str, at: int) -> int:
    """The place of the next character that is no blank; the end of the text where there is none."""
    found = _NO_BLANK.search(text, at)
    return found.start() if found is not None else len(text)
