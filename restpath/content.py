"""
Content: from bytes and their media type to values.

Takes what came over the wire, decompressed; gives JSON as values and what stands at a place in them, or says whether it
is text. Pure.
Source: RFC 8259 for JSON, of which section 4 lets a parser refuse repeated names; RFC 6839 for structured suffixes;
RFC 6901 for places.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator
from typing import Any

from restpath.definition.mediatypes import is_json
from restpath.regex import pattern
from restpath.types import Json

__all__ = ["is_text", "is_surely_no_text", "parse_json", "value_at"]

_TEXT_TYPES = frozenset(
    "application/" + name
    for name in ("xml", "javascript", "yaml", "x-yaml", "x-www-form-urlencoded", "x-ndjson", "graphql", "sql", "toml")
)
# Some servers add a character set to whatever they send.
_NO_TEXT = pattern(r"(?:image|audio|video|font)/|application/(?:octet-stream|pdf|zip|gzip|vnd\.openxmlformats)")


def is_text(media_type: str) -> bool:
    """Tell whether a media type, in lower case and without parameters, is one of text."""
    return (
        media_type.startswith("text/")
        or media_type.endswith(("+xml", "+json", "+yaml"))
        or media_type in _TEXT_TYPES
        or is_json(media_type)
    )


def is_surely_no_text(media_type: str) -> bool:
    """Tell whether a media type is no text, whatever character set stands beside it."""
    return _NO_TEXT.match(media_type) is not None


def parse_json(body: bytes, charset: str | None) -> Json:
    """
    Parse JSON in UTF-8, -16 or -32, with or without a mark; else in the character set that the answer names.

    Raises:
        ValueError: it is none, or says two things at once: a repeated name, a number without a value.
        RecursionError: it is nested too deeply.
    """
    try:
        # Not as json.loads, which lets bytes through that are half a character.
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        if charset is None:
            raise
        try:
            text = body.decode(charset)
        except LookupError as error:
            raise ValueError(str(error)) from error
    return _parsed_once(text)


def _parsed_once(text: str) -> Json:
    """Parse a text, and see by counting that no name is repeated; only where that cannot tell, look at each object."""
    try:
        counting = _free_ones.pop()
    except IndexError:
        counting = _Counting()
    value, names = counting.decode(text)
    _free_ones.append(counting)
    # Every name has a colon behind it. Where there are as many names in the objects, none was lost; colons in strings
    # can only make more of them.
    if names == text.count(":") or (names == text.count('":') and not any(each in text for each in _PARTED)):
        return value
    return _DECODER.decode(text)


_PARTED = (" :", "\t:", "\n:", "\r:")  # a name whose colon does not follow at once


class _Counting:
    """A decoder that also tells how many names the objects have. For one text at a time."""

    __slots__ = ("_decoder", "_send")

    def __init__(self) -> None:
        counter = _counter()
        next(counter)
        # What a generator is sent costs less than a call of a function.
        self._send = counter.send
        self._decoder = json.JSONDecoder(object_hook=counter.send, parse_float=_float, parse_constant=_constant)

    def decode(self, text: str) -> tuple[Json, int]:
        """Give the value of a text, and the number of names in it, as far as they differ."""
        value = self._decoder.decode(text)
        return value, int(self._send(None))


def _counter() -> Generator[Any, dict[str, Any] | None, None]:
    """Give back each object that is sent; for None, how many names there were in all of them since the last time."""
    names, each = 0, (yield)
    while True:
        if each is None:
            each = yield names
            names = 0
        else:
            names += len(each)
            each = yield each


_free_ones: list[_Counting] = []  # as many as there were threads that parsed at once


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {twice[:60]!r} is in one object twice")
    return result


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)


def value_at(content: Json, pointer: str | None, otherwise: Any = None) -> Any:
    """Give what stands at a JSON Pointer (RFC 6901); where nothing does, None or what is said otherwise."""
    if pointer is None:
        return otherwise
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict):
            content = content.get(token, otherwise)
        elif isinstance(content, list) and re.fullmatch("[0-9]{1,9}", token) and int(token) < len(content):
            content = content[int(token)]
        else:
            return otherwise
    return content
