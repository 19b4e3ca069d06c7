"""
Media types: their names, which of them are JSON, and which of those that a body may have a call means by its own.

Takes a media type and the ones that are declared, ranges among them; gives the declared one. Pure.
Source: RFC 9110 section 8.3.1 for media types; OpenAPI 3.1.1 section 4.8.13, by which a range such as `image/*` or
`application/*+json` may stand for a body's media type and the most specific that fits counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["FORM", "JSON", "MULTIPART", "RELATED", "essence_of", "is_json", "is_same_type", "matching_type"]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
RELATED = "multipart/related"


def essence_of(media_type: str) -> str:
    """Give a media type without its parameters, in small letters."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Tell whether a media type is JSON, by its name or by its suffix (RFC 6839 section 3.1)."""
    essence = essence_of(media_type)
    return essence == JSON or essence == "text/json" or essence.endswith("+json")


def is_same_type(one: str, other: str) -> bool:
    """Tell whether two texts are the same media type with the same parameters."""
    return _normal(one) == _normal(other)


def matching_type(said: str, declared: Iterable[str]) -> str | None:
    """
    Find the declared media type that is meant by one that a call names; None where there is none.

    The same text comes first, then the same type (best without parameters), then ranges, the longest of them first.
    """
    names = list(declared)
    for name in names:
        if is_same_type(name, said):
            return name
    essence = essence_of(said)
    fitting = [name for name in names if _is_within(essence, essence_of(name))]
    return min(fitting, key=lambda name: ("*" in essence_of(name), -len(essence_of(name)), ";" in name), default=None)


def _normal(media_type: str) -> str:
    return re.sub(r"\s+", "", media_type).lower()


def _is_within(essence: str, within: str) -> bool:
    """Tell whether a media type is this one, or in this range: a star is anything but a slash."""
    parts, ranges = essence.split("/"), within.split("/")
    return len(parts) == len(ranges) and all(map(_fits, parts, ranges))


def _fits(text: str, pattern: str) -> bool:
    """Without a regular expression, for which a stranger's row of stars takes exponentially long."""
    first, *more = pattern.split("*")
    if not more:
        return text == first
    *between, last = more
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in between:  # each as early as it can be
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
